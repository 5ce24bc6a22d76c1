// Package redis is the backend driver "redis": numbers in Redis or Valkey, alone, under Sentinel, or as a
// Cluster. docs/redis.md is its description.
//
// A tree is four things, which all begin with its prefix and live on one server: the digits of a number, with
// the entries of that name as its value; "index", a sorted set of all digits, for what is below a name; "changes",
// a stream of what changed, which feeds follow; and "meta", a hash that says that there is a tree at all.
//
// What decides about a number is read by one script, which no write comes between: what it returns is the tree
// of one moment. A writer that changes a tree in MULTI and EXEC therefore never makes a number vanish that is
// there before and after, whatever moved meanwhile.
package redis
