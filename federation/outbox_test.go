package federation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-fed/activity/pub"
	"github.com/go-fed/activity/streams"
	gofed "github.com/go-fed/activity/streams/vocab"
	"github.com/google/go-cmp/cmp"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/protocol/proof"
	"tulou/protocol/vocab"
	"tulou/storage"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var published = time.Date(2026, 11, 20, 10, 0, 0, 123e6, time.UTC)

// post is a public post of somebody as a Create.
func (n *outNode) post(from storage.Account, id int64, content string) vocab.Activity {
	paths := n.config.Paths
	note := &vocab.Note{
		ID: paths.Status(from.Name, id), URL: paths.StatusPage(from.Name, id), AttributedTo: from.URI,
		Content: content, Language: "en", Published: published, Replies: paths.Replies(from.Name, id),
		To: []string{vocab.Public}, Cc: []string{from.Followers},
	}
	return vocab.Activity{
		ID: paths.StatusActivity(from.Name, id), Type: "Create", Actor: from.URI, Published: published,
		To: note.To, Cc: note.Cc, Object: &vocab.Object{ID: note.ID, Type: "Note", AttributedTo: from.URI, Note: note},
	}
}

// send prepares and sends an activity.
func (n *outNode) send(t testing.TB, from storage.Account, a vocab.Activity, also ...string) *Outgoing {
	t.Helper()
	out, err := n.Prepare(context.Background(), from, a, also...)
	if err != nil {
		t.Fatal(err)
	}
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return out.Send(ctx, tx) })
	return out
}

// One recipient that cannot be reached must not keep a post from all the others, wherever it
// stands in the list.
func TestGoFed5LastRecipientWithoutInboxHarmsNobody(t *testing.T) {
	n := newOutNode(t)
	bob := n.stranger(t, "bob", "orchard.example")
	eve := n.stranger(t, "eve", "meadow.example", func(a *storage.Account) { a.Inbox, a.SharedInbox = "", "" })
	a := n.post(n.ana, 1, "hello")
	a.Cc = append(a.Cc, bob.URI, "http://nowhere.example/users/unknown", eve.URI)
	n.send(t, n.ana, a)
	if diff := cmp.Diff(map[string]int{"http://orchard.example/inbox": 1}, n.waiting(t)); diff != "" {
		t.Error(diff)
	}
}

