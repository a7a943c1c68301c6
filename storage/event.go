package storage

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tulou/protocol/ids"
)

// Event is something that the other processes of a node should know within a second or two: a
// token was revoked, an account suspended, a policy changed. Payload is for whoever knows Kind.
type Event struct {
	ID        int64
	Kind      string
	Payload   string
	CreatedAt Millis `db:"created_at"`
}

// EventAccountChanged is the kind of the event that says that somebody was suspended, deleted or
// changed; its payload is the account's id. What is remembered of them is read again.
const EventAccountChanged = "account.changed"

const (
	// EventsEvery is how often a process reads the events of others.
	EventsEvery = time.Second
	// EventsKept is how long they stay; a process that slept longer starts anew.
	EventsKept = time.Hour
	// eventsLate is how much older than the newest event one may appear: ids are taken before the
	// transaction commits, so a slow one comes after faster ones.
	eventsLate = 15 * time.Second
)

// Publish adds an event to the transaction. Every process, this one too, sees it through Events.
func (tx *Tx) Publish(ctx context.Context, kind, payload string) error {
	_, err := tx.exec(ctx, `INSERT INTO event (id, kind, payload, created_at) VALUES (?, ?, ?, ?)`,
		tx.store.rowID(), kind, payload, Now())
	tx.wake(QueueEvents)
	return err
}

// QueueEvents names the wake signal of events.
const QueueEvents = "events"

// EventsSince returns the events of the last quarter minute before after and everything newer,
// oldest first, without those that the caller has seen; seen becomes what was found this time. What
// was seen is not read again, since what streams relay may be long.
func (r Reader) EventsSince(ctx context.Context, after time.Time, seen map[int64]bool) (events []Event, err error) {
	var found, fresh []int64
	if err = r.list(ctx, &found, `SELECT id FROM event WHERE id >= ?`, ids.FloorAt(after.Add(-eventsLate))); err != nil {
		return nil, err
	}
	for _, id := range found {
		if !seen[id] {
			fresh = append(fresh, id)
		}
	}
	events, err = listIn[Event](ctx, r, `SELECT id, kind, payload, created_at FROM event WHERE id IN (?)`, fresh)
	if err != nil || seen == nil {
		return inOrder(events), err
	}
	clear(seen)
	for _, id := range found {
		seen[id] = true
	}
	return inOrder(events), nil
}

func inOrder(events []Event) []Event {
	slices.SortFunc(events, func(a, b Event) int { return cmp.Compare(a.ID, b.ID) })
	return events
}

// ForgetEvents deletes events that everybody has read.
func (tx *Tx) ForgetEvents(ctx context.Context) error {
	_, err := tx.exec(ctx, `DELETE FROM event WHERE id < ?`, ids.FloorAt(time.Now().Add(-EventsKept)))
	return err
}
