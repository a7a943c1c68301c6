package federation

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2" // spreads retries in time; nobody gains by guessing it
	"strings"
	"sync"
	"time"
	"unicode"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/httpsig"
	"tulou/storage"
)

const (
	// hostsMax is how many hosts are leased by one process at a time.
	hostsMax = 1024
	// claimMax is how many are leased in one transaction, so that nobody waits long behind it.
	claimMax = 128
	// perHostMax is how many requests to one host are under way at once. Those of one sender always
	// follow each other.
	perHostMax = 4
	// drainFor is how long deliveries of one lease are begun. A request takes 20 seconds at most, so
	// a lease ends before another process may take the host.
	drainFor = 30 * time.Second
	// lookAgain is when it looks after others took what was due.
	lookAgain = 10 * time.Millisecond
	// stopFor is how long requests under way may go on when the node stops.
	stopFor = 3 * time.Second
	// reasonBytesMax is how much of a peer's answer an operator gets to read.
	reasonBytesMax = 200
)

// Courier carries what was sent to the inboxes of other servers. It leases hosts, not deliveries:
// one goroutine serves one host, oldest first, each sender's deliveries strictly one after another,
// and a host that does not answer keeps nobody waiting but its own. Several processes may run one
// each on the same database.
//
// A delivery is done when the host has answered 2xx and that is committed. A crash in between means
// that it comes twice, which the receiver recognises by the id of the activity.
type Courier struct {
	store   *storage.Store
	client  *fetch.Client
	hosts   *policies
	metrics *Metrics
	log     *slog.Logger
	berths  *berths
	with    *stationery
	poll    time.Duration // how often to look without being woken
}

// newCourier returns the courier of an engine; Run makes it work.
func newCourier(e *Engine) *Courier {
	return &Courier{store: e.store, client: e.client, hosts: e.hosts, metrics: e.metrics, log: e.log,
		berths: newBerths(), with: newStationery(e.store), poll: e.config.Poll}
}

// Run delivers until ctx ends. Then it waits a little for requests under way and gives its leases
// back; nothing is lost. It returns nil.
func (c *Courier) Run(ctx context.Context) error {
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopFor, cancel) })()
	rounds := rounds{places: make(chan struct{}, hostsMax)}
	defer rounds.under.Wait()
	wake := c.store.Wake(storage.QueueDeliver)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-timer.C:
		}
		timer.Reset(c.look(ctx, requests, &rounds))
	}
}

// rounds counts the hosts that are being served.
type rounds struct {
	under  sync.WaitGroup
	places chan struct{}
}

// look starts a round for every host that is due, as far as there is room, and returns when to look
// again. Looking costs a read; leasing costs a commit, so that is done only if there is something.
func (c *Courier) look(ctx, requests context.Context, rounds *rounds) time.Duration {
	for {
		at, ok, err := c.store.NextDestination(ctx)
		room := min(claimMax, hostsMax-len(rounds.places))
		if err != nil || !ok || room == 0 {
			c.report(ctx, "look for deliveries", err)
			return c.poll
		}
		if wait := time.Until(at); wait > 0 {
			return min(wait, c.poll)
		}
		hosts, err := c.store.ClaimDestinations(ctx, room)
		if err != nil || len(hosts) == 0 { // another process was quicker
			c.report(ctx, "lease hosts", err)
			return lookAgain
		}
		for _, host := range hosts {
			rounds.places <- struct{}{}
			rounds.under.Go(func() {
				defer func() { <-rounds.places }()
				c.serve(ctx, requests, host)
			})
		}
	}
}

func (c *Courier) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		c.log.Error(what, "err", err)
	}
}

// round is the service of one leased host.
type round struct {
	*Courier
	host  storage.Destination
	until time.Time // no delivery is begun after this

	mu      sync.Mutex
	outcome storage.Outcome
}

