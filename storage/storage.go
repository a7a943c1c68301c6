// Package storage holds every line of SQL of a node: accounts, posts, timelines, tokens, the job
// queue and the deliveries. It runs on SQLite and on PostgreSQL from one SQL text.
//
// A Store reads; a Tx, which only Store.Tx and Store.Group hand out, reads and writes. Both embed
// Reader, so a query is written once. Features call these methods and never see SQL; who may see a
// status is decided here, in one predicate (visible.go).
//
// The invariant to remember: what must survive a crash is committed before anybody is told. Facts
// and the jobs and deliveries they cause are written in the same Tx; signals to goroutines are sent
// by Tx.OnCommit, after it.
package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

// Store is one node's database. It is safe for concurrent use by any number of goroutines; several
// processes may open the same database.
type Store struct {
	Reader

	engine    engine
	url       string
	writer    *sqlx.DB
	reader    *sqlx.DB
	committer *committer
	sessions  *sessions // PostgreSQL only
	snowflake *ids.Snowflakes
	name      string // of this process, among those on the same database
	log       *slog.Logger
	wakes     wakes
	watcher   atomic.Pointer[func(Happening)] // of what happens here; nil: nobody
	secrets   atomic.Pointer[Secrets]
	stop      context.CancelFunc
	running   sync.WaitGroup
}

type engine int

const (
	sqlite engine = iota
	postgres
)

// Limits of connections: readers beyond the cores only wait for each other on SQLite, and
// PostgreSQL is commonly set up for 100 connections, which several processes share.
const (
	sqliteReaders       = 8
	postgresConnections = 16
	postgresWriters     = 8
)

// Open opens the database at databaseURL, "sqlite:path" or "postgres://…", creates or migrates its
// tables, and starts the goroutine that commits. Close stops it.
func Open(ctx context.Context, databaseURL string, log *slog.Logger) (*Store, error) {
	s := &Store{log: log, name: newName(), wakes: wakes{channels: map[string]chan struct{}{}}}
	secrets := NewSecrets() // until Unlock, so that nothing is ever kept in plain text
	s.secrets.Store(&secrets)
	var err error
	scheme, rest, _ := strings.Cut(databaseURL, ":")
	switch scheme {
	case "sqlite":
		err = s.openSQLite(rest)
	case "postgres", "postgresql":
		err = s.openPostgres(databaseURL)
	default:
		return nil, fault.New(fault.Invalid, "database URL must begin with sqlite: or postgres://")
	}
	if err != nil {
		return nil, errors.Join(err, s.closeConnections())
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), s.closeConnections())
	}
	return s, nil
}

func (s *Store) start(ctx context.Context) error {
	// SQLite does not wait for its lock while it switches to WAL, so several processes that start
	// together on a new file get in each other's way.
	if err := retry(ctx, func() error { return migrate(ctx, s.writer, s.engine) }); err != nil {
		return err
	}
	s.Reader = Reader{q: newStatements(s.reader, s.engine)}
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	s.committer = newCommitter(s)
	s.sessions = newSessions(s, postgresWriters)
	s.running.Go(func() { s.committer.run(background) })
	worker, err := s.nextWorker(ctx)
	if err != nil {
		stop()
		s.running.Wait()
		s.sessions.close()
		return err
	}
	s.snowflake = ids.NewSnowflakes(worker)
	if s.engine == postgres {
		s.running.Go(func() { s.hints(background) })
	}
	return nil
}

// Close waits for the commits under way and closes the connections.
func (s *Store) Close() error {
	s.stop()
	s.running.Wait()
	s.sessions.close()
	return s.closeConnections()
}

func (s *Store) closeConnections() error {
	var errs []error
	if s.reader != nil && s.reader != s.writer {
		errs = append(errs, s.reader.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	return errors.Join(errs...)
}

// openSQLite makes one writing connection, since SQLite has one writer, and several that read.
// synchronous=FULL because NORMAL forgets acknowledged commits when the power fails;
// secure_delete=ON because what people delete would stay readable in the file.
func (s *Store) openSQLite(path string) (err error) {
	if path == "" {
		return fault.New(fault.Invalid, "sqlite: needs a path")
	}
	s.engine = sqlite
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String() +
		"?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(ON)&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_pragma=secure_delete(ON)"
	if s.writer, err = sqlx.Open("sqlite", dsn); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	s.writer.SetMaxIdleConns(1)
	if s.reader, err = sqlx.Open("sqlite", dsn+"&_pragma=query_only(ON)"); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(sqliteReaders)
	s.reader.SetMaxIdleConns(sqliteReaders)
	return nil
}

// stalledAfter is how long a transaction may stand still between two statements, in milliseconds;
// none of ours waits for anything. A process that was stopped within one, or whose machine sleeps,
// would keep its rows locked from all others; PostgreSQL takes them back, and the transaction is
// run again.
const stalledAfter = "5000"

// sessionSettings make PostgreSQL use the index that every query of ours has, whatever it believes
// of the sizes of tables: its statistics lag behind, and a follower list that was short a minute
// ago made a nested sequential scan of 19 seconds. Plans are made once for a statement, not each
// time, and nothing of ours runs so long that compiling it pays.
var sessionSettings = map[string]string{"idle_in_transaction_session_timeout": stalledAfter,
	"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off",
	"plan_cache_mode": "force_generic_plan", "jit": "off"}

func (s *Store) openPostgres(databaseURL string) (err error) {
	s.engine, s.url = postgres, databaseURL
	u, err := url.Parse(databaseURL)
	if err != nil {
		return fault.New(fault.Invalid, "the database URL is not usable") // the cause has the password
	}
	query := u.Query()
	for name, value := range sessionSettings {
		if !query.Has(name) {
			query.Set(name, value)
		}
	}
	u.RawQuery = query.Encode()
	if s.writer, err = sqlx.Open("postgres", u.String()); err != nil {
		return fault.Wrap(err, fault.Invalid, "the database URL is not usable")
	}
	s.writer.SetMaxOpenConns(postgresConnections)
	s.writer.SetMaxIdleConns(postgresConnections)
	s.reader = s.writer
	return nil
}

// nextWorker takes the next worker number, so that no two processes, nor one process before and
// after a crash, make the same ids.
func (s *Store) nextWorker(ctx context.Context) (worker int, err error) {
	err = s.Tx(ctx, func(tx *Tx) error {
		return tx.get(ctx, &worker, `
			INSERT INTO counter (name, value) VALUES ('worker', 1)
			ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value`)
	})
	return worker % ids.Workers, err
}

// NewID returns an id for something that happens now, and its instant, which no other id of this
// process shares.
func (s *Store) NewID() (int64, time.Time) { return s.snowflake.Next(time.Now()) }

// IDAt returns an id for something published at t, clamped to ids.AheadMax from now.
func (s *Store) IDAt(t time.Time) int64 { return s.snowflake.At(t, time.Now()) }

// rowID returns an id for a row that nobody sees the time of.
func (s *Store) rowID() int64 { now := time.Now(); return s.snowflake.At(now, now) }

// Postgres tells which engine this is, for the operator's information only.
func (s *Store) Postgres() bool { return s.engine == postgres }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Millis is an instant as the database keeps it: milliseconds since 1970, 0 for never.
type Millis int64

// Time returns the instant in UTC, the zero Time for never.
func (m Millis) Time() time.Time {
	if m == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(m)).UTC()
}

// At converts an instant for the database.
func At(t time.Time) Millis { return Millis(millis(t)) }

// Now is the present instant.
func Now() Millis { return At(time.Now()) }
