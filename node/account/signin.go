package account

import (
	"net/http"
	"net/url"
	"strings"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
)

// showSignIn asks for name and password.
func (p *Pages) showSignIn(w http.ResponseWriter, r *http.Request) error {
	return p.askSignIn(w, r, http.StatusOK, "", r.URL.Query().Get("return_to"), "")
}

// askSignIn asks for name and password; notice says what was wrong with those that were given.
func (p *Pages) askSignIn(w http.ResponseWriter, r *http.Request, status int, name, to, notice string) error {
	words := edge.WordsOf(r)
	to = back(to)
	f := form{Heading: words.T("account.sign-in"), Notice: notice, Kind: "wrong", Action: people.SignInPath, Hidden: map[string]string{"return_to": to},
		Fields: []edge.Field{
			{Name: "name", Label: words.T("account.name-or-email"), Value: name, Autocomplete: "username", Plain: true, Focus: name == ""},
			{Name: "password", Type: "password", Label: words.T("account.password"), Autocomplete: "current-password", Focus: name != ""},
		},
		Button: words.T("account.sign-in"),
		Links:  []link{{"/auth/reset", words.T("account.forgot")}},
	}
	if app := p.appOf(r, to); app != "" {
		f.Intro = append(f.Intro, words.T("account.sign-in-for", app))
	}
	mode, err := p.People.Registrations(r.Context())
	if err != nil {
		return err
	}
	if mode == people.RegistrationsOpen || mode == people.RegistrationsApproval {
		f.Links = append(f.Links, link{"/auth/sign_up", words.T("account.sign-up")})
	}
	return p.show(w, r, status, f)
}

// appOf returns the name of the app that sent somebody to sign in, "" if none did.
func (p *Pages) appOf(r *http.Request, to string) string {
	_, query, _ := strings.Cut(to, "?")
	values, err := url.ParseQuery(query)
	if err != nil || values.Get("client_id") == "" {
		return ""
	}
	app, err := p.Store.AppByClientID(r.Context(), values.Get("client_id"))
	if err != nil {
		return ""
	}
	return app.Name
}

// signIn checks name and password, and goes on or asks for a code.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	name, to := r.PostFormValue("name"), back(r.PostFormValue("return_to"))
	in, err := p.People.SignIn(r.Context(), p.Browsers.From(r), name, r.PostFormValue("password"))
	notice := ""
	switch {
	case err == people.ErrUnconfirmed:
		notice = words.T("account.unconfirmed")
		if !p.People.Mailer.Delivers() {
			notice = words.T("account.no-mail")
		}
	case err == people.ErrUnapproved:
		notice = p.waits(words)
	case fault.Is(err, fault.Unauthenticated):
		notice = words.T("account.wrong")
	case fault.Is(err, fault.RateLimited):
		edge.Fail(w, err)
		notice = words.T("account.slow")
		return p.askSignIn(w, r, http.StatusTooManyRequests, name, to, notice)
	case err != nil:
		return err
	}
	if notice != "" {
		return p.askSignIn(w, r, http.StatusUnauthorized, name, to, notice)
	}
	if in.Step != "" {
		return p.askCode(w, r, http.StatusOK, in.Step, to, "")
	}
	if err := p.Browsers.Open(w, r, in); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// askCode asks for the code that comes after the password.
func (p *Pages) askCode(w http.ResponseWriter, r *http.Request, status int, step, to, wrong string) error {
	words := edge.WordsOf(r)
	field := codeField(words, wrong)
	field.Focus = true
	return p.show(w, r, status, form{Heading: words.T("account.second-step"), Intro: []string{words.T("account.second-step-text")},
		Action: "/auth/code", Hidden: map[string]string{"step": step, "return_to": to}, Fields: []edge.Field{field}, Button: words.T("account.sign-in")})
}

// secondStep checks that code.
func (p *Pages) secondStep(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	step, to := r.PostFormValue("step"), back(r.PostFormValue("return_to"))
	in, err := p.People.SecondStep(r.Context(), p.Browsers.From(r), step, r.PostFormValue("code"))
	switch {
	case fault.Is(err, fault.Unauthenticated):
		return p.askCode(w, r, http.StatusUnauthorized, step, to, words.T("account.wrong-code"))
	case fault.Is(err, fault.RateLimited):
		edge.Fail(w, err)
		return p.askCode(w, r, http.StatusTooManyRequests, step, to, words.T("account.slow"))
	case fault.Is(err, fault.NotFound):
		return p.askSignIn(w, r, http.StatusUnauthorized, "", to, words.T("account.too-late"))
	case err != nil:
		return err
	}
	if err := p.Browsers.Open(w, r, in); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// signOut ends the browser's session and goes back to where somebody else can sign in.
func (p *Pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Browsers.Close(w, r); err != nil {
		return err
	}
	// What the web client keeps in this browser is not for whoever signs in next. The client itself
	// forgets it with more care: its settings stay, and what others had written here and not sent.
	if r.Header.Get(edge.ClientHeader) == "" {
		w.Header().Set("Clear-Site-Data", `"storage"`)
	}
	http.Redirect(w, r, people.SignInPath+"?"+url.Values{"return_to": {back(r.PostFormValue("return_to"))}}.Encode(), http.StatusSeeOther)
	return nil
}

// showProve asks who is signed in for the password again.
func (p *Pages) showProve(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	return p.askProof(w, r, b, http.StatusOK, r.URL.Query().Get("return_to"), "")
}

func (p *Pages) askProof(w http.ResponseWriter, r *http.Request, b edge.Browser, status int, to, notice string) error {
	words := edge.WordsOf(r)
	fields, err := p.proofFields(r, b)
	if err != nil {
		return err
	}
	return p.show(w, r, status, form{Heading: words.T("account.prove"), Intro: []string{words.T("account.prove-text")}, Notice: notice, Kind: "wrong",
		Action: "/auth/prove", Hidden: map[string]string{"return_to": back(to)}, Fields: fields, Button: words.T("account.go-on"),
		Links: []link{{home, words.T("account.to-settings")}}})
}

// proofFields are the fields with which somebody proves again who they are.
func (p *Pages) proofFields(r *http.Request, b edge.Browser) ([]edge.Field, error) {
	words := edge.WordsOf(r)
	fields := []edge.Field{{Name: "password", Type: "password", Label: words.T("account.password"), Autocomplete: "current-password"}}
	coded, err := p.People.AsksCodes(r.Context(), b.Account)
	if err == nil && coded {
		fields = append(fields, codeField(words, ""))
	}
	return fields, err
}

func (p *Pages) prove(w http.ResponseWriter, r *http.Request, b edge.Browser) error {
	to := back(r.PostFormValue("return_to"))
	err := p.People.Prove(r.Context(), p.Browsers.From(r), b.Session, r.PostFormValue("password"), r.PostFormValue("code"))
	if notice, status := unproved(edge.WordsOf(r), err); notice != "" {
		edge.Fail(w, err)
		return p.askProof(w, r, b, status, to, notice)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// unproved says why a proof does not count, "" for other errors.
func unproved(words *edge.Words, err error) (notice string, status int) {
	switch {
	case fault.Is(err, fault.Unauthenticated):
		return words.T("account.wrong-proof"), http.StatusUnauthorized
	case fault.Is(err, fault.RateLimited):
		return words.T("account.slow"), http.StatusTooManyRequests
	}
	return "", 0
}
