// Package notation is how stores and files of text write one entry of a tree: as a JSON object, which
// stands in a value, and as rows of named columns. docs/convert.md is the description for users.
package notation