// serve drains a leased host and gives it back. Nothing is begun once ctx has ended; requests under
// way go on until that context ends, too.
func (c *Courier) serve(ctx, requests context.Context, host storage.Destination) {
	r := &round{Courier: c, host: host, until: time.Now().Add(drainFor)}
	r.outcome.Retry, r.outcome.Dead = map[int64]storage.Failure{}, map[int64]storage.Failure{}
	if r.allowed(ctx) {
		r.drain(ctx, requests)
	}
	if !r.outcome.DownUntil.IsZero() {
		r.expire()
	}
	err := c.store.ReleaseDestination(context.WithoutCancel(ctx), host, r.outcome)
	c.report(ctx, "give a host back", err)
}

// allowed gives up everything for a host that the operator keeps out since it was sent.
func (r *round) allowed(ctx context.Context) bool {
	err := r.hosts.check(ctx, r.host.Host)
	if !fault.Is(err, fault.Forbidden) {
		r.report(ctx, "check a host", err)
		return err == nil
	}
	for _, d := range r.host.Deliveries {
		r.note(d, hopeless, 0, fault.DetailOf(err))
	}
	return false
}

// drain delivers what is due, by one request after another for each sender.
func (r *round) drain(ctx, requests context.Context) {
	rest := r.host.Deliveries
	if r.host.Failures > 0 && len(rest) > 0 { // one delivery finds out whether the host is back
		r.deliverAll(ctx, requests, rest[:1])
		rest = rest[1:]
	}
	chains := chainsOf(rest)
	var lines sync.WaitGroup
	for range min(perHostMax, len(chains)) {
		lines.Go(func() {
			for chain := range chains {
				r.deliverAll(ctx, requests, chain)
			}
		})
	}
	lines.Wait()
}

// chainsOf groups deliveries by sender and keeps their order.
func chainsOf(deliveries []storage.Delivery) chan []storage.Delivery {
	place := map[int64]int{}
	var chains [][]storage.Delivery
	for _, d := range deliveries {
		at, ok := place[d.SenderID]
		if !ok {
			at = len(chains)
			place[d.SenderID] = at
			chains = append(chains, nil)
		}
		chains[at] = append(chains[at], d)
	}
	queue := make(chan []storage.Delivery, len(chains))
	for _, chain := range chains {
		queue <- chain
	}
	close(queue)
	return queue
}

// deliverAll makes deliveries one after another until the host is down or the time is over.
func (r *round) deliverAll(ctx, requests context.Context, deliveries []storage.Delivery) {
	for _, d := range deliveries {
		if ctx.Err() != nil || r.over() {
			return
		}
		r.deliver(requests, d)
	}
}

func (r *round) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.outcome.DownUntil.IsZero() || time.Now().After(r.until)
}

// deliver makes one request and notes what came of it.
func (r *round) deliver(ctx context.Context, d storage.Delivery) {
	body, err := r.with.payload(ctx, d.PayloadID)
	if err == nil {
		var pen signature
		if pen, err = r.signature(ctx, d, body.digest); err == nil {
			r.post(ctx, d, body.body, pen)
			return
		}
	}
	if fault.CodeOf(err) == fault.Internal { // our database, not the delivery; the lease brings it back
		r.report(ctx, "prepare a delivery", err)
		return
	}
	r.note(d, hopeless, 0, fault.DetailOf(err))
}

func (r *round) post(ctx context.Context, d storage.Delivery, body []byte, pen signature) {
	leave, err := r.berths.enter(ctx, r.host.Failures > 0)
	if err != nil {
		return
	}
	if r.over() { // while it waited
		leave()
		return
	}
	answer, err := r.client.Post(ctx, d.Inbox, fetch.ActivityJSON, body, pen)
	leave()
	if err != nil && ctx.Err() != nil {
		return // we broke off, not the host
	}
	v := judge(err)
	if v == delivered && d.Attempts == 0 {
		r.metrics.DeliveryTook(time.Since(d.CreatedAt.Time()))
	}
	r.learn(httpsig.Accepted(answer.Header))
	r.note(d, v, fault.RetryOf(err), reason(err, answer.Body))
}

