package federation

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/pub"
	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/proof"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// Outgoing is an activity of one of our people as finished bytes, ready to be written in the same
// transaction as the fact that it tells of. It is immutable but for ToEveryone.
type Outgoing struct {
	ID   string // of the activity
	Body []byte // what other servers get

	from      storage.Account
	documents []storage.Document
	followers bool     // the followers of the sender get it
	addressed []string // actors that are named in it
	also      []string // actors that get it all the same
	everyone  bool
}

// Prepare makes the bytes of an activity by one of our people. Who gets it is what To and Cc say:
// Public by itself is nobody, from.Followers is everybody who follows, an actor is that actor; also
// names actors that get it without being addressed. An activity without an ID gets one. The result
// is written with Send, as often as the transaction runs.
//
// Nothing is fetched. What is public carries a proof (FEP-8b32). The same activity gives the same
// bytes if it has an ID and a Published or Updated time. Faults: NotFound if the sender has no
// keys, Internal for an activity that was put together wrongly.
func (e *Engine) Prepare(ctx context.Context, from storage.Account, a vocab.Activity, also ...string) (*Outgoing, error) {
	keys, err := e.courier.with.sender(ctx, from.ID)
	if err != nil {
		return nil, err
	}
	typed, err := vocab.BuildActivity(&a)
	if err != nil {
		return nil, err
	}
	outbox, err := url.Parse(e.config.Paths.Actor(from.Name) + ids.Outbox)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the sender has no usable name")
	}
	d := &delegate{engine: e, activity: &a, proofs: keys, out: &Outgoing{from: from, also: also}}
	if extension, ok := typed.(pub.Activity); ok && !streams.IsOrExtendsActivityStreamsActivity(typed) {
		return d.out, d.send(ctx, outbox, extension)
	}
	actor := pub.NewCustomActor(d, false, true, clock{})
	if _, err := actor.Send(ctx, outbox, typed); err != nil {
		return nil, err
	}
	return d.out, nil
}

// send does what go-fed's Send does, which would put an activity of a type that it does not know, a
// QuoteRequest, into a Create.
func (d *delegate) send(ctx context.Context, outbox *url.URL, a pub.Activity) error {
	if err := d.AddNewIDs(ctx, a); err != nil {
		return err
	}
	if _, err := d.PostOutbox(ctx, a, outbox, nil); err != nil {
		return err
	}
	return d.Deliver(ctx, outbox, a)
}

// Forward makes one of our people pass on what another actor told them, as it came, to those whom
// to names as in Prepare. It is believed where it carries a proof or where somebody asks its
// origin.
func (e *Engine) Forward(from storage.Account, body []byte, to ...string) *Outgoing {
	out := &Outgoing{Body: body, from: from}
	for _, iri := range to {
		switch iri {
		case vocab.Public, from.URI:
		case from.Followers:
			out.followers = true
		default:
			out.addressed = append(out.addressed, iri)
		}
	}
	return out
}

// clock is the time as go-fed wants it.
type clock struct{}

// Now returns the present instant.
func (clock) Now() time.Time { return time.Now().UTC() }

// ToEveryone makes the activity go to every server that this node knows, as the end of an account
// has to. It returns o.
func (o *Outgoing) ToEveryone() *Outgoing {
	o.everyone = true
	return o
}

// Send writes the documents that this node serves from now on and queues the deliveries. It makes
// no request to anybody: where things go is known from when the recipients were last seen. Those
// whom this node does not know, its own people, and whoever is hidden get nothing here.
func (o *Outgoing) Send(ctx context.Context, tx *storage.Tx) error {
	for _, d := range o.documents {
		if err := tx.PutDocument(ctx, d); err != nil {
			return err
		}
	}
	inboxes, err := o.inboxes(ctx, tx)
	if err != nil || len(inboxes) == 0 {
		return err
	}
	payload, err := tx.CreatePayload(ctx, o.Body)
	if err != nil {
		return err
	}
	return tx.Deliver(ctx, payload, o.from.ID, inboxes)
}

// inboxes returns where the activity goes, each inbox once.
func (o *Outgoing) inboxes(ctx context.Context, tx *storage.Tx) (list []storage.Inbox, err error) {
	if o.everyone {
		list, err = tx.EveryInbox(ctx)
	} else if o.followers {
		list, err = tx.FollowerInboxes(ctx, o.from.ID)
	}
	if err != nil {
		return nil, err
	}
	known, err := tx.AccountsByURIs(ctx, slices.Concat(o.addressed, o.also))
	if err != nil {
		return nil, err
	}
	for _, iri := range o.addressed {
		if a := known[iri]; reachable(a) {
			list = append(list, a.DeliveryInbox())
		}
	}
	for _, iri := range o.also {
		// An inbox that is shared would not know for whom it is.
		if a := known[iri]; reachable(a) && !slices.Contains(list, a.DeliveryInbox()) {
			list = append(list, a.PersonalInbox())
		}
	}
	return unique(list), nil
}

// reachable tells whether an account, or the absence of one, can be sent something.
func reachable(a storage.Account) bool {
	return a.ID != 0 && !a.Local() && !a.Hidden && a.Inbox != "" && a.DeliveryInbox().Host != ""
}

func unique(list []storage.Inbox) []storage.Inbox {
	seen := make(map[string]bool, len(list))
	return slices.DeleteFunc(list, func(inbox storage.Inbox) bool {
		again := seen[inbox.URL]
		seen[inbox.URL] = true
		return again
	})
}

// marshal writes a type as it leaves the node, with a proof if everybody may see it. The time of
// the proof is that of the activity, so that the bytes are the same each time.
func (s sender) marshal(t gofed.Type, public bool, at time.Time) ([]byte, error) {
	body, err := vocab.Marshal(t)
	if err != nil || !public || s.ed25519.KeyID == "" {
		return body, err
	}
	if at.IsZero() {
		at = time.Now()
	}
	return proof.Add(body, s.ed25519.Key, s.ed25519.KeyID, at)
}

// isPublic tells whether everybody may see what is addressed so.
func isPublic(to, cc []string) bool {
	return slices.Contains(to, vocab.Public) || slices.Contains(cc, vocab.Public)
}

// latest returns the later of two times, of which either may be zero.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// statusOf returns the id in the IRI of a post of somebody of this node.
func statusOf(paths ids.Paths, name, iri string) (id int64, ok bool) {
	rest, ok := strings.CutPrefix(iri, paths.Actor(name)+"/statuses/")
	if !ok {
		return 0, false
	}
	return ids.Parse(rest)
}
