// Package bench measures a server that speaks Mastodon's client API and ActivityPub, from outside:
// this node or any other. It is a client with a token, and it is other servers on loopback that
// the measured one must be allowed to federate with.
//
// What it reports is the rate, the times that a client waited and, if it is told the server's
// process, the CPU time that the server spent for each operation, which is the figure to compare:
// machines are shared, and wall time is mostly somebody else's.
//
// The invariant to remember: every run is bounded in count and time, and all of its traffic goes
// to the one server and to loopback.
package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tulou/protocol/fault"
)

// Options say what is measured and how much of it. The counts are bounds.
type Options struct {
	URL     string        // of the server
	Token   string        // of a person there, with the scopes read, write and follow
	PID     int           // of the server's process on this machine, 0 if unknown
	Only    []string      // names of runs; empty: all
	Notes   int           // how many notes are sent to the inbox
	Hosts   int           // how many servers a post goes to
	Delay   time.Duration // how long each of them takes to answer
	Reads   int           // how often a timeline is read
	Posts   int           // how many posts are written
	Clients int           // how many clients at once

	OtherURL   string // of a second server that federates with the first, for the run visible
	OtherToken string // of a person there
}

// Runs are the names of what can be measured, in order. The two fanouts differ in which signatures
// the other servers ask for. Visible is made if there is a second server; search, notifications and
// moments where there is something to read.
func Runs() []string {
	return []string{"post", "home", "public", "search", "inbox", "fanout", "fanout-ed25519", "notifications", "moments", visible}
}

const visible = "visible"

// timeout ends a run that does not get anywhere.
const timeout = 3 * time.Minute

// Result is one row of the report.
type Result struct {
	Run    string        `json:"run"`
	Count  int           `json:"count"`
	Errors int           `json:"errors"`
	Took   time.Duration `json:"took_ns"`
	P50    time.Duration `json:"p50_ns"`
	P95    time.Duration `json:"p95_ns"`
	P99    time.Duration `json:"p99_ns"`
	CPU    time.Duration `json:"cpu_ns"`    // of the server, for each operation; 0 if unknown
	Memory int64         `json:"rss_bytes"` // of the server's process afterwards; 0 if unknown
}

// Rate is operations in a second.
func (r Result) Rate() float64 {
	if r.Took <= 0 {
		return 0
	}
	return float64(r.Count) / r.Took.Seconds()
}

// Header names the columns of String.
const Header = "run              count  errors    rate/s         p50         p95         p99    cpu each    memory"

// String is a row of a table.
func (r Result) String() string {
	cpu, memory := "–", "–"
	if r.CPU > 0 {
		cpu = fmt.Sprintf("%.3f ms", float64(r.CPU.Microseconds())/1000)
	}
	if r.Memory > 0 {
		memory = fmt.Sprintf("%d MB", r.Memory>>20)
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return fmt.Sprintf("%-15s %6d %7d %9.1f %8.1f ms %8.1f ms %8.1f ms %11s %9s", r.Run, r.Count, r.Errors, r.Rate(),
		ms(r.P50), ms(r.P95), ms(r.P99), cpu, memory)
}

// Measure makes the runs and calls report after each. Faults: Invalid for options that cannot be,
// Unauthenticated for a token that the server does not take, Unavailable if it does not answer.
func Measure(ctx context.Context, o Options, report func(Result)) error {
	for _, name := range o.Only {
		if !slices.Contains(Runs(), name) {
			return fault.New(fault.Invalid, "there is no run %q; there are %s", name, strings.Join(Runs(), ", "))
		}
	}
	m, err := newMeter(ctx, o)
	if err != nil {
		return err
	}
	runs := map[string]func(context.Context) (Result, error){
		"post": m.post, "home": m.home, "public": m.public, "inbox": m.inbox,
		"fanout":         func(ctx context.Context) (Result, error) { return m.fanout(ctx, false) },
		"fanout-ed25519": func(ctx context.Context) (Result, error) { return m.fanout(ctx, true) },
		"search":         m.search, "notifications": m.notifications, "moments": m.moments,
		visible: m.visible,
	}
	for _, name := range Runs() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, name) || len(o.Only) == 0 && name == visible && o.OtherURL == "" {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, timeout)
		result, err := runs[name](ctx)
		cancel()
		if len(o.Only) == 0 && fault.Is(err, fault.NotFound) {
			continue // another server, which does not have this
		}
		if err != nil {
			return fmt.Errorf("measure %s: %w", name, err)
		}
		result.Run, result.Memory = name, m.memory()
		report(result)
	}
	return nil
}

