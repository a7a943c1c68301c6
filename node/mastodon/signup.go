package mastodon

import (
	"net/http"
	"time"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/storage"
)

// signUpRoutes are how an app makes an account for somebody, and waits with them for it.
func (a *API) signUpRoutes(r routes) {
	r.Method(post, "/api/v1/accounts", a.serve(access{need: program, scopes: []string{"write:accounts"}}, a.signUp))
	r.Method(post, "/api/v1/emails/confirmations", a.joining(access{need: person, scopes: []string{"write:accounts"}}, a.confirmAgain))
	r.Method(get, "/api/v1/emails/check_confirmation", a.joining(access{need: person, scopes: []string{"read:accounts"}}, a.checkConfirmation))
}

// errNotProgram is Mastodon's answer to somebody who has an account and wants one more.
var errNotProgram = fault.New(fault.Forbidden, "This method requires an client credentials authentication")

// signUp takes a wish for an account. The token that it answers with does nothing until there is
// one.
func (a *API) signUp(q *query) (any, error) {
	if q.who.Person() {
		return nil, errNotProgram
	}
	born, _ := time.Parse(time.DateOnly, q.text("date_of_birth"))
	made, err := a.People.SignUp(q.Context(), people.Wish{
		Name: q.text("username"), Email: q.text("email"), Password: q.text("password"), Agreed: q.flag("agreement", false),
		Locale: q.text("locale"), Reason: q.text("reason"), Born: born, Invite: q.text("invite_code"),
		From: people.From{Network: edge.Network(q.RemoteAddr)}, App: q.who.App.ID, Scopes: q.who.App.Scopes,
	})
	if err != nil {
		return nil, err
	}
	return token{AccessToken: made.Token, TokenType: "Bearer", Scope: q.who.App.Scopes, CreatedAt: made.Signup.CreatedAt.Time().Unix()}, nil
}

// token is Mastodon's entity of an access token.
type token struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	Scope       string `json:"scope"`
	CreatedAt   int64  `json:"created_at"`
}

// joining serves an endpoint for who has no account yet, by the token that their app was given. It
// is called with the zero Signup for who has one.
func (a *API) joining(allowed access, e func(q *query, wish storage.Signup) (any, error)) http.HandlerFunc {
	usual := a.serve(allowed, func(q *query) (any, error) { return e(q, storage.Signup{}) })
	return func(w http.ResponseWriter, r *http.Request) {
		wish, err := a.Auth.Applicant(r)
		if fault.Is(err, fault.NotFound) {
			usual(w, r)
			return
		}
		var answer any
		if err == nil {
			answer, err = a.answerApplicant(w, r, allowed, wish, e)
		}
		if err != nil {
			writeError(w, err)
			return
		}
		body, err := marshal(answer)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, body)
	}
}

func (a *API) answerApplicant(w http.ResponseWriter, r *http.Request, allowed access, wish storage.Signup, e func(*query, storage.Signup) (any, error)) (any, error) {
	if !(edge.Who{Token: storage.Token{Scopes: wish.Scopes}}).May(allowed.scopes...) {
		return nil, errScope
	}
	q := &query{Request: r, header: w.Header()}
	var err error
	if q.sent, err = readValues(w, r); err != nil {
		return nil, err
	}
	return e(q, wish)
}

// confirmAgain mails the link once more, to another address if one is given.
func (a *API) confirmAgain(q *query, wish storage.Signup) (any, error) {
	if wish.ID == 0 {
		wish.ConfirmedAt = storage.Now() // who has an account has a confirmed address
	}
	err := a.People.ConfirmAgain(q.Context(), wish, q.text("email"), people.From{Network: edge.Network(q.RemoteAddr)})
	return empty{}, err
}

// checkConfirmation tells whether the address is confirmed; apps ask until it is.
func (a *API) checkConfirmation(_ *query, wish storage.Signup) (any, error) {
	return wish.ID == 0 || wish.ConfirmedAt != 0, nil
}

// flaw is one thing that is wrong with a field.
type flaw struct {
	Error       string `json:"error"`
	Description string `json:"description"`
}

// detailsOf lists what is wrong with a wish, by field.
func detailsOf(r *people.Refusal) map[string][]flaw {
	details := map[string][]flaw{}
	for _, f := range r.Flaws {
		details[f.Field] = append(details[f.Field], flaw{f.Code, f.Description()})
	}
	return details
}

// joins says who may join, as both versions of the instance entity have it.
func (a *API) joins(q *query) (r registrations, invites bool, err error) {
	mode, err := a.People.Registrations(q.Context())
	if err != nil {
		return r, false, err
	}
	r.Enabled = mode == people.RegistrationsOpen || mode == people.RegistrationsApproval
	r.ApprovalRequired = mode == people.RegistrationsApproval
	if r.ApprovalRequired {
		r.ReasonRequired = &r.ApprovalRequired
	}
	if a.People.MinAge > 0 {
		r.MinAge = &a.People.MinAge
	}
	switch mode {
	case people.RegistrationsInvite:
		r.Message = new(string)
		*r.Message = "To join this server you need an invitation from somebody who is here."
	case people.RegistrationsClosed:
		r.Message = new(string)
		*r.Message = "Nobody can join this server at present."
	}
	return r, mode == people.RegistrationsOpen || mode == people.RegistrationsInvite, nil
}
