package account

import (
	"errors"
	"html/template"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// showSignUp asks what it takes to make an account.
func (p *Pages) showSignUp(w http.ResponseWriter, r *http.Request) error {
	return p.askSignUp(w, r, http.StatusOK, people.Wish{}, nil)
}

// wishOf reads what was written.
func (p *Pages) wishOf(r *http.Request) people.Wish {
	born, _ := time.Parse(time.DateOnly, r.PostFormValue("date_of_birth"))
	return people.Wish{Name: r.PostFormValue("username"), Email: r.PostFormValue("email"), Password: r.PostFormValue("password"),
		Agreed: r.PostFormValue("agreement") == "1", Locale: edge.WordsOf(r).Lang(), Reason: r.PostFormValue("reason"), Born: born,
		Invite: chi.URLParam(r, "secret"), From: p.Browsers.From(r)}
}

// askSignUp shows the form, with what was wrong before.
func (p *Pages) askSignUp(w http.ResponseWriter, r *http.Request, status int, was people.Wish, refusal *people.Refusal) error {
	words := edge.WordsOf(r)
	mode, err := p.People.Registrations(r.Context())
	if err != nil {
		return err
	}
	secret := chi.URLParam(r, "secret")
	f := form{Heading: words.T("account.sign-up-on", p.Title(r.Context())), Button: words.T("account.sign-up")}
	owner := false
	switch {
	case secret != "":
		invite, err := p.People.Invited(r.Context(), secret)
		if err != nil {
			return spent(err)
		}
		if owner = invite.Role == storage.RoleOwner; owner {
			f.Heading, f.Intro = words.T("account.make-owner"), []string{words.T("account.make-owner-text")}
		} else if mode == people.RegistrationsClosed && invite.Role == storage.RoleMember {
			return edge.Tell(nil, fault.Forbidden, "account.closed")
		}
	case mode == people.RegistrationsInvite:
		return edge.Tell(nil, fault.Forbidden, "account.needs-invite")
	case mode == people.RegistrationsClosed:
		return edge.Tell(nil, fault.Forbidden, "account.closed")
	case mode == people.RegistrationsApproval:
		f.Intro = []string{words.T("account.approval-text")}
	}
	flaws := map[string]string{}
	if refusal != nil {
		for _, flaw := range refusal.Flaws {
			flaws[flaw.Field] = flawWords(words, flaw)
		}
	}
	f.Fields = []edge.Field{
		{Name: "username", Label: words.T("account.name"), Value: was.Name, Hint: words.T("account.name-hint", p.Host), Autocomplete: "username",
			Plain: true, MaxLength: ids.LocalNameMax, Pattern: "[A-Za-z0-9_]+", Error: flaws["username"], Focus: true},
		{Name: "email", Type: "email", Label: words.T("account.email"), Value: was.Email, Autocomplete: "email", MaxLength: people.EmailBytesMax, Error: flaws["email"]},
		newPassword(words, words.T("account.password"), flaws["password"]),
	}
	if p.People.MinAge > 0 {
		f.Fields = append(f.Fields, edge.Field{Name: "date_of_birth", Type: "date", Label: words.T("account.born"), Value: r.PostFormValue("date_of_birth"),
			Hint: words.T("account.born-hint", p.People.MinAge), Autocomplete: "bday", Error: flaws["date_of_birth"]})
	}
	if mode == people.RegistrationsApproval && secret == "" {
		f.Fields = append(f.Fields, edge.Field{Name: "reason", Label: words.T("account.reason"), Value: was.Reason, Rows: 4, MaxLength: people.ReasonMax, Error: flaws["reason"]})
	}
	if !owner {
		agree := words.HTML("account.agree", template.URL("/rules"), template.URL("/terms"), template.URL("/privacy"))
		f.Checks = []tick{{Name: "agreement", Label: agree, On: was.Agreed, Error: flaws["agreement"]}}
	} else {
		f.Hidden = map[string]string{"agreement": "1"} // who runs the node makes the rules
	}
	return p.show(w, r, status, f)
}

// flawWords says what is wrong with a field.
func flawWords(words *edge.Words, f people.Flaw) string {
	switch f.Code {
	case people.FlawTaken:
		return words.T("account.flaw-taken")
	case people.FlawReserved:
		return words.T("account.flaw-reserved")
	case people.FlawAccepted:
		return words.T("account.flaw-accepted")
	case people.FlawTooLong:
		return words.T("account.flaw-too-long")
	case people.FlawTooShort:
		return words.T("account.flaw-too-short")
	case people.FlawTooYoung:
		return words.T("account.flaw-too-young")
	case people.FlawBlank:
		return words.T("account.flaw-blank")
	case people.FlawBlocked:
		return words.T("account.flaw-blocked")
	}
	if f.Field == "username" {
		return words.T("account.flaw-name")
	}
	return words.T("account.flaw-invalid")
}

// signUp takes what was written.
func (p *Pages) signUp(w http.ResponseWriter, r *http.Request) error {
	wish := p.wishOf(r)
	made, err := p.People.SignUp(r.Context(), wish)
	if refusal, ok := errors.AsType[*people.Refusal](err); ok {
		return p.askSignUp(w, r, http.StatusUnprocessableEntity, wish, refusal)
	}
	if fault.Is(err, fault.Conflict) { // by an account that was made while this was filled in
		return p.askSignUp(w, r, http.StatusConflict, wish, &people.Refusal{Flaws: []people.Flaw{{Field: "username", Code: people.FlawTaken}}})
	}
	if err != nil {
		return spent(err)
	}
	if made.Account.ID == 0 {
		return p.sayWaiting(w, r, made.Signup)
	}
	return p.enter(w, r, made.Account)
}

// sayWaiting says what comes next for who has no account yet.
func (p *Pages) sayWaiting(w http.ResponseWriter, r *http.Request, s storage.Signup) error {
	words := edge.WordsOf(r)
	on := link{people.SignInPath, words.T("account.sign-in")}
	if s.ConfirmedAt == 0 {
		return p.sent(w, r, words.T("account.look-for-mail-text"), on)
	}
	return p.say(w, r, words.T("account.asked"), p.waits(words), on)
}

// enter signs somebody in who has an account now.
func (p *Pages) enter(w http.ResponseWriter, r *http.Request, account storage.Account) error {
	words := edge.WordsOf(r)
	if err := p.Browsers.Open(w, r, people.Newcomer(account)); err != nil {
		return err
	}
	return p.say(w, r, words.T("account.welcome", p.handle(words, account.Name)), words.T("account.welcome-text", p.Paths.Base), link{app, words.T("account.to-app")})
}

// showConfirm asks to press the button of a link in a mail.
func (p *Pages) showConfirm(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	wish, err := p.People.Confirming(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return spent(err)
	}
	return p.show(w, r, http.StatusOK, form{Heading: words.T("account.confirm"), Intro: []string{words.T("account.confirm-text", wish.Email, p.handle(words, wish.Name))},
		Button: words.T("account.confirm")})
}

func (p *Pages) confirm(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	account, err := p.People.Confirm(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return spent(err)
	}
	if account.ID == 0 {
		return p.say(w, r, words.T("account.confirmed"), p.waits(words), link{})
	}
	return p.enter(w, r, account)
}

// showAskReset asks for the address to which the link is mailed.
func (p *Pages) showAskReset(w http.ResponseWriter, r *http.Request) error {
	return p.askForReset(w, r, http.StatusOK, "", "")
}

func (p *Pages) askForReset(w http.ResponseWriter, r *http.Request, status int, email, wrong string) error {
	words := edge.WordsOf(r)
	return p.show(w, r, status, form{Heading: words.T("account.forgot-heading"), Intro: []string{words.T("account.forgot-text")},
		Fields: []edge.Field{{Name: "email", Type: "email", Label: words.T("account.email"), Value: email, Autocomplete: "email", MaxLength: people.EmailBytesMax, Error: wrong, Focus: true}},
		Button: words.T("account.send-link"), Links: []link{{people.SignInPath, words.T("account.sign-in")}}})
}

func (p *Pages) askReset(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	email := r.PostFormValue("email")
	err := p.People.AskReset(r.Context(), p.Browsers.From(r), email)
	if fault.Is(err, fault.Unprocessable) {
		return p.askForReset(w, r, http.StatusUnprocessableEntity, email, words.T("account.flaw-invalid"))
	}
	if err != nil {
		return err
	}
	return p.sent(w, r, words.T("account.reset-sent"), link{people.SignInPath, words.T("account.sign-in")})
}

// showReset asks for the new password.
func (p *Pages) showReset(w http.ResponseWriter, r *http.Request) error {
	return p.askForPassword(w, r, http.StatusOK, "")
}

func (p *Pages) askForPassword(w http.ResponseWriter, r *http.Request, status int, wrong string) error {
	words := edge.WordsOf(r)
	account, err := p.People.Resetting(r.Context(), chi.URLParam(r, "secret"))
	if err != nil {
		return spent(err)
	}
	return p.show(w, r, status, form{Heading: words.T("account.new-password"), Intro: []string{words.T("account.reset-text", p.handle(words, account.Name))},
		Fields: []edge.Field{newPassword(words, words.T("account.new-password"), wrong)}, Button: words.T("account.save")})
}

func (p *Pages) reset(w http.ResponseWriter, r *http.Request) error {
	words := edge.WordsOf(r)
	in, err := p.People.Reset(r.Context(), chi.URLParam(r, "secret"), r.PostFormValue("password"))
	if fault.Is(err, fault.Unprocessable) {
		return p.askForPassword(w, r, http.StatusUnprocessableEntity, words.T("account.flaw-too-short"))
	}
	if err != nil {
		return spent(err)
	}
	if in.Step != "" {
		return p.askCode(w, r, http.StatusOK, in.Step, app, "")
	}
	if err := p.Browsers.Open(w, r, in); err != nil {
		return err
	}
	return p.say(w, r, words.T("account.password-changed"), words.T("account.signed-out-everywhere"), link{app, words.T("account.to-app")})
}
