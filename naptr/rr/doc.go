// Package rr stands between octets and miekg/dns, which keeps character-strings and names in
// escaped presentation form. It is the only place that knows about that escaping: everywhere else a
// record is octets (naptr.Record, backend.RRset).
//
// What goes wrong without it is silent: a back-reference \1 put into dns.NAPTR.Regexp as it is goes
// out as the digit 1, an empty Replacement packs no octet at all, and dns.NewRR opens the files that
// its text names.
package rr
