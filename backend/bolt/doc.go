// Package bolt is the backend driver "bolt": numbers in a data base in one file, without a server.
// docs/bolt.md is its description.
package bolt

import _ "go.etcd.io/bbolt"
