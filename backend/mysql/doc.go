// Package mysql is the backend for numbers in MariaDB and MySQL: asked for each query, or mirrored into memory and
// followed. What a query brings into SQL is a parameter of a prepared statement, and digits. docs/mysql.md is the
// description for users.
package mysql
