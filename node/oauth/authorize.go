package oauth

import (
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tulou/apps/people"
	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// request is what a program asks of a person: GET /oauth/authorize.
type request struct {
	app       storage.App
	redirect  string
	scopes    []string
	state     string
	challenge string
}

// stateBytesMax bounds what is carried through for a program.
const stateBytesMax = 4096

// authorize asks the person who is signed in, and sends everybody else to where they can sign in.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	req, refused, err := s.request(r, query)
	if err != nil {
		return err
	}
	if refused != nil {
		return s.explain(w, r, req, refused)
	}
	browser, err := s.browsers.Of(r)
	if err != nil {
		return err
	}
	account, forced := browser.Account, query.Get("force_login") == "true"
	query.Del("force_login") // or they would have to sign in for ever
	here := "/oauth/authorize?" + query.Encode()
	if !browser.Known() || forced {
		http.Redirect(w, r, people.SignInPath+"?"+url.Values{"return_to": {here}}.Encode(), http.StatusSeeOther)
		return nil
	}
	words := edge.WordsOf(r)
	page := edge.Page{Title: words.T("oauth.allow-app", req.app.Name), FormAction: formTarget(req.redirect)}
	return s.render(w, r, http.StatusOK, "consent", page, consentForm{
		App: req.app.Name, Website: req.app.Website, Account: ids.Format(account.ID), Handle: "@" + account.Name + "@" + s.host, Powers: words.Powers(req.scopes),
		ReturnTo: here, ClientID: req.app.ClientID, Redirect: req.redirect, Scope: strings.Join(req.scopes, " "),
		State: req.state, Challenge: req.challenge, OutOfBand: req.redirect == OutOfBand,
	})
}

// decide takes the person's answer: POST /oauth/authorize.
func (s *Server) decide(w http.ResponseWriter, r *http.Request) error {
	req, refused, err := s.request(r, r.PostForm)
	if err != nil {
		return err
	}
	if refused != nil {
		return s.explain(w, r, req, refused)
	}
	browser, err := s.browsers.Of(r)
	if err != nil {
		return err
	}
	if !browser.Known() {
		return edge.Tell(nil, fault.Unauthenticated, "oauth.session-over")
	}
	if r.PostForm.Get("account") != ids.Format(browser.Account.ID) {
		return s.askAgain(w, r)
	}
	if r.PostForm.Get("decision") != "allow" {
		return s.sendBack(w, r, req, url.Values{"error": {"access_denied"},
			"error_description": {"The resource owner or authorization server denied the request."}})
	}
	secret, hash := people.NewSecret()
	if err := s.store.Tx(r.Context(), func(tx *storage.Tx) error {
		// Whoever signs out everywhere at this moment ends this, too.
		if err := people.Within(r.Context(), tx, browser.Session); err != nil {
			return err
		}
		return tx.CreateCode(r.Context(), storage.Code{Hash: hash, AppID: req.app.ID, AccountID: browser.Account.ID,
			RedirectURI: req.redirect, Scopes: strings.Join(req.scopes, " "), Challenge: req.challenge,
			ExpiresAt: storage.At(time.Now().Add(codeFor))})
	}); err != nil {
		return err
	}
	return s.sendBack(w, r, req, url.Values{"code": {secret}})
}

// askAgain shows the question to who is signed in now, because they were not when the page was made
// that was answered: they signed in as somebody else in another window.
func (s *Server) askAgain(w http.ResponseWriter, r *http.Request) error {
	question := url.Values{}
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method"} {
		if value := r.PostForm.Get(name); value != "" {
			question.Set(name, value)
		}
	}
	http.Redirect(w, r, "/oauth/authorize?"+question.Encode(), http.StatusSeeOther)
	return nil
}

