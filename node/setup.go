package node

import (
	"bytes"
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
		_, err := tx.CreateInvite(ctx, storage.Invite{Hash: hash, Role: storage.RoleOwner, UsesMax: 1,
			ExpiresAt: storage.At(time.Now().Add(setupValid))})
		return err
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
	r.Get(setupPath+"{token}", n.setupPage(n.setupForm))
	r.Post(setupPath+"{token}", n.setupPage(n.setupDone))
}

// setupPage shows errors as a page, since people read them.
func (n *Node) setupPage(h edge.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			status := edge.Fail(w, err)
			_ = n.renderSetup(w, status, setup{Closed: fault.DetailOf(err)})
		}
	}
}

// setup is what the page shows.
type setup struct {
	edge.Page
	Base               string
	Name, Email, Error string
	Made               string // the handle, when the account was made
	Closed             string // why there is no form
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
		return fault.Wrap(err, fault.Forbidden, "This form was sent by another site.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, setupFormBytes)
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form cannot be read.")
	}
	token := chi.URLParam(r, "token")
	if _, err := n.store.Invite(r.Context(), people.SecretHash(token)); err != nil {
		return spentLink(err)
	}
	page := setup{Name: r.PostForm.Get("name"), Email: r.PostForm.Get("email")}
	person, err := n.createPerson(r.Context(), people.NewPerson{
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
		return fault.New(fault.NotFound, "This link was used, or is too old. The node prints a new one when it starts, until it has an owner.")
	}
	return err
}

func (n *Node) renderSetup(w http.ResponseWriter, status int, page setup) error {
	page.Base, page.Host, page.Title = n.config.URL, n.config.AccountDomain, "Your node"
	return edge.WritePage(w, status, page.Page, func(p edge.Page, to *bytes.Buffer) error {
		page.Page = p
		return setupTemplate.Execute(to, page)
	})
}

var setupTemplate = template.Must(template.New("setup").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Title}} · {{.Host}}</title>
<style nonce="{{.Nonce}}">{{.LookOf}}</style>
<main class="card">
<header class="mark">{{.MarkOf}}<span>{{.Host}}</span></header>
{{- if .Made}}
<h1>Welcome, @{{.Made}}</h1>
<p>Your account is made, and it owns this node. Sign in with an app for Mastodon: the server is
<strong>{{.Base}}</strong>.</p>
{{- else if .Closed}}
<h1>That did not work</h1>
<p>{{.Closed}}</p>
{{- else}}
<h1>Make the owner’s account</h1>
<p>This link works once. The account can do everything on this node.</p>
{{with .Error}}<p class="wrong" role="alert" id="wrong">That does not work: {{.}}.</p>{{end}}
<form method="post"{{if .Error}} aria-describedby="wrong"{{end}}>
<label for="name">Name</label>
<input id="name" name="name" value="{{.Name}}" required maxlength="30" pattern="[a-z0-9_]+" autocomplete="username"
  autocapitalize="none" spellcheck="false" aria-describedby="name-hint" autofocus>
<p class="small" id="name-hint">Lower case letters, digits and underscores. It cannot be changed later.</p>
<label for="email">E-mail</label>
<input id="email" name="email" type="email" value="{{.Email}}" required maxlength="254" autocomplete="email">
<label for="password">Password</label>
<input id="password" name="password" type="password" required minlength="8" maxlength="512" autocomplete="new-password">
<button class="go">Make the account</button>
</form>
{{- end}}
</main>
</html>
`))
