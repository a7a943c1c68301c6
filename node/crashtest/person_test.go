package crashtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// person is somebody of a node with an app that speaks Mastodon's API.
type person struct {
	*node
	name  string
	actor string
	token string
	id    string
}

// person makes an account and a token. The node may run or not.
func (n *node) person(name string) *person {
	n.t.Helper()
	var user struct{ Actor, ID string }
	n.beside(&user, "user", "create", "--handle", name, "--email", name+"@example.org")
	var token struct{ Token string }
	n.beside(&token, "user", "token", "--handle", name, "--scopes", "read write follow")
	return &person{n, name, user.Actor, token.Token, user.ID}
}

func (p *person) handle() string { return p.name + "@" + strings.TrimPrefix(p.URL, "http://") }

// ask makes one request as an app. An error means that nobody knows whether it had its effect.
func (p *person) ask(method, path string, form url.Values, out any, header ...string) error {
	status, answer, err := fetch(method, p.base()+path, p.token, form.Encode(), header...)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return refusal{method + " " + path, status, string(answer[:min(len(answer), 300)])}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// refusal is an answer that says no.
type refusal struct {
	what   string
	status int
	said   string
}

func (r refusal) Error() string { return fmt.Sprintf("%s: %d %s", r.what, r.status, r.said) }

// must is ask for what has to work.
func (p *person) must(method, path string, form url.Values, out any) {
	p.t.Helper()
	if err := p.ask(method, path, form, out); err != nil {
		p.t.Fatal(err)
	}
}

// status is a post as clients see it.
type status struct {
	ID, URI, Content string
	Account          account
	Reblog           *status
}

// account is a person as clients see them.
type account struct{ ID, Acct, URL, URI string }

// once posts under a key, so that asking again does not post again.
func (p *person) once(key string, form url.Values, out *status) error {
	return p.ask(http.MethodPost, "/api/v1/statuses", form, out, "Idempotency-Key", key)
}

func (p *person) post(text string) (s status, err error) {
	return s, p.ask(http.MethodPost, "/api/v1/statuses", url.Values{"status": {text}}, &s)
}

// find looks somebody up by handle, on other servers, too.
func (p *person) find(handle string) (account, error) {
	var found struct{ Accounts []account }
	err := p.ask(http.MethodGet, "/api/v2/search?resolve=true&type=accounts&q="+url.QueryEscape("@"+handle), nil, &found)
	if err == nil && len(found.Accounts) != 1 {
		err = fmt.Errorf("%d accounts for %s", len(found.Accounts), handle)
	}
	if err != nil {
		return account{}, err
	}
	return found.Accounts[0], nil
}

// follow follows somebody and waits until they have accepted.
func (p *person) follow(handle string) account {
	p.t.Helper()
	who, err := p.find(handle)
	if err != nil {
		p.t.Fatal(err)
	}
	p.must(http.MethodPost, "/api/v1/accounts/"+who.ID+"/follow", nil, nil)
	eventually(p.t, 20*time.Second, p.name+" follows "+handle, func() error { return p.follows(who.ID) })
	return who
}

func (p *person) follows(id string) error {
	var relations []struct{ Following bool }
	err := p.ask(http.MethodGet, "/api/v1/accounts/relationships?id[]="+id, nil, &relations)
	if err == nil && (len(relations) != 1 || !relations[0].Following) {
		err = fmt.Errorf("it does not follow")
	}
	return err
}

// list reads all pages of a list. They are linked: what a list goes on by need not be in it.
func list[T any](p *person, path string) ([]T, error) {
	var all []T
	for page := p.base() + path + "?limit=40"; page != ""; {
		r, err := http.NewRequest(http.MethodGet, page, nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+p.token)
		res, err := web.Do(r)
		if err != nil {
			return nil, err
		}
		var some []T
		err = json.NewDecoder(res.Body).Decode(&some)
		res.Body.Close()
		if err != nil {
			return nil, err
		}
		all, page = append(all, some...), ""
		if m := nextLink.FindStringSubmatch(res.Header.Get("Link")); m != nil && len(some) > 0 {
			page = m[1]
		}
	}
	return all, nil
}

var nextLink = regexp.MustCompile(`<([^>]+)>; rel="next"`)

// notification is what an app shows somebody.
type notification struct {
	ID, Type  string
	CreatedAt time.Time `json:"created_at"`
	Account   account
	Status    *status
}

func (p *person) notifications() ([]notification, error) {
	return list[notification](p, "/api/v1/notifications")
}
