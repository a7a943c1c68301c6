package nodetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tulou/node/client/clienttest"
)

// own is where this software's own API is.
const own = "/api/tulou/v1"

// friendVerbs is what people do and see of friends.
var friendVerbs = map[string]func(*story, *person, sentence){
	"befriends": befriends,                                // ana befriends @bob@orchard "greeting"; … code=429
	"agrees":    decides("POST", "/requests/", "/accept"), // bob agrees ana
	"refuses":   decides("POST", "/requests/", "/decline"),
	"withdraws": decides("DELETE", "/requests/", ""),
	"unfriends": decides("DELETE", "/", ""),
	"shuns":     decides("PUT", "/", "/block"),
	"friend":    isFriend, // ana friend bob is asked greeting="…" by_code=true
	"friends":   friends,  // ana friends bob iris: all of them, last first
	"mutuals":   mutuals,  // ana mutuals carl: who follows back and is no friend
	"shows":     shows,    // ana shows c1
	"scans":     scans,    // bob scans c1 "greeting"
	"heard":     heard,    // bob heard friend_request ana; heard nothing
	"notes":     notes,    // ana notes bob remark="…" starred=true circles="Family"
	"searches":  searchesFriends,
}

// friendEntity is what the API says that two people are to each other.
type friendEntity struct {
	Account  account
	State    string
	Since    *string
	Greeting string
	ByCode   bool `json:"by_code"`
	Remark   string
	Starred  bool
	Circles  []string
	Mutual   bool
	CanAsk   bool `json:"can_ask"`
}

// own makes a request of this software's own API, and holds the answer against its description.
func (p *person) own(method, path string, in, out any) int {
	t := p.village.t
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), method, p.home.base+own+path, nil))
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Body = io.NopCloser(strings.NewReader(string(must(json.Marshal(in)))))
	}
	response, err := p.client.Do(request)
	if err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	defer response.Body.Close()
	body := must(io.ReadAll(response.Body))
	if wrong := p.home.described().CheckAnswer(method, request.URL.Path, response.StatusCode, response.Header.Get("Content-Type"), body); wrong != "" {
		t.Errorf("%s: %s %s: %s\n%s", p, method, path, wrong, body)
	}
	if response.StatusCode == http.StatusOK && out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			t.Fatalf("%s: %s %s: %v\n%s", p, method, path, err, body)
		}
	}
	return response.StatusCode
}

// described is what the node says that its API is.
func (h *house) described() clienttest.Document {
	request := must(http.NewRequest("GET", own+"/openapi.json", nil))
	answer := httptest.NewRecorder()
	h.node.Handler().ServeHTTP(answer, request)
	return must(clienttest.Read(answer.Body.Bytes()))
}

// must200 does something of the own API that has to work.
func (p *person) must200(method, path string, in, out any) {
	p.village.t.Helper()
	if code := p.own(method, path, in, out); code != http.StatusOK && code != http.StatusNoContent {
		p.village.t.Fatalf("%s: %s %s: %d", p, method, path, code)
	}
}

func (s *story) wants(in sentence) int {
	if text := in.options["code"]; text != "" {
		return must(strconv.Atoi(text))
	}
	return http.StatusOK
}

func befriends(s *story, p *person, in sentence) {
	ask := map[string]any{"address": s.handle(in.words[0])}
	if len(in.texts) > 0 {
		ask["greeting"] = in.texts[0]
	}
	if code := p.own("POST", "/friends/requests", ask, nil); code != s.wants(in) {
		s.t.Errorf("asking was answered %d", code)
	}
}

func decides(method, before, after string) func(*story, *person, sentence) {
	return func(s *story, p *person, in sentence) {
		id := p.knows(s.handle(in.words[0])).ID
		if code := p.own(method, "/friends"+before+id+after, nil, nil); code != s.wants(in) {
			s.t.Errorf("%s was answered %d", method+" "+before, code)
		}
	}
}

func (p *person) friend(handle string) (f friendEntity) {
	p.village.t.Helper()
	p.must200("GET", "/friends/"+p.knows(handle).ID, nil, &f)
	return f
}

