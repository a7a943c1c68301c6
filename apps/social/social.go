// Package social is what people do in public and with their followers: posts, replies, edits,
// deletes, likes, boosts, bookmarks, threads and search.
//
// A use case is a method of Service: it takes who acts and a command, and returns what the database
// then holds. What other servers tell arrives through the handlers that Handlers lists; both ends
// write the same rows by the same functions. Nothing here knows of HTTP or SQL: the edges call
// Service, the engine calls the handlers, storage keeps the rows.
//
// The invariant to remember: a fact, what it changes in timelines and notifications, and what other
// servers are told of it are one transaction. Everything slow, like finding people of other servers
// and signing, happens before it.
package social

import (
	"context"
	"log/slog"

	"tulou/federation"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Sender is the part of the engine that tells other servers.
type Sender interface {
	// Prepare makes the finished bytes of an activity; also names actors who get it without being
	// addressed.
	Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*federation.Outgoing, error)
	// Forward passes on what another actor said, as it came.
	Forward(from storage.Account, body []byte, to ...string) *federation.Outgoing
}

// Finder is the part of the engine that asks other servers.
type Finder interface {
	// Account returns the actor of an id, known or fetched.
	Account(ctx context.Context, iri string) (storage.Account, error)
	// Resolve returns the account of a handle, known or fetched.
	Resolve(ctx context.Context, handle ids.Handle) (storage.Account, error)
	// Object fetches an object from its origin; the author of a post is known afterwards.
	Object(ctx context.Context, iri string) (*vocab.Object, error)
}

// Notifier tells people of this node what concerns them.
type Notifier interface {
	// Notify adds a notification once; whom it does not concern it leaves alone.
	Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error
}

// Deps is what a Service works with.
type Deps struct {
	Store       *storage.Store
	Sender      Sender
	Finder      Finder
	Collections Collections
	Notifier    Notifier
	Paths       ids.Paths
	// AccountHost is the host in the handles of this node.
	AccountHost string
	Log         *slog.Logger
}

// Service does what people do with posts. It is safe for concurrent use.
type Service struct {
	Deps
	histories tagHistories
}

// New makes a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

// QueueWork is the queue of this package's jobs; the node runs those that Jobs lists.
const QueueWork = "work"

// The kinds of jobs.
const (
	jobAncestors = "social.ancestors" // walk up a thread that is known in part
	jobVerify    = "social.verify"    // ask whether something that another person deleted is gone
	// Polls: tell how many voted so far, and what to do at the end.
	jobTellCounts = "social.counts"
	jobEndPoll    = "social.pollend"
	jobPins       = "social.pins"      // read what somebody of another server has pinned
	jobScheduled  = "social.scheduled" // post what was written for later
	jobQuote      = "social.quote"     // fetch what a post quotes, and ask whether its author agreed
	jobTellPost   = "social.tell"      // send a post of this node as it is now
)

// Jobs returns what runs the jobs of this package, by kind.
func (s *Service) Jobs() map[string]func(context.Context, storage.Job) error {
	return map[string]func(context.Context, storage.Job) error{
		jobAncestors:  s.runAncestors,
		jobVerify:     s.runVerify,
		jobTellCounts: s.runTellCounts,
		jobEndPoll:    s.runEndPoll,
		jobPins:       s.runPins,
		jobScheduled:  s.runScheduled,
		jobQuote:      s.runQuote,
		jobTellPost:   s.runTellPost,
	}
}
