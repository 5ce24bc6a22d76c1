package backend

// GatherOptions are the settings of Gather. The zero value serves.
type GatherOptions struct {
	Source string // names the store in State, without secrets
	Lanes  int    // round trips that may be under way; 0 means 4
	Batch  int    // the most numbers of one round trip; 0 means 256
}

// Gather makes a Backend of a Store. A look-up that comes while a lane is free goes out at once, alone;
// those that come while all lanes are busy wait for the next that ends, and go together. The Backend is a
// Checker, a Serialer (the serial of the last Check) and a Stater. Names beside numbers are answered as
// Numbers does.
func Gather(s Store, o GatherOptions) Backend { return nil }
