// Package people is everything about who is on a node and what they are to each other: accounts,
// passwords, profiles, follows and requests, friends, blocks, mutes and deletion.
//
// Its use cases are called by the edges and by the command line; its handlers give effect to the
// activities of other servers: Follow, its answers and its Undo, Block, Update and Delete of
// actors. It has no HTTP and no SQL. It does not write posts; where a person goes, their posts are
// taken back through storage.
//
// The invariant to remember: a follow counts only after the one who is followed agreed. Towards
// another server that is an authentic Accept, never our own opinion (CVE-2025-30741).
package people

import (
	"context"
	"crypto/rand"
	"log/slog"

	"tulou/federation"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Sender turns activities of local accounts into bytes. The engine is one.
type Sender interface {
	// Prepare makes what is delivered with a transaction. If everybody it is addressed to is
	// known, it does not use the network and may be called inside one.
	Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*federation.Outgoing, error)
	// ActorDocument is what a local account looks like to others.
	ActorDocument(account storage.Account, keys []storage.ActorKey, emojis ...storage.Emoji) vocab.Actor
}

// Notifier tells somebody of this node what happened, in the transaction in which it did.
type Notifier interface {
	Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error
}

// Deps is what a Service needs; all of it.
type Deps struct {
	Store       *storage.Store
	Paths       ids.Paths
	AccountHost string // the host in handles, mostly that of Paths
	Sender      Sender
	Notifier    Notifier
	// Finder finds people of other servers; nil: those that are known.
	Finder Finder
	Log    *slog.Logger
	// Mailer is who tells people by mail; nil: nobody, and what was to be mailed is dropped.
	Mailer Mailer
	// Avatar returns the picture of a new account by its name; nil: none.
	Avatar func(name string) string
	// MinAge is how old somebody must be to join, in years; 0: nobody asks.
	MinAge int
	// Private is for a node on which names are nobody's business who is not of it.
	Private bool
	// Unlimited turns the budgets off of what may be tried, with all other limits.
	Unlimited bool
}

// Service has the use cases about people. It is safe for concurrent use.
type Service struct {
	Deps
	hasher hasher
}

// New returns a Service.
func New(deps Deps) *Service {
	if deps.Mailer == nil {
		deps.Mailer = nobody{}
	}
	return &Service{Deps: deps, hasher: newHasher()}
}

// nobody is the Mailer of a node that has none.
type nobody struct{}

// Send refuses every mail.
func (nobody) Send(context.Context, Mail) error {
	return fault.New(fault.Unprocessable, "nobody sends mails here")
}

// Delivers is false.
func (nobody) Delivers() bool { return false }

// queueWork is the queue of background jobs.
const queueWork = "work"

// The kinds of jobs that Jobs names.
const (
	jobPart       = "people.part"
	jobDelete     = "people.delete"
	jobForgetKeys = "people.forget_keys"
	jobMail       = "people.mail"
	jobGrant      = "people.grant"
)

// Jobs returns what is done in the background, by kind. Each may be run again after a crash.
func (s *Service) Jobs() map[string]func(context.Context, storage.Job) error {
	return map[string]func(context.Context, storage.Job) error{
		jobPart: s.part, jobDelete: s.deletePosts, jobForgetKeys: s.forgetKeys,
		jobMail: s.sendMail, jobGrant: s.grantLater,
	}
}

// Handlers returns what gives effect to activities of other servers, by what each is for.
func (s *Service) Handlers() map[federation.Key]federation.Handler {
	return map[federation.Key]federation.Handler{
		{Activity: "Follow", Object: "Actor"}:  followed{s},
		{Activity: "Accept", Object: "Follow"}: answered{s, true},
		{Activity: "Reject", Object: "Follow"}: answered{s, false},
		{Activity: "Undo", Object: "Follow"}:   unfollowed{s},
		{Activity: "Block", Object: "Actor"}:   blocked{s},
		{Activity: "Undo", Object: "Block"}:    unblocked{s},
		{Activity: "Update", Object: "Actor"}:  updated{s},

		{Activity: "Offer", Object: "Relationship"}: offered{s},
		{Activity: "Accept", Object: "Offer"}:       offerAnswered{s, true},
		{Activity: "Reject", Object: "Offer"}:       offerAnswered{s, false},
		{Activity: "Undo", Object: "Offer"}:         parted{s},
		{Activity: "Undo", Object: "Relationship"}:  parted{s},

		{Activity: "Delete", Object: "Actor"}: deleted{s},
	}
}

// tell prepares an activity of a local account for one other person. It is nil if they are of this
// node and see the effects by themselves. An empty ID becomes a new one.
func (s *Service) tell(ctx context.Context, from, to storage.Account, a vocab.Activity) (*federation.Outgoing, error) {
	if to.Local() {
		return nil, nil
	}
	if a.ID == "" {
		a.ID = s.newActivityID(from)
	}
	a.Actor, a.To = from.URI, []string{to.URI}
	return s.Sender.Prepare(ctx, from, a)
}

// newActivityID returns an id for an activity that is not about a post.
func (s *Service) newActivityID(from storage.Account) string {
	return s.Paths.Activity(from.Name, rand.Text())
}

// send sends what tell prepared, if anything.
func send(ctx context.Context, tx *storage.Tx, out *federation.Outgoing) error {
	if out == nil {
		return nil
	}
	return out.Send(ctx, tx)
}
