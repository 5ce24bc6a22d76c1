// Package explain tells why a number is answered as it is: which entries of the data could decide and
// which did, the records as they are sent, and what each client makes of them.
package explain
