package mysql

import (
	_ "embed"
	"regexp"
)

// Schema is the reference schema, as the client programs mariadb and mysql read it: for the data base that they are
// connected to.
//
//go:embed schema.sql
var Schema string

// formatVersion is what the column format of the table record_meta says of the schema that this package knows.
const formatVersion = "1"

// constraints are the names of the rules of the schema.
var constraints = func() map[string]bool {
	names := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)(?:CONSTRAINT|UNIQUE KEY|MESSAGE_TEXT =) '?([a-z_0-9]+)`).FindAllStringSubmatch(Schema, -1) {
		names[m[1]] = true
	}
	return names
}()
