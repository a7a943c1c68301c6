package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
)

// session is a connection that writes, with the statements prepared on it. It is used by one
// transaction at a time.
type session struct {
	conn   *sqlx.Conn
	engine engine
	byText map[string]*sqlx.Stmt
}

func (s *Store) newSession(ctx context.Context) (*session, error) {
	conn, err := s.writer.Connx(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return &session{conn: conn, engine: s.engine, byText: map[string]*sqlx.Stmt{}}, nil
}

// context drops the cancellation of one writer, because SQLite answers an interrupted write by
// rolling back the whole transaction, which others share.
func (s *session) context(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

func (s *session) kind() engine { return s.engine }

// statement prepares each text once.
func (s *session) statement(_ context.Context, query string) (*sqlx.Stmt, error) {
	if stmt := s.byText[query]; stmt != nil {
		return stmt, nil
	}
	stmt, err := s.conn.PreparexContext(context.Background(), s.engine.text(query))
	if err != nil {
		return nil, mapError(err)
	}
	s.byText[query] = stmt
	return stmt, nil
}

// run executes a statement that has no parameters and returns nothing.
func (s *session) run(command string) error {
	if s.engine == postgres { // which takes nothing but the end of a transaction after an error
		_, err := s.conn.ExecContext(context.Background(), command)
		return err
	}
	stmt, err := s.statement(context.Background(), command)
	if err != nil {
		return err
	}
	_, err = stmt.ExecContext(context.Background())
	return err
}

func (s *session) begin() error {
	command := `BEGIN`
	if s.engine == sqlite {
		command = `BEGIN IMMEDIATE`
	}
	err := s.run(command)
	if err == nil || retryable(err) {
		return err
	}
	return fmt.Errorf("%w: %w", errLost, err)
}

func (s *session) close() {
	for _, stmt := range s.byText {
		stmt.Close()
	}
	s.conn.Close()
}

// broken tells whether the connection is of no use any more.
func broken(err error) bool {
	return gone(err) || errors.Is(err, errRollback) || errors.Is(err, errLost)
}

// gone tells whether the connection was closed by the other side.
func gone(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
}

// errLost marks a transaction of which nothing has happened, because its connection was closed
// before the commit: the server was restarted, or it stood still for too long. It is tried again on
// a new connection.
var errLost = errors.New("the connection was lost")

// errRollback marks a rollback that did not work: nobody knows what state the connection is in.
var errRollback = errors.New("rollback did not work")

// rollback ends a transaction whose work is not wanted; cause is returned, with its own failure.
func (s *session) rollback(cause error) error {
	if err := s.run(`ROLLBACK`); err != nil {
		return fmt.Errorf("%w: %w: %w", cause, errRollback, err)
	}
	return cause
}

// undo is rollback before anything was to be committed. If the connection is gone, which a reset of
// it tells only when it is used once more, nothing has happened.
func (s *session) undo(cause error) error {
	err := s.rollback(cause)
	if gone(err) {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

// sessions is a pool of writing connections on PostgreSQL.
type sessions struct {
	store *Store
	free  chan *session
}

func newSessions(store *Store, size int) *sessions {
	p := &sessions{store: store, free: make(chan *session, size)}
	for range size {
		p.free <- nil // opened when first used
	}
	return p
}

// use lends a session to fn and throws it away when it is broken.
func (p *sessions) use(ctx context.Context, fn func(*session) error) (err error) {
	var s *session
	select {
	case s = <-p.free:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { p.free <- s }()
	if s == nil {
		if s, err = p.store.newSession(ctx); err != nil {
			return err
		}
	}
	if err = fn(s); broken(err) {
		s.close()
		s = nil
	}
	return err
}

func (p *sessions) close() {
	for range cap(p.free) {
		if s := <-p.free; s != nil {
			s.close()
		}
	}
}
