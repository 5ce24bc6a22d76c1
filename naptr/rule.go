package naptr

// Rule is a Record prepared for answering.
type Rule struct{}
