package federation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// The runner gives accepted activities their effects. It leases lanes, one for each actor, and
// splits them by what they need: those whose references are all in the database share one
// transaction; those that wait for another server do so beside, each on its own, so that a server
// that answers slowly delays only who mentioned it. When a shared transaction fails it is replayed
// activity by activity, so that a poisonous one harms nobody else.

const (
	// QueueInbox is the queue of accepted activities.
	QueueInbox = "inbox"
	// lanesAtOnce is how many actors are worked on in one round.
	lanesAtOnce = 64
	// batchMax is how many activities share a transaction; others who write wait that long.
	batchMax = 100
	// slowLanesMax is how many lanes may wait for other servers at a time; more come back later.
	slowLanesMax = 256
	// needsWithin is how long everything that one activity refers to may take, so that the lease of
	// its lane, which is renewed between activities, does not end meanwhile.
	needsWithin = storage.LeaseFor / 2
	// slowLaneDelay is when a lane comes back that found no place.
	slowLaneDelay = 5 * time.Second
	// freshMax is how many parsed activities are handed from the gate to the runner in memory.
	freshMax = 2000
	// pollEvery is how often a queue is looked at without a signal.
	pollEvery = time.Second
)

// inboxRetries is when an activity is tried again whose handler failed; then it is dead.
var inboxRetries = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

// inboxJob is the payload of a job in QueueInbox.
type inboxJob struct {
	Activity  string `json:"activity"`
	Recipient int64  `json:"recipient,omitempty"`
}

// parsed is what the gate read, so that the runner need not read it again.
type parsed struct{ activity *vocab.Activity }

// item is one activity on its way to its handler.
type item struct {
	job     storage.Job
	in      In
	handler Handler // nil: nothing is to be done
	needs   []Ref   // what has to come from other servers
	got     Fetched
}

// amongFriends tells whether an activity is about friends or Moments. Its bytes are dropped in the
// transaction of its effects, so that what somebody takes back is gone: the handlers of these look
// at whom it names, not at whose inbox it came to, and need them once.
func (it *item) amongFriends() bool {
	a := it.in.Activity
	if a == nil {
		return false
	}
	return vocab.IsMoment(a.ObjectType) || a.Friendship() != nil
}

func (e *Engine) runInbox(ctx context.Context) error {
	for ctx.Err() == nil {
		lanes, err := e.store.ClaimLanes(ctx, QueueInbox, lanesAtOnce)
		if err != nil && ctx.Err() == nil {
			e.log.Error("claim inbox lanes", "err", err)
		}
		if len(lanes) > 0 {
			e.work(ctx, lanes)
			continue
		}
		if err := e.rest(ctx, e.store.Wake(QueueInbox)); err != nil {
			break
		}
	}
	// Wait for the lanes that were on their way, and then for what they began.
	lasting := context.WithoutCancel(ctx)
	if err := e.slow.Acquire(lasting, slowLanesMax); err != nil {
		return err
	}
	return e.refreshes.Acquire(lasting, refreshesAtOnce)
}

// rest waits for a signal, at most until the next poll.
func (e *Engine) rest(ctx context.Context, wake <-chan struct{}) error {
	timer := time.NewTimer(e.config.Poll)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-wake:
	case <-timer.C:
	}
	return nil
}

// work does one round of lanes.
func (e *Engine) work(ctx context.Context, lanes []storage.Lane) {
	var quick []laneItems
	size := 0
	flush := func() {
		if len(quick) > 0 {
			e.applyTogether(ctx, quick)
			quick, size = nil, 0
		}
	}
	for _, lane := range lanes {
		items, err := e.prepare(ctx, lane)
		switch {
		case err != nil:
			e.log.Error("read accepted activities", "err", err)
			e.delay(ctx, lane)
		case needsOthers(items):
			e.applySlowly(ctx, laneItems{lane, items})
		default:
			if size+len(items) > batchMax {
				flush()
			}
			quick, size = append(quick, laneItems{lane, items}), size+len(items)
		}
	}
	flush()
}

type laneItems struct {
	lane  storage.Lane
	items []*item
}

func needsOthers(items []*item) bool {
	for _, it := range items {
		if len(it.needs) > 0 {
			return true
		}
	}
	return false
}

func (e *Engine) delay(ctx context.Context, lane storage.Lane) {
	if err := e.store.DelayLane(ctx, lane, time.Now().Add(slowLaneDelay)); err != nil && ctx.Err() == nil {
		e.log.Error("delay a lane", "err", err)
	}
}

