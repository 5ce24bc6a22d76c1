package enumservice

import (
	"iter"
	"math/bits"
)

// Client is a program or device that looks numbers up. Package client knows how most of them choose
// and dial.
type Client uint8

// The clients that findings name.
const (
	Strict      Client = iota // any client that follows RFC 6116 to the letter
	Kamailio                  // module enum
	OpenSIPS                  // module enum
	Asterisk                  // ENUMLOOKUP, ENUMQUERY
	FreeSWITCH                // mod_enum
	Yate                      // module enumroute
	Sprout                    // Clearwater's S-CSCF and BGCF
	ReSIProcate               // resip, repro
	Linphone                  // liblinphone
	BIND                      // as the resolver in front of any client; also dig and host
	OracleSBC                 // Oracle Session Border Controller
	Ribbon                    // Ribbon SBC and PSX
	FreePBX                   // its enumlookup script
	PTLib                     // OPAL, GnuGk, Ekiga
	Doubango
	Cisco // Expressway, VCS, CUBE
	clients
)

var clientNames = [clients]string{
	"strict", "kamailio", "opensips", "asterisk", "freeswitch", "yate", "sprout", "resiprocate",
	"linphone", "bind", "oracle", "ribbon", "freepbx", "ptlib", "doubango", "cisco",
}

// String returns the name of the client in lower case, such as "kamailio"; "" for what is no client.
func (c Client) String() string {
	if c >= clients {
		return ""
	}
	return clientNames[c]
}

// ParseClient returns the client of that name.
func ParseClient(name string) (Client, bool) {
	for c, s := range clientNames {
		if s == name {
			return Client(c), true
		}
	}
	return 0, false
}

// Clients is a set of clients. The zero value is the empty set.
type Clients uint32

// AllClients is the set of all clients there are.
const AllClients Clients = 1<<clients - 1

// ClientsOf returns the set of these clients.
func ClientsOf(list ...Client) Clients {
	var set Clients
	for _, c := range list {
		set |= 1 << c
	}
	return set
}

// Has reports whether c is in the set.
func (set Clients) Has(c Client) bool { return set&(1<<c) != 0 }

// All lists the clients of the set.
func (set Clients) All() iter.Seq[Client] {
	return func(yield func(Client) bool) {
		for rest := set; rest != 0; rest &= rest - 1 {
			if !yield(Client(bits.TrailingZeros32(uint32(rest)))) {
				return
			}
		}
	}
}
