package storage

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Delivery is one activity on its way to one inbox.
type Delivery struct {
	ID        int64
	Host      string
	Inbox     string
	PayloadID int64  `db:"payload_id"`
	SenderID  int64  `db:"sender_id"` // the account whose key signs
	RunAt     Millis `db:"run_at"`
	Attempts  int
	CreatedAt Millis `db:"created_at"`
}

// Inbox is where a payload is to go. Host is the normalised host[:port] of URL.
type Inbox struct {
	Host string
	URL  string
}

// Destination is a host that this process has leased, with what is due there, oldest first, and
// what is known of the host.
type Destination struct {
	Host         string
	Failures     int
	FailingSince Millis `db:"failing_since"`
	RFC9421At    Millis `db:"rfc9421_at"`
	Ed25519At    Millis `db:"ed25519_at"`
	Deliveries   []Delivery

	holder string
}

const (
	// QueueDeliver names the wake signal of the delivery workers.
	QueueDeliver = "deliver"
	// DeliveriesPerLease is how many deliveries of a host are handed out at a time, so that a
	// lease ends well before LeaseFor and hosts with much to get take turns with the others.
	DeliveriesPerLease = 50
	// insertRowsMax keeps a multi-row INSERT below the engines' limits of parameters.
	insertRowsMax = 200
)

// CreatePayload stores bytes to be delivered and returns their id.
func (tx *Tx) CreatePayload(ctx context.Context, body []byte) (int64, error) {
	id := tx.store.rowID()
	_, err := tx.exec(ctx, `INSERT INTO payload (id, body, created_at) VALUES (?, ?, ?)`, id, body, Now())
	return id, err
}

// Payload returns the bytes of a delivery.
func (r Reader) Payload(ctx context.Context, id int64) (body []byte, err error) {
	err = r.get(ctx, &body, `SELECT body FROM payload WHERE id = ?`, id)
	return body, err
}

// Deliver queues a payload for inboxes, once each, to be signed by sender.
func (tx *Tx) Deliver(ctx context.Context, payload, sender int64, inboxes []Inbox) error {
	if len(inboxes) == 0 {
		return nil
	}
	now := Now()
	var deliveries, hosts [][]any
	// Hosts are locked in the same order by everybody.
	for i, inbox := range slices.SortedFunc(slices.Values(inboxes), func(a, b Inbox) int { return strings.Compare(a.Host, b.Host) }) {
		deliveries = append(deliveries, []any{tx.store.rowID(), inbox.Host, inbox.URL, payload, sender, now, now})
		if i == 0 || hosts[len(hosts)-1][0] != inbox.Host {
			hosts = append(hosts, []any{inbox.Host, now, now})
		}
	}
	if err := tx.insertAll(ctx, `
		INSERT INTO delivery (id, host, inbox, payload_id, sender_id, run_at, created_at) VALUES {{rows}}
		ON CONFLICT (payload_id, inbox) DO NOTHING`, deliveries); err != nil {
		return err
	}
	if err := tx.insertAll(ctx, `
		INSERT INTO destination (host, next_at, sent_at) VALUES {{rows}}
		ON CONFLICT (host) DO UPDATE SET sent_at = excluded.sent_at,
			next_at = {{least}}(destination.next_at, {{greatest}}(excluded.next_at, destination.down_until))`, hosts); err != nil {
		return err
	}
	tx.wake(QueueDeliver)
	return nil
}

