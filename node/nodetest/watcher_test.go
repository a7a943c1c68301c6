package nodetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"tulou/storage"
)

// shown is one event of a stream. stream is what a WebSocket says it is of.
type shown struct {
	stream []string
	event  string
	data   string
}

// watcher is somebody who looks at a stream.
type watcher struct {
	p    *person
	stop context.CancelFunc
	send func(text string) // on a WebSocket

	mu       sync.Mutex
	events   []shown
	comments []string // of server-sent events
	refusals []string // of a WebSocket
	retry    string
	over     error // why it is over, io.EOF for a good end
}

func (w *watcher) note(fn func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	fn()
}

// take returns what was shown since the last time, once everything has happened.
func (w *watcher) take() []shown {
	w.p.village.t.Helper()
	w.p.village.settle()
	w.mu.Lock()
	defer w.mu.Unlock()
	events := w.events
	w.events = nil
	return events
}

// names takes the events and returns what they are, with the texts of posts, in order.
func (w *watcher) names() []string {
	w.p.village.t.Helper()
	names := []string{}
	for _, e := range w.take() {
		var s status
		name := e.event
		if strings.HasPrefix(e.data, "{") {
			check(w.p.village.t, json.Unmarshal([]byte(e.data), &s))
			if s.Reblog != nil {
				s.Content = "boost of " + s.Reblog.Content
			}
			if s.Content != "" {
				name += " " + strings.NewReplacer("<p>", "", "</p>", "").Replace(s.Content)
			}
		}
		if len(e.stream) > 0 {
			name = strings.Join(e.stream, "/") + ": " + name
		}
		names = append(names, name)
	}
	return names
}

// sees compares what was shown since the last time.
func (w *watcher) sees(want ...string) {
	w.p.village.t.Helper()
	if want == nil {
		want = []string{}
	}
	if diff := cmp.Diff(want, w.names()); diff != "" {
		w.p.village.t.Errorf("%s is shown (-want +got):\n%s", w.p, diff)
	}
}

// said returns what came besides events: comments, or refusals on a WebSocket, and when to come
// back.
func (w *watcher) said() (texts []string, retry string) {
	w.p.village.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.send != nil {
		return slices.Clone(w.refusals), ""
	}
	return slices.Clone(w.comments), w.retry
}

// ended returns why a stream is over, nil if it is not.
func (w *watcher) ended() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over
}

// stranger is a person without a token.
func (h *house) stranger() *person {
	return &person{village: h.village, name: "stranger", home: h, client: h.village.client("stranger", "")}
}

// with is the same person with a token for less.
func (p *person) with(scopes string) *person {
	token := must(p.home.node.CreateToken(p.village.t.Context(), p.name, scopes))
	return &person{village: p.village, name: p.name, home: p.home, client: p.village.client(p.name, token.Secret)}
}

func (p *person) token() string { return p.client.Transport.(bearer).token }

// lists makes a list of people of the same node, without answers, and returns its id.
func (p *person) lists(exclusive bool, members ...*person) string {
	p.village.t.Helper()
	var list storage.List
	ctx, paths := p.village.t.Context(), p.home.base+"/users/"
	check(p.village.t, p.home.node.Store().Tx(ctx, func(tx *storage.Tx) (err error) {
		owner := must(tx.AccountByURI(ctx, paths+p.name))
		list, err = tx.CreateList(ctx, storage.List{AccountID: owner.ID, Title: "friends", RepliesPolicy: storage.RepliesToNobody, Exclusive: exclusive})
		for _, m := range members {
			if err == nil {
				err = tx.AddToList(ctx, list, must(tx.AccountByURI(ctx, paths+m.name)).ID)
			}
		}
		return err
	}))
	return fmt.Sprint(list.ID)
}

// opens asks for a stream and returns the answer, whatever it is.
func (p *person) opens(path string) (*http.Response, context.CancelFunc) {
	p.village.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := must(http.NewRequestWithContext(ctx, "GET", p.home.base+"/api/v1/streaming/"+path, nil))
	return must((&http.Client{Transport: p.client.Transport}).Do(r)), stop
}

// watches opens a stream of server-sent events that has to be opened.
func (p *person) watches(path string) *watcher {
	p.village.t.Helper()
	answer, stop := p.opens(path)
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		p.village.t.Fatalf("%s: %s: %d %s", p, path, answer.StatusCode, must(io.ReadAll(answer.Body)))
	}
	w := &watcher{p: p, stop: stop}
	go func() {
		defer answer.Body.Close()
		lines := bufio.NewReader(answer.Body)
		var e shown
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				w.note(func() { w.over = err })
				return
			}
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
			w.note(func() {
				switch value = strings.TrimPrefix(value, " "); {
				case line == "\n" && e.event != "":
					w.events = append(w.events, e)
					e = shown{}
				case name == "" && line != "\n":
					w.comments = append(w.comments, value)
				case name == "event":
					e.event = value
				case name == "data":
					e.data = value
				case name == "retry":
					w.retry = value
				}
			})
		}
	}()
	p.village.settle()
	return w
}

// dials opens a WebSocket that has to be opened.
func (p *person) dials(query string, options websocket.DialOptions) *watcher {
	p.village.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	if options.HTTPClient == nil {
		options.HTTPClient = &http.Client{Transport: p.client.Transport}
	}
	conn, answer, err := websocket.Dial(ctx, strings.Replace(p.home.base, "https", "wss", 1)+"/api/v1/streaming"+query, &options)
	if err != nil {
		p.village.t.Fatalf("%s: %v %v", p, err, answer)
	}
	conn.SetReadLimit(1 << 20)
	w := &watcher{p: p, stop: stop}
	w.send = func(text string) { check(p.village.t, conn.Write(ctx, websocket.MessageText, []byte(text))) }
	go func() {
		defer conn.CloseNow()
		for {
			_, text, err := conn.Read(ctx)
			if err != nil {
				w.note(func() { w.over = err })
				return
			}
			var m struct {
				Stream  []string
				Event   string
				Payload string
				Error   string
			}
			err = json.Unmarshal(text, &m)
			w.note(func() {
				switch {
				case err != nil || m.Error != "":
					w.refusals = append(w.refusals, string(text))
				default:
					w.events = append(w.events, shown{m.Stream, m.Event, m.Payload})
				}
			})
		}
	}()
	p.village.settle()
	return w
}

// publishes posts a text and returns the id.
func (p *person) publishes(text string, more ...string) string {
	p.village.t.Helper()
	form := url.Values{"status": {text}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	var s status
	p.post("/api/v1/statuses", form, &s)
	p.village.settle()
	return s.ID
}

func (p *person) id() string {
	p.village.t.Helper()
	var a account
	p.get("/api/v1/accounts/verify_credentials", &a)
	return a.ID
}

// does posts to something of an account or status.
func (p *person) does(path string, more ...string) {
	p.village.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(more); i += 2 {
		form.Add(more[i], more[i+1])
	}
	p.post(path, form, nil)
	p.village.settle()
}
