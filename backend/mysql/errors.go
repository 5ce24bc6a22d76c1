package mysql

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/enumim/enumim/backend"
	"github.com/enumim/enumim/backend/sqlstore"
)

// reasons are what the numbers of errors of MariaDB and MySQL mean here. What stands in the messages themselves may
// be data, and is not told.
var reasons = map[uint16]string{
	1021: "the disk of the server is full",
	1030: "the storage of the server has an error",
	1037: "the server has no memory left",
	1038: "the server has no memory left",
	1040: "the server has too many connections",
	1041: "the server has no memory left",
	1044: "the user has no rights to the data base: grant them as docs/mysql.md says",
	1045: "the server refuses the user or the password: look at the options user and password",
	1049: "there is no such data base",
	1053: "the server shuts down",
	1054: "a column is missing, or has another name",
	1064: "the SQL has a syntax error",
	1104: "the statement would look at too many rows",
	1114: "a table is full",
	1129: "the server refuses this machine after too many failures: mariadb-admin flush-hosts",
	1130: "the server refuses connections of this machine",
	1142: "the user has not the rights: grant them as docs/mysql.md says",
	1143: "the user has not the rights: grant them as docs/mysql.md says",
	1146: "a table is missing: enumim schema mysql | mariadb DATABASE",
	1153: "the server takes no message of this size: max_allowed_packet",
	1203: "the user has too many connections",
	1205: "a lock was not given in time: another transaction has it",
	1213: "the transaction ran into another one: try again",
	1226: "the user may not do as much",
	1227: "the user has not the rights: grant them as docs/mysql.md says",
	1251: "the server wants another way to log in than the client has",
	1290: "the server is read-only",
	1305: "a procedure is missing: enumim schema mysql | mariadb DATABASE",
	1317: "somebody ended the statement",
	1370: "the user has not the rights: grant them as docs/mysql.md says",
	1412: "the tables were changed meanwhile",
	1615: "the tables were changed meanwhile",
	1698: "the server refuses the user or the password: look at the options user and password",
	1792: "the server is read-only",
	1820: "the password has expired",
	1836: "the server is read-only",
	1862: "the password has expired",
	1927: "somebody ended the connection",
	1969: "the server did not answer in time",
	3024: "the server did not answer in time",
	3118: "the account of the user is locked: ALTER USER ... ACCOUNT UNLOCK",
	3159: "the server wants TLS: option tls on",
	4031: "the server ended an idle connection",
	4151: "the account of the user is locked: ALTER USER ... ACCOUNT UNLOCK",
}

// constraintErrors are the numbers that say that a constraint refuses data, or that a value does not fit its column.
var constraintErrors = map[uint16]bool{
	1048: true, 1062: true, 1136: true, 1264: true, 1265: true, 1292: true, 1364: true, 1366: true, 1406: true, 1451: true, 1644: true,
	3819: true, 4025: true, 3140: true, 3141: true, 4038: true, 4044: true,
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
	if said, ok := errors.AsType[*mysql.MySQLError](err); ok {
		f := &failure{sentinel: backend.ErrUnavailable, number: said.Number}
		reason, known := reasons[said.Number]
		switch {
		case constraintErrors[said.Number]:
			f.sentinel = backend.ErrInvalidData
			reason = "a constraint of the schema refuses the data, which may be right otherwise: docs/mysql.md" + constraintOf(said.Message)
		case !known:
			reason = "an error"
		}
		f.text = doing + ": " + reason + " (" + strconv.Itoa(int(said.Number)) + ")"
		return f
	}
	return &failure{sentinel: backend.ErrUnavailable, text: doing + ": " + trouble(err)}
}

// failure is an error of the server or of the way to it.
type failure struct {
	sentinel error
	text     string
	number   uint16 // 0 where the server said nothing
}

func (f *failure) Error() string { return f.sentinel.Error() + ": " + f.text }

func (f *failure) Unwrap() error { return f.sentinel }

// ofStatement says of an error of an operator's statement what is missing there: the schema of enumim has none of it.
func ofStatement(err error) error {
	if f, ok := errors.AsType[*failure](err); ok && (f.number == 1146 || f.number == 1305) {
		return fmt.Errorf("%w: a table is missing, or a function, that the statement of the operator names: look at the statement and at the data base (%d)", f.sentinel, f.number)
	}
	return err
}

// outdated reports whether a server ended a connection, or has other tables than when the statement was prepared:
// a new connection is as if nothing had been.
func outdated(err error) bool {
	f, ok := errors.AsType[*failure](err)
	if !ok {
		return false
	}
	switch f.number {
	case 1053, 1243, 1412, 1615, 1927, 4031:
		return true
	}
	return false
}

// constraintOf returns the name of the constraint that a message tells, which is part of the schema and not data.
func constraintOf(message string) string {
	for word := range strings.FieldsFuncSeq(message, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z')
	}) {
		if constraints[word] {
			return " (" + word + ")"
		}
	}
	return ""
}

// trouble says what kept a connection from being made or used.
func trouble(err error) string {
	if said := sqlstore.Trouble(err); said != "" {
		return said
	}
	switch {
	case errors.Is(err, errNoTLS), errors.Is(err, errFile), errors.Is(err, sqlstore.ErrColumn):
		return err.Error()
	case errors.Is(err, mysql.ErrCleartextPassword):
		return "the server wants the password in the clear, which it gets with TLS only: option tls on"
	case errors.Is(err, mysql.ErrOldPassword), errors.Is(err, mysql.ErrUnknownPlugin), errors.Is(err, mysql.ErrNativePassword):
		return "the server wants another way to log in than the client has"
	}
	return "the connection is lost, or what answers is not MariaDB or MySQL"
}