// insertAll runs a command with {{rows}} in place of what it inserts, as often as it takes. Each
// number of rows is a text of its own, that every connection prepares and keeps, so they are few.
func (tx *Tx) insertAll(ctx context.Context, command string, rows [][]any) error {
	for _, size := range [...]int{insertRowsMax, 50, 10, 1} {
		for ; len(rows) >= size; rows = rows[size:] {
			text := strings.Replace(command, "{{rows}}", tuples(len(rows[0]), size), 1)
			if _, err := tx.exec(ctx, text, slices.Concat(rows[:size]...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// ClaimDestinations leases up to limit hosts that something is due for, the longest waiting first.
func (s *Store) ClaimDestinations(ctx context.Context, limit int) (found []Destination, err error) {
	holder := s.newHolder()
	err = s.Tx(ctx, func(tx *Tx) error {
		found = nil
		if err := tx.list(ctx, &found, `
			WITH due AS MATERIALIZED (
				SELECT host FROM destination WHERE next_at <= ?1 AND lease_until <= ?1
				ORDER BY next_at LIMIT ?2 {{skip locked}})
			UPDATE destination SET lease_until = ?3, holder = ?4 WHERE host IN (SELECT host FROM due)
			RETURNING host, failures, failing_since, rfc9421_at, ed25519_at`,
			Now(), limit, Now()+Millis(LeaseFor.Milliseconds()), holder); err != nil {
			return err
		}
		for i := range found {
			found[i].holder = holder
			if err := tx.list(ctx, &found[i].Deliveries, `
				SELECT id, host, inbox, payload_id, sender_id, run_at, attempts, created_at FROM delivery
				WHERE host = ? AND dead_at = 0 AND run_at <= ? ORDER BY id LIMIT ?`,
				found[i].Host, Now(), DeliveriesPerLease); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err // nothing is leased
	}
	return found, nil
}

// Outcome is what became of a lease on a destination.
type Outcome struct {
	Delivered []int64           // ids that the peer took
	Retry     map[int64]Failure // ids to try again, each at its own time
	Dead      map[int64]Failure // ids given up
	DownUntil time.Time         // the whole host is not to be asked before this; zero: it answered
	RFC9421   bool              // the host showed that it verifies RFC 9421
	Ed25519   bool              // and that it verifies Ed25519 in it
}

// Failure says when to try again and what went wrong, for the operator to read.
type Failure struct {
	At     time.Time
	Reason string
}

// ReleaseDestination records the outcome of a lease and gives the host back, due when its next
// delivery is, or at DownUntil if that is later. If the lease was lost meanwhile the outcome is
// recorded all the same, since it happened; the host stays with its new holder.
func (s *Store) ReleaseDestination(ctx context.Context, d Destination, o Outcome) error {
	host := d.Host
	return s.Group(ctx, AboutHost(host), func(tx *Tx) error {
		if err := tx.settle(ctx, o); err != nil {
			return err
		}
		if _, err := tx.exists(ctx, `SELECT 1 FROM destination WHERE host = ? {{for update}}`, host); err != nil {
			return err
		}
		next, err := tx.nextDue(ctx, `delivery WHERE host = ?`, host)
		if err != nil {
			return err
		}
		if err := tx.markHost(ctx, host, o); err != nil {
			return err
		}
		due := max(next, At(o.DownUntil))
		_, err = tx.exec(ctx, `
			UPDATE destination SET next_at = ?, lease_until = 0, holder = '' WHERE host = ? AND holder = ?`,
			due, host, d.holder)
		if due <= Now() {
			tx.wake(QueueDeliver)
		}
		return err
	})
}

func (tx *Tx) settle(ctx context.Context, o Outcome) error {
	if len(o.Delivered) > 0 {
		query, args := in(`DELETE FROM delivery WHERE id IN (?)`, o.Delivered)
		if _, err := tx.exec(ctx, query, args...); err != nil {
			return err
		}
	}
	for id, f := range o.Retry {
		if _, err := tx.exec(ctx, `UPDATE delivery SET run_at = ?, attempts = attempts + 1, error = ? WHERE id = ?`,
			At(f.At), clip(f.Reason), id); err != nil {
			return err
		}
	}
	for id, f := range o.Dead {
		if _, err := tx.exec(ctx, `UPDATE delivery SET dead_at = ?, attempts = attempts + 1, error = ? WHERE id = ?`,
			Now(), clip(f.Reason), id); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) markHost(ctx context.Context, host string, o Outcome) (err error) {
	now := Now()
	switch {
	case !o.DownUntil.IsZero() && len(o.Delivered) > 0: // it took some before it failed
		_, err = tx.exec(ctx, `UPDATE destination SET failures = 1, down_until = ?, failing_since = ? WHERE host = ?`,
			At(o.DownUntil), now, host)
	case !o.DownUntil.IsZero():
		_, err = tx.exec(ctx, `
			UPDATE destination SET failures = failures + 1, down_until = ?,
				failing_since = CASE WHEN failing_since = 0 THEN ? ELSE failing_since END WHERE host = ?`,
			At(o.DownUntil), now, host)
	case len(o.Delivered) > 0:
		_, err = tx.exec(ctx, `UPDATE destination SET failures = 0, failing_since = 0, down_until = 0 WHERE host = ? AND failures > 0`, host)
	}
	if err == nil && o.RFC9421 {
		_, err = tx.exec(ctx, `UPDATE destination SET rfc9421_at = ? WHERE host = ?`, now, host)
	}
	if err == nil && o.Ed25519 {
		_, err = tx.exec(ctx, `UPDATE destination SET ed25519_at = ? WHERE host = ?`, now, host)
	}
	return err
}

// ReviveHost notes that something authentic came from a host. What waits for it is due now, since
// a host that speaks also listens.
func (tx *Tx) ReviveHost(ctx context.Context, host string) error {
	n, err := tx.exec(ctx, `
		UPDATE destination SET failures = 0, failing_since = 0, down_until = 0, next_at = {{least}}(next_at, ?), seen_at = ?
		WHERE host = ? AND failures > 0`, Now(), Now(), host)
	if err != nil || n == 0 {
		return err
	}
	if _, err = tx.exec(ctx, `UPDATE delivery SET run_at = ? WHERE host = ? AND dead_at = 0 AND run_at > ?`, Now(), host, Now()); err != nil {
		return err
	}
	tx.wake(QueueDeliver)
	return nil
}

// NoteRFC9421 remembers that a host signed with RFC 9421, so that it is answered in kind.
func (tx *Tx) NoteRFC9421(ctx context.Context, host string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO destination (host, next_at, rfc9421_at) VALUES (?, ?, ?)
		ON CONFLICT (host) DO UPDATE SET rfc9421_at = excluded.rfc9421_at`, host, never, Now())
	return err
}

// NextDestination returns when the next host is due that nobody holds; ok is false if none is.
func (r Reader) NextDestination(ctx context.Context) (at time.Time, ok bool, err error) {
	var next Millis
	err = r.get(ctx, &next, `
		SELECT COALESCE(MIN({{greatest}}(next_at, lease_until)), ?1) FROM destination WHERE next_at < ?1`, never)
	return next.Time(), err == nil && next != never, err
}

// DeadDelivery is a delivery that was given up, and why.
type DeadDelivery struct {
	Delivery
	DeadAt Millis `db:"dead_at"`
	Error  string
}

// DeadDeliveries returns the newest deliveries that were given up.
func (r Reader) DeadDeliveries(ctx context.Context, limit int) (dead []DeadDelivery, err error) {
	err = r.list(ctx, &dead, `
		SELECT id, host, inbox, payload_id, sender_id, run_at, attempts, created_at, dead_at, error
		FROM delivery WHERE dead_at > 0 ORDER BY dead_at DESC LIMIT ?`, limit)
	return dead, err
}

func clip(text string) string { return text[:min(len(text), errorBytesMax)] }