// prepare reads the activities of a lane and what they refer to, from the database only.
func (e *Engine) prepare(ctx context.Context, lane storage.Lane) (items []*item, err error) {
	before := earlier{posts: map[string]bool{}}
	for _, job := range lane.Jobs {
		it, err := e.read(ctx, job)
		if err != nil {
			return nil, err
		}
		items = append(items, it)
		if it.handler == nil {
			continue
		}
		if err := e.lookUp(ctx, it, before.posts); err != nil {
			return nil, err
		}
		if !before.accepted {
			if err := e.dropIdleNeeds(ctx, it); err != nil {
				return nil, err
			}
		}
		before.note(it.in.Activity)
	}
	return items, nil
}

// read finds the activity of a job and its handler. An activity that nothing is to be done for has
// none.
func (e *Engine) read(ctx context.Context, job storage.Job) (*item, error) {
	it := &item{job: job, got: Fetched{Accounts: map[string]storage.Account{}, Objects: map[string]*vocab.Object{}}}
	var what inboxJob
	if err := json.Unmarshal(job.Payload, &what); err != nil {
		return it, nil
	}
	it.in.Recipient = what.Recipient
	a, again, err := e.activity(ctx, what)
	if fault.Is(err, fault.NotFound) || err == nil && a == nil {
		return it, nil
	}
	if err != nil {
		return nil, err
	}
	it.in.Activity, it.in.Again = a, again
	if checkOrigin(a, e.config.Paths) != nil {
		return it, nil
	}
	kind, err := e.objectKind(ctx, a)
	if err != nil {
		return nil, err
	}
	it.handler = e.table[Key{a.Type, kind}]
	return it, nil
}

// activity returns an accepted activity and whether it had its effects before; nil for one whose
// bytes cannot be read.
func (e *Engine) activity(ctx context.Context, what inboxJob) (a *vocab.Activity, again bool, err error) {
	if fresh, ok := e.fresh.get(what.Activity); ok {
		e.fresh.drop(what.Activity)
		if what.Recipient != 0 { // it may have come to a neighbour before
			again, err = e.store.Applied(ctx, what.Activity)
		}
		return fresh.activity, again, err
	}
	received, err := e.store.Received(ctx, what.Activity)
	if err != nil {
		return nil, false, err
	}
	if received.Body == nil && received.AppliedAt != 0 {
		return nil, true, nil // it came to two inboxes, and the first time was for all whom it names
	}
	a, err = parseActivity(received.Body, what.Activity)
	if err != nil {
		e.log.Warn("accepted activity cannot be read", "err", err)
		return nil, false, nil
	}
	return a, received.AppliedAt != 0, nil
}

// objectKind says what an activity is about, in the words of Key.
func (e *Engine) objectKind(ctx context.Context, a *vocab.Activity) (string, error) {
	switch a.Type {
	case "Follow", "Block":
		return "Actor", nil
	case "Accept", "Reject":
		if a.Inner != nil {
			return a.Inner.Type, nil
		}
		kind, err := e.store.KindOfActivity(ctx, a.ObjectID)
		return cmp.Or(kind, "Follow"), err
	case "Undo":
		if a.Inner != nil {
			return a.Inner.Type, nil
		}
		if a.ObjectType == "Relationship" {
			return a.ObjectType, nil
		}
		return e.store.KindOfActivity(ctx, a.ObjectID)
	case "Like", "Announce", "Flag", "QuoteRequest":
		return "Object", nil
	case "Add", "Remove":
		if a.ObjectType == vocab.TagHashtag || a.ObjectType == "OrderedCollection" {
			return a.ObjectType, nil
		}
		return "Object", nil
	case "Delete":
		if a.ObjectID == a.Actor {
			return "Actor", nil
		}
		if a.Object != nil && a.Object.Tombstone != nil && vocab.IsMoment(a.Object.Tombstone.FormerType) {
			return a.Object.Tombstone.FormerType, nil
		}
		return "Object", nil
	case "Update":
		if a.ObjectID == a.Actor {
			return "Actor", nil
		}
	}
	if a.Object == nil {
		return "Note", nil // named by its IRI: whatever it is, it is fetched before the handler sees it
	}
	return a.ObjectType, nil
}

