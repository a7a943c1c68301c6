package storage

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	sqlitedriver "modernc.org/sqlite"

	"tulou/protocol/fault"
)

// Reader runs queries, on the reading connections of a Store or inside a Tx.
type Reader struct{ q querier }

// querier is what a Store and a Tx do differently with a prepared statement.
type querier interface {
	statement(ctx context.Context, query string) (*sqlx.Stmt, error)
	// context is ctx, without its cancellation inside a transaction.
	context(ctx context.Context) context.Context
	// kind tells the engine, for the few questions that they understand differently.
	kind() engine
}

// get reads one row into dest; no row is fault.NotFound.
func (r Reader) get(ctx context.Context, dest any, query string, args ...any) error {
	stmt, err := r.q.statement(ctx, query)
	if err != nil {
		return err
	}
	return mapError(stmt.GetContext(r.q.context(ctx), dest, args...))
}

// list reads all rows into the slice that dest points to; no rows are not an error.
func (r Reader) list(ctx context.Context, dest any, query string, args ...any) error {
	stmt, err := r.q.statement(ctx, query)
	if err != nil {
		return err
	}
	return mapError(stmt.SelectContext(r.q.context(ctx), dest, args...))
}

// exec writes and returns the number of rows changed. Only Tx has methods that use it.
func (r Reader) exec(ctx context.Context, query string, args ...any) (int64, error) {
	stmt, err := r.q.statement(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := stmt.ExecContext(r.q.context(ctx), args...)
	if err != nil {
		return 0, mapError(err)
	}
	return result.RowsAffected()
}

// exists tells whether the query has a row.
func (r Reader) exists(ctx context.Context, query string, args ...any) (bool, error) {
	var one int
	err := r.get(ctx, &one, query, args...)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// in expands the "(?)" of a query to as many placeholders as there are values, rounded up to a
// power of two by repeating the last one, so that few different statements are prepared. With no
// values it is "(NULL)", which matches nothing.
func in[T any](query string, values []T) (string, []any) {
	if len(values) == 0 {
		return strings.Replace(query, "(?)", "(NULL)", 1), nil
	}
	n := 1
	for n < len(values) {
		n *= 2
	}
	args := make([]any, n)
	for i := range args {
		args[i] = values[min(i, len(values)-1)]
	}
	return strings.Replace(query, "(?)", "(?"+strings.Repeat(", ?", n-1)+")", 1), args
}

// mustExec is exec for a row that has to be there: none is fault.NotFound.
func (tx *Tx) mustExec(ctx context.Context, query string, args ...any) error {
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "not found")
	}
	return err
}

// execAll runs commands with the same arguments, one after another.
func (tx *Tx) execAll(ctx context.Context, commands []string, args ...any) error {
	for _, command := range commands {
		if _, err := tx.exec(ctx, command, args...); err != nil {
			return err
		}
	}
	return nil
}

// statements prepares each query text once for a pool.
type statements struct {
	db     *sqlx.DB
	engine engine
	mu     sync.RWMutex
	byText map[string]*sqlx.Stmt
}

func newStatements(db *sqlx.DB, e engine) *statements {
	return &statements{db: db, engine: e, byText: map[string]*sqlx.Stmt{}}
}

func (s *statements) context(ctx context.Context) context.Context { return ctx }
func (s *statements) kind() engine                                { return s.engine }

func (s *statements) statement(ctx context.Context, query string) (*sqlx.Stmt, error) {
	s.mu.RLock()
	stmt := s.byText[query]
	s.mu.RUnlock()
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := s.db.PreparexContext(context.WithoutCancel(ctx), s.engine.text(query))
	if err != nil {
		return nil, mapError(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if earlier := s.byText[query]; earlier != nil {
		return earlier, stmt.Close()
	}
	s.byText[query] = stmt
	return stmt, nil
}

// text turns our one SQL text into an engine's: placeholders, and the words in braces.
func (e engine) text(query string) string {
	if e == sqlite {
		return e.words(query)
	}
	return dollars(e.words(query))
}

// dollars writes placeholders as PostgreSQL does, by SQLite's rule: ?2 is the second argument, and
// a bare ? the one after the highest so far. A query that names an argument twice, as those about a
// viewer do, numbers it, and has its bare ones after that. None of our texts has a ? in a literal.
func dollars(query string) string {
	var b strings.Builder
	highest := 0
	for {
		before, rest, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		digits := 0
		for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
			digits++
		}
		n, err := strconv.Atoi(rest[:digits])
		if err != nil {
			n = highest + 1
		}
		highest = max(highest, n)
		b.WriteString("$" + strconv.Itoa(n))
		query = rest[digits:]
	}
}

// words replaces the words in braces.
func (e engine) words(query string) string {
	if e == sqlite {
		return sqliteWords.Replace(query)
	}
	return postgresWords.Replace(query)
}

// Words for what the engines call differently. SKIP LOCKED is what lets several processes lease
// from one table; SQLite has one writer and needs none of it. SQLite looks at the value of a bound
// LIMIT when it plans, and so planned a statement anew each time it was run, which cost more than
// running it; it does not look into sums.
var (
	sqliteWords = strings.NewReplacer("{{for update}}", "", "{{for no key update}}", "", "{{for share}}", "",
		"{{skip locked}}", "", "{{least}}", "MIN", "{{greatest}}", "MAX", "LIMIT ?", "LIMIT 0 + ?")
	postgresWords = strings.NewReplacer("{{for update}}", "FOR UPDATE", "{{for no key update}}", "FOR NO KEY UPDATE",
		"{{for share}}", "FOR KEY SHARE", "{{skip locked}}", "FOR UPDATE SKIP LOCKED", "{{least}}", "LEAST", "{{greatest}}", "GREATEST")
)

// mapError turns the engines' errors into faults. The cause is kept for the log.
func mapError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fault.Wrap(err, fault.NotFound, "not found")
	}
	if e, ok := errors.AsType[*pq.Error](err); ok && e.Code.Class() == "23" {
		return fault.Wrap(err, fault.Conflict, "this exists already, or something it needs does not")
	}
	if e, ok := errors.AsType[*pq.Error](err); ok && e.Code == "22021" { // NUL, or bytes that are no UTF-8
		return fault.Wrap(err, fault.Invalid, "this is not UTF-8 text")
	}
	if e, ok := errors.AsType[*sqlitedriver.Error](err); ok && e.Code()&0xff == sqliteConstraint {
		return fault.Wrap(err, fault.Conflict, "this exists already, or something it needs does not")
	}
	return err
}

// Primary result codes of SQLite (sqlite.org/rescode.html).
const (
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteConstraint = 19
)

// retryable tells whether the transaction may succeed if it is run again: another process had the
// lock, the engine chose it as the loser of a conflict, or the connection was lost before the
// commit.
func retryable(err error) bool {
	if errors.Is(err, errLost) {
		return true
	}
	if e, ok := errors.AsType[*pq.Error](err); ok {
		return e.Code == "40001" || e.Code == "40P01"
	}
	if e, ok := errors.AsType[*sqlitedriver.Error](err); ok {
		return e.Code()&0xff == sqliteBusy || e.Code()&0xff == sqliteLocked
	}
	return false
}

// newToken returns 256 random bits as URL-safe text.
func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newHolder returns a name for one lease, so that a worker that overslept cannot give back what
// another worker, even of the same process, has taken since. It begins with that of the process.
func (s *Store) newHolder() string { return s.name + newName() }

// newName returns a name that nobody else has.
func newName() string { return newToken()[:16] }
