package nodetest

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tulou/protocol/fault"
)

// person is somebody of a node, who knows no more of the world than the client API tells them.
type person struct {
	village *village
	name    string
	home    *house
	client  *http.Client
}

func (p *person) String() string { return p.name + "@" + p.home.name }

// handle is how others find them.
func (p *person) handle() string { return "@" + p.name + "@" + p.home.host() }

// bearer adds somebody's token to requests.
type bearer struct {
	*http.Transport
	token string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.token != "" {
		r.Header.Set("Authorization", "Bearer "+b.token)
	}
	return b.Transport.RoundTrip(r)
}

func tlsConfig() *tls.Config { return &tls.Config{RootCAs: authority().roots} }

// The entities of the API, as far as tests look at them.
type (
	account struct {
		ID          string
		Acct        string
		DisplayName string `json:"display_name"`
		Note        string
		Locked      bool
		URI         string
		Followers   int `json:"followers_count"`
		Following   int `json:"following_count"`
		Statuses    int `json:"statuses_count"`
		Fields      []struct{ Name, Value string }
	}
	status struct {
		ID         string
		URI        string
		CreatedAt  string  `json:"created_at"`
		EditedAt   *string `json:"edited_at"`
		Account    account
		Content    string
		Spoiler    string `json:"spoiler_text"`
		Sensitive  bool
		Visibility string
		Language   string
		InReplyTo  *string `json:"in_reply_to_id"`
		Replies    int     `json:"replies_count"`
		Boosts     int     `json:"reblogs_count"`
		Likes      int     `json:"favourites_count"`
		Favourited bool
		Reblogged  bool
		Reblog     *status
		Quotes     int64 `json:"quotes_count"`
		Quote      *struct {
			State  string
			Status *status `json:"quoted_status"`
		}
		Approval struct {
			Automatic, Manual []string
			User              string `json:"current_user"`
		} `json:"quote_approval"`
		Mentions []struct{ URL string }
		Tags     []struct{ Name string }
	}
	relationship struct {
		Following, Requested, Blocking, Muting bool
		FollowedBy                             bool `json:"followed_by"`
		RequestedBy                            bool `json:"requested_by"`
		BlockedBy                              bool `json:"blocked_by"`
	}
	notification struct {
		Type    string
		Account account
		Status  *status
	}
	conversation struct {
		ID       string
		Unread   bool
		Accounts []account
		Last     *status `json:"last_status"`
	}
	thread struct{ Ancestors, Descendants []status }
	found  struct {
		Accounts []account
		Statuses []status
	}
	edit      struct{ Content string }
	complaint struct{ Error string }
)

// call makes a request of the API and returns the status; out gets the answer of a 200.
func (p *person) call(method, path string, form url.Values, out any) int {
	t := p.village.t
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), method, p.home.base+path, nil))
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Body = io.NopCloser(strings.NewReader(form.Encode()))
	}
	response, err := p.client.Do(request)
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	defer response.Body.Close()
	body := must(io.ReadAll(response.Body))
	if response.StatusCode != http.StatusOK {
		var c complaint
		if err := json.Unmarshal(body, &c); err != nil || c.Error == "" {
			t.Errorf("%s: %s %s: %d without an error: %s", p, method, path, response.StatusCode, body)
		}
	} else if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			t.Fatalf("%s: %s %s: %v\n%s", p, method, path, err, body)
		}
	}
	return response.StatusCode
}

// get reads something that has to be there.
func (p *person) get(path string, out any) {
	p.village.t.Helper()
	if code := p.call("GET", path, nil, out); code != http.StatusOK {
		p.village.t.Fatalf("%s: GET %s: %d", p, path, code)
	}
}

// post does something that has to work.
func (p *person) post(path string, form url.Values, out any) {
	p.village.t.Helper()
	if code := p.call("POST", path, form, out); code != http.StatusOK {
		p.village.t.Fatalf("%s: POST %s %v: %d", p, path, form, code)
	}
}

// finds looks for somebody by handle, at their server if need be.
func (p *person) finds(handle string) (account, bool) {
	p.village.t.Helper()
	var r found
	p.get("/api/v2/search?type=accounts&resolve=true&q="+url.QueryEscape(handle), &r)
	if len(r.Accounts) != 1 {
		return account{}, false
	}
	return r.Accounts[0], true
}

// knows is finds for somebody who has to be found.
func (p *person) knows(handle string) account {
	p.village.t.Helper()
	a, ok := p.finds(handle)
	if !ok {
		p.village.t.Fatalf("%s does not find %s", p, handle)
	}
	return a
}

// finds looks for a post by its address, among those that came here already.
func (p *person) findsPost(uri string) (status, bool) {
	p.village.t.Helper()
	var r found
	p.get("/api/v2/search?type=statuses&q="+url.QueryEscape(uri), &r)
	if len(r.Statuses) != 1 {
		return status{}, false
	}
	var s status
	p.get("/api/v1/statuses/"+r.Statuses[0].ID, &s)
	return s, true
}

// sees is findsPost for a post that has to be seen.
func (p *person) sees(uri string) status {
	p.village.t.Helper()
	s, ok := p.findsPost(uri)
	if !ok {
		p.village.t.Fatalf("%s does not see %s", p, uri)
	}
	return s
}

// storedID is the id of a post at the person's node, whoever may see it; "" if it is not there. It
// is what somebody could guess.
func (p *person) storedID(uri string) string {
	id, err := p.home.node.Store().StatusIDByURI(p.village.t.Context(), uri)
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	check(p.village.t, err)
	return fmt.Sprint(id)
}

