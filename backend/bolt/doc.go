// Package bolt is the backend driver "bolt": numbers in a data base in one file, without a server.
// docs/bolt.md is its description.
//
// bbolt writes the file. Look-ups do not use it: it panics on damaged pages, follows a pointer that leads in
// circles until the stack is full, and takes a damaged page for one that does not have the key. They read the
// pages through a map of their own (pages, cursor), hold each step to what a tree must be, and deny a number
// only where sound entries on both sides of its place say so.
package bolt
