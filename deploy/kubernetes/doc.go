// Package kubernetes tests the manifests in this folder as a cluster would take them: rendered by kustomize, decoded
// strictly, and run, as far as that is possible without a cluster.
package kubernetes
