package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"tulou/node/nodetest/peer"
	"tulou/protocol/fault"
)

// localTransport keeps a connection for each client and knows that *.localhost is this machine,
// which the resolver of Go does not.
func localTransport(clients int) *http.Transport {
	return &http.Transport{
		MaxIdleConnsPerHost: max(16, clients*2),
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(addr)
			if err == nil && strings.HasSuffix(host, ".localhost") {
				addr = net.JoinHostPort("127.0.0.1", port)
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		},
	}
}

// server is one other server of the measurement.
type server struct {
	peer   *peer.Peer
	actor  *peer.Actor
	close  func()
	client *http.Client

	mu      sync.Mutex
	took    map[string]time.Time // type of an activity → when the first came
	follows map[string]any       // the Follow that this server sent
}

// newServer starts one. A modern one asks for signatures with Ed25519 (RFC 9421 §5.1).
func newServer(name string, modern bool, client *http.Client) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := peer.New("http://" + listener.Addr().String())
	h := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go h.Serve(listener)
	s := &server{peer: p, actor: p.Actor(name), close: func() { h.Close() }, client: client, took: map[string]time.Time{}}
	if modern {
		p.Say("Accept-Signature", `sig1=("@method" "@target-uri" "content-digest");created;keyid;alg="ed25519"`)
	}
	return s, nil
}

// listen notes what comes, and lets a Create wait for an answer.
func (s *server) listen(delay time.Duration, also func(activity map[string]any)) {
	s.peer.Answer(func(d peer.Delivery) int {
		activity := d.Activity()
		kind, _ := activity["type"].(string)
		if kind == "Create" && delay > 0 {
			pause(context.Background(), delay)
		}
		s.mu.Lock()
		if s.took[kind].IsZero() {
			s.took[kind] = time.Now()
		}
		s.mu.Unlock()
		if also != nil {
			also(activity)
		}
		return http.StatusAccepted
	})
}

// when returns when the first activity of a type came, and whether one did.
func (s *server) when(kind string) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.took[kind]
	return at, !at.IsZero()
}

// send signs an activity and posts it.
func (s *server) send(ctx context.Context, inbox string, activity any) error {
	status, err := s.actor.Send(ctx, s.client, inbox, activity)
	if err == nil && status >= 300 {
		err = fault.New(fault.Unprocessable, "%s of %s was answered with %d", inbox, s.actor.ID, status)
	}
	return err
}

// cpu is the processor time that the server's process has used so far.
func (m *meter) cpu() time.Duration {
	if m.PID == 0 {
		return 0
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.PID))
	if err != nil {
		return 0
	}
	// After the name in parentheses, fields 14 and 15 of proc(5) are user and system time in
	// ticks.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// memory is how many bytes of memory the server's process has, 0 if that is not known.
func (m *meter) memory() int64 {
	if m.PID == 0 {
		return 0
	}
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", m.PID))
	if err != nil {
		return 0
	}
	// The second field of proc(5) is the resident set in pages.
	if fields := strings.Fields(string(statm)); len(fields) > 1 {
		pages, _ := strconv.ParseInt(fields[1], 10, 64)
		return pages * int64(os.Getpagesize())
	}
	return 0
}

// ticks is how many clock ticks a second has for /proc on every Linux there is.
const ticks = 100

// discover finds the ActivityPub id of the person whose token it is, and where the server takes
// what is sent to everybody there; some have no shared inbox.
func (m *meter) discover(ctx context.Context, as *server) (actor, inbox string, err error) {
	if actor, err = m.actorURI(ctx); err != nil {
		return "", "", err
	}
	res, err := m.http.Do(as.actor.Request(ctx, peer.Message{Method: http.MethodGet, URL: actor}))
	if err != nil {
		return "", "", fault.Wrap(err, fault.Unavailable, "%s does not answer: %v", actor, err)
	}
	defer res.Body.Close()
	var doc struct {
		Inbox     string
		Endpoints struct{ SharedInbox string }
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&doc); err != nil || doc.Inbox == "" {
		return "", "", fault.New(fault.Unprocessable, "%s is no actor with an inbox (status %d)", actor, res.StatusCode)
	}
	if doc.Endpoints.SharedInbox != "" {
		return actor, doc.Endpoints.SharedInbox, nil
	}
	return actor, doc.Inbox, nil
}

