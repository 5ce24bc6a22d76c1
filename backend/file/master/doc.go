// Package master reads RFC 1035 master files (zone files) and delivers what they mean as backend
// entries: numbers, wildcards, delegations with DS and glue, and DNAMEs.
//
// It is friendly to files that are awkward but legal (RFC 3403 section 4.3 writes NAPTR fields without
// quotes) and strict where a file would be served wrongly: nothing is guessed, and every fault is
// named with its place. Data is delivered name by name, in the order of the tree, so that an RRset
// which is scattered over the file arrives whole.
package master
