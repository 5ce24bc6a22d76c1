package enumservice

// RandomSet is for tests that look across packages.
var RandomSet = randomSet
