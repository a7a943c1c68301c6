package node

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
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
	r.Get(setupPath+"{token}", edge.Form(n.config.AccountDomain, setupFormBytes, n.setupForm))
	r.Post(setupPath+"{token}", edge.Form(n.config.AccountDomain, setupFormBytes, n.setupDone))
}

//go:embed setup.html
var setupFiles embed.FS

var setupPages = edge.MustPages(setupFiles)

// setup is what the page shows: a form, or who was made.
type setup struct {
	Fields []edge.Field
	Base   string
	Made   string // the handle, when the account was made
}

// owner is what the form asks for, and what is wrong with it, as messages.
type owner struct {
	name, email, password                string
	nameWrong, emailWrong, passwordWrong string
}

func (n *Node) setupForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := n.store.Invite(r.Context(), people.SecretHash(chi.URLParam(r, "token"))); err != nil {
		return spentLink(err)
	}
	return n.renderSetup(w, r, http.StatusOK, setup{Fields: owner{}.fields(edge.WordsOf(r))})
}

// setupDone makes the account. The link is used up in the same transaction.
func (n *Node) setupDone(w http.ResponseWriter, r *http.Request) error {
	token := chi.URLParam(r, "token")
	if _, err := n.store.Invite(r.Context(), people.SecretHash(token)); err != nil {
		return spentLink(err)
	}
	o := owner{name: r.PostForm.Get("name"), email: r.PostForm.Get("email"), password: r.PostForm.Get("password")}
	if !o.check() {
		return n.renderSetup(w, r, http.StatusUnprocessableEntity, setup{Fields: o.fields(edge.WordsOf(r))})
	}
	person, err := n.createPerson(r.Context(), people.NewPerson{
		Handle: o.name, Email: o.email, Password: o.password, Confirmed: true, Invite: token,
	})
	switch {
	case fault.Is(err, fault.Conflict):
		if _, taken := n.store.AccountByHandle(r.Context(), o.name, ""); taken == nil {
			o.nameWrong = "setup.name-taken"
		} else {
			o.emailWrong = "setup.email-taken"
		}
		return n.renderSetup(w, r, http.StatusConflict, setup{Fields: o.fields(edge.WordsOf(r))})
	case fault.Is(err, fault.Unprocessable): // what check cannot know: names that are kept
		o.nameWrong = "setup.name-taken"
		return n.renderSetup(w, r, http.StatusUnprocessableEntity, setup{Fields: o.fields(edge.WordsOf(r))})
	case err != nil:
		return spentLink(err)
	}
	return n.renderSetup(w, r, http.StatusOK, setup{Made: "@" + n.handle(person), Base: n.config.URL})
}

// check finds what is wrong with each value and tells whether nothing is.
func (o *owner) check() bool {
	if !ids.ValidLocalName(o.name) {
		o.nameWrong = "setup.name-wrong"
	}
	if _, err := people.NormalizeEmail(o.email); err != nil {
		o.emailWrong = "setup.email-wrong"
	}
	if utf8.RuneCountInString(o.password) < people.PasswordCharsMin || len(o.password) > people.PasswordBytesMax {
		o.passwordWrong = "setup.password-wrong"
	}
	return o.nameWrong == "" && o.emailWrong == "" && o.passwordWrong == ""
}

// fields is the form with what was typed, but for the password.
func (o owner) fields(words *edge.Words) []edge.Field {
	say := func(key string) string {
		if key == "" {
			return ""
		}
		return words.T(key)
	}
	return []edge.Field{
		{Name: "name", Label: words.T("setup.name"), Value: o.name, Hint: words.T("setup.name-hint"), Error: say(o.nameWrong),
			Autocomplete: "username", Plain: true, MaxLength: ids.LocalNameMax, Pattern: "[a-z0-9_]+", Focus: true},
		{Name: "email", Type: "email", Label: words.T("setup.email"), Value: o.email, Error: say(o.emailWrong),
			Autocomplete: "email", MaxLength: people.EmailBytesMax},
		{Name: "password", Type: "password", Label: words.T("setup.password"), Hint: words.T("setup.password-hint", people.PasswordCharsMin),
			Error: say(o.passwordWrong), Autocomplete: "new-password", MinLength: people.PasswordCharsMin, MaxLength: people.PasswordBytesMax},
	}
}

// spentLink says the same about links that never were, that were used and that are over.
func spentLink(err error) error {
	if fault.Is(err, fault.NotFound) {
		return edge.Tell(nil, fault.NotFound, "setup.spent")
	}
	return err
}

func (n *Node) renderSetup(w http.ResponseWriter, r *http.Request, status int, it setup) error {
	page := edge.Page{Title: edge.WordsOf(r).T("setup.title"), Site: n.config.AccountDomain, Shape: edge.ShapeCard, NoIndex: true}
	return setupPages.Write(w, r, status, "setup", page, it)
}
