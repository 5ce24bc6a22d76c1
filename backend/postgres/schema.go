package postgres

import (
	_ "embed"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Schema is the reference schema as SQL, in one transaction, under the name DefaultSchema.
//
//go:embed schema.sql
var Schema string

// DefaultSchema is the name of the schema that is used where the option schema names none.
const DefaultSchema = "enumim"

// formatVersion is what the column format of the table meta says of the schema that this package knows.
const formatVersion = "1"

// SchemaNamed returns Schema under another name, so that one data base holds several trees.
func SchemaNamed(name string) string {
	quoted := pgx.Identifier{name}.Sanitize()
	return strings.NewReplacer(
		"SCHEMA "+DefaultSchema+";", "SCHEMA "+quoted+";",
		DefaultSchema+".", quoted+".",
	).Replace(Schema)
}
