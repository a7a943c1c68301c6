package storage

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"tulou/protocol/fault"
)

// Job is work that survives a crash. Jobs of one lane run one after another in the order in which
// they were enqueued; lanes run beside each other. A lane is leased as a whole, so order and
// exclusion come from one small table.
type Job struct {
	ID       int64
	Queue    string // which runner does it
	Lane     string // what it must keep its order with: an actor, or a name of its own
	Kind     string // what is to be done; the runner knows
	Payload  []byte
	RunAt    Millis `db:"run_at"` // not before; zero: now
	Attempts int
}

// Lane is a leased lane with the jobs that are due, oldest first.
type Lane struct {
	Queue, Name string
	Jobs        []Job
	holder      string
}

const (
	// LeaseFor is how long a lane or a destination belongs to the process that took it. When that
	// process dies, another goes on sooner (Join).
	LeaseFor = 60 * time.Second
	// LaneJobsMax is how many jobs of a lane are handed out at a time.
	LaneJobsMax = 100
	// never is a time that does not come: what lanes that wait for nothing are due at.
	never = Millis(1<<62 - 1)
	// errorBytesMax bounds the reason that is kept for an operator to read.
	errorBytesMax = 500
)

// Enqueue adds a job; after the commit this process's runner of the queue wakes.
func (tx *Tx) Enqueue(ctx context.Context, job Job) error {
	now := Now()
	if job.RunAt == 0 {
		job.RunAt = now
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO job (id, queue, lane, kind, payload, run_at, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		tx.store.rowID(), job.Queue, job.Lane, job.Kind, job.Payload, job.RunAt, now); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, `
		INSERT INTO lane (queue, name, next_at) VALUES (?, ?, ?)
		ON CONFLICT (queue, name) DO UPDATE SET next_at = {{least}}(lane.next_at, excluded.next_at)`,
		job.Queue, job.Lane, job.RunAt); err != nil {
		return err
	}
	tx.wake(job.Queue)
	return nil
}

// HoldLane keeps others from enqueueing in a lane until this transaction ends, so that a job which
// ends itself sees what came in before it decides whether it has to come back. It comes before
// anything that is done with a job of the lane, here as in Schedule, or two could wait for each
// other.
func (tx *Tx) HoldLane(ctx context.Context, queue, name string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO lane (queue, name, next_at) VALUES (?, ?, ?)
		ON CONFLICT (queue, name) DO UPDATE SET next_at = lane.next_at`, queue, name, never)
	return err
}

// Schedule makes sure that exactly one job waits in a lane of its own, for recurring work: it does
// nothing if the lane has a job already. Processes that start at once agree by the lane's row.
func (tx *Tx) Schedule(ctx context.Context, job Job) error {
	if err := tx.HoldLane(ctx, job.Queue, job.Lane); err != nil {
		return err
	}
	waiting, err := tx.exists(ctx, `SELECT 1 FROM job WHERE queue = ? AND lane = ? AND dead_at = 0 LIMIT 1`, job.Queue, job.Lane)
	if err != nil || waiting {
		return err
	}
	return tx.Enqueue(ctx, job)
}

// Reschedule is Schedule for work whose time may have changed: a job that waits already is moved.
// What runs at this moment is not stopped and may finish the job that was moved, so a job like this
// ends itself (FinishJob) in a transaction in which it looks whether it has to come back.
func (tx *Tx) Reschedule(ctx context.Context, job Job) error {
	if err := tx.Schedule(ctx, job); err != nil {
		return err
	}
	n, err := tx.exec(ctx, `UPDATE job SET run_at = ? WHERE queue = ? AND lane = ? AND dead_at = 0 AND run_at <> ?`,
		job.RunAt, job.Queue, job.Lane, job.RunAt)
	if err != nil || n == 0 {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE lane SET next_at = ? WHERE queue = ? AND name = ?`, job.RunAt, job.Queue, job.Lane)
	tx.wake(job.Queue)
	return err
}

