// Package mysql has numbers in MariaDB and MySQL: look-ups in one statement, a feed that follows their changes, an
// operator's own tables, and the records of PowerDNS.
package mysql

import _ "github.com/go-sql-driver/mysql" // the driver is made of it
