package mastodon

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"tulou/apps/guard"
	"tulou/apps/media"
	"tulou/apps/notify"
	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/federation"
	"tulou/federation/fetch"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// village is a node behind its API: real storage, apps and engine, and no network.
type village struct {
	*API
	t       testing.TB
	world   *world
	handler http.Handler
}

// world answers instead of other servers.
type world struct {
	store  *storage.Store
	people map[ids.Handle]storage.Account
}

func (w *world) Account(ctx context.Context, iri string) (storage.Account, error) {
	return w.store.AccountByURI(ctx, iri)
}

func (w *world) Resolve(ctx context.Context, h ids.Handle) (a storage.Account, err error) {
	a, known := w.people[h]
	if !known {
		return a, fault.New(fault.NotFound, "nobody")
	}
	err = w.store.Tx(ctx, func(tx *storage.Tx) (err error) { a, err = tx.PutRemoteAccount(ctx, a); return err })
	return a, err
}

func (w *world) Object(context.Context, string) (*vocab.Object, error) {
	return nil, fault.New(fault.Gone, "gone")
}

func newVillage(t testing.TB) *village { return newVillageOn(t, storagetest.SQLite(t)) }

func newVillageOn(t testing.TB, databaseURL string) *village {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(context.Background(), databaseURL, log)
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	const host = "harbor.example"
	paths := ids.Paths{Base: "https://" + host}
	engine, err := federation.New(federation.Config{Paths: paths, AccountHost: host}, store,
		fetch.New(fetch.Config{}), federation.NewMetrics(prometheus.NewRegistry()), log)
	check(t, err)
	w := &world{store: store, people: map[ids.Handle]storage.Account{}}
	notices := notify.New(store)
	push, err := notify.NewPush(context.Background(), notify.PushDeps{Store: store, Client: fetch.New(fetch.Config{}),
		Subscriber: paths.Base, Log: log})
	check(t, err)
	blobs, err := storage.OpenBlobs(t.TempDir())
	check(t, err)
	t.Cleanup(func() { check(t, blobs.Close()) })
	api := New(Deps{
		Store: store, Notify: notices, Push: push, Guard: guard.New(guard.Deps{Store: store, Sender: engine, Notifier: notices, Paths: paths, Log: log}), Auth: edge.NewAuth(store), Paths: paths, AccountHost: host, Version: "0.0.0",
		Media:     media.New(media.Deps{Store: store, Blobs: blobs, Paths: paths, Log: log}),
		People:    people.New(people.Deps{Store: store, Paths: paths, AccountHost: host, Sender: engine, Notifier: notices, Log: log}),
		Social:    social.New(social.Deps{Store: store, Sender: engine, Finder: w, Notifier: notices, Paths: paths, AccountHost: host, Log: log}),
		AvatarURL: func(name string) string { return paths.Base + "/avatars/" + name + ".png" },
	})
	v := &village{API: api, t: t, world: w}
	v.handler = v.router()
	return v
}

func (v *village) router() http.Handler {
	router := chi.NewRouter()
	v.Routes(router)
	return router
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *village) do(fn func(tx *storage.Tx) error) {
	v.t.Helper()
	check(v.t, v.Store.Tx(context.Background(), fn))
}

// client is somebody with a program.
type client struct {
	v     *village
	me    storage.Account
	token string
}

// person makes somebody of this node, with one key, since RSA keys take long to make, and a token
// for everything.
func (v *village) person(name string) *client {
	v.t.Helper()
	ctx := context.Background()
	key := keys.Ed25519FromSeed([]byte(name + strings.Repeat(".", 32))[:32])
	private, err := key.PEM()
	check(v.t, err)
	c := &client{v: v}
	uri := v.Paths.Actor(name)
	v.do(func(tx *storage.Tx) (err error) {
		c.me, err = tx.CreateAccount(ctx, storage.Account{URI: uri, Name: name, URL: v.Paths.Profile(name), Inbox: uri + ids.Inbox,
			SharedInbox: v.Paths.SharedInbox(), Outbox: uri + ids.Outbox, Followers: uri + ids.Followers, Following: uri + ids.Following})
		if err != nil {
			return err
		}
		if err := tx.CreateLogin(ctx, storage.Login{AccountID: c.me.ID, Email: name + "@harbor.example", ConfirmedAt: storage.Now()}); err != nil {
			return err
		}
		return tx.PutKeys(ctx, c.me.ID, []storage.ActorKey{{ID: uri + ids.Ed25519Key, Kind: storage.KeyEd25519,
			PublicKey: key.Public().Multikey(), PrivateKey: private}})
	})
	c.token = v.issue(c.me.ID, "read write follow push")
	return c
}

// issue gives out a token; account 0 is the program itself.
func (v *village) issue(account int64, scopes string) string {
	v.t.Helper()
	ctx := context.Background()
	secret, hash := people.NewSecret()
	v.do(func(tx *storage.Tx) error {
		app, err := tx.AppByClientID(ctx, "toot")
		if fault.Is(err, fault.NotFound) {
			app, err = tx.CreateApp(ctx, storage.App{ClientID: "toot", Name: "Toot", Website: "https://toot.example/",
				RedirectURIs: "urn:ietf:wg:oauth:2.0:oob\nhttps://toot.example/back", Scopes: "read write follow push"})
		}
		if err != nil {
			return err
		}
		_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app.ID, AccountID: account, Scopes: scopes})
		return err
	})
	return secret
}

