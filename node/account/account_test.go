package account

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/pquerna/otp/totp"
	"golang.org/x/net/html"

	"tulou/apps/guard"
	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/federation"
	"tulou/node/edge"
	"tulou/protocol/ids"
	"tulou/protocol/vocab"
	"tulou/storage"
	"tulou/storage/storagetest"
)

const password = "correct horse battery"

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic("must: " + err.Error())
	}
	return value
}

// site is the pages of a node with a real database, whose mails are kept.
type site struct {
	t       *testing.T
	store   *storage.Store
	people  *people.Service
	handler http.Handler
	mails   []people.Mail
	away    bool // there is no mail server

	zoe      storage.Account // of another server
	searched []string
}

func (s *site) Send(_ context.Context, m people.Mail) error { s.mails = append(s.mails, m); return nil }
func (s *site) Delivers() bool                              { return !s.away }

// Search finds who is here; who is elsewhere is Zoe.
func (s *site) Search(ctx context.Context, viewer storage.Account, q social.Query) (r social.Results, err error) {
	s.searched = append(s.searched, q.Text)
	if viewer.ID == 0 || !q.Resolve {
		s.t.Errorf("searched for %+v by %d", q, viewer.ID)
	}
	name := map[string]string{"https://orchard.example/users/zoe": "zoe", "zoe@orchard.example": "zoe", "https://orchard.example/@zoe/7": "post",
		"https://harbor.example/@ana": "ana", "https://harbor.example/@ben": "ben"}[q.Text]
	switch name {
	case "zoe":
		r.Accounts = []storage.Account{s.zoe}
	case "post":
		r.Statuses = []storage.Status{{AccountID: s.zoe.ID}}
	case "ana", "ben":
		a, err := s.store.AccountByHandle(ctx, name, "")
		r.Accounts = []storage.Account{a}
		return r, err
	}
	return r, nil
}

// Notify, Prepare and ActorDocument are what people tells other parts of a node.
func (s *site) Notify(ctx context.Context, tx *storage.Tx, n storage.Notification) error {
	_, _, err := tx.CreateNotification(ctx, n)
	return err
}

func (s *site) Prepare(context.Context, storage.Account, vocab.Activity, ...string) (*federation.Outgoing, error) {
	return &federation.Outgoing{}, nil
}

func (s *site) ActorDocument(storage.Account, []storage.ActorKey, ...storage.Emoji) vocab.Actor {
	return vocab.Actor{}
}

func newSite(t *testing.T) *site {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	store, err := storage.Open(t.Context(), storagetest.SQLite(t), log)
	check(t, err)
	t.Cleanup(func() { store.Close() })
	paths := ids.Paths{Base: "https://harbor.example"}
	s := &site{t: t, store: store}
	s.people = people.New(people.Deps{Store: store, Paths: paths, AccountHost: "harbor.example", Sender: s, Notifier: s, Log: log, Mailer: s})
	check(t, s.people.SetRegistrations(t.Context(), people.RegistrationsOpen))
	router := chi.NewRouter()
	New(Deps{Store: store, People: s.people, Browsers: edge.NewBrowsers(paths.Base, store, s.people), Paths: paths, Host: "harbor.example",
		Title: func(context.Context) string { return "The Harbor" }, Finder: s,
		Guard: guard.New(guard.Deps{Store: store, Letters: s.people, Paths: paths, Log: log})}).Routes(router)
	s.handler = router
	return s
}

func (s *site) person(name, role string) storage.Account {
	s.t.Helper()
	return must(s.people.Create(s.t.Context(), people.NewPerson{Handle: name, Email: name + "@mail.example", Password: password, Role: role, Confirmed: true}))
}

// work does the background jobs that are due.
func (s *site) work() {
	s.t.Helper()
	for {
		lanes := must(s.store.ClaimLanes(s.t.Context(), "work", 100))
		if len(lanes) == 0 {
			return
		}
		for _, lane := range lanes {
			for _, job := range lane.Jobs {
				if do := s.people.Jobs()[job.Kind]; do != nil {
					check(s.t, do(s.t.Context(), job))
				}
				check(s.t, s.store.Tx(s.t.Context(), func(tx *storage.Tx) error { return tx.FinishJob(s.t.Context(), job.ID) }))
			}
			check(s.t, s.store.Tx(s.t.Context(), func(tx *storage.Tx) error { return tx.ReleaseLane(s.t.Context(), lane) }))
		}
	}
}

