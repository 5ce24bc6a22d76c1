// Package ldap makes ENUM of a directory: the people of Active Directory or OpenLDAP and their telephone numbers,
// mirrored. What becomes of their attributes is said in the Corefile; nothing is written to the directory.
//
// Filters, controls and requests are go-ldap's. Its connection is not used: a search of it that is cut off looks like
// one that found nothing more, and a length that a directory claims is believed. What a directory says is read here,
// one message at a time, on the goroutine that asked.
package ldap
