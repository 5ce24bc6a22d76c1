// Package postgres is the backend driver "postgres": numbers in PostgreSQL and what speaks its protocol.
// docs/postgres.md is its description.
package postgres

import _ "github.com/jackc/pgx/v5"
