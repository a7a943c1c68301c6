package nodetest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"tulou/node/nodetest/mailbox"
)

// postOffice is the mail server of every node of a village.
const postOffice = "smtps://post.example:443"

// openPost lets mails arrive. It closes with the village.
func (v *village) openPost() {
	v.mails = &mailbox.Server{} // the network's listeners have TLS already
	l := v.network.listen("post.example")
	done := make(chan struct{})
	go func() { v.mails.Serve(l); close(done) }()
	v.closePost = func(l net.Listener) func() { return func() { _ = l.Close(); <-done } }(l)
}

// visitor is one of somebody's browsers, on the pages of a node.
type visitor struct {
	*person
	browser *http.Client
	at      *url.URL
	code    int
	page    string
}

func (s *story) visitor(p *person, name string) *visitor {
	key := p.name + " " + name
	if s.visitors == nil {
		s.visitors = map[string]*visitor{}
	}
	if s.visitors[key] == nil {
		client := s.client(p.name+"'s "+name, "")
		client.Jar = must(cookiejar.New(nil))
		s.visitors[key] = &visitor{person: p, browser: client}
	}
	return s.visitors[key]
}

func (b *visitor) do(method, address string, form url.Values) {
	t := b.village.t
	t.Helper()
	r := must(http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode())))
	r.Header.Set("User-Agent", "a browser")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", r.URL.Scheme+"://"+r.URL.Host)
	}
	response, err := b.browser.Do(r)
	if err != nil {
		t.Fatalf("%s: %s %s: %v", b, method, address, err)
	}
	defer response.Body.Close()
	b.at, b.code, b.page = response.Request.URL, response.StatusCode, string(must(io.ReadAll(response.Body)))
}

func (b *visitor) get(path string) { b.village.t.Helper(); b.do("GET", b.home.base+path, nil) }

