// Package corefile reads the enumim directive of a Corefile: for the plugin, and for tools that want to
// know what a server would do. It opens nothing.
package corefile
