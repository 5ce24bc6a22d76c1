// Package powerdns makes entries of the rows that PowerDNS has in its table records, whatever data base they are in.
package powerdns
