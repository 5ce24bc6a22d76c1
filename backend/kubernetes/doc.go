// Package kubernetes is the backend driver "kubernetes": it mirrors custom resources, whose definitions are in
// deploy/kubernetes/crds, through a list and a watch of each kind, and serves from memory.
//
// The informers of client-go are not used. They say nothing of whether what they hold is current, so that an API server that
// hangs would be served from for ever without a word; they hold each object whole beside the index; and they make a
// sidecar half as large again. What they share within a process is shared here by the pool of backends.
package kubernetes
