package bench

import (
	"context"
	"encoding/json"
	"fmt"
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
	peer  *peer.Peer
	actor *peer.Actor
	close func()
}

func newServer(name string) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := peer.New("http://" + listener.Addr().String())
	h := &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	go h.Serve(listener)
	return &server{peer: p, actor: p.Actor(name), close: func() { h.Close() }}, nil
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
	// After the name in parentheses, fields 14 and 15 of proc(5) are user and system time in ticks.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * time.Second / ticks
}

// ticks is how many clock ticks a second has for /proc on every Linux there is.
const ticks = 100

// actorURI finds the ActivityPub id of the person whose token it is.
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
	if _, err := m.call(ctx, http.MethodGet, "/.well-known/webfinger?resource="+url.QueryEscape(resource), nil, &jrd); err != nil {
		return "", err
	}
	for _, link := range jrd.Links {
		if link.Rel == "self" {
			return link.Href, nil
		}
	}
	return "", fault.New(fault.Unprocessable, "WebFinger of %s names no actor", resource)
}

// inbox sends signed notes of somebody whom the person follows and waits until all of them are in
// the home timeline: accepted and fully processed.
func (m *meter) inbox(ctx context.Context) (Result, error) {
	s, err := newServer("writer")
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	if err := m.follow(ctx, s); err != nil {
		return Result{}, err
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: localTransport(m.Clients)}
	last := fmt.Sprintf("note %d of the measurement", m.Notes-1)
	cpu, begun := m.cpu(), time.Now()
	result := m.repeat(ctx, m.Notes, func(ctx context.Context, n int) error {
		note := s.actor.Note(strconv.Itoa(n), fmt.Sprintf("<p>note %d of the measurement</p>", n), nil)
		status, err := s.actor.Send(ctx, client, m.URL+"/inbox", s.actor.Create(note))
		if err == nil && status >= 300 {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
	if err := m.untilSeen(ctx, s.actor.Name, m.Notes-result.Errors); err != nil {
		return result, fmt.Errorf("after %q: %w", last, err)
	}
	result.Took = time.Since(begun)
	result.CPU = (m.cpu() - cpu) / time.Duration(max(1, m.Notes))
	return result, nil
}

// follow makes the person follow the server's actor, which accepts.
func (m *meter) follow(ctx context.Context, s *server) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: localTransport(1)}
	accepted := make(chan int, 1)
	s.peer.Answer(func(d peer.Delivery) int {
		if a := d.Activity(); a["type"] == "Follow" {
			go func() {
				status, _ := s.actor.Send(ctx, client, m.URL+"/inbox", s.actor.Do("Accept", a, nil))
				accepted <- status
			}()
		}
		return http.StatusAccepted
	})
	var found struct{ Accounts []account }
	handle := "@" + s.actor.Name + "@" + strings.TrimPrefix(s.peer.Base, "http://")
	if _, err := m.call(ctx, http.MethodGet, "/api/v2/search?resolve=true&type=accounts&q="+url.QueryEscape(handle), nil, &found); err != nil {
		return err
	}
	if len(found.Accounts) == 0 {
		return fault.New(fault.Unprocessable, "the server does not find %s: does it allow private peers?", handle)
	}
	if _, err := m.call(ctx, http.MethodPost, "/api/v1/accounts/"+found.Accounts[0].ID+"/follow", struct{}{}, nil); err != nil {
		return err
	}
	select {
	case status := <-accepted:
		if status >= 300 {
			return fault.New(fault.Unprocessable, "the Accept was answered with %d", status)
		}
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "no Follow came")
	}
	for ctx.Err() == nil {
		var relations []struct{ Following bool }
		if _, err := m.call(ctx, http.MethodGet, "/api/v1/accounts/relationships?id[]="+found.Accounts[0].ID, nil, &relations); err != nil {
			return err
		}
		if len(relations) == 1 && relations[0].Following {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
	}
	return ctx.Err()
}

// untilSeen waits until so many posts of somebody are in the home timeline.
func (m *meter) untilSeen(ctx context.Context, name string, want int) error {
	seen := map[string]bool{}
	for ctx.Err() == nil {
		page := "/api/v1/timelines/home?limit=40"
		for {
			var statuses []struct {
				ID      string
				Account account
			}
			if _, err := m.call(ctx, http.MethodGet, page, nil, &statuses); err != nil {
				return err
			}
			fresh := 0
			for _, s := range statuses {
				if strings.HasPrefix(s.Account.Acct, name+"@") && !seen[s.ID] {
					seen[s.ID], fresh = true, fresh+1
				}
			}
			if len(seen) >= want {
				return nil
			}
			if fresh == 0 || len(statuses) == 0 {
				break
			}
			page = "/api/v1/timelines/home?limit=40&max_id=" + statuses[len(statuses)-1].ID
		}
		pause(ctx, 20*time.Millisecond)
	}
	return fmt.Errorf("%d of %d notes were seen: %w", len(seen), want, ctx.Err())
}

// fanout lets a follower on each of many servers follow the person and measures one post until each
// of them has it.
func (m *meter) fanout(ctx context.Context) (Result, error) {
	target, err := m.actorURI(ctx)
	if err != nil {
		return Result{}, err
	}
	servers := make([]*server, m.Hosts)
	defer func() {
		for _, s := range servers {
			if s != nil {
				s.close()
			}
		}
	}()
	var arrivals arrivals
	for i := range servers {
		if servers[i], err = newServer("reader"); err != nil {
			return Result{}, err
		}
		servers[i].peer.Answer(arrivals.answer(m.Delay))
	}
	if err := m.followedBy(ctx, servers, target, &arrivals); err != nil {
		return Result{}, err
	}
	cpu, begun := m.cpu(), time.Now()
	arrivals.begin(begun)
	if _, err := m.call(ctx, http.MethodPost, "/api/v1/statuses", map[string]string{"status": "One post for everybody"}, nil); err != nil {
		return Result{}, err
	}
	for arrivals.count("Create") < len(servers) && ctx.Err() == nil {
		pause(ctx, 2*time.Millisecond)
	}
	took := time.Since(begun)
	result := m.result(arrivals.times(), len(servers)-arrivals.count("Create"), took, m.cpu()-cpu)
	return result, nil
}

func (m *meter) followedBy(ctx context.Context, servers []*server, target string, arrivals *arrivals) error {
	client := &http.Client{Timeout: 30 * time.Second, Transport: localTransport(m.Clients)}
	result := m.repeat(ctx, len(servers), func(ctx context.Context, n int) error {
		s := servers[n]
		status, err := s.actor.Send(ctx, client, m.URL+"/inbox", s.actor.Do("Follow", target, nil))
		if err == nil && status >= 300 {
			err = fmt.Errorf("status %d", status)
		}
		return err
	})
	if result.Errors > 0 {
		return fault.New(fault.Unprocessable, "%d of %d follows were refused", result.Errors, len(servers))
	}
	for arrivals.count("Accept") < len(servers) && ctx.Err() == nil {
		pause(ctx, 20*time.Millisecond)
	}
	if ctx.Err() != nil {
		return fault.New(fault.Unavailable, "%d of %d follows were accepted in time", arrivals.count("Accept"), len(servers))
	}
	return nil
}

// arrivals notes what came to the servers and when.
type arrivals struct {
	mu    sync.Mutex
	since time.Time
	kinds map[string]int
	after []time.Duration
}

func (a *arrivals) answer(delay time.Duration) func(peer.Delivery) int {
	return func(d peer.Delivery) int {
		var activity struct{ Type string }
		json.Unmarshal(d.Body, &activity)
		if activity.Type == "Create" && delay > 0 {
			pause(context.Background(), delay)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.kinds == nil {
			a.kinds = map[string]int{}
		}
		a.kinds[activity.Type]++
		if activity.Type == "Create" {
			a.after = append(a.after, time.Since(a.since))
		}
		return http.StatusAccepted
	}
}

func (a *arrivals) begin(at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.since = at
}

func (a *arrivals) count(kind string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.kinds[kind]
}

func (a *arrivals) times() []time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]time.Duration(nil), a.after...)
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
