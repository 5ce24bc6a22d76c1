// Package etcd is the backend driver "etcd": numbers in etcd, mirrored in memory. docs/etcd.md is its
// description.
//
// A key is the prefix of the tree and the digits of a number; its value holds the entries of that name, one
// JSON object a line (package notation). The feed reads all of them at one revision and then follows a watch,
// whose life it proves every few seconds. What it last saw is its witness: a watch is taken up again only where
// the witness is still what it was, so that a cluster which was put back to an older state is noticed.
package etcd