// Sending must cost no request to anybody, and one delivery for each server, however many follow.
func TestGoFed6SendToTenThousandReadsNothingFromTheNetwork(t *testing.T) {
	n := newOutNode(t)
	const followers, hosts = 10_000, 500
	for start := 0; start < followers; start += 1000 {
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			for i := start; i < start+1000; i++ {
				host := fmt.Sprintf("h%03d.example", i%hosts)
				id := fmt.Sprintf("http://%s/users/u%d", host, i)
				a, err := tx.PutRemoteAccount(ctx, storage.Account{URI: id, Name: fmt.Sprintf("u%d", i), Host: host,
					Type: "Person", Inbox: id + "/inbox", SharedInbox: "http://" + host + "/inbox"})
				if err != nil {
					return err
				}
				if _, err := tx.PutFollow(ctx, storage.Follow{AccountID: a.ID, TargetID: n.ana.ID, URI: id + "#f", Accepted: true}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	start := time.Now()
	n.send(t, n.ana, n.post(n.ana, 1, "hello"))
	t.Logf("queued in %v", time.Since(start))
	if n.net.dials != 0 {
		t.Errorf("%d connections were made, want 0", n.net.dials)
	}
	total := 0
	for inbox, count := range n.waiting(t) {
		if count != 1 {
			t.Errorf("%s gets it %d times", inbox, count)
		}
		total += count
	}
	if total != hosts {
		t.Errorf("%d deliveries, want %d", total, hosts)
	}
}

// People of one server must share its inbox; go-fed would send to each of them.
func TestGoFed7TwoHundredFollowersOnTenHostsAreTenDeliveries(t *testing.T) {
	n := newOutNode(t)
	for i := range 200 {
		n.follows(t, n.stranger(t, fmt.Sprintf("u%d", i), fmt.Sprintf("h%d.example", i%10)), n.ana)
	}
	n.send(t, n.ana, n.post(n.ana, 1, "hello"))
	if got := len(n.waiting(t)); got != 10 {
		t.Errorf("%d deliveries, want 10", got)
	}
}

// A failure while something is sent must leave nothing behind, neither rows nor locks: the same
// thing can be sent again at once.
func TestGoFed8FailedSendLeavesNothingLocked(t *testing.T) {
	n := newOutNode(t)
	n.follows(t, n.stranger(t, "bob", "orchard.example"), n.ana)
	out, err := n.Prepare(context.Background(), n.ana, n.post(n.ana, 1, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err = n.store.Tx(context.Background(), func(tx *storage.Tx) error {
		if err := out.Send(context.Background(), tx); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v, want the failure of the transaction", err)
	}
	if _, err := n.store.Document(context.Background(), out.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("a document was left behind: %v", err)
	}
	if waiting := n.waiting(t); len(waiting) != 0 {
		t.Errorf("deliveries were left behind: %v", waiting)
	}
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return out.Send(ctx, tx) })
	if waiting := n.waiting(t); len(waiting) != 1 {
		t.Errorf("the second time %v waits, want one delivery", waiting)
	}
}

// Sending must not read or write collections: followers are rows, and a post to them adds none.
func TestGoFed12SendLeavesCollectionsAlone(t *testing.T) {
	n := newOutNode(t)
	bob := n.stranger(t, "bob", "orchard.example")
	n.follows(t, bob, n.ana)
	before, err := n.store.AccountByID(context.Background(), n.ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	n.send(t, n.ana, n.post(n.ana, 1, "hello"))
	after, err := n.store.AccountByID(context.Background(), n.ana.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Error(diff)
	}
}

// Hidden recipients must not be on the wire or in what is served (A101), even if somebody builds an
// activity with them.
func TestA101HiddenRecipientsNeverLeave(t *testing.T) {
	n := newOutNode(t)
	hidden, _ := url.Parse("http://orchard.example/users/secret")
	note, create := streams.NewActivityStreamsNote(), streams.NewActivityStreamsCreate()
	for _, p := range []interface {
		SetActivityStreamsBto(gofed.ActivityStreamsBtoProperty)
		SetActivityStreamsBcc(gofed.ActivityStreamsBccProperty)
	}{note, create} {
		bto, bcc := streams.NewActivityStreamsBtoProperty(), streams.NewActivityStreamsBccProperty()
		bto.AppendIRI(hidden)
		bcc.AppendIRI(hidden)
		p.SetActivityStreamsBto(bto)
		p.SetActivityStreamsBcc(bcc)
	}
	object := streams.NewActivityStreamsObjectProperty()
	object.AppendActivityStreamsNote(note)
	create.SetActivityStreamsObject(object)
	d := &delegate{engine: n.Engine, activity: &vocab.Activity{ID: "http://harbor.example/x", Type: "Create"}, out: &Outgoing{from: n.ana}}
	if _, err := pub.NewCustomActor(d, false, true, clock{}).Send(context.Background(), hidden, create); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(d.out.Body, []byte("secret")) || bytes.Contains(d.out.Body, []byte("bcc")) {
		t.Errorf("hidden recipients leave: %s", d.out.Body)
	}
	if len(d.out.addressed) != 0 {
		t.Errorf("hidden recipients are delivered to by %v", d.out.addressed)
	}
}

// The same post must have the same bytes each time, or its proof and its payload would differ from
// the document that is served.
func TestBytesAreDeterministic(t *testing.T) {
	n := newOutNode(t)
	first, err := n.Prepare(context.Background(), n.ana, n.post(n.ana, 1, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := n.Prepare(context.Background(), n.ana, n.post(n.ana, 1, "hello"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first.Body, again.Body) {
			t.Fatalf("two forms of one post:\n%s\n%s", first.Body, again.Body)
		}
	}
}

// What is public must carry a proof that verifies after storing, on the activity and on the post.
func TestPublicOutputCarriesProofs(t *testing.T) {
	n := newOutNode(t)
	out := n.send(t, n.ana, n.post(n.ana, 1, `<p>“你好” & <a href="http://x.example/?a=1&amp;b=2">🍵</a></p>`))
	note, err := n.store.Document(context.Background(), n.config.Paths.Status("ana", 1))
	if err != nil {
		t.Fatal(err)
	}
	create, err := n.store.Document(context.Background(), n.config.Paths.StatusActivity("ana", 1))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(create.Body, out.Body) {
		t.Error("what is served is not what was sent")
	}
	for _, body := range [][]byte{out.Body, note.Body} {
		p, err := proof.Parse(body, time.Now())
		if err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if err := p.Verify(keys.Ed25519FromSeed(seed(1)).Public(), n.ana.URI); err != nil {
			t.Error(err)
		}
		if p.Method != n.ana.URI+ids.Ed25519Key {
			t.Errorf("the proof is of %s", p.Method)
		}
	}
}

// What is for followers only must carry no proof: it would let whoever gets it prove to everybody
// what was said in private.
func TestPrivateOutputCarriesNoProof(t *testing.T) {
	n := newOutNode(t)
	a := n.post(n.ana, 1, "psst")
	a.To, a.Cc = []string{n.ana.Followers}, nil
	a.Object.Note.To, a.Object.Note.Cc = a.To, nil
	out := n.send(t, n.ana, a)
	note, err := n.store.Document(context.Background(), n.config.Paths.Status("ana", 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range [][]byte{out.Body, note.Body} {
		if bytes.Contains(body, []byte(`"proof"`)) {
			t.Errorf("a private document has a proof: %s", body)
		}
	}
}

// An edit must also change the Create that is served, or the old words could still be read there.
func TestUpdateRewritesTheCreateThatIsServed(t *testing.T) {
	n := newOutNode(t)
	n.send(t, n.ana, n.post(n.ana, 1, "the old words"))
	edit := n.post(n.ana, 1, "the new words")
	edit.ID, edit.Type, edit.Updated = n.config.Paths.Activity("ana", "edit-1"), "Update", published.Add(time.Hour)
	edit.Object.Note.Updated = edit.Updated
	n.send(t, n.ana, edit)
	for _, uri := range []string{n.config.Paths.Status("ana", 1), n.config.Paths.StatusActivity("ana", 1)} {
		doc, err := n.store.Document(context.Background(), uri)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(doc.Body, []byte("old words")) || !bytes.Contains(doc.Body, []byte("new words")) {
			t.Errorf("%s says %s", uri, doc.Body)
		}
	}
	create, _ := n.store.Document(context.Background(), n.config.Paths.StatusActivity("ana", 1))
	if !bytes.Contains(create.Body, []byte(`"type":"Create"`)) {
		t.Errorf("the Create became %s", create.Body)
	}
}

// Who gets an activity must follow from what it says, and each server must get it once.
func TestRecipients(t *testing.T) {
	n := newOutNode(t)
	ben := n.person(t, "ben", 2)
	bob := n.stranger(t, "bob", "orchard.example")
	bea := n.stranger(t, "bea", "orchard.example")
	alone := n.stranger(t, "alone", "tiny.example", func(a *storage.Account) { a.SharedInbox = "" })
	evil := n.stranger(t, "evil", "blocked.example")
	gone := n.stranger(t, "gone", "gone.example")
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.PutDomainPolicy(ctx, storage.DomainPolicy{Domain: "blocked.example", Action: storage.DomainBlock}); err != nil {
			return err
		}
		return tx.SetSuspended(ctx, gone.ID, true)
	})
	n.follows(t, bob, n.ana)
	n.follows(t, evil, n.ana)
	n.follows(t, ben, n.ana)
	cases := []struct {
		name     string
		to, cc   []string
		also     []string
		everyone bool
		want     map[string]int
	}{
		{name: "nobody but everybody", to: []string{vocab.Public}, want: map[string]int{}},
		{name: "followers", to: []string{n.ana.Followers}, want: map[string]int{"http://orchard.example/inbox": 1}},
		{name: "a follower who is mentioned, too", to: []string{vocab.Public, bob.URI, bea.URI}, cc: []string{n.ana.Followers},
			want: map[string]int{"http://orchard.example/inbox": 1}},
		{name: "no shared inbox", to: []string{alone.URI}, want: map[string]int{"http://tiny.example/users/alone/inbox": 1}},
		{name: "our own people", to: []string{ben.URI, n.ana.URI}, want: map[string]int{}},
		{name: "blocked and suspended", to: []string{evil.URI, gone.URI}, want: map[string]int{}},
		{name: "another's followers", to: []string{bob.Followers}, want: map[string]int{}},
		{name: "not addressed", also: []string{bob.URI}, want: map[string]int{"http://orchard.example/users/bob/inbox": 1}},
		{name: "not addressed but with others of the server", to: []string{bea.URI}, also: []string{bob.URI},
			want: map[string]int{"http://orchard.example/inbox": 1}},
		{name: "everybody we know", everyone: true,
			want: map[string]int{"http://orchard.example/inbox": 1, "http://tiny.example/users/alone/inbox": 1,
				"http://gone.example/inbox": 1}}, // it has what it got before its person was suspended here
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			out, err := n.Prepare(context.Background(), n.ana, vocab.Activity{Type: "Like", Actor: n.ana.URI,
				ObjectID: "http://orchard.example/1", To: c.to, Cc: c.cc}, c.also...)
			if err != nil {
				t.Fatal(err)
			}
			if c.everyone {
				out.ToEveryone()
			}
			n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return out.Send(ctx, tx) })
			got := n.waiting(t)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An activity without an id must get one under its actor, the same in the bytes and in the result.
func TestActivityGetsAnID(t *testing.T) {
	n := newOutNode(t)
	out, err := n.Prepare(context.Background(), n.ana, vocab.Activity{Type: "Follow", Actor: n.ana.URI, ObjectID: "http://orchard.example/users/bob"})
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ ID string }
	if err := json.Unmarshal(out.Body, &got); err != nil {
		t.Fatal(err)
	}
	if got.ID != out.ID || !strings.HasPrefix(got.ID, n.config.Paths.Activity("ana", "")) {
		t.Errorf("the id is %q in the bytes and %q beside them", got.ID, out.ID)
	}
}

// Somebody of another server has no keys here, so nothing can be sent in their name.
func TestPrepareRefusesSendersWithoutKeys(t *testing.T) {
	n := newOutNode(t)
	bob := n.stranger(t, "bob", "orchard.example")
	_, err := n.Prepare(context.Background(), bob, vocab.Activity{Type: "Like", Actor: bob.URI, ObjectID: "http://harbor.example/1"})
	if !fault.Is(err, fault.NotFound) {
		t.Errorf("got %v, want NotFound", err)
	}
}

// A vote or another note without a page must not become something that is served.
func TestNotesThatAreNoStatusesAreNotServed(t *testing.T) {
	n := newOutNode(t)
	a := n.post(n.ana, 1, "yes")
	a.ID, a.Object.Note.ID = n.ana.URI+"#votes/1/activity", n.ana.URI+"#votes/1"
	if out := n.send(t, n.ana, a); len(out.documents) != 0 {
		t.Errorf("documents: %v", out.documents)
	}
}

// The documents of an actor and a post are what other servers remember of us; a change of them has
// to be seen in review.
func TestGoldenDocuments(t *testing.T) {
	n := newOutNode(t, func(c *Config) { c.Paths.Base, c.AccountHost = "https://social.harbor.example", "harbor.example" })
	account := storage.Account{
		ID: 1, URI: n.config.Paths.Actor("ana"), Name: "ana", Type: "Person", DisplayName: "Ana Ruiz", Bio: "<p>I sail.</p>",
		Fields: storage.Fields{{Name: "Web", Value: `<a href="https://ana.example">ana.example</a>`}},
		Avatar: "/media/abc.png", Header: "/media/def", Discoverable: true,
		CreatedAt: storage.At(published),
	}
	rows := localKeys(t, account.URI, 1, 1)
	ana := n.ActorDocument(account, rows)
	node := n.ActorDocument(storage.Account{URI: n.config.Paths.InstanceActor(), Name: "x", CreatedAt: storage.At(published)},
		localKeys(t, n.config.Paths.InstanceActor(), 2, 2))
	for name, actor := range map[string]vocab.Actor{"actor": ana, "instance": node} {
		typed, err := vocab.BuildActor(&actor)
		if err != nil {
			t.Fatal(err)
		}
		body, err := vocab.Marshal(typed)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, body)
	}
	from, err := newSender(rows)
	if err != nil {
		t.Fatal(err)
	}
	account.Followers = ana.Followers
	a := n.post(account, 468, "<p>Hello, <a href=\"https://orchard.example/@bob\">@bob</a> “quoted” &amp; 你好</p>")
	note := a.Object.Note
	note.InReplyTo, note.Summary, note.Sensitive = "https://orchard.example/users/bob/statuses/7", "greetings", true
	note.Cc = append(note.Cc, "https://orchard.example/users/bob")
	note.Tags = []vocab.Tag{{Type: vocab.TagMention, Name: "@bob@orchard.example", Href: "https://orchard.example/users/bob"},
		{Type: vocab.TagHashtag, Name: "#sea", Href: n.config.Paths.Tag("sea")}}
	note.Source = &vocab.Source{Content: "Hello, @bob", MediaType: "text/markdown"}
	a.Cc = note.Cc
	d := &delegate{engine: n.Engine, activity: &a, proofs: from, out: &Outgoing{from: account}}
	typed, err := vocab.BuildActivity(&a)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pub.NewCustomActor(d, false, true, clock{}).Send(context.Background(), nil, typed); err != nil {
		t.Fatal(err)
	}
	golden(t, "create", d.out.Body)
	golden(t, "note", d.out.documents[0].Body)
}

// golden compares a document with testdata, where it is indented for reading.
func golden(t *testing.T, name string, body []byte) {
	t.Helper()
	var text bytes.Buffer
	if err := json.Indent(&text, body, "", "  "); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, text.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text.String()); diff != "" {
		t.Errorf("%s changed:\n%s", file, diff)
	}
}
