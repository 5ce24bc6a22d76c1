// Package lint looks for what is wrong with ENUM data: the faults of files, the records and sets of
// records that some client cannot use (package enumservice), and what only the data as a whole shows,
// such as a block that nothing can reach. It says where each finding stands, and mends files.
//
// Data is read once, from front to back. What is kept of a number are its digits and its line.
package lint
