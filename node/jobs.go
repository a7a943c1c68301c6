package node

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2" // spreads jobs in time; nobody gains by guessing it
	"runtime/debug"
	"sync"
	"time"

	"tulou/protocol/fault"
	"tulou/storage"
)

// QueueWork is the queue of background jobs; accepted activities and deliveries have their own.
const QueueWork = storage.QueueWork

const (
	// jobLanesAtOnce is how many lanes are worked on at a time: enough that some may wait for other
	// servers, few enough that requests get their share of two cores.
	jobLanesAtOnce = 16
	// jobPoll is how often the queue is looked at without a signal.
	jobPoll = time.Second
	// jobTimeout ends an attempt; what takes longer enqueues its next part instead.
	jobTimeout = 5 * time.Minute
	// jobDrain is how long jobs may go on when the node stops; then they are given back.
	jobDrain = 10 * time.Second
	// leaseKept is how often the lease of a lane that takes long is renewed, well before it ends.
	leaseKept = storage.LeaseFor / 3
)

// jobRetries is how long after a failed attempt a job is tried again; after the last it is dead.
var jobRetries = [...]time.Duration{10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute,
	2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}

// jobFunc does one job. It may be called again for a job that it did, after a crash.
type jobFunc func(ctx context.Context, job storage.Job) error

// jobKind is what the node knows about a kind of job.
type jobKind struct {
	do jobFunc
	// every makes a job come back; its lane is named like its kind. Zero: it is done once.
	every time.Duration
}

// workers runs the jobs of QueueWork.
type workers struct {
	store   *storage.Store
	log     *slog.Logger
	metrics *metrics
	poll    time.Duration
	kinds   map[string]jobKind
	places  chan struct{}
	running sync.WaitGroup
}

func newWorkers(store *storage.Store, m *metrics, log *slog.Logger) *workers {
	return &workers{store: store, log: log, metrics: m, poll: jobPoll, kinds: map[string]jobKind{},
		places: make(chan struct{}, jobLanesAtOnce)}
}

// handle registers a kind of job; a second one of the same name is a broken program.
func (w *workers) handle(kind string, every time.Duration, do jobFunc) {
	if _, twice := w.kinds[kind]; twice {
		panic("two kinds of job are named " + kind)
	}
	w.kinds[kind] = jobKind{do: do, every: every}
}

// schedule makes sure that every recurring job is waiting. The first run comes at a random time
// within the period, so that the nodes of a village do not all clean up at once.
func (w *workers) schedule(ctx context.Context) error {
	return w.store.Tx(ctx, func(tx *storage.Tx) error {
		for name, kind := range w.kinds {
			if kind.every == 0 {
				continue
			}
			first := storage.At(time.Now().Add(rand.N(kind.every)))
			job := storage.Job{Queue: QueueWork, Lane: name, Kind: name, Payload: []byte("{}"), RunAt: first}
			if err := tx.Schedule(ctx, job); err != nil {
				return fmt.Errorf("schedule %s: %w", name, err)
			}
		}
		return nil
	})
}

// run works until ctx ends, then lets the jobs under way finish for jobDrain.
func (w *workers) run(ctx context.Context) error {
	if err := w.schedule(ctx); err != nil {
		return err
	}
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	poll := time.NewTicker(w.poll)
	defer poll.Stop()
	for ctx.Err() == nil {
		full, err := w.claim(ctx, work)
		if err != nil && ctx.Err() == nil {
			w.log.Error("claim jobs", "err", err)
		}
		if full {
			continue
		}
		select {
		case <-ctx.Done():
		case <-poll.C:
		case <-w.store.Wake(QueueWork):
		}
	}
	drained := time.AfterFunc(jobDrain, stop)
	defer drained.Stop()
	w.running.Wait()
	return nil
}

// claim leases as many lanes as there are places and starts them. It is full if there may be more;
// then it has to be called again, and waits for a place first.
func (w *workers) claim(ctx, work context.Context) (full bool, err error) {
	free := 0
	select {
	case w.places <- struct{}{}:
		free = 1
	case <-ctx.Done():
		return false, nil
	}
	for free < jobLanesAtOnce {
		select {
		case w.places <- struct{}{}:
			free++
			continue
		default:
		}
		break
	}
	var lanes []storage.Lane
	// Looking costs a tenth of claiming, which takes the writer's place.
	next, due, err := w.store.NextLane(ctx, QueueWork)
	if err == nil && due && !next.After(time.Now()) {
		lanes, err = w.store.ClaimLanes(ctx, QueueWork, free)
	}
	for _, lane := range lanes {
		w.running.Go(func() {
			defer func() { <-w.places }()
			w.work(work, lane)
		})
	}
	for range free - len(lanes) {
		<-w.places
	}
	return err == nil && len(lanes) == free, err
}

