module github.com/enumim/enumim

go 1.26.0

require (
	github.com/coredns/caddy v1.1.4
	github.com/coredns/coredns v1.15.0
	github.com/fsnotify/fsnotify v1.10.1
	github.com/miekg/dns v1.1.73
)

require (
	golang.org/x/sys v0.49.0 // indirect
)
