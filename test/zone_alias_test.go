package test

import (
	"fmt"
	"strings"
)

// aliases writes CNAME chains that end in every way, below 2.
func (z *zone) aliases(others []string) {
	end := func(owner, target string) {
		z.set(owner+".2", "CNAME", target)
		z.names = append(z.names, target)
	}
	in := func(name string) string { return name + "." + z.apex }
	end("1.0", in("1.0.0.1"))                      // a number
	end("2.0", in("1.0.2"))                        // a second link
	end("3.0", in("2.0.2"))                        // a third
	end("4.0", in("0.0.1"))                        // an empty non-terminal
	end("5.0", in("5.5.5.5.5.1.9"))                // a name that does not exist
	end("6.0", "target.example.com.")              // out of the zone
	end("7.0", in("7.0.2"))                        // itself
	end("8.0", in("9.0.2"))                        // a loop of two
	end("9.0", in("8.0.2"))                        //
	end("0.1", in("1.1.2"))                        // a loop of three
	end("1.1", in("2.1.2"))                        //
	end("2.1", in("0.1.2"))                        //
	end("3.1", in("0.1.2"))                        // into that loop
	end("4.1", in("5.4.3.2.1.0.3"))                // answered by a wildcard
	end("5.1", in("8.1.1.3"))                      // a wildcard that is a CNAME
	end("6.1", in("5.5.0.4"))                      // below a delegation
	end("7.1", in("0.4"))                          // a delegation
	end("8.1", in("1.2.0.5"))                      // below a DNAME
	end("9.1", in("5.0.5"))                        // below a DNAME that leads out of the zone
	end("0.2", z.apex)                             // the apex
	end("1.2", in("3.0.2")[:len(in("3.0.2"))])     // a long chain
	end("2.2", "NS1."+strings.ToUpper(z.apex))     // another letter case
	end("3.2", in("1.5.1"))                        // a name without the type
	end("4.2", in("*.1.3"))                        // a wildcard by its name
	end("5.2", in("\\000\\.\\\"\\255.esc"))        // escaped octets
	end("6.2", in("0.9.6.1"))                      // a large set
	end("7.2", in("1.1.6.1"))                      // an even larger one
	end("a.b", "1.0.0.1."+strings.ToUpper(z.apex)) // labels that are no digits
	for i := range 24 {                            // chains of up to 24 links
		end(fmt.Sprintf("c%d", i), in(fmt.Sprintf("c%d.2", i+1)))
	}
	z.set("c24.2", "A", "192.0.2.24")
	z.naptr("c24.2", 1)
	for i, other := range others {
		end(fmt.Sprintf("o%d", i), other)
	}
}

// renames writes DNAMEs below 5.
func (z *zone) renames(others []string) {
	to := func(owner, target string) {
		z.set(owner+".5", "DNAME", target)
		z.names = append(z.names, z.full(owner+".5"), z.full("1.2."+owner+".5"), z.full("x."+owner+".5"), z.full("2.1.0.0."+owner+".5"))
	}
	to("0", "0.1."+z.apex)  // numbers of the zone
	to("1", "example.com.") // out of the zone
	to("2", "0.1."+z.apex)  // with data at the owner
	z.naptr("2.5", 2)
	z.set("2.5", "TXT", `"beside a DNAME"`)
	to("3", "0.5."+z.apex)                                                                 // a chain
	to("4", "3.5."+z.apex)                                                                 //
	to("5", "5.5."+z.apex)                                                                 // itself
	to("6", "7.5."+z.apex)                                                                 // a loop of two
	to("7", "6.5."+z.apex)                                                                 //
	to("8", strings.Repeat("0123456789abcdef0123456789abcdef0123456789abcdef.", 4)+z.apex) // names get too long
	to("9", ".")                                                                           // the root
	to("a", "0.3."+z.apex)                                                                 // a wildcard
	to("b", "0.4."+z.apex)                                                                 // a delegation
	to("c", "nowhere."+z.apex)                                                             // nothing
	to("d", "0.c.5."+z.apex)                                                               // below another DNAME
	to("e", z.apex)                                                                        // the apex
	to("f", "1.e.5."+z.apex)
	to("g", "x.g.5."+z.apex) // ever deeper
	z.set("1.2.3.5.h", "TXT", `"beside"`)
	for i, other := range others {
		to(fmt.Sprintf("o%d", i), other)
	}
}