// meter is a client of the measured server.
type meter struct {
	Options
	http *http.Client
	me   account
}

type account struct {
	ID   string `json:"id"`
	Acct string `json:"acct"`
	URI  string `json:"uri"`
	URL  string `json:"url"`
}

func newMeter(ctx context.Context, o Options) (*meter, error) {
	base, err := url.Parse(o.URL)
	if err != nil || base.Host == "" {
		return nil, fault.New(fault.Invalid, "the server's URL is missing or not a URL")
	}
	o.URL = strings.TrimSuffix(o.URL, "/")
	m := &meter{Options: o, http: &http.Client{Timeout: 30 * time.Second, Transport: localTransport(o.Clients)}}
	return m, m.call(ctx, http.MethodGet, "/api/v1/accounts/verify_credentials", nil, &m.me)
}

// call makes one request and decodes the answer into out, if it is not nil.
func (m *meter) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, m.URL+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+m.Token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "tulou-bench")
	res, err := m.http.Do(r)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "the server does not answer: %v", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return fault.New(fault.Unauthenticated, "the server does not take the token for %s", path)
	case res.StatusCode >= 300:
		return fault.New(fault.Unprocessable, "%s %s: %d %s", method, path, res.StatusCode, answer[:min(len(answer), 200)])
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

// repeat calls do count times from several clients at once and measures each call.
func (m *meter) repeat(ctx context.Context, count int, do func(ctx context.Context, n int) error) Result {
	var next, failed atomic.Int64
	var running sync.WaitGroup
	times := make([]time.Duration, count)
	cpu, begun := m.cpu(), time.Now()
	for range max(1, m.Clients) {
		running.Go(func() {
			for n := int(next.Add(1)) - 1; n < count && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
				start := time.Now()
				if do(ctx, n) != nil {
					failed.Add(1)
				}
				times[n] = time.Since(start)
			}
		})
	}
	running.Wait()
	return m.result(times, int(failed.Load()), time.Since(begun), m.cpu()-cpu)
}

func (m *meter) result(times []time.Duration, failed int, took, cpu time.Duration) Result {
	slices.Sort(times)
	at := func(q float64) time.Duration { return times[min(int(q*float64(len(times))), len(times)-1)] }
	r := Result{Count: len(times), Errors: failed, Took: took}
	if len(times) > 0 {
		r.P50, r.P95, r.P99, r.CPU = at(.5), at(.95), at(.99), cpu/time.Duration(len(times))
	}
	return r
}

// post writes posts.
func (m *meter) post(ctx context.Context) (Result, error) {
	return m.repeat(ctx, m.Posts, func(ctx context.Context, n int) error {
		return m.call(ctx, http.MethodPost, "/api/v1/statuses", map[string]string{
			"status":     fmt.Sprintf("Post %d of a measurement, with a few words and a link https://example.org/?a=1&b=2", n),
			"visibility": "public"}, nil) // GoToSocial makes them unlisted otherwise
	}), nil
}

func (m *meter) home(ctx context.Context) (Result, error) {
	return m.read(ctx, "/api/v1/timelines/home?limit=20")
}

func (m *meter) public(ctx context.Context) (Result, error) {
	return m.read(ctx, "/api/v1/timelines/public?limit=20")
}

func (m *meter) read(ctx context.Context, path string) (Result, error) {
	statuses, err := m.page(ctx, path)
	if err != nil {
		return Result{}, err
	}
	if len(statuses) < 20 {
		return Result{}, fault.New(fault.Unprocessable, "%s has %d posts, 20 are needed: run post first", path, len(statuses))
	}
	return m.reads(ctx, path), nil
}
