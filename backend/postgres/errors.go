package postgres

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

// reasons are what the codes of errors (PostgreSQL's appendix A) mean here, by code or by class. What stands in
// the messages themselves may be data, and is not told.
var reasons = map[string]string{
	"08":    "the connection failed",
	"0A":    "the server cannot do this, or the tables were changed meanwhile",
	"22":    "a value in the tables cannot be converted",
	"23":    "a constraint of the schema refuses the data, which may be right otherwise: docs/postgres.md",
	"25006": "the server is read-only: a replica, or default_transaction_read_only is on",
	"25P03": "the server ended an idle transaction",
	"26":    "a prepared statement is gone: a pooler in between needs max_prepared_statements",
	"28":    "the server refuses the user or the password: look at the options user and password, and at pg_hba.conf",
	"3D":    "there is no such data base",
	"3F":    "the schema is missing: look at the option schema; enumim schema postgres | psql makes it",
	"40":    "the transaction ran into another one: try again",
	"40001": "the transaction ran into another one: try again; a replica says so where its replay did not wait for who reads: set hot_standby_feedback there",
	"42501": "the user has not the rights: grant them as docs/postgres.md says",
	"42601": "the SQL has a syntax error",
	"42703": "a column is missing, or has another name",
	"42883": "the types of columns are others than expected",
	"42804": "the types of columns are others than expected",
	"42P01": "a table is missing: look at the option schema; enumim schema postgres | psql makes the tables",
	"42":    "the SQL does not fit the tables",
	"53100": "the disk of the server is full",
	"53200": "the server has no memory left",
	"53300": "the server has too many connections",
	"53":    "the server lacks resources",
	"54":    "a limit of the server is exceeded",
	"55P03": "a table is locked",
	"57014": "the server did not answer in time",
	"57P01": "the server shuts down, or someone ended the connection",
	"57P02": "the server crashed",
	"57P03": "the server starts or shuts down",
	"57P05": "the server ended an idle connection",
	"58":    "the server has trouble with its system",
	"XX001": "the data of the server is damaged",
	"XX002": "an index of the server is damaged",
	"XX":    "the server has an internal error",
}

// fault turns an error of the client library into one of package backend. doing says what was tried.
func fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, sentinel := range []error{backend.ErrUnavailable, backend.ErrInvalidData, backend.ErrNotReady, backend.ErrClosed} {
		if errors.Is(err, sentinel) {
			return err
		}
	}
	sentinel := backend.ErrUnavailable
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch {
		case pg.Code == "XX001", pg.Code == "XX002", len(pg.Code) == 5 && (pg.Code[:2] == "22" || pg.Code[:2] == "23"):
			sentinel = backend.ErrInvalidData
		}
		return &failure{sentinel, doing + ": " + reasonOf(pg), pg.Code}
	}
	return &failure{sentinel, doing + ": " + trouble(err), ""}
}

// ofStatement says of an error of an operator's statement what is missing there: the schema of enumim has none of it.
func ofStatement(err error) error {
	if f, ok := errors.AsType[*failure](err); ok && (f.code == "42P01" || f.code == "3F000") {
		return fmt.Errorf("%w: a table is missing that the statement of the operator names: look at the statement and at the data base (SQLSTATE %s)", f.sentinel, f.code)
	}
	return err
}

// failure is an error of the server or of the way to it.
type failure struct {
	sentinel error
	text     string
	code     string // SQLSTATE; "" where the server said nothing
}

func (f *failure) Error() string { return f.sentinel.Error() + ": " + f.text }

func (f *failure) Unwrap() error { return f.sentinel }

// sessionEnded reports whether somebody ended the session at the server, which goes on.
func sessionEnded(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.code == "57P01"
}

// outdated reports whether a prepared statement is no more, or for tables that were changed meanwhile: a new
// connection prepares it anew.
func outdated(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && (f.code == "0A000" || f.code == "26000")
}

// reasonOf says what the server's error means. The name of a constraint is part of the schema, not data.
func reasonOf(pg *pgconn.PgError) string {
	code := pg.Code
	if !isCode(code) {
		return "an error without a code"
	}
	reason, ok := reasons[code]
	if !ok {
		reason, ok = reasons[code[:2]]
	}
	if !ok {
		return "SQLSTATE " + code
	}
	if pg.ConstraintName != "" && code[:2] == "23" {
		reason += " (" + pg.ConstraintName + ")"
	}
	return reason + " (SQLSTATE " + code + ")"
}

func isCode(s string) bool {
	if len(s) != 5 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// trouble says what kept a connection from being made or used.
func trouble(err error) string {
	if said := sqlstore.Trouble(err); said != "" {
		return said
	}
	if pgconn.Timeout(err) {
		return sqlstore.NoAnswer
	}
	return "the connection is lost, or what answers is not PostgreSQL or has no TLS"
}