// wildcards writes them below 3.
func (z *zone) wildcards() {
	z.naptr("*.0.3", 2) // beside exact numbers
	z.naptr("1.0.3", 1)
	z.naptr("2.2.0.3", 1) // 2.0.3 is an empty non-terminal
	z.set("3.0.3", "TXT", `"no NAPTR here"`)
	z.set("*.1.3", "CNAME", "1.0.0.1."+z.apex)
	z.set("1.1.3", "A", "192.0.2.31")
	z.set("*.2.3", "TXT", `"only TXT"`)
	z.set("below.*.3.3", "TXT", `"the wildcard is an empty non-terminal"`)
	z.set("*.4.3", "TXT", `"at the wildcard"`)
	z.set("below.*.4.3", "TXT", `"below the wildcard"`)
	z.naptr("*.*.5.3", 1)
	z.set("*.6.3", "CNAME", "x.6.3."+z.apex) // a loop of synthesized names
	z.set("*.7.3", "MX", "10 ns1."+z.apex, "20 mx.7.3."+z.apex)
	z.set("*.7.3", "A", "192.0.2.37")
	z.set("*.8.3", "CNAME", "8.8.0.3."+z.apex) // a wildcard that leads to another
	z.naptr("1.*.9.3", 1)                      // an asterisk in the middle is none
	z.set("a*.9.3", "TXT", `"no wildcard"`)
	z.set(`\052.a.3`, "TXT", `"a wildcard all the same"`)
	z.set("*.b.3", "TXT", `"above a delegation"`)
	z.set("1.b.3", "NS", "ns.example.net.")
	z.set("2.2.b.3", "DNAME", "0.1."+z.apex)
	for _, n := range []int{5, 12, 30} {
		z.naptr(fmt.Sprintf("*.%d.c.3", n), n)
	}
	z.set("*.d.3", "TYPE65280", `\# 2 abcd`)
	z.set("*.sub.d.3", "TXT", `"deeper"`)
	z.set("*.e.3", "SRV", "0 0 5060 1.e.3."+z.apex, "0 0 5060 2.e.3."+z.apex)
	z.set("2.e.3", "AAAA", "2001:db8::3e")
	for _, name := range []string{
		"5.0.3", "5.4.3.2.1.0.3", "1.1.0.3", "3.2.0.3", "2.0.3", "x.0.3", "x.1.0.3", "5.1.3", "5.5.1.3", "x.1.1.3", "5.2.3", "5.3.3",
		"x.*.3.3", "*.3.3", "5.4.3", "x.*.4.3", "x.below.*.4.3", "1.2.5.3", "1.*.5.3", "x.1.*.5.3", "5.5.3", "*.5.3", "y.6.3", "x.6.3",
		"x.7.3", "mx.7.3", "1.8.3", "1.x.9.3", "x.9.3", "x.a.3", "x.1.b.3", "x.2.b.3", "x.2.2.b.3", "x.5.c.3", "x.12.c.3", "x.30.c.3",
		"x.sub.d.3", "sub.d.3", "x.x.sub.d.3", "x.d.3", "x.e.3",
	} {
		z.names = append(z.names, z.full(name))
	}
}

