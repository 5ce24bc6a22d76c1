//go:build !linux

package servers

import "testing"

// Network is documented for Linux: there are none here.
type Network struct{ Addr, Aside, Here, There, At string }

// NewNetwork is documented for Linux.
func NewNetwork(t testing.TB) *Network {
	t.Skip(errSystem)
	return nil
}

// IP is documented for Linux.
func IP(...string) error { return errSystem }

// IP is documented for Linux.
func (n *Network) IP(...string) error { return errSystem }

func (n *Network) host() string { return "" }

func (n *Network) binds() []string { return nil }