// work does the jobs of a lane one after another and gives the lane back. If the lease is lost,
// another process has the lane, and nothing more is noted here.
func (w *workers) work(ctx context.Context, lane storage.Lane) {
	ctx, lost := context.WithCancel(ctx)
	defer lost()
	keeper := make(chan struct{})
	go func() {
		defer close(keeper)
		w.keep(ctx, lane, lost)
	}()
	var unsettled error
	for _, job := range lane.Jobs {
		if unsettled = w.one(ctx, job); unsettled != nil || ctx.Err() != nil {
			break
		}
	}
	stopping := ctx.Err() != nil
	lost()
	<-keeper
	after := context.WithoutCancel(ctx)
	var err error
	if unsettled != nil && !stopping {
		err = w.store.DelayLane(after, lane, time.Now().Add(jobRetries[0])) // or it would be due at once
	} else {
		err = w.store.Tx(after, func(tx *storage.Tx) error { return tx.ReleaseLane(after, lane) })
	}
	if err != nil && !fault.Is(err, fault.Conflict) {
		w.log.Error("release lane", "lane", lane.Name, "err", err)
	}
}

// keep renews the lease of a lane until ctx ends, and calls lost when it belongs to somebody else.
func (w *workers) keep(ctx context.Context, lane storage.Lane, lost func()) {
	renew := time.NewTicker(leaseKept)
	defer renew.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			if err := w.store.KeepLane(ctx, lane); fault.Is(err, fault.Conflict) {
				lost()
				return
			}
		}
	}
}

// one does a job and notes the outcome. Its error means that the lane should be left.
func (w *workers) one(ctx context.Context, job storage.Job) error {
	kind := w.kinds[job.Kind]
	start := time.Now()
	cause := w.attempt(ctx, kind, job)
	if cause != nil && ctx.Err() != nil {
		return ctx.Err() // the node stops, or the lease is lost: not the job's fault
	}
	result := "done"
	after := context.WithoutCancel(ctx)
	err := w.store.Tx(after, func(tx *storage.Tx) (err error) {
		result, err = w.settle(after, tx, kind, job, cause)
		return err
	})
	if err != nil {
		w.log.Error("note the outcome of a job", "kind", job.Kind, "job", job.ID, "err", err)
		return err
	}
	w.metrics.job(w.label(job.Kind), result, time.Since(start))
	level := slog.LevelDebug
	switch result {
	case "retried":
		level = slog.LevelInfo
	case "dead":
		level = slog.LevelError
	}
	attrs := []slog.Attr{slog.String("kind", job.Kind), slog.Int64("job", job.ID), slog.String("result", result),
		slog.Duration("dur", time.Since(start))}
	if cause != nil {
		attrs = append(attrs, slog.Any("err", cause))
	}
	w.log.LogAttrs(after, level, "job", attrs...)
	return nil
}

// label keeps kinds that this version does not know out of the metrics.
func (w *workers) label(kind string) string {
	if _, known := w.kinds[kind]; !known {
		return "unknown"
	}
	return kind
}

// attempt calls a job's function with a deadline and turns its panic into an error.
func (w *workers) attempt(ctx context.Context, kind jobKind, job storage.Job) (err error) {
	if kind.do == nil {
		return fault.New(fault.NotImplemented, "this version does not know jobs of the kind %s", job.Kind)
	}
	ctx, cancel := context.WithTimeout(ctx, jobTimeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return kind.do(ctx, job)
}

// settle writes down what became of an attempt. A recurring job comes back whatever became of it.
func (w *workers) settle(ctx context.Context, tx *storage.Tx, kind jobKind, job storage.Job, cause error) (result string, err error) {
	switch {
	case cause == nil:
		result, err = "done", tx.FinishJob(ctx, job.ID)
	case job.Attempts < len(jobRetries):
		pause := jobRetries[job.Attempts]
		pause += rand.N(pause / 4)
		return "retried", tx.RetryJob(ctx, job.ID, time.Now().Add(pause), cause)
	default:
		result, err = "dead", tx.BuryJob(ctx, job.ID, cause)
	}
	if err == nil && kind.every > 0 {
		next := storage.Job{Queue: QueueWork, Lane: job.Lane, Kind: job.Kind, Payload: job.Payload,
			RunAt: storage.At(time.Now().Add(kind.every))}
		err = tx.Schedule(ctx, next)
	}
	return result, err
}