// ClaimLanes leases up to limit lanes of a queue that have work due, those that wait longest. They
// come in the order of their names, in which several are given back in one transaction (Group).
func (s *Store) ClaimLanes(ctx context.Context, queue string, limit int) (lanes []Lane, err error) {
	holder := s.newHolder()
	err = s.Tx(ctx, func(tx *Tx) error {
		lanes = nil
		var names []string
		if err := tx.list(ctx, &names, `
			WITH due AS MATERIALIZED (
				SELECT name FROM lane WHERE queue = ?1 AND next_at <= ?2 AND lease_until <= ?2
				ORDER BY next_at LIMIT ?3 {{skip locked}})
			UPDATE lane SET lease_until = ?4, holder = ?5 WHERE queue = ?1 AND name IN (SELECT name FROM due)
			RETURNING name`,
			queue, Now(), limit, Now()+Millis(LeaseFor.Milliseconds()), holder); err != nil {
			return err
		}
		slices.Sort(names)
		for _, name := range names {
			lane := Lane{Queue: queue, Name: name, holder: holder}
			if err := tx.list(ctx, &lane.Jobs, `
				SELECT id, queue, lane, kind, payload, run_at, attempts FROM job
				WHERE queue = ? AND lane = ? AND dead_at = 0 AND run_at <= ? ORDER BY id LIMIT ?`,
				queue, name, Now(), LaneJobsMax); err != nil {
				return err
			}
			lanes = append(lanes, lane)
		}
		return nil
	})
	if err != nil {
		return nil, err // nothing is leased
	}
	return lanes, nil
}

// ReleaseLane gives a lane back, due when its next job is. It is fault.Conflict if the lease was
// lost to another process meanwhile; the transaction must then not commit.
func (tx *Tx) ReleaseLane(ctx context.Context, lane Lane) error {
	held, err := tx.exists(ctx, `SELECT 1 FROM lane WHERE queue = ? AND name = ? AND holder = ? {{for update}}`,
		lane.Queue, lane.Name, lane.holder)
	if err != nil {
		return err
	}
	if !held {
		return fault.New(fault.Conflict, "the lease of lane %s was lost", lane.Name)
	}
	next, err := tx.nextDue(ctx, `job WHERE queue = ? AND lane = ?`, lane.Queue, lane.Name)
	if err != nil {
		return err
	}
	if next == never {
		_, err = tx.exec(ctx, `DELETE FROM lane WHERE queue = ? AND name = ?`, lane.Queue, lane.Name)
		return err
	}
	_, err = tx.exec(ctx, `UPDATE lane SET next_at = ?, lease_until = 0, holder = '' WHERE queue = ? AND name = ?`,
		next, lane.Queue, lane.Name)
	if next <= Now() {
		tx.wake(lane.Queue)
	}
	return err
}

// nextDue returns when the first of some jobs or deliveries is due, never if there are none. Mostly
// one of them is due now, and then the others, perhaps a hundred thousand, are not read.
func (tx *Tx) nextDue(ctx context.Context, which string, args ...any) (next Millis, err error) {
	now := Now()
	due, err := tx.exists(ctx, `SELECT 1 FROM `+which+` AND dead_at = 0 AND run_at <= ? LIMIT 1`, append(slices.Clone(args), now)...)
	if err != nil || due {
		return now, err
	}
	err = tx.get(ctx, &next, `SELECT COALESCE(MIN(run_at), ?) FROM `+which+` AND dead_at = 0`, append([]any{never}, args...)...)
	return next, err
}

// LaneLength counts the jobs that wait in a lane, to at most limit.
func (r Reader) LaneLength(ctx context.Context, queue, lane string, limit int) (count int, err error) {
	err = r.get(ctx, &count, `
		SELECT COUNT(*) FROM (SELECT 1 FROM job WHERE queue = ? AND lane = ? AND dead_at = 0 LIMIT ?) waiting`, queue, lane, limit)
	return count, err
}

// DelayLane gives a lane back untouched, to be looked at again at a later time.
func (s *Store) DelayLane(ctx context.Context, lane Lane, until time.Time) error {
	return s.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `
			UPDATE lane SET next_at = ?, lease_until = 0, holder = '' WHERE queue = ? AND name = ? AND holder = ?`,
			At(until), lane.Queue, lane.Name, lane.holder)
		return err
	})
}