// request reads and checks what a program asks. An error is shown to the person, because nobody is
// to be sent to an address that was not registered; refused goes back to the program.
func (s *Server) request(r *http.Request, in url.Values) (req request, refused *grantError, err error) {
	req.app, err = s.store.AppByClientID(r.Context(), in.Get("client_id"))
	if fault.Is(err, fault.NotFound) {
		return req, nil, edge.Tell(nil, fault.Invalid, "oauth.app-unknown")
	}
	if err != nil {
		return req, nil, err
	}
	req.redirect = in.Get("redirect_uri")
	if !allowedRedirect(req.app, req.redirect) {
		return req, nil, edge.Tell(nil, fault.Invalid, "oauth.address-unknown")
	}
	req.state = in.Get("state")
	if len(req.state) > stateBytesMax {
		req.state = ""
		return req, refuse(0, "invalid_request", "The state is too long."), nil
	}
	if in.Get("response_type") != "code" {
		return req, refuse(0, "unsupported_response_type", "The authorization server does not support this response type."), nil
	}
	wanted, ok := ParseScopes(in.Get("scope"))
	if !ok || !within(wanted, strings.Fields(req.app.Scopes)) {
		return req, refuse(0, "invalid_scope", "The requested scope is invalid, unknown, or malformed."), nil
	}
	req.scopes = wanted
	if req.challenge = in.Get("code_challenge"); req.challenge != "" {
		raw, err := base64.RawURLEncoding.DecodeString(req.challenge)
		if in.Get("code_challenge_method") != "S256" || err != nil || len(raw) != 32 {
			return req, refuse(0, "invalid_request", "The code challenge method must be S256."), nil
		}
	}
	return req, nil, nil
}

// explain says what is wrong with what an app asks. The way back to the app is a link and not a
// redirect, since anybody may register an app, and a link to this page would lead people anywhere
// without a word of theirs (RFC 9700 §4.11.2).
func (s *Server) explain(w http.ResponseWriter, r *http.Request, req request, refused *grantError) error {
	words := edge.WordsOf(r)
	m := edge.Message{Heading: words.T("oauth.cannot-have"), Text: words.T(explanation(refused.Code))}
	if req.redirect != OutOfBand {
		back, err := s.address(req, url.Values{"error": {refused.Code}, "error_description": {refused.Description}})
		if err != nil {
			return err
		}
		m.Link, m.LinkText = template.URL(back), words.T("oauth.back")
	}
	return edge.WriteMessage(w, r, http.StatusBadRequest, edge.Page{Site: s.title(r.Context())}, m)
}

// explanation is the message about an error of RFC 6749 that an app made.
func explanation(code string) string {
	switch code {
	case "unsupported_response_type":
		return "oauth.refused-type"
	case "invalid_scope":
		return "oauth.refused-scope"
	}
	return "oauth.refused-request"
}

// sendBack returns the person to the program with the answer, or shows a code to copy.
func (s *Server) sendBack(w http.ResponseWriter, r *http.Request, req request, answer url.Values) error {
	if req.redirect == OutOfBand {
		words := edge.WordsOf(r)
		if code := answer.Get("code"); code != "" {
			return s.render(w, r, http.StatusOK, "code", edge.Page{Title: words.T("oauth.your-code")}, code)
		}
		return edge.WriteMessage(w, r, http.StatusForbidden, edge.Page{Site: s.title(r.Context())},
			edge.Message{Heading: words.T("oauth.not-allowed"), Text: words.T("oauth.not-allowed-text")})
	}
	target, err := s.address(req, answer)
	if err != nil {
		return err
	}
	w.Header().Set("Location", target)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// address is where a program gets its answer.
func (s *Server) address(req request, answer url.Values) (string, error) {
	target, err := url.Parse(req.redirect)
	if err != nil {
		return "", edge.Tell(err, fault.Invalid, "oauth.address-unknown")
	}
	if req.state != "" {
		answer.Set("state", req.state)
	}
	answer.Set("iss", s.paths.Base) // RFC 9207: which server this answer is of
	query := target.Query()
	for name, values := range answer {
		query[name] = values
	}
	target.RawQuery = query.Encode()
	return target.String(), nil
}

// formTarget is what the consent page's policy must allow besides this node, because browsers hold
// a form to it after redirects, too.
func formTarget(redirect string) string {
	u, err := url.Parse(redirect)
	if err != nil || redirect == OutOfBand {
		return ""
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		return u.Scheme + "://" + u.Host
	}
	return u.Scheme + ":"
}