// link returns the path of the newest mail of a kind.
func (s *site) link(kind string) string {
	s.t.Helper()
	s.work()
	for _, m := range slices.Backward(s.mails) {
		if m.Kind == kind {
			return strings.TrimPrefix(m.Link, "https://harbor.example")
		}
	}
	s.t.Fatalf("no mail %s in %+v", kind, s.mails)
	return ""
}

// browser is one of somebody's browsers.
type browser struct {
	*site
	cookies map[string]string
	agent   string
	page    answer
}

type answer struct {
	*httptest.ResponseRecorder
	path string
}

func (s *site) browser(agent string) *browser {
	return &browser{site: s, cookies: map[string]string{}, agent: agent}
}

// do makes a request and follows where it leads on this site.
func (b *browser) do(method, path string, form url.Values) answer {
	b.t.Helper()
	for range 5 {
		r := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(form.Encode()))
		r.RemoteAddr = "192.0.2.7:4000"
		r.Header.Set("User-Agent", b.agent)
		if method == "POST" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
		for name, value := range b.cookies {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		for _, c := range w.Result().Cookies() {
			if c.MaxAge < 0 {
				delete(b.cookies, c.Name)
			} else {
				b.cookies[c.Name] = c.Value
			}
			if !strings.HasPrefix(c.Name, "__Host-") || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
				b.t.Errorf("a cookie that can be stolen: %+v", c)
			}
		}
		b.page = answer{w, path}
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "/oauth") {
			break
		}
		method, path, form = "GET", to, nil
	}
	return b.page
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do("GET", path, nil) }