// with is the same person with a token for less.
func (c *client) with(scopes string) *client {
	return &client{c.v, c.me, c.v.issue(c.me.ID, scopes)}
}

// stranger asks without a token.
func (v *village) stranger() *client { return &client{v: v} }

// remote makes somebody of another server.
func (v *village) remote(name, host string) (a storage.Account) {
	v.t.Helper()
	uri := "https://" + host + "/users/" + name
	v.do(func(tx *storage.Tx) (err error) {
		a, err = tx.PutRemoteAccount(context.Background(), storage.Account{URI: uri, Name: name, Host: host, Type: "Person",
			URL: "https://" + host + "/@" + name, Inbox: uri + "/inbox", SharedInbox: "https://" + host + "/inbox",
			Followers: uri + "/followers", DisplayName: strings.ToUpper(name)})
		return err
	})
	return a
}

// answer is what came back.
type answer struct {
	*httptest.ResponseRecorder
	t testing.TB
}

// form is a body as most clients send it.
type form = url.Values

// send makes a request. body is nil, form, or anything else for JSON.
func (c *client) send(method, path string, body any) answer {
	c.v.t.Helper()
	var r *http.Request
	switch b := body.(type) {
	case nil:
		r = httptest.NewRequest(method, path, nil)
	case form:
		r = httptest.NewRequest(method, path, strings.NewReader(b.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	default:
		text, err := json.Marshal(b)
		check(c.v.t, err)
		r = httptest.NewRequest(method, path, strings.NewReader(string(text)))
		r.Header.Set("Content-Type", "application/json")
	}
	return c.request(r)
}

func (c *client) request(r *http.Request) answer {
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	w := httptest.NewRecorder()
	c.v.handler.ServeHTTP(w, r)
	return answer{w, c.v.t}
}

func (c *client) get(path string) answer { c.v.t.Helper(); return c.send("GET", path, nil).ok() }

func (c *client) post(path string, body any) answer {
	c.v.t.Helper()
	return c.send("POST", path, body).ok()
}

// ok fails the test unless the answer is 200.
func (a answer) ok() answer {
	a.t.Helper()
	return a.is(200)
}

func (a answer) is(status int) answer {
	a.t.Helper()
	if a.Code != status {
		a.t.Fatalf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

// says checks the status and the whole sentence of an error.
func (a answer) says(status int, sentence string) {
	a.t.Helper()
	a.is(status)
	if got := a.object()["error"]; got != sentence {
		a.t.Errorf("error %q, want %q", got, sentence)
	}
}

func (a answer) object() map[string]any {
	a.t.Helper()
	return decode[map[string]any](a)
}

func (a answer) list() []map[string]any {
	a.t.Helper()
	return decode[[]map[string]any](a)
}

func decode[T any](a answer) (v T) {
	a.t.Helper()
	if err := json.Unmarshal(a.Body.Bytes(), &v); err != nil {
		a.t.Fatalf("%v in %s", err, a.Body)
	}
	return v
}

// at follows a path of names into an object.
func dig(object map[string]any, path ...string) any {
	var value any = object
	for _, name := range path {
		inner, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = inner[name]
	}
	return value
}

// each returns one member of every object of a list.
func each(list []map[string]any, path ...string) []string {
	found := []string{}
	for _, object := range list {
		text, _ := dig(object, path...).(string)
		found = append(found, text)
	}
	return found
}

// says posts a text and returns the id.
func (c *client) toot(text string, more ...string) string {
	c.v.t.Helper()
	body := form{"status": {text}}
	for i := 0; i+1 < len(more); i += 2 {
		body.Add(more[i], more[i+1])
	}
	return c.post("/api/v1/statuses", body).object()["id"].(string)
}

func (c *client) id() string { return ids.Format(c.me.ID) }

// follows has somebody follow somebody.
func (c *client) follows(other *client) {
	c.v.t.Helper()
	c.post("/api/v1/accounts/"+other.id()+"/follow", nil)
}

// arrives stores a post of another server, as its Create would.
func (v *village) arrives(author storage.Account, n storage.NewStatus) (s storage.Status) {
	v.t.Helper()
	n.AccountID, n.CreatedAt = author.ID, storage.At(time.Now())
	if n.ID == 0 {
		n.ID = v.Store.IDAt(time.Now())
	}
	if n.URI == "" {
		n.URI = author.URI + "/statuses/" + ids.Format(n.ID)
	}
	if n.Visibility == "" {
		n.Visibility, n.Audience = storage.VisibilityPublic, []int64{storage.Everybody}
	}
	v.do(func(tx *storage.Tx) (err error) {
		if s, err = tx.CreateStatus(context.Background(), n); err == nil {
			_, err = tx.FanOut(context.Background(), s)
		}
		return err
	})
	return s
}
