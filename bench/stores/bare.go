//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/enumim/enumim/e164"
)

// bare is the client library, asked what the backend asks.
type bare struct {
	free chan *pgx.Conn
	sql  string
}

// connections is how many there are, as in the backend by default.
const connections = 4

// statement finds the text of the look-up of mode store among what the connections of the server asked last.
func (r *run) statement() (string, error) {
	c, err := r.connect("enumim")
	if err != nil {
		return "", err
	}
	defer c.Close(context.WithoutCancel(r.ctx))
	var text string
	err = c.QueryRow(r.ctx, "SELECT query FROM pg_stat_activity WHERE query LIKE '%ANY($1::text[])%' AND pid <> pg_backend_pid() LIMIT 1").Scan(&text)
	if err != nil {
		return "", fmt.Errorf("the look-up of the backend is not found: %w", err)
	}
	return text, nil
}

func (b *bare) lookup(ctx context.Context, n e164.Number) error {
	digits := n.Digits()
	var prefixes []string
	for i := 1; i <= len(digits); i++ {
		prefixes = append(prefixes, digits[:i])
	}
	return b.ask(ctx, b.sql, []string{digits}, prefixes)
}

// ask asks on a connection that is free, and reads all rows.
func (b *bare) ask(ctx context.Context, sql string, args ...any) error {
	c := <-b.free
	defer func() { b.free <- c }()
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	count := 0
	for rows.Next() {
		for range rows.RawValues() {
			count++
		}
	}
	if count == 0 {
		return errors.New("no rows")
	}
	return rows.Err()
}

// bareClient opens connections as the backend has them, and finds what the backend asks, after it asked.
func (r *run) bareClient(connections int) (b *bare, err error) {
	b = &bare{free: make(chan *pgx.Conn, connections)}
	defer func() {
		if err != nil {
			b.close(r.ctx)
		}
	}()
	if b.sql, err = r.statement(); err != nil {
		return nil, err
	}
	for range connections {
		c, err := r.connect("enumim")
		if err != nil {
			return nil, err
		}
		b.free <- c
		// As the backend has it: by default PostgreSQL makes a plan for each of the first five queries.
		if _, err := c.Exec(r.ctx, "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off"); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func (b *bare) close(ctx context.Context) {
	for range len(b.free) {
		_ = (<-b.free).Close(context.WithoutCancel(ctx))
	}
}

// plain asks for the rows of one number and nothing else, by the key that they are stored by.
func (b *bare) plain(ctx context.Context, n e164.Number) error {
	return b.ask(ctx, "SELECT * FROM enumim.record WHERE number = $1", n.Digits())
}
