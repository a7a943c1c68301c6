package node

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/storage"
)

// setupPath is where one-time links lead that make the owner's account.
const setupPath = "/setup/"

// setupValid is how long such a link works: long enough to notice it on the screen where the node
// was started, short enough for an old log not to be a key.
const setupValid = 24 * time.Hour

// setupFormBytes bounds the form: a name, an address and a password.
const setupFormBytes = 8 << 10

// SetupLink returns a new one-time link that makes the owner's account, "" if the node has somebody
// who may run it. Every start makes one until then; earlier ones work until they are a day old.
func (n *Node) SetupLink(ctx context.Context) (string, error) {
	owned, err := n.hasOwner(ctx)
	if err != nil || owned {
		return "", err
	}
	token, hash := people.NewSecret()
	err = n.store.Tx(ctx, func(tx *storage.Tx) error {
		return tx.CreateInvite(ctx, hash, storage.RoleOwner, time.Now().Add(setupValid))
	})
	if err != nil {
		return "", fmt.Errorf("make setup link: %w", err)
	}
	return n.config.URL + setupPath + token, nil
}

// loginsPage is how many logins are read at a time.
const loginsPage = 200

func (n *Node) hasOwner(ctx context.Context) (bool, error) {
	for after := int64(0); ; {
		logins, err := n.store.Logins(ctx, after, loginsPage)
		if err != nil || len(logins) == 0 {
			return false, err
		}
		for _, login := range logins {
			if login.Role == storage.RoleOwner || login.Role == storage.RoleAdmin {
				return true, nil
			}
			after = login.AccountID
		}
	}
}

// setupRoutes adds the page behind the link.
func (n *Node) setupRoutes(r chi.Router) {
	r.Get(setupPath+"{token}", edge.Problem(n.setupForm))
	r.Post(setupPath+"{token}", edge.Problem(n.setupDone))
}

// setup is what the page shows.
type setup struct {
	Host, Base, Nonce  string
	Name, Email, Error string
	Made               string // the handle, when the account was made
}

func (n *Node) setupForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := n.store.Invite(r.Context(), people.SecretHash(chi.URLParam(r, "token"))); err != nil {
		return spentLink(err)
	}
	return n.renderSetup(w, http.StatusOK, setup{})
}

// setupDone makes the account. The link is used up in the same transaction. Whoever has the link is
// the owner, so a page of another site could only use it by knowing it; browsers that say where a
// form comes from are believed anyway.
func (n *Node) setupDone(w http.ResponseWriter, r *http.Request) error {
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		return fault.Wrap(err, fault.Forbidden, "this form was sent by another site")
	}
	r.Body = http.MaxBytesReader(w, r.Body, setupFormBytes)
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "the form cannot be read")
	}
	token := chi.URLParam(r, "token")
	if _, err := n.store.Invite(r.Context(), people.SecretHash(token)); err != nil {
		return spentLink(err)
	}
	page := setup{Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email")}
	person, err := n.people.Create(r.Context(), people.NewPerson{
		Handle: page.Name, Email: page.Email, Password: r.PostForm.Get("password"), Confirmed: true, Invite: token,
	})
	switch {
	case fault.Is(err, fault.Unprocessable), fault.Is(err, fault.Conflict):
		page.Error = fault.DetailOf(err)
		return n.renderSetup(w, fault.CodeOf(err).Status(), page)
	case err != nil:
		return spentLink(err)
	}
	return n.renderSetup(w, http.StatusOK, setup{Made: n.handle(person)})
}

// spentLink says the same about links that never were, that were used and that are over.
func spentLink(err error) error {
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "this link was used, or is too old; the node prints a new one when it starts")
	}
	return err
}

func (n *Node) renderSetup(w http.ResponseWriter, status int, page setup) error {
	page.Base, page.Host, page.Nonce = n.config.URL, n.config.AccountDomain, requestID()
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // the address is a secret
	h.Set("Content-Security-Policy",
		"default-src 'none'; style-src 'nonce-"+page.Nonce+"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	return setupPage.Execute(w, page)
}

var setupPage = template.Must(template.New("setup").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your node {{.Host}}</title>
<style nonce="{{.Nonce}}">
:root { color-scheme: light dark; --ink: light-dark(#23201c, #ece7df); --paper: light-dark(#faf7f2, #1b1916);
  --line: light-dark(#d9d2c7, #3d3832); --clay: light-dark(#9c4a2b, #e08b66); }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 12vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.2; }
label { display: block; margin: 1rem 0 .25rem; font-weight: 600; }
input { width: 100%; box-sizing: border-box; padding: .6rem .7rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: .5rem; }
small { opacity: .75; }
button { margin-top: 1.5rem; width: 100%; padding: .7rem; font: inherit; font-weight: 600; color: var(--paper);
  background: var(--clay); border: 0; border-radius: .5rem; cursor: pointer; }
:focus-visible { outline: 3px solid var(--clay); outline-offset: 2px; }
.error { padding: .6rem .8rem; border-left: 4px solid var(--clay); }
</style>
<main>
{{if .Made}}
<h1>Welcome, {{.Made}}</h1>
<p>Your account is made, and it owns this node. Sign in with any app for Mastodon: as the server, give
<strong>{{.Base}}</strong>.</p>
{{else}}
<h1>Make the owner’s account of {{.Host}}</h1>
<p>This link works once. The account can do everything on this node.</p>
{{with .Error}}<p class="error" role="alert">{{.}}</p>{{end}}
<form method="post">
<label for="name">Name</label>
<input id="name" name="name" value="{{.Name}}" required maxlength="30" pattern="[a-z0-9_]+" autocomplete="username"
  autocapitalize="none" spellcheck="false" aria-describedby="name-hint" autofocus>
<small id="name-hint">Lower case letters, digits and underscores. It cannot be changed later.</small>
<label for="email">E-mail</label>
<input id="email" name="email" type="email" value="{{.Email}}" required maxlength="254" autocomplete="email">
<label for="password">Password</label>
<input id="password" name="password" type="password" required minlength="8" maxlength="512" autocomplete="new-password">
<button>Make the account</button>
</form>
{{end}}
</main>
</html>
`))