// places are the lists of posts that somebody can look at, by the name that stories have for them.
func (p *person) place(name string) string {
	switch {
	case name == "home":
		return "/api/v1/timelines/home?limit=40"
	case name == "public":
		return "/api/v1/timelines/public?limit=40"
	case name == "local":
		return "/api/v1/timelines/public?limit=40&local=true"
	case name == "favourites":
		return "/api/v1/favourites?limit=40"
	case name == "bookmarks":
		return "/api/v1/bookmarks?limit=40"
	case strings.HasPrefix(name, "#"):
		return "/api/v1/timelines/tag/" + url.PathEscape(name[1:]) + "?limit=40"
	}
	return "/api/v1/accounts/" + p.knows(p.village.handle(name)).ID + "/statuses?limit=40"
}

// list reads a list of posts; boosts stand for themselves.
func (p *person) list(place string) (list []status) {
	p.village.t.Helper()
	p.get(p.place(place), &list)
	return list
}

// cannotSee looks for a post wherever it could appear, and by guessing its id. The answers must be
// those about a post that does not exist.
func (p *person) cannotSee(q *post) {
	t := p.village.t
	t.Helper()
	if _, ok := p.findsPost(q.uri); ok {
		t.Errorf("%s finds %s by its address", p, q.uri)
	}
	for _, place := range []string{"home", "public", "local", "favourites", "bookmarks"} {
		p.notIn(place, q.uri)
	}
	if author, ok := p.finds(p.village.handle(q.author)); ok {
		var list []status
		p.get("/api/v1/accounts/"+author.ID+"/statuses?limit=40", &list)
		if holds(list, q.uri) {
			t.Errorf("%s sees %s among the posts of %s", p, q.uri, q.author)
		}
	}
	var told []notification
	p.get("/api/v1/notifications?limit=40", &told)
	for _, n := range told {
		if n.Status != nil && n.Status.URI == q.uri {
			t.Errorf("%s was told %s of %s", p, n.Type, q.uri)
		}
	}
	var talks []conversation
	p.get("/api/v1/conversations", &talks)
	for _, c := range talks {
		if c.Last != nil && c.Last.URI == q.uri {
			t.Errorf("%s has a conversation that ends with %s", p, q.uri)
		}
	}
	if id := p.storedID(q.uri); id != "" {
		p.guess(id)
	}
}

// guess tries everything that takes the id of a post: what may not be seen does not exist (A089).
func (p *person) guess(id string) {
	p.village.t.Helper()
	for _, request := range []string{
		"GET ", "GET /context", "GET /history", "GET /source", "GET /favourited_by", "GET /reblogged_by",
		"POST /favourite", "POST /unfavourite", "POST /reblog", "POST /unreblog", "POST /bookmark", "POST /unbookmark",
		"PUT ", "DELETE ",
	} {
		method, path, _ := strings.Cut(request, " ")
		var form url.Values
		if method == "PUT" {
			form = url.Values{"status": {"x"}}
		}
		if code := p.call(method, "/api/v1/statuses/"+id+path, form, nil); code != http.StatusNotFound {
			p.village.t.Errorf("%s: %s of a post that is not for them: %d", p, request, code)
		}
	}
	reply := url.Values{"status": {"x"}, "in_reply_to_id": {id}}
	if code := p.call("POST", "/api/v1/statuses", reply, nil); code != http.StatusNotFound {
		p.village.t.Errorf("%s: answering a post that is not for them: %d", p, code)
	}
}

func (p *person) notIn(place, uri string) {
	p.village.t.Helper()
	if holds(p.list(place), uri) {
		p.village.t.Errorf("%s sees %s in %s", p, uri, place)
	}
}

// holds tells whether a post is in a list, by itself or boosted.
func holds(list []status, uri string) bool {
	for _, s := range list {
		if s.URI == uri || s.Reblog != nil && s.Reblog.URI == uri {
			return true
		}
	}
	return false
}

// relation is how the person stands to somebody.
func (p *person) relation(handle string) relationship {
	p.village.t.Helper()
	var list []relationship
	p.get("/api/v1/accounts/relationships?id[]="+p.knows(handle).ID, &list)
	if len(list) != 1 {
		p.village.t.Fatalf("%s: %d relationships", p, len(list))
	}
	return list[0]
}

// told returns how often the person was told of something. about is "" for what is about no post.
func (p *person) told(kind, from, about string) (count int) {
	p.village.t.Helper()
	var told []notification
	p.get("/api/v1/notifications?limit=40", &told)
	for _, n := range told {
		match := n.Type == kind && "@"+n.Account.Acct == localised(from, p.home)
		if match && (about == "" || n.Status != nil && n.Status.URI == about) {
			count++
		}
	}
	return count
}

// localised is a handle as it is at a node: without the host if it is of that node.
func localised(handle string, home *house) string { return strings.TrimSuffix(handle, "@"+home.host()) }

// handle turns a name of a story into a handle: ana, @bob@orchard or zoe@far.
func (v *village) handle(name string) string {
	v.t.Helper()
	name = strings.TrimPrefix(name, "@")
	if p := v.persons[name]; p != nil {
		return p.handle()
	}
	user, host, ok := strings.Cut(name, "@")
	if !ok {
		v.t.Fatalf("there is nobody called %s", name)
	}
	return "@" + user + "@" + v.host(host)
}

// host is the whole name of a node or another server.
func (v *village) host(name string) string {
	if h := v.houses[name]; h != nil {
		return h.host()
	}
	return strings.TrimSuffix(name, ".example") + ".example"
}
