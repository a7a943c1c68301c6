package federation

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-fed/activity/pub"
	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

// delegate is what go-fed's outbox asks to do the work (pub.DelegateActor). It touches nothing
// outside: it collects bytes, documents and recipients in an Outgoing, which the transaction writes
// later. go-fed's own delegate would fetch every recipient, and our own followers, over HTTP.
//
// The side of the interface that is about inboxes and about clients' requests is not in use and
// says so.
type delegate struct {
	engine   *Engine
	activity *vocab.Activity // what is being sent
	proofs   sender          // whose key the proofs are made with
	out      *Outgoing
}

var _ pub.DelegateActor = (*delegate)(nil)

// AddNewIDs gives the activity an id if it has none.
func (d *delegate) AddNewIDs(_ context.Context, a pub.Activity) error {
	if d.activity.ID == "" {
		id, _ := d.engine.store.NewID()
		d.activity.ID = d.engine.config.Paths.Activity(d.out.from.Name, ids.Format(id))
		iri, err := url.Parse(d.activity.ID)
		if err != nil {
			return fault.Wrap(err, fault.Internal, "the sender has no usable name")
		}
		property := streams.NewJSONLDIdProperty()
		property.Set(iri)
		a.SetJSONLDId(property)
	}
	d.out.ID = d.activity.ID
	return nil
}

// PostOutbox writes the activity down, and the documents that it makes this node serve. Nothing is
// deliverable that has no recipients; Deliver finds out.
func (d *delegate) PostOutbox(_ context.Context, a pub.Activity, _ *url.URL, _ map[string]any) (deliverable bool, err error) {
	activity := d.activity
	public := isPublic(activity.To, activity.Cc)
	d.out.Body, err = d.proofs.marshal(a, public, latest(activity.Published, activity.Updated))
	if err != nil {
		return false, err
	}
	paths, name := d.engine.config.Paths, d.out.from.Name
	switch {
	case activity.Type == "Announce":
		boost, _ := strings.CutSuffix(activity.ID, "/activity")
		if id, ours := statusOf(paths, name, boost); ours {
			d.keep(activity.ID, id, d.out.Body)
		}
	case activity.Object != nil && activity.Object.Note != nil:
		err = d.keepNote(activity.Object.Note)
	}
	return true, err
}

// keepNote keeps a post under its id, and the Create that made it under its own. An Update writes
// that anew as well, or it would go on telling what the post said before.
func (d *delegate) keepNote(note *vocab.Note) error {
	paths, from := d.engine.config.Paths, d.out.from
	id, ours := statusOf(paths, from.Name, note.ID)
	if !ours { // a vote has an id and no page
		return nil
	}
	public, at := isPublic(note.To, note.Cc), latest(note.Published, note.Updated)
	typed, err := vocab.BuildNote(note)
	if err != nil {
		return err
	}
	body, err := d.proofs.marshal(typed, public, at)
	if err != nil {
		return err
	}
	d.keep(note.ID, id, body)
	create := vocab.Activity{
		ID: paths.StatusActivity(from.Name, id), Type: "Create", Actor: d.activity.Actor,
		Published: note.Published, To: note.To, Cc: note.Cc, Object: d.activity.Object,
	}
	if create.ID == d.activity.ID {
		d.keep(create.ID, id, d.out.Body)
		return nil
	}
	if typed, err = vocab.BuildActivity(&create); err != nil {
		return err
	}
	if body, err = d.proofs.marshal(typed, public, at); err != nil {
		return err
	}
	d.keep(create.ID, id, body)
	return nil
}

// keep has this node serve a document from now on, to those who may see the status.
func (d *delegate) keep(uri string, status int64, body []byte) {
	d.out.documents = append(d.out.documents, storage.Document{URI: uri, StatusID: status, Body: body})
}

// Deliver sorts the recipients. Where they are is looked up in the transaction.
func (d *delegate) Deliver(_ context.Context, _ *url.URL, a pub.Activity) error {
	for _, iri := range recipients(a) {
		switch iri {
		case vocab.Public, d.activity.Actor:
		case d.engine.config.Paths.Actor(d.out.from.Name) + ids.Followers:
			d.out.followers = true
		default:
			d.out.addressed = append(d.out.addressed, iri)
		}
	}
	return nil
}

// recipients lists whom an activity is addressed to, hidden recipients not among them: nothing of
// ours has any.
func recipients(a pub.Activity) (list []string) {
	if to := a.GetActivityStreamsTo(); to != nil {
		for i := to.Begin(); i != to.End(); i = i.Next() {
			if id, err := pub.ToId(i); err == nil {
				list = append(list, id.String())
			}
		}
	}
	if cc := a.GetActivityStreamsCc(); cc != nil {
		for i := cc.Begin(); i != cc.End(); i = i.Next() {
			if id, err := pub.ToId(i); err == nil {
				list = append(list, id.String())
			}
		}
	}
	return list
}

// errUnused is the answer of everything that go-fed offers and this node does itself.
func errUnused() error { return fault.New(fault.NotImplemented, "this is not done through go-fed") }

// PostInboxRequestBodyHook is not used: the Gate receives.
func (d *delegate) PostInboxRequestBodyHook(c context.Context, _ *http.Request, _ pub.Activity) (context.Context, error) {
	return c, errUnused()
}

// PostOutboxRequestBodyHook is not used: clients do not post here.
func (d *delegate) PostOutboxRequestBodyHook(c context.Context, _ *http.Request, _ gofed.Type) (context.Context, error) {
	return c, errUnused()
}

// AuthenticatePostInbox is not used: the Gate receives.
func (d *delegate) AuthenticatePostInbox(c context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return c, false, errUnused()
}

// AuthenticateGetInbox is not used: inboxes are not shown.
func (d *delegate) AuthenticateGetInbox(c context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return c, false, errUnused()
}

// AuthorizePostInbox is not used: the Gate receives.
func (d *delegate) AuthorizePostInbox(context.Context, http.ResponseWriter, pub.Activity) (bool, error) {
	return false, errUnused()
}

// PostInbox is not used: the runner applies.
func (d *delegate) PostInbox(context.Context, *url.URL, pub.Activity) error { return errUnused() }

// InboxForwarding is not used: nothing is forwarded.
func (d *delegate) InboxForwarding(context.Context, *url.URL, pub.Activity) error { return errUnused() }

// AuthenticatePostOutbox is not used: clients do not post here.
func (d *delegate) AuthenticatePostOutbox(c context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return c, false, errUnused()
}

// AuthenticateGetOutbox is not used: outboxes are served by Routes.
func (d *delegate) AuthenticateGetOutbox(c context.Context, _ http.ResponseWriter, _ *http.Request) (context.Context, bool, error) {
	return c, false, errUnused()
}

// WrapInCreate is not used: Prepare takes activities only.
func (d *delegate) WrapInCreate(context.Context, gofed.Type, *url.URL) (gofed.ActivityStreamsCreate, error) {
	return nil, errUnused()
}

// GetOutbox is not used: outboxes are served by Routes.
func (d *delegate) GetOutbox(context.Context, *http.Request) (gofed.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errUnused()
}

// GetInbox is not used: inboxes are not shown.
func (d *delegate) GetInbox(context.Context, *http.Request) (gofed.ActivityStreamsOrderedCollectionPage, error) {
	return nil, errUnused()
}
