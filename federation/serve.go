package federation

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	gofed "github.com/go-fed/activity/streams/vocab"

	"tulou/federation/fetch"
	"tulou/protocol/fault"
	"tulou/protocol/httpsig"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
)

const (
	// publicAge is how long caches may keep what everybody may see. An edit is late by this much for
	// whoever fetches; those who follow get it delivered.
	publicAge = "public, max-age=60"
	// privateAge is for what depends on who asks: no cache may give it to anybody else (A092).
	privateAge = "private, no-store"
	// acceptBytesMax is how much of an Accept header is read.
	acceptBytesMax = 1024
	// actorsMax is how many actor documents are held, about 3 KB each; actorsKept bounds how long
	// after a change of keys the old ones are shown. Every other change makes a new version.
	actorsMax  = 1000
	actorsKept = time.Minute
	// statsKept is how long NodeInfo shows the same figures; counting reads whole tables.
	statsKept = 5 * time.Minute
)

// server answers the reads of other servers: actors, posts, collections, WebFinger, NodeInfo. What
// it serves was written before; nothing is rendered for a request but actors and collections.
type server struct {
	*Engine
	actors *cache[actorKey, []byte]
	stats  *cache[string, storage.Stats]
}

// Routes adds everything that other servers read, but for the inboxes (InboxRoutes). A browser that
// follows the id of somebody or something is sent to the page for people.
//
// Everybody may read what is public. A signature of a host that is kept out is refused; otherwise
// signatures are looked at only where the answer depends on them: posts that are not for everybody,
// and with Config.AuthorizedFetch all but the instance actor and keys.
func (e *Engine) Routes(r chi.Router) {
	s := &server{Engine: e,
		actors: newCache[actorKey, []byte](actorsMax, actorsKept),
		stats:  newCache[string, storage.Stats](1, statsKept),
	}
	s.get(r, "/actor", s.instanceActor)
	s.get(r, "/actor"+ids.Outbox, s.instanceOutbox)
	s.get(r, "/emojis/{id}", s.emoji)
	r.Route("/users/{name}", func(r chi.Router) {
		if e.config.Private {
			r.Use(s.signedOnly)
		}
		s.get(r, "/", s.actor)
		s.get(r, ids.Outbox, s.outbox)
		s.get(r, ids.Followers, s.followers)
		s.get(r, ids.Following, s.following)
		s.get(r, ids.Featured, s.featured)
		s.get(r, ids.FeaturedTags, s.featuredTags)
		s.get(r, "/statuses/{id}", s.status)
		s.get(r, "/statuses/{id}/activity", s.statusActivity)
		s.get(r, "/statuses/{id}/replies", s.replies)
		s.get(r, "/quote_authorizations/{id}", s.quoteAuthorization)
		s.get(r, "/activities/{key}", s.activity)
	})
	s.wellKnown(r)
}

// get adds a route for GET and HEAD.
func (s *server) get(r chi.Router, pattern string, handler func(http.ResponseWriter, *http.Request) error) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if err := handler(w, r); err != nil {
			s.answer(w, r, err)
		}
	}
	r.Get(pattern, h)
	r.Head(pattern, h)
}

