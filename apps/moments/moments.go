// Package moments is what people show their friends: text with pictures, a film or a link, for all
// friends, some circles, all but some, or nobody; and what friends say about it.
//
// It is the app behind docs/protocol/moments.md. Edges call its use cases; its handlers give effect
// to what other nodes send; its jobs tell nodes of comments, fetch what they were told of, and
// fetch pictures. It has no HTTP and no SQL, and shares no table, collection or document with
// posts, so that nothing which shows posts to anybody can meet a Moment.
//
// The invariant to remember: not a byte of a Moment goes to an actor without the friend handshake,
// and a comment goes to nodes only that have both a reader of the Moment and a friend of whoever
// made it. Who may see what is storage's predicate (moment_visible.go), asked at the time of
// reading.
package moments

import (
	"context"
	"io"
	"log/slog"
	"time"

	"tulou/federation"
	"tulou/federation/fetch"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Sender turns activities of our people into bytes. The engine is one; it may be called inside a
// transaction, since whoever is addressed is known.
type Sender interface {
	Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*federation.Outgoing, error)
}

// Finder reads what is at other nodes, in the name of this one. The engine is one.
type Finder interface {
	Object(ctx context.Context, iri string) (*vocab.Object, error)
	PrivateMedia(ctx context.Context, iri, accept string, bytesMax int64) (*fetch.Media, error)
}

// Maker makes what is shown of files that other nodes sent.
type Maker interface {
	MakePrivate(ctx context.Context, r io.Reader, m *storage.MomentMedia) ([]storage.MomentFile, error)
}

// Notifier tells somebody of this node of a like or comment, once, in the transaction that keeps
// it.
type Notifier interface {
	NotifyMoment(ctx context.Context, tx *storage.Tx, account int64, c storage.MomentComment) error
}

// Deps is what a Service works with; all of it.
type Deps struct {
	Store    *storage.Store
	Paths    ids.Paths
	Sender   Sender
	Finder   Finder
	Maker    Maker
	Notifier Notifier
	Log      *slog.Logger
}

// Service has the use cases of Moments. It is safe for concurrent use.
type Service struct{ Deps }

// New returns a Service.
func New(deps Deps) *Service { return &Service{deps} }

// Limits of what is said, in characters, and shown.
const (
	TextMax      = 2000 // as long as anybody reads on a telephone
	CommentMax   = 500
	PlaceMax     = 100
	LinkTitleMax = 200
	MediaMax     = 9 // three rows of three
)

const (
	// nameAfter is how long comments are collected before other nodes are told of them: nobody waits
	// long, and ten friends who like a Moment at once are one request for each node.
	nameAfter = 2 * time.Second
	// namesMax is how many comments one activity names.
	namesMax = 100
	// triesMax is how often something is asked for at a node that does not answer: for almost two
	// days, in the pauses of background jobs. Then it is given up, and nobody is the worse for it.
	triesMax = 8
)

// The kinds of jobs, beside storage.JobMomentBook.
const (
	queueWork  = "work"
	jobName    = "moments.name"  // tell nodes that there are comments
	jobComment = "moments.fetch" // ask for a comment that there is said to be
	jobMedia   = "moments.media" // fetch a picture
)

// Jobs returns what is done in the background, by kind. Each may be run again after a crash.
func (s *Service) Jobs() map[string]func(context.Context, storage.Job) error {
	return map[string]func(context.Context, storage.Job) error{
		jobName: s.nameComments, jobComment: s.fetchComment, jobMedia: s.fetchMedia, storage.JobMomentBook: s.tellBook,
	}
}

// Handlers returns what gives effect to activities of other nodes, by what each is for.
func (s *Service) Handlers() map[federation.Key]federation.Handler {
	return map[federation.Key]federation.Handler{
		{Activity: "Create", Object: vocab.TypeMoment}:        handler{s.receiveMoment},
		{Activity: "Create", Object: vocab.TypeMomentComment}: handler{s.receiveComment},
		{Activity: "Create", Object: vocab.TypeMomentLike}:    handler{s.receiveComment},
		{Activity: "Update", Object: vocab.TypeMomentBook}:    handler{s.receiveBook},
		{Activity: "Delete", Object: vocab.TypeMoment}:        handler{s.receiveDelete},
		{Activity: "Delete", Object: vocab.TypeMomentComment}: handler{s.receiveUncomment},
		{Activity: "Delete", Object: vocab.TypeMomentLike}:    handler{s.receiveUncomment},
		{Activity: "Add", Object: "OrderedCollection"}:        handler{s.receiveNames},
		{Activity: "Remove", Object: "OrderedCollection"}:     handler{s.receiveRemoval},
	}
}

// handler is a federation.Handler that needs to know nobody but who acts.
type handler struct {
	apply func(ctx context.Context, tx *storage.Tx, in federation.In) error
}

// Need names nothing.
func (handler) Need(federation.In) []federation.Ref { return nil }

// Apply makes the effects.
func (h handler) Apply(ctx context.Context, tx *storage.Tx, in federation.In, _ federation.Fetched) error {
	return h.apply(ctx, tx, in)
}
