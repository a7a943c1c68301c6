package crashtest

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tulou/storage/storagetest"
)

// looking is somebody who looks at a stream of one process.
type looking struct {
	events chan string   // event and data
	over   chan struct{} // closed when the stream is
}

// looks opens a stream at the process of a person.
func (p *person) looks(path string) looking {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.base()+"/api/v1/streaming/"+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %v %v", path, res, err)
	}
	l := looking{make(chan string, 100), make(chan struct{})}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	lines.Scan() // it has begun
	go func() {
		defer close(l.over)
		defer res.Body.Close()
		event := ""
		for lines.Scan() {
			switch name, value, _ := strings.Cut(lines.Text(), ": "); name {
			case "event":
				event = value
			case "data":
				l.events <- event + " " + value
			}
		}
	}()
	return l
}

// connects is looks with a WebSocket.
func (p *person) connects(stream string) looking {
	p.t.Helper()
	address := strings.Replace(p.base(), "http", "ws", 1) + "/api/v1/streaming?stream=" + stream + "&access_token=" + p.token
	conn, _, err := websocket.Dial(p.t.Context(), address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	l := looking{make(chan string, 100), make(chan struct{})}
	go func() {
		defer close(l.over)
		defer conn.CloseNow()
		for {
			_, text, err := conn.Read(context.Background())
			if err != nil {
				return
			}
			l.events <- string(text)
		}
	}()
	return l
}

// shows waits for an event that has some words in it; others may come before it.
func (l looking) shows(t *testing.T, within time.Duration, words ...string) {
	t.Helper()
	late := time.After(within)
	for {
		select {
		case event := <-l.events:
			found := true
			for _, word := range words {
				found = found && strings.Contains(event, word)
			}
			if found {
				return
			}
		case <-l.over:
			t.Fatalf("the stream is over, without %v", words)
		case <-late:
			t.Fatalf("not within %s: %v", within, words)
		}
	}
}

// ends waits until a stream is closed.
func (l looking) ends(t *testing.T, what string, by time.Time) {
	t.Helper()
	select {
	case <-l.over:
	case <-time.After(time.Until(by)):
		t.Errorf("%s is still open", what)
	}
}

// Whoever looks at one process would not see what happens at another, or go on reading there after
// they were signed out here, or beside (A121).
func TestStreamsOfTwoProcesses(t *testing.T) {
	size(t, 0, 0)
	parallel(t)
	first, second := twoProcesses(t, storagetest.Postgres(t))
	at := func(p *person, n *node) *person { q := *p; q.node = n; return &q }
	ana, ben := first.person("ana"), first.person("ben")
	at(ana, second).must(http.MethodPost, "/api/v1/accounts/"+ben.id+"/follow", nil, nil)
	// What happens at one process just after a stream was opened at the other is shown, too.
	home := at(ana, second).looks("user")
	posted := must(at(ben, first).post("the first deed"))(t)
	home.shows(t, 3*time.Second, "update", "the first deed")
	streams := map[string]looking{"home": home, "public": at(ana, second).looks("public"), "socket": at(ana, second).connects("user"),
		"near": at(ana, first).looks("user")}
	began := time.Now()
	must(at(ben, first).post("@ana a deed"))(t)
	for name, l := range streams {
		if name != "public" {
			l.shows(t, 3*time.Second, "notification", "a deed")
		} else {
			l.shows(t, 3*time.Second, "update", "a deed")
		}
	}
	t.Logf("a deed was shown by both processes within %s", time.Since(began).Round(time.Millisecond))
	at(ben, first).must(http.MethodDelete, "/api/v1/statuses/"+posted.ID, nil, nil)
	home.shows(t, 3*time.Second, "delete", posted.ID)
	// Signed out beside: over at both.
	token := ana.token
	began = time.Now()
	var user any
	first.beside(&user, "user", "password", "--handle", "ana")
	changed := time.Now()
	for name, l := range streams {
		l.ends(t, name, changed.Add(2*time.Second))
	}
	t.Logf("closed %s after the command ended, which took %s", time.Since(changed).Round(time.Millisecond), changed.Sub(began).Round(time.Millisecond))
	if status, _, err := fetch(http.MethodGet, second.base()+"/api/v1/streaming/user", token, ""); err != nil || status != http.StatusUnauthorized {
		t.Errorf("the token of before: %d %v", status, err)
	}
	// Suspended beside: over at both.
	streams = map[string]looking{"far": at(ben, second).looks("user"), "near": at(ben, first).connects("user")}
	first.beside(&user, "user", "suspend", "--handle", "ben")
	changed = time.Now()
	for name, l := range streams {
		l.ends(t, name, changed.Add(2*time.Second))
	}
}

// Whoever looks would miss what happens after a restart without knowing it.
func TestAStreamIsOpenedAgainAfterAKill(t *testing.T) {
	size(t, 0, 0)
	parallel(t)
	n := newNode(t, storagetest.SQLite(t))
	n.start()
	ana := n.person("ana")
	l := ana.looks("user")
	must(ana.post("before"))(t)
	l.shows(t, 3*time.Second, "update", "before")
	n.kill()
	l.ends(t, "a stream of a killed process", time.Now().Add(5*time.Second))
	n.start()
	l = ana.looks("user")
	must(ana.post("after"))(t)
	l.shows(t, 3*time.Second, "update", "after")
}