// KeepLane renews a lease whose work takes long. It is fault.Conflict if the lease was lost.
func (s *Store) KeepLane(ctx context.Context, lane Lane) error {
	return s.Tx(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE lane SET lease_until = ? WHERE queue = ? AND name = ? AND holder = ?`,
			Now()+Millis(LeaseFor.Milliseconds()), lane.Queue, lane.Name, lane.holder)
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "the lease of lane %s was lost", lane.Name)
		}
		return err
	})
}

// FinishJob removes a job that is done; one that is gone is no error.
func (tx *Tx) FinishJob(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, `DELETE FROM job WHERE id = ?`, id)
	return err
}

// FinishJobs removes jobs, all different, before their effects are made. It is fault.Conflict if
// one is gone: somebody else did it, and this transaction must not commit.
func (tx *Tx) FinishJobs(ctx context.Context, ids []int64) error {
	query, args := in(`DELETE FROM job WHERE id IN (?)`, ids)
	n, err := tx.exec(ctx, query, args...)
	if err == nil && n != int64(len(ids)) {
		err = fault.New(fault.Conflict, "somebody else did the job")
	}
	return err
}

// RetryJob notes a failed attempt and when to try again.
func (tx *Tx) RetryJob(ctx context.Context, id int64, at time.Time, reason error) error {
	_, err := tx.exec(ctx, `UPDATE job SET run_at = ?, attempts = attempts + 1, error = ? WHERE id = ?`,
		At(at), reasonText(reason), id)
	return err
}

// BuryJob gives a job up; it stays for the operator to read.
func (tx *Tx) BuryJob(ctx context.Context, id int64, reason error) error {
	_, err := tx.exec(ctx, `UPDATE job SET dead_at = ?, attempts = attempts + 1, error = ? WHERE id = ?`,
		Now(), reasonText(reason), id)
	return err
}

// DeadJob is a job that was given up.
type DeadJob struct {
	Job
	DeadAt Millis `db:"dead_at"`
	Error  string
}

// DeadJobs returns the newest jobs that were given up.
func (r Reader) DeadJobs(ctx context.Context, limit int) (jobs []DeadJob, err error) {
	err = r.list(ctx, &jobs, `
		SELECT id, queue, lane, kind, payload, run_at, attempts, dead_at, error FROM job
		WHERE dead_at > 0 ORDER BY dead_at DESC LIMIT ?`, limit)
	return jobs, err
}

// QueueDepth is how much waits in a queue, and since when the oldest due job has been waiting.
type QueueDepth struct {
	Queue  string
	Jobs   int64
	Oldest Millis
}

// QueueDepths returns the depth of every queue that has jobs, and of the deliveries as "deliver".
func (r Reader) QueueDepths(ctx context.Context) (depths []QueueDepth, err error) {
	err = r.list(ctx, &depths, `
		SELECT queue, COUNT(*) AS jobs, MIN(run_at) AS oldest FROM job WHERE dead_at = 0 GROUP BY queue
		UNION ALL
		SELECT 'deliver', COUNT(*), COALESCE(MIN(run_at), 0) FROM delivery WHERE dead_at = 0`)
	return depths, err
}

// NextLane returns when the next lane of a queue is due that nobody holds; ok is false if none is.
func (r Reader) NextLane(ctx context.Context, queue string) (at time.Time, ok bool, err error) {
	var next Millis
	err = r.get(ctx, &next, `SELECT COALESCE(MIN({{greatest}}(next_at, lease_until)), ?) FROM lane WHERE queue = ?`, never, queue)
	return next.Time(), err == nil && next != never, err
}

func reasonText(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return text[:min(len(text), errorBytesMax)]
}

// MarshalPayload writes the payload of a job as JSON.
func MarshalPayload(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("job payload: " + err.Error()) // a type of ours that JSON cannot hold
	}
	return b
}

// wakes are the signals from committed transactions to the runners of this process.
type wakes struct {
	mu       sync.Mutex
	channels map[string]chan struct{}
}

// Wake returns the channel that gets a signal after something was enqueued in a queue. There is
// one channel for each queue, with room for one signal: it is for one goroutine. A signal is a
// hint; runners look by themselves every second, too.
func (s *Store) Wake(queue string) <-chan struct{} { return s.wakes.channel(queue) }

func (w *wakes) channel(name string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.channels[name]
	if c == nil {
		c = make(chan struct{}, 1)
		w.channels[name] = c
	}
	return c
}

func (w *wakes) signal(name string) {
	select {
	case w.channel(name) <- struct{}{}:
	default:
	}
}

// wake signals a queue once the transaction is committed.
func (tx *Tx) wake(queue string) { tx.OnCommit(func() { tx.store.signal(queue) }) }
