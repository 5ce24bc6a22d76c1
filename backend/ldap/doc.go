// Package ldap makes ENUM of a directory: the people of Active Directory or OpenLDAP and their telephone numbers,
// mirrored. What becomes of their attributes is said in the Corefile; nothing is written to the directory.
package ldap

import _ "github.com/go-ldap/ldap/v3" // the driver is made of it