// applyTogether applies lanes that need nobody else in one transaction, or, if it fails, one by
// one.
func (e *Engine) applyTogether(ctx context.Context, lanes []laneItems) {
	lasting := context.WithoutCancel(ctx)
	var done []int64
	var applied, secret []string
	for _, l := range lanes {
		for _, it := range l.items {
			done = append(done, it.job.ID)
			if it.in.Activity != nil {
				applied = append(applied, it.in.Activity.ID)
			}
			if it.amongFriends() {
				secret = append(secret, it.in.Activity.ID)
			}
		}
	}
	err := e.store.Tx(lasting, func(tx *storage.Tx) error {
		if err := tx.FinishJobs(lasting, done); err != nil {
			return err
		}
		for _, l := range lanes {
			for _, it := range l.items {
				if err := e.apply(lasting, tx, it); err != nil {
					return fmt.Errorf("job %d: %w", it.job.ID, err)
				}
			}
		}
		if err := tx.MarkAllApplied(lasting, applied); err != nil {
			return err
		}
		if err := tx.ForgetBodiesOf(lasting, secret); err != nil {
			return err
		}
		for _, l := range lanes {
			if err := tx.ReleaseLane(lasting, l.lane); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for _, l := range lanes {
			for _, it := range l.items {
				e.applied(ctx, it)
			}
		}
		return
	}
	e.log.Debug("activities are applied one by one", "err", err)
	for _, l := range lanes {
		for _, it := range l.items {
			e.applyAlone(ctx, it)
		}
		e.release(lasting, l.lane)
	}
}

// applied counts an activity whose effects are committed. Keys may have changed with an actor; one
// who did something else may have changed without saying so.
func (e *Engine) applied(ctx context.Context, it *item) {
	if it.handler == nil {
		e.metrics.Applied("ignored")
		return
	}
	e.metrics.Applied("applied")
	if a := it.in.Activity; a.ObjectID == a.Actor {
		e.keys.forget(a.Actor)
		return
	}
	e.refreshStale(ctx, it.in.Actor)
}

// apply gives one activity its effects. Who was suspended or blocked since it was accepted has
// none.
func (e *Engine) apply(ctx context.Context, tx *storage.Tx, it *item) error {
	if it.handler == nil {
		return nil
	}
	if it.in.Actor.ID == 0 || it.in.Actor.SuspendedAt != 0 || it.in.Actor.DeletedAt != 0 {
		return nil
	}
	return it.handler.Apply(ctx, tx, it.in, it.got)
}

// applyAlone applies one activity in its own transaction and notes a failure with its job. The job
// goes first: if the lease was lost meanwhile and somebody else did it, nothing happens here.
func (e *Engine) applyAlone(ctx context.Context, it *item) {
	mine, lasting := false, context.WithoutCancel(ctx)
	err := e.store.Tx(lasting, func(tx *storage.Tx) error {
		err := tx.FinishJobs(lasting, []int64{it.job.ID})
		if mine = !fault.Is(err, fault.Conflict); err != nil {
			return err
		}
		if err := e.apply(lasting, tx, it); err != nil || it.in.Activity == nil {
			return err
		}
		ids := []string{it.in.Activity.ID}
		if err := tx.MarkAllApplied(lasting, ids); err != nil || !it.amongFriends() {
			return err
		}
		return tx.ForgetBodiesOf(lasting, ids)
	})
	switch {
	case err == nil:
		e.applied(ctx, it)
	case mine:
		e.fail(lasting, it, err)
	}
}

func (e *Engine) fail(ctx context.Context, it *item, cause error) {
	result := "retried"
	err := e.store.Tx(ctx, func(tx *storage.Tx) error {
		if it.job.Attempts < len(inboxRetries) {
			return tx.RetryJob(ctx, it.job.ID, time.Now().Add(inboxRetries[it.job.Attempts]), cause)
		}
		result = "dead"
		return tx.BuryJob(ctx, it.job.ID, cause)
	})
	if err != nil {
		e.log.Error("note a failed activity", "job", it.job.ID, "err", err)
	}
	e.metrics.Applied(result)
	e.log.Warn("activity not applied", "job", it.job.ID, "attempt", it.job.Attempts+1, "err", cause)
}

func (e *Engine) release(ctx context.Context, lane storage.Lane) {
	err := e.store.Tx(ctx, func(tx *storage.Tx) error { return tx.ReleaseLane(ctx, lane) })
	if err != nil && !fault.Is(err, fault.Conflict) {
		e.log.Error("release a lane", "err", err)
	}
}

// applySlowly works through a lane that needs other servers, beside everything else.
func (e *Engine) applySlowly(ctx context.Context, l laneItems) {
	if !e.slow.TryAcquire(1) {
		e.delay(ctx, l.lane)
		return
	}
	go func() {
		defer e.slow.Release(1)
		kept := time.Now()
		for _, it := range l.items {
			if ctx.Err() != nil {
				break
			}
			if time.Since(kept) > storage.LeaseFor/3 {
				if e.store.KeepLane(ctx, l.lane) != nil {
					return // another process goes on
				}
				kept = time.Now()
			}
			err := e.fetchNeeds(fetch.WithBudget(ctx), it)
			if ctx.Err() != nil {
				break // what a node that stops did not fetch may well be there
			}
			if err != nil {
				e.fail(context.WithoutCancel(ctx), it, err)
				continue
			}
			e.applyAlone(ctx, it)
		}
		e.release(context.WithoutCancel(ctx), l.lane)
	}()
}
