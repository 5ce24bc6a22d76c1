// Package client tells what ENUM clients make of an answer: which records they take, in which order,
// and what they dial. Each Profile is an emulator of one program with the settings it comes with: its
// dialect of regular expressions, its delimiter, flag, order and size rules.
//
// The package does no I/O.
package client