func (m *meter) actorURI(ctx context.Context) (string, error) {
	if m.me.URI != "" {
		return m.me.URI, nil
	}
	base, err := url.Parse(m.URL)
	if err != nil {
		return "", err
	}
	var jrd struct {
		Links []struct{ Rel, Type, Href string }
	}
	resource := "acct:" + m.me.Acct + "@" + base.Host
	if err := m.call(ctx, http.MethodGet, "/.well-known/webfinger?resource="+url.QueryEscape(resource), nil, &jrd); err != nil {
		return "", err
	}
	for _, link := range jrd.Links {
		if link.Rel == "self" {
			return link.Href, nil
		}
	}
	return "", fault.New(fault.Unprocessable, "WebFinger of %s names no actor", resource)
}

// inbox sends signed notes of somebody whom the person follows and waits until all of them are to
// be seen: accepted and fully processed.
func (m *meter) inbox(ctx context.Context) (Result, error) {
	s, err := newServer("writer", false, m.http)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	_, inbox, err := m.discover(ctx, s)
	if err != nil {
		return Result{}, err
	}
	writer, err := m.follow(ctx, s, inbox)
	if err != nil {
		return Result{}, err
	}
	cpu, begun := m.cpu(), time.Now()
	result := m.repeat(ctx, m.Notes, func(ctx context.Context, n int) error { // signing is part of it
		note := s.actor.Note(strconv.Itoa(n), fmt.Sprintf("<p>Note %d of a measurement, with a few words</p>", n), nil)
		return s.send(ctx, inbox, s.actor.Create(note))
	})
	if err := m.untilSeen(ctx, writer, m.Notes-result.Errors); err != nil {
		return result, err
	}
	result.Took = time.Since(begun)
	result.CPU = (m.cpu() - cpu) / time.Duration(max(1, m.Notes))
	_ = m.call(ctx, http.MethodPost, "/api/v1/accounts/"+writer.ID+"/unfollow", struct{}{}, nil) // leave it as it was
	return result, nil
}

// follow makes the person follow the server's actor, which accepts, and returns that actor as the
// measured server knows it.
func (m *meter) follow(ctx context.Context, s *server, inbox string) (account, error) {
	accepted := make(chan error, 1)
	s.listen(0, func(activity map[string]any) {
		if activity["type"] == "Follow" {
			go func() { accepted <- s.send(ctx, inbox, s.actor.Do("Accept", activity, nil)) }()
		}
	})
	who, err := m.find(ctx, "@"+s.actor.Name+"@"+strings.TrimPrefix(s.peer.Base, "http://"))
	if err != nil {
		return who, err
	}
	if err := m.call(ctx, http.MethodPost, "/api/v1/accounts/"+who.ID+"/follow", struct{}{}, nil); err != nil {
		return who, err
	}
	select {
	case err := <-accepted:
		if err != nil {
			return who, err
		}
	case <-ctx.Done():
		return who, fault.New(fault.Unavailable, "no Follow came")
	}
	return who, m.untilFollowing(ctx, who)
}

// untilSeen waits until the newest posts of somebody fill the home timeline, then counts all of
// them at their author, because home timelines are cut off somewhere.
func (m *meter) untilSeen(ctx context.Context, writer account, want int) error {
	const page = 40
	for ctx.Err() == nil {
		statuses, err := m.page(ctx, "/api/v1/timelines/home?limit=40")
		if err != nil {
			return err
		}
		theirs := 0
		for _, s := range statuses {
			if s.Account.ID == writer.ID {
				theirs++
			}
		}
		if theirs >= min(want, len(statuses), page) {
			if n, err := m.count(ctx, writer); err != nil || n >= want {
				return err
			}
		}
		pause(ctx, 10*time.Millisecond)
	}
	n, _ := m.count(context.WithoutCancel(ctx), writer)
	return fault.New(fault.Unavailable, "%d of %d notes were seen in time", n, want)
}