// learn notes which signatures a host asks for, if that is news.
func (r *round) learn(rfc9421, ed25519 bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcome.RFC9421 = r.outcome.RFC9421 || rfc9421 && r.host.RFC9421At == 0
	r.outcome.Ed25519 = r.outcome.Ed25519 || ed25519 && r.host.Ed25519At == 0
}

// signature chooses the dialect. A host that has shown RFC 9421 gets it, but a delivery that did
// not work is tried in the old dialect every other time, should there be a proxy that mangles it.
func (r *round) signature(ctx context.Context, d storage.Delivery, digest httpsig.Digest) (signature, error) {
	from, err := r.with.sender(ctx, d.SenderID)
	if err != nil {
		return signature{}, err
	}
	dialect := httpsig.Draft
	if r.host.RFC9421At != 0 && d.Attempts%2 == 0 {
		dialect = httpsig.RFC9421
	}
	signer := from.pick(dialect == httpsig.RFC9421 && r.host.Ed25519At != 0)
	return signature{signer, dialect, digest, r.with.turns}, nil
}

// note records a verdict on a delivery.
func (r *round) note(d storage.Delivery, v verdict, asked time.Duration, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	switch v {
	case delivered:
		r.metrics.Delivered("delivered")
		r.outcome.Delivered = append(r.outcome.Delivered, d.ID)
		return
	case hostDown:
		r.metrics.Delivered("down")
		r.down(now, asked, reason)
		return
	}
	failure := storage.Failure{At: now, Reason: reason}
	if wait, ok := nextTry(v, d, now, asked, rand.Float64()); ok {
		r.metrics.Delivered("retried")
		failure.At = now.Add(wait)
		r.outcome.Retry[d.ID] = failure
		return
	}
	r.metrics.Delivered("dead")
	r.outcome.Dead[d.ID] = failure
	r.log.Info("delivery given up", "host", d.Host, "reason", reason)
}

// down records a failure of the whole host. A host that took something in this round has not failed
// before: its failures begin anew.
func (r *round) down(now time.Time, asked time.Duration, reason string) {
	failures, failing := r.host.Failures, time.Duration(0)
	if len(r.outcome.Delivered) > 0 {
		failures = 0
	} else if since := r.host.FailingSince; since != 0 {
		failing = now.Sub(since.Time())
	}
	until := now.Add(hostWait(failures, failing, asked, rand.Float64()))
	if until.After(r.outcome.DownUntil) {
		r.outcome.DownUntil = until
	}
	if failures+1 == openAfter {
		r.log.Info("host is left alone for a while", "host", r.host.Host, "reason", reason)
	}
}

// expire gives up what a host that is still away has been offered for long enough. A failure of the
// host is an attempt for all that waits, though only one delivery was tried.
func (r *round) expire() {
	now, buried := time.Now(), 0
	for _, d := range r.host.Deliveries {
		if now.Sub(d.CreatedAt.Time()) < giveUpAfter || r.settled(d.ID) {
			continue
		}
		r.metrics.Delivered("dead")
		r.outcome.Dead[d.ID] = storage.Failure{At: now, Reason: "the host did not answer for a week"}
		buried++
	}
	if soon := now.Add(buryAgain); buried == storage.DeliveriesPerLease && soon.Before(r.outcome.DownUntil) {
		r.outcome.DownUntil = soon
	}
}

func (r *round) settled(id int64) bool {
	for _, done := range r.outcome.Delivered {
		if done == id {
			return true
		}
	}
	_, retried := r.outcome.Retry[id]
	_, dead := r.outcome.Dead[id]
	return retried || dead
}

// reason says why a delivery did not work, with the beginning of what the peer said about it.
func reason(err error, answer []byte) string {
	if err == nil {
		return ""
	}
	said := strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, string(bytes.ToValidUTF8(answer[:min(len(answer), reasonBytesMax)], nil)))
	if said = strings.TrimSpace(said); said == "" {
		return fault.DetailOf(err)
	}
	return fault.DetailOf(err) + ": " + said
}
