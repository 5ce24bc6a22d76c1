// Package postgres is the backend for numbers in PostgreSQL: asked for each query, or mirrored into memory and
// followed. It speaks the extended protocol alone, and what a query brings into it is digits. docs/postgres.md
// is the description for users.
package postgres