type statusEntity struct {
	ID, URI string
	Account account
}

func (m *meter) page(ctx context.Context, path string) (statuses []statusEntity, err error) {
	return statuses, m.call(ctx, http.MethodGet, path, nil, &statuses)
}

// count returns how many posts of somebody the server shows.
func (m *meter) count(ctx context.Context, who account) (n int, err error) {
	path := "/api/v1/accounts/" + who.ID + "/statuses?limit=40"
	for at := path; ; {
		statuses, err := m.page(ctx, at)
		if err != nil || len(statuses) == 0 {
			return n, err
		}
		n += len(statuses)
		at = path + "&max_id=" + statuses[len(statuses)-1].ID
	}
}

// fanout lets a follower on each of many servers follow the person and measures one post until
// each of them has it.
func (m *meter) fanout(ctx context.Context, modern bool) (Result, error) {
	servers := make([]*server, m.Hosts)
	defer func() {
		for _, s := range servers {
			if s != nil {
				s.close()
			}
		}
	}()
	for i := range servers {
		s, err := newServer("reader", modern, m.http)
		if err != nil {
			return Result{}, err
		}
		servers[i] = s
		s.listen(m.Delay, nil)
	}
	inbox, err := m.followedBy(ctx, servers)
	if err != nil {
		return Result{}, err
	}
	cpu, begun := m.cpu(), time.Now()
	if err := m.call(ctx, http.MethodPost, "/api/v1/statuses", map[string]string{"status": "One post for everybody", "visibility": "public"}, nil); err != nil {
		return Result{}, err
	}
	missing := m.until(ctx, servers, "Create", 2*time.Millisecond)
	took := time.Since(begun)
	var times []time.Duration
	for _, s := range servers {
		if at, ok := s.when("Create"); ok {
			times = append(times, at.Sub(begun))
		}
	}
	pause(ctx, 50*time.Millisecond) // for the server to write down that it is done
	result := m.result(times, missing, took, m.cpu()-cpu)
	m.repeat(ctx, len(servers), func(ctx context.Context, n int) error { // leave it as it was
		return servers[n].send(ctx, inbox, servers[n].actor.Do("Undo", servers[n].follows, nil))
	})
	return result, nil
}

// followedBy lets all servers follow the person.
func (m *meter) followedBy(ctx context.Context, servers []*server) (inbox string, err error) {
	target, inbox, err := m.discover(ctx, servers[0])
	if err != nil {
		return "", err
	}
	result := m.repeat(ctx, len(servers), func(ctx context.Context, n int) error {
		s := servers[n]
		s.follows = s.actor.Do("Follow", target, nil)
		return s.send(ctx, inbox, s.follows)
	})
	if result.Errors > 0 {
		return "", fault.New(fault.Unprocessable, "%d of %d follows were refused", result.Errors, len(servers))
	}
	if missing := m.until(ctx, servers, "Accept", 20*time.Millisecond); missing > 0 {
		return "", fault.New(fault.Unavailable, "%d of %d follows were not accepted in time", missing, len(servers))
	}
	return inbox, nil
}

// until waits until something came to all servers, and returns how many lack it when the time is
// over.
func (m *meter) until(ctx context.Context, servers []*server, kind string, every time.Duration) (missing int) {
	for {
		missing = 0
		for _, s := range servers {
			if _, ok := s.when(kind); !ok {
				missing++
			}
		}
		if missing == 0 || ctx.Err() != nil {
			return missing
		}
		pause(ctx, every)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