// submit fills in the form of the page that has all these names, as a browser without JavaScript
// does.
func (b *visitor) submit(fill url.Values) {
	t := b.village.t
	t.Helper()
	for n := range must(html.Parse(strings.NewReader(b.page))).Descendants() {
		if n.Data != "form" || attribute(n, "action") == "/language" {
			continue
		}
		form, names := url.Values{}, []string{}
		for in := range n.Descendants() {
			if name := attribute(in, "name"); name != "" {
				names = append(names, name)
				if in.Data == "input" && attribute(in, "type") != "checkbox" {
					form.Set(name, attribute(in, "value"))
				}
			}
		}
		fits := true
		for name, values := range fill {
			form[name] = values
			fits = fits && slices.Contains(names, name)
		}
		if fits {
			b.do("POST", must(b.at.Parse(attribute(n, "action"))).String(), form)
			return
		}
	}
	t.Fatalf("%s: no form for %v at %s: %d %s", b, fill, b.at, b.code, b.page)
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// says fails unless the page has a text.
func (b *visitor) says(code int, text string) {
	b.village.t.Helper()
	if b.code != code || !strings.Contains(html.UnescapeString(b.page), text) {
		b.village.t.Fatalf("%s at %s: %d without %q: %s", b, b.at, b.code, text, b.page)
	}
}

// follow opens the link of the newest mail to somebody.
func (b *visitor) follow(subject string) {
	t := b.village.t
	t.Helper()
	for _, m := range slices.Backward(b.village.mails.Mails()) {
		if m.To != b.name+"@mail.example" {
			continue
		}
		letter := must(m.Read())
		i := strings.Index(letter.Text, b.home.base+"/")
		if !strings.Contains(letter.Subject, subject) || i < 0 {
			t.Fatalf("the newest mail to %s is %q: %s", b, letter.Subject, letter.Text)
		}
		link, _, _ := strings.Cut(letter.Text[i:], "\n")
		b.do("GET", link, nil)
		return
	}
	t.Fatalf("no mail to %s", b)
}

const secretOf = "correct horse battery"

// joins makes an account through an app, and shows that it is none until the address is confirmed:
// zoe joins harbor.
func (s *story) joins(name string, h *house) {
	p := &person{village: s.village, name: name, home: h, client: s.client(name, "")}
	s.persons[name] = p
	app := s.app(p)
	var granted struct {
		Token string `json:"access_token"`
	}
	p.post("/oauth/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ID}, "client_secret": {app.Secret}, "scope": {"read write"}}, &granted)
	s.become(p, granted.Token)
	wish := url.Values{"username": {name}, "email": {name + "@mail.example"}, "password": {secretOf}, "locale": {"en"}}
	if code := p.call("POST", "/api/v1/accounts", wish, nil); code != http.StatusUnprocessableEntity {
		s.t.Errorf("%s: joins without agreeing: %d", s.at, code)
	}
	wish.Set("agreement", "true")
	p.post("/api/v1/accounts", wish, &granted)
	s.become(p, granted.Token)
	if code := p.call("GET", "/api/v1/accounts/verify_credentials", nil, nil); code != http.StatusForbidden {
		s.t.Errorf("%s: an account before the address is confirmed: %d", s.at, code)
	}
	p.post("/api/v1/emails/confirmations", nil, nil)
}

// become gives somebody's app another token.
func (s *story) become(p *person, token string) {
	p.client.CloseIdleConnections()
	p.client = s.client(p.name, token)
}

// registered is what an app is given.
type registered struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

func (s *story) app(p *person) (app registered) {
	p.post("/api/v1/apps", url.Values{"client_name": {"Phone"}, "redirect_uris": {"urn:ietf:wg:oauth:2.0:oob"}, "scopes": {"read write follow push"}}, &app)
	return app
}

// confirms follows the link in the mail: zoe confirms.
func confirms(s *story, p *person, _ sentence) {
	b := s.visitor(p, "desk")
	b.follow("Confirm your address")
	if code := p.call("GET", "/api/v1/accounts/verify_credentials", nil, nil); code != http.StatusForbidden {
		s.t.Errorf("%s: opening the link is enough: %d", s.at, code)
	}
	b.submit(nil)
	b.says(http.StatusOK, "Welcome, "+p.handle())
	p.get("/api/v1/accounts/verify_credentials", nil)
}

// signsIn allows an app to act for somebody, in one of their browsers: zoe signs_in phone
// password="…".
func signsIn(s *story, p *person, in sentence) {
	b := s.visitor(p, in.words[0])
	password := in.options["password"]
	if password == "" {
		password = secretOf
	}
	s.become(p, "")
	app := s.app(p)
	b.get("/oauth/authorize?" + url.Values{"client_id": {app.ID}, "redirect_uri": {"urn:ietf:wg:oauth:2.0:oob"}, "response_type": {"code"}, "scope": {"read write follow push"}}.Encode())
	b.submit(url.Values{"name": {p.name}, "password": {password}})
	b.says(http.StatusOK, "asks to use your account")
	b.submit(url.Values{"decision": {"allow"}})
	_, code, _ := strings.Cut(b.page, `tabindex="0">`)
	code, _, _ = strings.Cut(code, "<")
	var granted struct {
		Token string `json:"access_token"`
	}
	p.post("/oauth/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"urn:ietf:wg:oauth:2.0:oob"}, "client_id": {app.ID}, "client_secret": {app.Secret}}, &granted)
	s.become(p, granted.Token)
}

// visits follows from somebody's page, by way of the own server, in a browser that is signed in:
// zoe visits iris with phone.
func visits(s *story, p *person, in sentence) {
	b, them := s.visitor(p, in.words[2]), s.persons[in.words[0]]
	b.do("GET", them.home.base+"/@"+them.name, nil)
	b.do("GET", them.home.base+"/@"+them.name+"/follow", nil)
	b.submit(url.Values{"handle": {p.handle()}})
	b.says(http.StatusOK, p.home.host())
	for n := range must(html.Parse(strings.NewReader(b.page))).Descendants() {
		if n.Data == "a" && attribute(n, "class") == "button go" {
			b.do("GET", attribute(n, "href"), nil)
			break
		}
	}
	b.says(http.StatusOK, "Follow "+them.handle()+"?")
	if b.at.Host != p.home.host() {
		s.t.Errorf("%s: asked at %s", s.at, b.at)
	}
	if p.relation(them.handle()).Requested {
		s.t.Errorf("%s: follows without having been asked", s.at)
	}
	b.submit(url.Values{})
	b.says(http.StatusOK, "You asked to follow "+them.handle())
	s.settle()
	b.do("GET", b.home.base+"/authorize_interaction?uri="+url.QueryEscape(them.home.base+"/@"+them.name), nil)
	b.says(http.StatusOK, "You follow "+them.handle())
}

// resets chooses a new password by mail, after which no app works any more: zoe resets "…".
func resets(s *story, p *person, in sentence) {
	b := s.visitor(p, "desk")
	b.get("/auth/reset")
	b.submit(url.Values{"email": {p.name + "@mail.example"}})
	b.says(http.StatusOK, "If this address has an account here")
	s.settle()
	b.follow("A new password")
	b.submit(url.Values{"password": {in.texts[0]}})
	b.says(http.StatusOK, "Your password is changed")
	if code := p.call("GET", "/api/v1/accounts/verify_credentials", nil, nil); code != http.StatusUnauthorized {
		s.t.Errorf("%s: the app still works: %d", s.at, code)
	}
}

// ends ends all other browsers and apps from the desk, and looks whether one is out: zoe ends
// phone.
func ends(s *story, p *person, in sentence) {
	desk, other := s.visitor(p, "desk"), s.visitor(p, in.words[0])
	other.get("/settings")
	other.says(http.StatusOK, "Settings of your account")
	desk.get("/settings/sessions")
	desk.says(http.StatusOK, "Phone")
	desk.submit(url.Values{"others": {"1"}})
	other.get("/settings")
	other.says(http.StatusOK, "Forgotten your password")
	desk.get("/settings")
	desk.says(http.StatusOK, "Settings of your account")
	if code := p.call("GET", "/api/v1/accounts/verify_credentials", nil, nil); code != http.StatusUnauthorized {
		s.t.Errorf("%s: the app still works: %d", s.at, code)
	}
}

// leaves deletes the account from the desk: zoe leaves password="…".
func leaves(s *story, p *person, in sentence) {
	b := s.visitor(p, "desk")
	b.get("/settings/delete")
	b.submit(url.Values{"password": {in.options["password"]}, "sure": {"1"}})
	b.says(http.StatusOK, "Your account is deleted")
	p.client.CloseIdleConnections()
	var c complaint
	r := must(http.NewRequestWithContext(s.t.Context(), "GET", p.home.base+"/users/"+p.name, nil))
	r.Header.Set("Accept", "application/activity+json")
	response := must(b.browser.Do(r))
	defer response.Body.Close()
	_ = json.NewDecoder(response.Body).Decode(&c)
	if response.StatusCode != http.StatusGone {
		s.t.Errorf("%s: the actor answers %d", s.at, response.StatusCode)
	}
}

func (s *story) leaveBrowsers() {
	for _, b := range s.visitors {
		b.browser.CloseIdleConnections()
	}
}
