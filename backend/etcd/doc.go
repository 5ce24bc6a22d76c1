// Package etcd is the backend driver "etcd": numbers in etcd, mirrored in memory. docs/etcd.md is its
// description.
package etcd

import _ "go.etcd.io/etcd/client/v3"