// submit fills in the form of the page that is shown which has a field or button of a name.
func (b *browser) submit(fill url.Values) answer {
	b.t.Helper()
	doc := must(html.Parse(strings.NewReader(b.page.Body.String())))
	for n := range doc.Descendants() {
		if n.Data != "form" || attribute(n, "action") == "/language" {
			continue
		}
		form, names := url.Values{}, []string{}
		for in := range n.Descendants() {
			if name := attribute(in, "name"); name != "" && (in.Data == "input" || in.Data == "textarea" || in.Data == "button") {
				names = append(names, name+"="+attribute(in, "value"), name)
				if in.Data == "input" && attribute(in, "type") != "checkbox" {
					form.Set(name, attribute(in, "value"))
				}
			}
		}
		fits := true
		for name, values := range fill {
			form[name] = values
			fits = fits && (slices.Contains(names, name+"="+values[0]) || slices.Contains(names, name) && !slices.Contains([]string{"do", "session", "app", "approve", "reject", "end"}, name))
		}
		if !fits {
			continue
		}
		action := attribute(n, "action")
		if action == "" {
			action = b.page.path
		}
		return b.do("POST", action, form)
	}
	b.t.Fatalf("no form for %v on %s: %d %s", fill, b.page.path, b.page.Code, b.page.Body)
	return answer{}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// shows fails unless the page has all the texts.
func (b *browser) shows(code int, texts ...string) {
	b.t.Helper()
	if b.page.Code != code {
		b.t.Errorf("%s: %d, want %d: %s", b.page.path, b.page.Code, code, b.page.Body)
	}
	body := html.UnescapeString(b.page.Body.String())
	for _, text := range texts {
		if !strings.Contains(body, text) {
			b.t.Errorf("%s does not say %q: %s", b.page.path, text, body)
		}
	}
	policy := b.page.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(body, "<script") {
		b.t.Errorf("%s: policy %q", b.page.path, policy)
	}
}

func (b *browser) signIn(name, password string) {
	b.t.Helper()
	b.get("/settings")
	b.submit(url.Values{"name": {name}, "password": {password}})
}

// cleared marks sentences whose verbs were not filled in.
func cleared(t *testing.T, body string) {
	t.Helper()
	if strings.Contains(body, "%!") || regexp.MustCompile(`account\.[a-z]`).MatchString(body) {
		t.Errorf("a sentence is not finished: %s", body)
	}
}

func TestSomebodyJoinsByForms(t *testing.T) {
	// If this failed, nobody could join with a browser, or a program that looks into mails would do it
	// for them.
	s := newSite(t)
	b := s.browser("Firefox/130 Linux")
	b.get("/auth/sign_up")
	b.shows(200, "Make an account on The Harbor", ">The Harbor<", `href="/rules"`)
	b.submit(url.Values{"username": {"admin"}, "email": {"zoe"}, "password": {"short"}})
	b.shows(422, `value="admin"`, "This name cannot be had", "too short", "cannot join", `aria-invalid="true"`)
	if strings.Contains(b.page.Body.String(), "short\"") {
		t.Error("the password is sent back")
	}
	b.submit(url.Values{"username": {"Zoe"}, "email": {"zoe@mail.example"}, "password": {password}, "agreement": {"1"}})
	b.shows(200, "Look into your mailbox")
	path := s.link(people.MailConfirm)
	for range 2 {
		s.browser("scanner").get(path)
	}
	b.signIn("zoe", password)
	b.shows(401, "not confirmed yet")
	b.get(path)
	b.shows(200, "zoe@mail.example is to be the address of @zoe@harbor.example")
	b.submit(nil)
	b.shows(200, "Welcome, @zoe@harbor.example")
	b.get("/settings")
	b.shows(200, "Settings of your account", "zoe@mail.example")
	cleared(t, b.page.Body.String())
	b.get(path)
	b.shows(404, "This link was used")
}

func TestA085SigningInLeadsNowhereElse(t *testing.T) {
	// If this failed, a link to this node could lead people to a page that looks like it.
	for _, to := range []string{"https://evil.example/", "//evil.example/settings", "/settings\\..", "/other", "", "/settingsx", "/settings/\r\nX: y", "javascript:alert(1)",
		"/settings/..//evil.example", "/settings/../oauth", "/settings/%2e%2e//evil.example", "/settings//evil.example",
		"/app//evil.example", "/app/../oauth", "/app/%2e%2e//evil.example", "/app\\evil.example", "/appx"} {
		s := newSite(t)
		s.person("ana", "")
		b := s.browser("")
		b.do("POST", people.SignInPath, url.Values{"name": {"ana"}, "password": {password}, "return_to": {to}})
		if b.page.path != app {
			t.Errorf("%q led to %s", to, b.page.path)
		}
	}
	s := newSite(t)
	s.person("ana", "")
	for _, to := range []string{"/oauth/authorize?client_id=x&scope=read", "/settings/sessions", "/app/", "/app/@ana@orchard.example/7", "/app/search?q=tea"} {
		b := s.browser("")
		b.get(people.SignInPath + "?" + url.Values{"return_to": {to}}.Encode())
		b.submit(url.Values{"name": {"ana"}, "password": {password}})
		if got := b.page.Header().Get("Location"); got != to && b.page.path != to {
			t.Errorf("%s led to %s %s", to, got, b.page.path)
		}
	}
}

func TestA132FormsOfOtherSitesAreRefused(t *testing.T) {
	// If this failed, another site could change somebody's account, or sign them in as somebody else.
	s := newSite(t)
	s.person("ana", "")
	b := s.browser("")
	b.signIn("ana", password)
	b.shows(200)
	check(t, chi.Walk(s.handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != http.MethodPost {
			return nil
		}
		for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r := httptest.NewRequest(method, strings.ReplaceAll(route, "{secret}", "x"), strings.NewReader("others=1&sure=1&password="+url.QueryEscape(password)))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(header, value)
			for name, value := range b.cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			w := httptest.NewRecorder()
			s.handler.ServeHTTP(w, r)
			if w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s with %s: %d", route, header, w.Code)
			}
		}
		return nil
	}))
}

func TestA133WrongAndUnknownAreTheSamePage(t *testing.T) {
	// If this failed, the pages would tell who has an account.
	s := newSite(t)
	s.person("ana", "")
	b := s.browser("")
	for path, form := range map[string]func(name string) url.Values{
		people.SignInPath: func(name string) url.Values { return url.Values{"name": {name}, "password": {"wrong password"}} },
		"/auth/reset":     func(name string) url.Values { return url.Values{"email": {name + "@mail.example"}} },
	} {
		known, unknown := b.do("POST", path, form("ana")), b.do("POST", path, form("bob"))
		if known.Code != unknown.Code || strings.ReplaceAll(known.Body.String(), "ana", "bob") != unknown.Body.String() {
			t.Errorf("%s: %d %s\n%d %s", path, known.Code, known.Body, unknown.Code, unknown.Body)
		}
	}
}

func TestBrowsersSayWhatTheyLike(t *testing.T) {
	// If this failed, nobody could sign in whose browser calls itself what is no text, or is cut
	// inside a letter; PostgreSQL refuses that.
	s := newSite(t)
	ana := s.person("ana", "")
	for _, agent := range []string{"\xff\xfe", strings.Repeat("x", 399) + "é"} {
		s.browser(agent).signIn("ana", password)
	}
	for _, session := range must(s.store.Sessions(t.Context(), ana.ID)) {
		if !utf8.ValidString(session.Agent) {
			t.Errorf("kept %q", session.Agent)
		}
	}
}

