package media

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2" // spreads retries; nobody gains by guessing it
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// Pictures, films and sounds of other servers are fetched when somebody looks at them, once for
// the node, and served from here: other servers do not learn who reads. Only what posts, actors,
// emoji and cards refer to is fetched, by a random key, so this is no proxy for anybody's
// addresses.

// Limits of fetching for those who look.
const (
	// remoteAtOnce is how many files come in at a time: enough for a page of slow ones, few enough
	// that they leave memory and bandwidth to the rest.
	remoteAtOnce = 16
	// lookWaits is how long somebody who looks waits for a file, well within the time for an
	// answer; then it is there when they look again.
	lookWaits = 30 * time.Second
	// remoteWaits is how long a file waits for a place, and for another process that fetches it.
	remoteWaits = fetch.MediaTimeout
	// leaseFor is longer than fetching and decoding take; then another process may try.
	leaseFor = fetch.MediaTimeout + 30*time.Second
	// leaseLook is how often a process looks whether another one has finished.
	leaseLook = 500 * time.Millisecond
)

// How long after a failure a file is asked for again: the first pause is multiplied by retryGrowth
// for each failure in a row. What was refused for what it is changes less often than what could
// not be reached.
const (
	retryAway    = time.Minute
	retryRefused = 6 * time.Hour
	retryGrowth  = 4
	retryMax     = 7 * 24 * time.Hour
)

// Fetcher is the one way out.
type Fetcher interface {
	Media(ctx context.Context, iri, accept string, bytesMax int64) (*fetch.Media, error)
}

// HostChecker knows which servers this node talks to.
type HostChecker interface {
	CheckHost(ctx context.Context, host string) error
}

// RemoteDeps is what a Remote works with; all of it.
type RemoteDeps struct {
	Media   *Service
	Fetcher Fetcher
	Hosts   HostChecker
	// People finds whom pages name as authors; nil: nobody.
	People Finder
	// BytesMax is how much files of other servers may take here; 0: as much as there is.
	BytesMax int64
}

// Finder finds people of any server by handle. The engine is one.
type Finder interface {
	Resolve(ctx context.Context, handle ids.Handle) (storage.Account, error)
}

// Remote keeps files and pages of other servers for those who look at them here. It is safe for
// concurrent use, and by several processes. Close it before the store.
type Remote struct {
	*Service
	fetcher Fetcher
	hosts   HostChecker
	people  Finder
	flight  singleflight.Group
	coming  *arrivals
	room    room
	running sync.WaitGroup
	stop    context.CancelFunc
	stopped context.Context
}

// NewRemote makes a Remote, which outlives ctx and ends with Close.
func NewRemote(ctx context.Context, d RemoteDeps) *Remote {
	r := &Remote{Service: d.Media, fetcher: d.Fetcher, hosts: d.Hosts, people: d.People, coming: newArrivals()}
	r.room.bytesMax = d.BytesMax
	r.stopped, r.stop = context.WithCancel(context.WithoutCancel(ctx))
	return r
}

// Close ends what is being fetched.
func (r *Remote) Close() {
	r.stop()
	r.running.Wait()
}

// Open returns the file of a key, like Service.Open, and fetches it before if it is another
// server's and not here. The fault is NotFound if there is none, if nothing refers to it that
// anybody may see, or if it cannot be had just now; Unavailable while it is still coming.
func (r *Remote) Open(ctx context.Context, key string) (storage.File, io.ReadSeekCloser, error) {
	file, body, err := r.Service.Open(ctx, key)
	if err != nil && !fault.Is(err, fault.NotFound) || err == nil && (file.AccountID != 0 || file.AttachmentID != 0) {
		return file, body, err
	}
	m, unknown := r.Store.RemoteMediaByKey(ctx, key)
	if fault.Is(unknown, fault.NotFound) { // nobody's, or nothing
		return file, body, err
	}
	if unknown == nil {
		unknown = r.admit(ctx, m)
	}
	if unknown != nil {
		if err == nil {
			body.Close()
		}
		return storage.File{}, nil, unknown
	}
	if err == nil {
		r.looked(ctx, m)
		return file, body, nil
	}
	if m.FetchedAt != 0 {
		// It came in between, or there is no preview of it; otherwise its blob was lost.
		if file, body, err = r.Service.Open(ctx, key); err == nil || key != m.FileKey {
			return file, body, err
		}
	}
	if err := r.bring(ctx, m); err != nil {
		return storage.File{}, nil, err
	}
	return r.Service.Open(ctx, key)
}

func absent() error { return fault.New(fault.NotFound, "not found") }

// admit refuses what nobody may see, and what is at a host that the operator blocked.
func (r *Remote) admit(ctx context.Context, m storage.RemoteMedia) error {
	shown, err := r.Store.RemoteMediaShown(ctx, m)
	if err != nil {
		return err
	}
	blocked, err := r.blocked(ctx, m.URL)
	if err == nil && (blocked || !shown) {
		err = absent()
	}
	return err
}