func isFriend(s *story, p *person, in sentence) {
	f := p.friend(s.handle(in.words[0]))
	if want := in.words[len(in.words)-1]; f.State != want {
		s.t.Errorf("%s is %s to %s, not %s", in.words[0], f.State, p, want)
	}
	for key, got := range map[string]string{"greeting": f.Greeting, "by_code": strconv.FormatBool(f.ByCode), "remark": f.Remark,
		"mutual": strconv.FormatBool(f.Mutual), "can_ask": strconv.FormatBool(f.CanAsk), "circles": strconv.Itoa(len(f.Circles))} {
		if want, asked := in.options[key]; asked && want != got {
			s.t.Errorf("%s of %s is %q", key, in.words[0], got)
		}
	}
	if (f.State == "friend") != (f.Since != nil) {
		s.t.Errorf("%s is %s since %v", in.words[0], f.State, f.Since)
	}
}

func friends(s *story, p *person, in sentence) {
	var page struct{ Items []friendEntity }
	p.must200("GET", "/friends", nil, &page)
	s.sameFriends(p, page.Items, in.words)
}

func mutuals(s *story, p *person, in sentence) {
	var page struct{ Items []friendEntity }
	p.must200("GET", "/friends/mutuals?limit=10", nil, &page)
	s.sameFriends(p, page.Items, in.words)
}

func (s *story) sameFriends(p *person, items []friendEntity, names []string) {
	var got, want []string
	for _, f := range items {
		got = append(got, f.Account.URI)
	}
	for _, name := range names {
		if name != "nobody" {
			want = append(want, p.knows(s.handle(name)).URI)
		}
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("friends of %s are %v, not %v", p, got, want)
	}
}

func searchesFriends(s *story, p *person, in sentence) {
	var page struct{ Items []friendEntity }
	p.must200("GET", "/friends/search?q="+url.QueryEscape(in.texts[0]), nil, &page)
	s.sameFriends(p, page.Items, in.words)
}

// links are the friend links of a story, by name; they live in its posts, as addresses.
func shows(s *story, p *person, in sentence) {
	var made struct{ Link string }
	p.must200("POST", "/friends/code", nil, &made)
	s.posts[in.words[0]] = &post{uri: made.Link, author: p.name}
}

func scans(s *story, p *person, in sentence) {
	link := s.post(in.words[0]).uri
	var found struct {
		Friend friendEntity
		Link   string
	}
	p.must200("POST", "/friends/find", map[string]any{"text": link}, &found)
	ask := map[string]any{"account_id": found.Friend.Account.ID, "link": found.Link}
	if len(in.texts) > 0 {
		ask["greeting"] = in.texts[0]
	}
	if code := p.own("POST", "/friends/requests", ask, nil); code != s.wants(in) {
		s.t.Errorf("scanning was answered %d", code)
	}
}

// heard checks the newest notification, and that Mastodon's programs were told nothing of it.
func heard(s *story, p *person, in sentence) {
	var page struct {
		Items []struct {
			ID, Type string
			Account  account
		}
	}
	p.must200("GET", "/notifications", nil, &page)
	var known []notification
	p.get("/api/v1/notifications", &known)
	for _, n := range known {
		if strings.Contains(n.Type, "friend") {
			s.t.Errorf("Mastodon's programs are told of %s", n.Type)
		}
	}
	if in.words[0] == "nothing" {
		if len(page.Items) != 0 {
			s.t.Errorf("%s heard %v", p, page.Items)
		}
		return
	}
	who := p.knows(s.handle(in.words[1])).URI
	if len(page.Items) == 0 || page.Items[0].Type != in.words[0] || page.Items[0].Account.URI != who {
		s.t.Fatalf("%s heard %v", p, page.Items)
	}
	if code := p.call("GET", "/api/v1/notifications/"+page.Items[0].ID, nil, nil); code != http.StatusNotFound {
		s.t.Errorf("Mastodon's programs find it: %d", code)
	}
}

func notes(s *story, p *person, in sentence) {
	change := map[string]any{}
	for key, value := range in.options {
		switch key {
		case "remark":
			change[key] = value
		case "circles":
			var made struct{ ID string }
			p.must200("POST", "/circles", map[string]any{"name": value}, &made)
			change[key] = []string{made.ID}
		default:
			change[key] = value == "true"
		}
	}
	p.must200("PATCH", "/friends/"+p.knows(s.handle(in.words[0])).ID, change, nil)
}

// raw makes a request and returns what is answered, as it is but for the id of the request.
func (p *person) raw(method, path string, in any) (int, string) {
	t := p.village.t
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), method, p.home.base+path, nil))
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
		request.Body = io.NopCloser(strings.NewReader(string(must(json.Marshal(in)))))
	}
	response := must(p.client.Do(request))
	defer response.Body.Close()
	return response.StatusCode, string(must(io.ReadAll(response.Body)))
}
