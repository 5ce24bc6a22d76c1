package enumim

import "github.com/prometheus/client_golang/prometheus"

// at is a zone at a server; "" stands for any server.
type at struct{ server, zone string }

// forget takes the series of the zones away that the instance which took over does not serve or inspect, at none
// of its servers or at one that it does not have. This one is none of those that run any more.
func (g *generation) forget() {
	served, inspected := make(map[at]bool), make(map[at]bool)
	for other := range generations {
		for _, b := range other.blocks {
			for _, server := range append(b.servers(), "") {
				for _, t := range b.trees {
					served[at{server, t.zone}] = true
				}
				for _, i := range b.inspections {
					inspected[at{server, i.zone}] = true
				}
			}
		}
	}
	for _, b := range g.blocks {
		for _, t := range b.trees {
			if !served[at{"", t.zone}] {
				t.forget()
			}
		}
		for _, i := range b.inspections {
			if !inspected[at{"", i.zone}] {
				i.forget()
			}
		}
		for _, server := range b.servers() {
			for _, t := range b.trees {
				if !served[at{server, t.zone}] {
					responses.DeletePartialMatch(prometheus.Labels{"server": server, "zone": t.zone})
				}
			}
			for _, i := range b.inspections {
				if !inspected[at{server, i.zone}] {
					guardResponses.DeletePartialMatch(prometheus.Labels{"server": server, "zone": i.zone})
				}
			}
		}
	}
}