// blocked tells whether an address is of a host that the operator blocked. Files may be at hosts
// that are no servers of their own, which no list of allowed ones names.
func (r *Remote) blocked(ctx context.Context, address string) (bool, error) {
	action, err := r.Store.DomainAction(ctx, ids.Host(address))
	return action == storage.DomainBlock, err
}

// bring has a file fetched, by whoever asked first, and waits for it. Whoever goes away does not
// end it for the others.
func (r *Remote) bring(ctx context.Context, m storage.RemoteMedia) error {
	if m.FetchedAt == 0 && m.RetryAt > storage.Now() {
		return absent()
	}
	result := r.flight.DoChan(m.FileKey, func() (any, error) {
		r.running.Add(1)
		defer r.running.Done()
		return nil, r.fetchOnce(r.stopped, m)
	})
	enough := time.NewTimer(lookWaits)
	defer enough.Stop()
	select {
	case done := <-result:
		return done.Err
	case <-enough.C:
	case <-ctx.Done():
	}
	return coming()
}

func coming() error {
	return fault.New(fault.Unavailable, "the file is still coming").After(lookWaits)
}

// fetchOnce fetches a file unless another process does, for which it waits.
func (r *Remote) fetchOnce(ctx context.Context, m storage.RemoteMedia) error {
	ctx, cancel := context.WithTimeout(ctx, remoteWaits+leaseFor)
	defer cancel()
	if m.FetchedAt != 0 { // its blob was lost: it is as if it had been evicted
		if err := r.Store.Tx(ctx, func(tx *storage.Tx) error { return tx.DropRemoteMedia(ctx, m) }); err != nil {
			return err
		}
	}
	leave, err := r.coming.enter(ctx, ids.Host(m.URL))
	if err != nil {
		return err
	}
	defer leave()
	mine := false
	err = r.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
		mine, err = tx.LeaseRemoteMedia(ctx, m.ID, time.Now().Add(leaseFor))
		return err
	})
	if err != nil {
		return err
	}
	if !mine {
		return r.await(ctx, m)
	}
	return r.settle(ctx, m, r.fetch(ctx, m))
}

// await looks from time to time whether the process that fetches a file has finished.
func (r *Remote) await(ctx context.Context, m storage.RemoteMedia) error {
	ctx, cancel := context.WithTimeout(ctx, remoteWaits)
	defer cancel()
	look := time.NewTicker(leaseLook)
	defer look.Stop()
	for {
		now, err := r.Store.RemoteMediaByKey(ctx, m.FileKey)
		switch {
		case err != nil:
			return err
		case now.FetchedAt != 0:
			return nil
		case now.LeaseUntil <= storage.Now():
			return absent()
		}
		select {
		case <-ctx.Done():
			return coming()
		case <-look.C:
		}
	}
}

// settle notes that fetching failed, if it did. Who looks is told no more than that there is
// nothing.
func (r *Remote) settle(ctx context.Context, m storage.RemoteMedia, cause error) error {
	if cause == nil {
		return nil
	}
	r.Log.Debug("fetch media", "host", ids.Host(m.URL), "purpose", m.Purpose, "err", cause)
	after := context.WithoutCancel(ctx)
	retry := time.Now().Add(pause(m.Failures, cause))
	if ctx.Err() != nil && r.stopped.Err() != nil { // this process ends: not the server's fault
		retry = time.Now()
	}
	if err := r.Store.Tx(after, func(tx *storage.Tx) error { return tx.FailRemoteMedia(after, m.ID, retry) }); err != nil {
		return err
	}
	return absent()
}

// pause is how long after a failure the same is not tried again.
func pause(failures int, cause error) time.Duration {
	wait := retryRefused
	if fetch.Temporary(cause) || fault.Is(cause, fault.Internal) {
		wait = retryAway
	}
	for range failures {
		wait = min(wait*retryGrowth, retryMax)
	}
	wait = max(wait, fault.RetryOf(cause))
	return wait + rand.N(wait/4)
}

// Forget removes files of other servers that were fetched longer ago than keep, or take more room
// than they may, and everything to which nothing here refers any more. It is for a job that comes
// back every hour.
func (r *Remote) Forget(ctx context.Context, keep time.Duration) error {
	limit := time.Now().Add(-keep)
	for count := int64(storage.ForgetBatch); count >= storage.ForgetBatch; {
		err := r.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
			count, err = tx.EvictRemoteMedia(ctx, limit)
			return err
		})
		if err != nil {
			return fmt.Errorf("forget media of others: %w", err)
		}
	}
	if err := r.makeRoom(ctx); err != nil {
		return err
	}
	// Cards first, since they refer to their pictures.
	for _, forget := range []func(tx *storage.Tx, ctx context.Context, after int64) (last int64, err error){
		(*storage.Tx).ForgetCards, (*storage.Tx).ForgetRemoteMedia,
	} {
		for last, more := int64(0), true; more; more = last != 0 {
			after := last
			err := r.Store.Tx(ctx, func(tx *storage.Tx) (err error) {
				last, err = forget(tx, ctx, after)
				return err
			})
			if err != nil {
				return fmt.Errorf("forget media of others: %w", err)
			}
		}
	}
	return nil
}