// delegations writes them below 4.
func (z *zone) delegations() {
	in := func(name string) string { return name + "." + z.apex }
	z.set("0.4", "NS", in("ns.0.4"), in("NS2.0.4")) // servers within
	z.set("ns.0.4", "A", "192.0.2.40", "192.0.2.41")
	z.set("ns.0.4", "AAAA", "2001:db8::40")
	z.set("ns2.0.4", "A", "192.0.2.42")
	z.set("1.4", "NS", in("ns.0.4"), in("ns1")) // servers beside: a sibling's, and one of the zone
	z.set("2.4", "NS", "ns.example.net.", "ns.example.com.")
	z.set("2.4", "DS", "60485 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A", "1 8 1 1234567890123456789012345678901234567890")
	z.set("3.4", "NS", in("ns.3.4"), in("other.3.4")) // one server without an address
	z.set("ns.3.4", "A", "192.0.2.43")
	z.set("4.4", "NS", in("ns1.4.4")) // the second zone, where this is e164.arpa
	z.set("4.4", "DS", "12345 13 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A")
	z.set("ns1.4.4", "A", "192.0.2.44")
	z.set("1.0.4", "NS", in("ns.1.0.4")) // below another: occluded
	z.set("ns.1.0.4", "A", "192.0.2.45")
	z.set("2.0.4", "DNAME", "0.1."+z.apex)
	z.naptr("5.5.0.4", 1) // occluded
	z.set("*.0.4", "TXT", `"occluded"`)
	z.set("0.4", "TXT", `"occluded at the cut"`)
	z.set("5.4", "NS", in("ns.1.5.4")) // the server's name lies deeper
	z.set("ns.1.5.4", "A", "192.0.2.46")
	z.set("6.4", "NS", in("nowhere"))   // a server that does not exist
	z.set("7.4", "NS", in("5.4.3.7.3")) // a server from a wildcard
	z.set("8.4", "NS", in("1.0.2"))     // a server that is an alias
	z.set("9.4", "NS", in("9.4"))       // a server of the name of the cut
	z.set("9.4", "A", "192.0.2.49")
	z.next()
	for i := range 13 { // a referral that is too large
		z.add("a.4", "NS", in(fmt.Sprintf("server%d.a.4", i)))
	}
	for i := range 13 {
		z.set(fmt.Sprintf("server%d.a.4", i), "A", fmt.Sprintf("192.0.2.%d", 100+i))
		z.set(fmt.Sprintf("server%d.a.4", i), "AAAA", fmt.Sprintf("2001:db8::%d", 100+i))
	}
	z.next()
	for i := range 12 { // one that fits without the addresses beside it
		z.add("b.4", "NS", in(fmt.Sprintf("server%d.a.4", i)))
	}
	z.set("_x.c.4", "NS", in("ns._x.c.4"))
	z.set("ns._x.c.4", "A", "192.0.2.50")
	z.set(`d\.\000.4`, "NS", in("ns1"), "ns.example.org.")
	for _, name := range []string{"1.0.4", "x.1.4", "2.2.4", "x.3.4", "1.4.4", "5.1.0.4", "1.2.0.4", "x.1.5.4", "1.6.4", "1.a.4", "1.b.4", "x._x.c.4"} {
		z.names = append(z.names, z.full(name))
	}
}

// spellings writes names with everything that a label can hold.
func (z *zone) spellings() {
	for i, label := range []string{
		`\000`, `\000\.\"\255`, `\032`, `a\.b`, `a\\b`, `\009`, `UPPER`, `MiXeD`, `\195\169`, `\001\002`, "-", "_", "--x", `\@`, `\$x`, `\;`, `\(x\)`,
		"11", "0", "a1", "1a", `\127`, `\192`, strings.Repeat("l", 63), strings.Repeat(`\255`, 63),
	} {
		z.set(label+".esc", "TXT", fmt.Sprintf(`"spelling %d"`, i))
	}
	z.naptr("1.UPPER.esc", 1)
	z.set(`\000.esc`, "A", "192.0.2.60")
	z.set(`x.\000.esc`, "A", "192.0.2.61")
	// The longest name there can be, and one octet less.
	for _, spare := range []int{0, 1} {
		room := 255 - len(z.apex) - 1 - spare
		name := ""
		for room > 65 {
			name += strings.Repeat("n", 63) + "."
			room -= 64
		}
		name += strings.Repeat("e", room-1)
		z.set(name, "TXT", `"long"`)
		z.set(strings.Replace(name, "n", "w", 1)[:len(name)-2]+"e", "CNAME", name+"."+z.apex)
	}
	for i := range 12 { // many labels
		z.set(strings.Repeat("1.", 40+5*i)+"deep", "TXT", `"deep"`)
	}
}