func TestPasswordIsResetByForms(t *testing.T) {
	// If this failed, who forgot the password could not get in again, or a thief would stay in.
	s := newSite(t)
	s.person("ana", "")
	thief, b := s.browser("thief"), s.browser("Firefox")
	thief.signIn("ana", password)
	b.get(people.SignInPath)
	b.get("/auth/reset")
	b.submit(url.Values{"email": {"ana@mail.example"}})
	b.shows(200, "If this address has an account here")
	path := s.link(people.MailReset)
	b.get(path)
	b.shows(200, "@ana@harbor.example")
	b.submit(url.Values{"password": {"short"}})
	b.shows(422, "too short")
	b.submit(url.Values{"password": {"another password"}})
	b.shows(200, "Your password is changed")
	b.get("/settings")
	b.shows(200, "Settings of your account")
	thief.get("/settings")
	thief.shows(200, "Sign in")
	b.get(path)
	b.shows(404)
}

func TestCodesAreSetUpByForms(t *testing.T) {
	// If this failed, nobody could use codes, or a stranger could see the picture that makes them.
	s := newSite(t)
	ana := s.person("ana", "")
	b := s.browser("Firefox")
	b.signIn("ana", password)
	b.get("/settings/codes")
	b.shows(200, "Signing in takes the password alone")
	b.submit(url.Values{"do": {"offer"}})
	b.shows(200, `src="/settings/codes/picture.png"`)
	if policy := b.page.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "img-src 'self'") {
		t.Errorf("the picture is not allowed by %q", policy)
	}
	secret, _, err := s.people.OfferedCodes(t.Context(), ana)
	check(t, err)
	b.shows(200, strings.TrimSpace(regexp.MustCompile("....").ReplaceAllString(secret, "$0 ")))
	page := b.page
	if picture := b.get("/settings/codes/picture.png"); picture.Header().Get("Content-Type") != "image/png" || picture.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("picture: %d %v", picture.Code, picture.Header())
	}
	if stranger := s.browser("").get("/settings/codes/picture.png"); stranger.Header().Get("Content-Type") == "image/png" {
		t.Error("a stranger sees the picture")
	}
	b.page = page
	b.submit(url.Values{"code": {"000000"}})
	b.shows(422, "That code is not right")
	b.submit(url.Values{"code": {must(totp.GenerateCode(secret, time.Now()))}})
	b.shows(200, "Recovery codes")
	recovery := strings.Split(strings.Split(b.page.Body.String(), "<li><code>")[1], "<")[0]
	other := s.browser("Chrome")
	other.signIn("ana", password)
	other.shows(200, "One more step")
	other.submit(url.Values{"code": {"123456"}})
	other.shows(401, "That code is not right")
	other.submit(url.Values{"code": {recovery}})
	other.shows(200, "Settings of your account")
	other.get("/settings/codes")
	other.shows(200, "Codes left: 9")
	cleared(t, other.page.Body.String())
	other.submit(url.Values{"do": {"stop"}})
	other.shows(200, "Signing in takes the password alone")
}

func TestSensitivePagesAskForThePasswordAgain(t *testing.T) {
	// If this failed, a browser that was left open would be enough to take an account over.
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t)
		s.person("ana", "")
		b := s.browser("Firefox")
		b.signIn("ana", password)
		for _, path := range []string{"/settings/password", "/settings/email", "/settings/codes"} {
			b.get(path)
			b.shows(200)
			if b.page.path != path {
				t.Errorf("%s led to %s", path, b.page.path)
			}
		}
		time.Sleep(provedFor + time.Second)
		for _, path := range []string{"/settings/password", "/settings/email", "/settings/codes", "/settings/codes/picture.png"} {
			b.get(path)
			b.shows(200, "Is it you?")
		}
		if w := b.do("POST", "/settings/password", url.Values{"password": {"another password"}}); !strings.HasPrefix(w.path, "/auth/prove") {
			t.Errorf("changed without a proof: %s", w.path)
		}
		b.get("/settings/password")
		b.submit(url.Values{"password": {"wrong password"}})
		b.shows(401, "not right")
		b.submit(url.Values{"password": {password}})
		b.shows(200, "Change the password")
		b.submit(url.Values{"password": {"another password"}})
		b.shows(200, "Your password is changed")
		b.get("/settings")
		b.shows(200, "Settings of your account")
		time.Sleep(storage.SessionFor)
		b.get("/settings")
		b.shows(200, "Forgotten your password")
	})
}