// signedOnly refuses whoever does not prove to be of a server that is let in, before anything is
// looked for.
func (s *server) signedOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			if _, err := s.Authenticate(r, nil); err != nil {
				s.answer(w, r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// missing is the answer for what is not there and for what is not for whoever asks: the same bytes.
func missing() error { return fault.New(fault.NotFound, "there is nothing here") }

// account returns the account of this node that a path names. Faults: NotFound, Gone for a deleted
// one, Forbidden for a suspended one.
func (s *server) account(r *http.Request) (storage.Account, error) {
	name := chi.URLParam(r, "name")
	if !ids.ValidLocalName(name) {
		return storage.Account{}, missing()
	}
	account, err := s.store.AccountByHandle(r.Context(), name, "")
	switch {
	case fault.Is(err, fault.NotFound), err == nil && account.URI != s.config.Paths.Actor(name):
		return storage.Account{}, missing()
	case err != nil:
		return storage.Account{}, err
	case account.DeletedAt != 0:
		return account, fault.New(fault.Gone, "this account was deleted")
	case account.Hidden:
		return account, fault.New(fault.Forbidden, "this account is suspended")
	}
	return account, nil
}

// admit lets somebody read what everybody may see, and returns who it is if that had to be found
// out, 0 otherwise.
func (s *server) admit(r *http.Request) (viewer int64, err error) {
	if s.config.AuthorizedFetch {
		account, err := s.Authenticate(r, nil)
		return account.ID, err
	}
	// Whoever signs tells their host; it is believed without proof, since it can only do harm to
	// whoever says it. Verifying would mean fetching the keys of half the fediverse for one post.
	if signature, err := httpsig.Parse(r, s.gate.base, nil, time.Now()); err == nil {
		return 0, s.CheckHost(r.Context(), ids.Host(signature.KeyID))
	}
	return 0, nil
}

// viewer returns who signed a request for something that is not for everybody, 0 for nobody. Its
// faults say nothing about whether the thing exists.
func (s *server) viewer(r *http.Request) (int64, error) {
	if r.Header.Get("Signature") == "" && !s.config.AuthorizedFetch {
		return 0, nil
	}
	account, err := s.Authenticate(r, nil)
	if fault.Is(err, fault.Unauthenticated) && !s.config.AuthorizedFetch {
		return 0, nil
	}
	return account.ID, err
}

// page sends a browser to a page for people and tells whether it did.
func page(w http.ResponseWriter, r *http.Request, address string) bool {
	w.Header().Set("Vary", "Accept, Signature")
	if !WantsPage(r) {
		return false
	}
	http.Redirect(w, r, address, http.StatusFound)
	return true
}

// WantsPage tells whether a request prefers HTML to ActivityPub: a browser does, a server does not.
// Without an Accept header it is a server.
func WantsPage(r *http.Request) bool {
	accept := strings.Join(r.Header.Values("Accept"), ",")
	html, activity := 0.0, 0.0
	for part := range strings.SplitSeq(accept[:min(len(accept), acceptBytesMax)], ",") {
		kind, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		switch kind {
		case "text/html", "application/xhtml+xml":
			html = max(html, quality)
		case fetch.ActivityJSON, "application/ld+json", "application/json":
			activity = max(activity, quality)
		}
	}
	return html > activity
}

// send writes an ActivityPub document. What depends on the signer is kept by no cache.
func (s *server) send(w http.ResponseWriter, r *http.Request, status int, body []byte, private bool) {
	age := publicAge
	if private || s.config.AuthorizedFetch {
		age = privateAge
	}
	contentType := fetch.ActivityJSON + "; charset=utf-8"
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "application/ld+json") && !strings.Contains(accept, fetch.ActivityJSON) {
		contentType = fetch.LDJSON
	}
	w.Header().Set("Vary", "Accept, Signature")
	write(w, status, contentType, age, body)
}

func write(w http.ResponseWriter, status int, contentType, age string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", age)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	w.Write(body) // whoever went away does not get it; there is nobody to tell
}

// render writes a type that was built for this answer.
func (s *server) render(w http.ResponseWriter, r *http.Request, status int, private bool) func(gofed.Type, error) error {
	return func(t gofed.Type, err error) error {
		if err != nil {
			return err
		}
		body, err := vocab.Marshal(t)
		if err == nil {
			s.send(w, r, status, body, private)
		}
		return err
	}
}

// tombstone answers for something that was deleted.
func (s *server) tombstone(w http.ResponseWriter, r *http.Request, id string, deleted storage.Millis) error {
	grave := vocab.Object{ID: id, Type: "Tombstone", Tombstone: &vocab.Tombstone{ID: id, Deleted: deleted.Time()}}
	return s.render(w, r, http.StatusGone, false)(vocab.Build(&grave))
}

// actorKey names an actor document by what it was made of.
type actorKey struct {
	account, version int64
	bare             bool // the keys only
}

// actor serves a person.
func (s *server) actor(w http.ResponseWriter, r *http.Request) error {
	name := chi.URLParam(r, "name")
	if ids.ValidLocalName(name) && page(w, r, s.config.Paths.Profile(name)) {
		return nil
	}
	account, err := s.account(r)
	if fault.Is(err, fault.Gone) {
		return s.tombstone(w, r, account.URI, account.DeletedAt)
	}
	if err != nil {
		return err
	}
	bare := false
	if _, err := s.admit(r); err != nil {
		// Keys are for everybody, or two nodes that verify everything would never meet.
		if !s.config.AuthorizedFetch || fault.Is(err, fault.Forbidden) {
			return err
		}
		bare = true
	}
	body, err := s.actorBody(r.Context(), account, bare)
	if err == nil {
		s.send(w, r, http.StatusOK, body, false)
	}
	return err
}

// instanceActor serves the actor of the node itself, to everybody.
func (s *server) instanceActor(w http.ResponseWriter, r *http.Request) error {
	account, err := s.store.AccountByURI(r.Context(), s.config.Paths.InstanceActor())
	if err != nil {
		return err
	}
	body, err := s.actorBody(r.Context(), account, false)
	if err == nil {
		s.send(w, r, http.StatusOK, body, false)
	}
	return err
}

// actorBody returns the document of an actor. A bare one says no more than what is needed to
// verify signatures and to answer.
func (s *server) actorBody(ctx context.Context, account storage.Account, bare bool) ([]byte, error) {
	key := actorKey{account.ID, account.Version, bare}
	if body, ok := s.actors.get(key); ok {
		return body, nil
	}
	keys, err := s.store.KeysOf(ctx, account.ID)
	if err != nil {
		return nil, err
	}
	emojis, err := s.store.EmojisNamed(ctx, "", EmojiCodes(account))
	if err != nil {
		return nil, err
	}
	actor := s.ActorDocument(account, keys, emojis...)
	if bare {
		actor = vocab.Actor{ID: actor.ID, Type: actor.Type, PreferredUsername: actor.PreferredUsername,
			Inbox: actor.Inbox, Keys: actor.Keys, RFC9421: actor.RFC9421}
	}
	typed, err := vocab.BuildActor(&actor)
	if err != nil {
		return nil, err
	}
	body, err := vocab.Marshal(typed)
	if err == nil {
		s.actors.put(key, body)
	}
	return body, err
}
