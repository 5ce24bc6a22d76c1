package backendtest

// NumbersOnly is the Harness.Skip of backends that hold numbers, blocks and delegations, and no names with
// labels beside digits, no wildcards and no DNAMEs, as all stores do (backend.Store). The map is the caller's.
func NumbersOnly() map[string]string {
	const why = "a store holds numbers, blocks and delegations only"
	return map[string]string{
		"labelled-names":            why,
		"wildcard":                  why,
		"wildcard-closest-encloser": why,
		"wildcard-itself":           why,
		"wildcard-without-records":  why,
		"dname":                     why,
		"model-of-zones":            why,
	}
}