func TestSessionsAndAppsAreEndedByForms(t *testing.T) {
	// If this failed, people could not see who is in their account, or not get them out.
	s := newSite(t)
	ana, ben := s.person("ana", ""), s.person("ben", "")
	b, other := s.browser("Mozilla/5.0 (X11; Linux x86_64) Firefox/130"), s.browser("Mozilla/5.0 (iPhone) Version/18 Safari/604")
	b.signIn("ana", password)
	other.signIn("ana", password)
	token := must(s.people.IssueToken(t.Context(), ana, "read write"))
	foreign := must(s.people.IssueToken(t.Context(), ben, "read"))
	b.get("/settings/sessions")
	b.shows(200, "Firefox on Linux", "This browser", "Safari on iPhone", "192.0.2.0/24", "Command line", "Read everything in your account · Post, react and change your account · not used yet")
	cleared(t, b.page.Body.String())
	if strings.Contains(b.page.Body.String(), "192.0.2.7") {
		t.Error("the whole address is kept")
	}
	session := must(s.store.Sessions(t.Context(), ana.ID))
	i := slices.IndexFunc(session, func(s storage.Session) bool { return strings.Contains(s.Agent, "iPhone") })
	b.submit(url.Values{"session": {ids.Format(session[i].ID)}})
	b.shows(200, "This browser")
	other.get("/settings")
	other.shows(200, "Forgotten your password")
	app := must(s.store.AuthorisedApps(t.Context(), ana.ID))
	bens := must(s.store.AuthorisedApps(t.Context(), ben.ID))
	b.do("POST", "/settings/sessions", url.Values{"app": {ids.Format(bens[0].TokenID)}})
	if _, err := s.store.TokenByHash(t.Context(), people.SecretHash(foreign)); err != nil {
		t.Errorf("ana ended an app of ben's: %v", err)
	}
	b.submit(url.Values{"app": {ids.Format(app[0].TokenID)}})
	if _, err := s.store.TokenByHash(t.Context(), people.SecretHash(token)); err == nil {
		t.Error("the app still works")
	}
	other.signIn("ana", password)
	b.get("/settings/sessions")
	b.submit(url.Values{"others": {"1"}})
	b.shows(200, "This browser")
	other.get("/settings")
	other.shows(200, "Forgotten your password")
}

func TestThisMachineIsNamedInWords(t *testing.T) {
	// If this failed, who tries a node out at home would see a network that means nothing to them.
	for _, c := range []struct{ place, want string }{
		{"::/48", "On the server's own machine, last used: now"}, {"127.0.0.0/24", "On the server's own machine, last used: now"},
		{"2001:db8:1::/48", "In 2001:db8:1::/48, last used: now"}, {"192.0.2.0/24", "In 192.0.2.0/24, last used: now"},
	} {
		if got := placeOf(edge.WordsFor("en"), storage.Session{Address: c.place, UsedAt: storage.Now()}); got != c.want {
			t.Errorf("%s: %q", c.place, got)
		}
	}
}

func TestInvitationsAreMadeByForms(t *testing.T) {
	// If this failed, people could not let their friends in.
	s := newSite(t)
	check(t, s.people.SetRegistrations(t.Context(), people.RegistrationsInvite))
	s.person("ana", "")
	b, friend := s.browser(""), s.browser("")
	friend.get("/auth/sign_up")
	friend.shows(403, "you need an invitation")
	b.signIn("ana", password)
	b.get("/settings/invites")
	b.submit(url.Values{"uses": {"1"}, "days": {"7"}})
	b.shows(200, "https://harbor.example/invite/", "Used 0 of 1 times")
	path := strings.Split(strings.Split(b.page.Body.String(), "https://harbor.example")[1], "<")[0]
	friend.get(path)
	friend.shows(200, "Make an account")
	friend.submit(url.Values{"username": {"zoe"}, "email": {"zoe@mail.example"}, "password": {password}, "agreement": {"1"}})
	friend.shows(200, "Look into your mailbox")
	s.browser("").get(path)
	third := s.browser("")
	third.get(path)
	third.shows(404, "This link was used")
	b.submit(url.Values{"uses": {"1000"}, "days": {"7"}})
	b.shows(422)
}

func TestRequestsAreDecidedByWhoRunsTheNode(t *testing.T) {
	// If this failed, anybody could let people in, or see what they wrote.
	s := newSite(t)
	check(t, s.people.SetRegistrations(t.Context(), people.RegistrationsApproval))
	s.person("ana", storage.RoleOwner)
	s.person("ben", "")
	for _, name := range []string{"zoe", "eve"} {
		b := s.browser("")
		b.get("/auth/sign_up")
		b.submit(url.Values{"username": {name}, "email": {name + "@mail.example"}, "password": {password}, "agreement": {"1"}, "reason": {"I know <ana>"}})
		b.get(s.link(people.MailConfirm))
		b.submit(nil)
		b.shows(200, "Your address is confirmed")
	}
	ben, ana := s.browser(""), s.browser("")
	ben.signIn("ben", password)
	ben.get("/settings/requests")
	ben.shows(404)
	ana.signIn("ana", password)
	ana.get("/settings/requests")
	ana.shows(200, "@zoe · zoe@mail.example", "I know <ana>", "address confirmed")
	if body := ana.page.Body.String(); strings.Count(body, `<span class="unseen"> @eve · eve@mail.example</span>`) != 2 {
		t.Errorf("who hears the page does not know whom a button is about: %s", body)
	}
	waiting := must(s.store.Signups(t.Context(), 0, 10))
	if w := ben.do("POST", "/settings/requests", url.Values{"approve": {ids.Format(waiting[0].ID)}}); w.Code != 404 {
		t.Errorf("ben let somebody in: %d", w.Code)
	}
	ana.submit(url.Values{"approve": {ids.Format(waiting[0].ID)}})
	ana.submit(url.Values{"reject": {ids.Format(waiting[1].ID)}})
	ana.shows(200, "Nobody waits")
	if _, err := s.store.AccountByHandle(t.Context(), "zoe", ""); err != nil {
		t.Error(err)
	}
	if must(s.store.NameTaken(t.Context(), "eve")) {
		t.Error("eve was let in")
	}
}

func TestAddressIsChangedByForms(t *testing.T) {
	// If this failed, people could not move to another mailbox.
	s := newSite(t)
	ana := s.person("ana", "")
	b := s.browser("")
	b.signIn("ana", password)
	b.get("/settings/email")
	b.submit(url.Values{"email": {"nonsense"}})
	b.shows(422, "cannot be used")
	b.submit(url.Values{"email": {"ana@new.example"}})
	b.shows(200, "Look into your mailbox")
	b.get(s.link(people.MailNewAddress))
	b.shows(200, "ana@new.example is to be the address")
	b.submit(nil)
	b.shows(200, "Your address is changed")
	if l := must(s.store.LoginByAccount(t.Context(), ana.ID)); l.Email != "ana@new.example" {
		t.Errorf("%+v", l)
	}
}

func TestAccountIsDeletedByForms(t *testing.T) {
	// If this failed, people could not leave, or would by a slip.
	s := newSite(t)
	ana := s.person("ana", "")
	b := s.browser("")
	b.signIn("ana", password)
	b.get("/settings/delete")
	b.submit(url.Values{"password": {password}})
	b.shows(422, "Tick the box")
	b.submit(url.Values{"password": {"wrong password"}, "sure": {"1"}})
	b.shows(401, "not right")
	if a := must(s.store.AccountByID(t.Context(), ana.ID)); a.DeletedAt != 0 {
		t.Fatal("deleted all the same")
	}
	b.submit(url.Values{"password": {password}, "sure": {"1"}})
	b.shows(200, "Your account is deleted")
	b.get("/settings")
	b.shows(200, "Forgotten your password")
	if a := must(s.store.AccountByID(t.Context(), ana.ID)); a.DeletedAt == 0 {
		t.Error("still there")
	}
}

func TestPagesAreInEveryLanguage(t *testing.T) {
	// If this failed, a page would be half in another language, or not shown at all.
	s := newSite(t)
	s.person("ana", storage.RoleOwner)
	for _, lang := range []string{"en", "es", "zh-Hans", "ar"} {
		b := s.browser("")
		for _, path := range []string{people.SignInPath, "/auth/sign_up", "/auth/reset"} {
			b.get(path + "?lang=" + lang)
			b.shows(200, `lang="`+lang+`"`)
			cleared(t, b.page.Body.String())
		}
		b.signIn("ana", password)
		for _, path := range []string{"", "/password", "/email", "/codes", "/sessions", "/invites", "/requests", "/delete"} {
			b.get("/settings" + path + "?lang=" + lang)
			b.shows(200, `lang="`+lang+`"`)
			cleared(t, b.page.Body.String())
		}
	}
}
