package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/federation"
	"tulou/node"
	"tulou/node/bench"
	"tulou/node/nodetest/peer"
	"tulou/protocol/ids"
	"tulou/storage"
)

// cpu is the processor time that this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// running is a whole node behind real HTTP on loopback, with SQLite on disk.
type running struct {
	*node.Node
	url string
	ana storage.Account
}

func start(b *testing.B, deps node.Deps) *running {
	b.Helper()
	var handler atomic.Pointer[http.Handler]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*handler.Load()).ServeHTTP(w, r) }))
	b.Cleanup(server.Close)
	config := node.Config{URL: server.URL, AllowPrivatePeers: true, AdminListen: node.Off}
	config.DataDir = b.TempDir()
	deps.Log = slog.New(slog.DiscardHandler)
	n, err := node.New(b.Context(), config, deps)
	if err != nil {
		b.Fatal(err)
	}
	h := n.Handler()
	handler.Store(&h)
	b.Cleanup(n.Close)
	ana, err := n.People().Create(b.Context(), people.NewPerson{Handle: "ana", Email: "ana@example.org", Password: "correct horse", Confirmed: true})
	if err != nil {
		b.Fatal(err)
	}
	return &running{n, server.URL, ana}
}

// work lets the node apply and deliver until the benchmark ends.
func (r *running) work(b *testing.B) {
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx, node.Listeners{}) })
	b.Cleanup(func() { stop(); wg.Wait() })
}

// settle waits until a queue is empty.
func (r *running) settle(b *testing.B) {
	b.Helper()
	for {
		depths, err := r.Store().QueueDepths(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		waiting := int64(0)
		for _, d := range depths {
			if d.Queue == federation.QueueInbox || d.Queue == storage.QueueDeliver {
				waiting += d.Jobs
			}
		}
		if waiting == 0 {
			return
		}
		<-time.After(time.Millisecond)
	}
}

// BenchmarkInbox sends signed public notes by several people whom ana follows, and waits until all
// of them are in her home timeline. Signing is done before the clock starts.
func BenchmarkInbox(b *testing.B) {
	for _, authors := range []int{1, 50} {
		b.Run(fmt.Sprintf("authors=%d", authors), func(b *testing.B) { benchmarkInbox(b, authors) })
	}
}

func benchmarkInbox(b *testing.B, authors int) {
	benchmarkInboxWith(b, authors, func(*running) {})
}

func benchmarkInboxWith(b *testing.B, authors int, prepare func(r *running)) {
	r := start(b, node.Deps{})
	r.work(b)
	prepare(r)
	p := peer.New("")
	other := httptest.NewServer(p)
	defer other.Close()
	p.Base = other.URL
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	for i := range authors {
		a := p.Actor(fmt.Sprintf("writer%d", i))
		account, err := r.Engine().Account(b.Context(), a.ID)
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Store().Tx(b.Context(), func(tx *storage.Tx) error {
			f, err := tx.PutFollow(b.Context(), storage.Follow{AccountID: r.ana.ID, TargetID: account.ID, URI: fmt.Sprint(r.ana.URI, "/f/", i), Boosts: true})
			if err != nil {
				return err
			}
			_, err = tx.AcceptFollow(b.Context(), f.AccountID, f.TargetID)
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	requests := make([]*http.Request, b.N)
	for i := range requests {
		a := p.Actor(fmt.Sprintf("writer%d", i%authors))
		note := a.Note(fmt.Sprint(i), fmt.Sprintf("<p>Note %d: tea from the mountains, and a <a href=\"https://example.org/?a=1&amp;b=2\">link</a></p>", i), nil)
		requests[i] = a.Request(context.Background(), peer.Message{URL: r.url + "/inbox", Body: peer.JSON(a.Create(note))})
	}
	before := cpu()
	b.ResetTimer()
	var next atomic.Int64
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				res, err := client.Do(requests[i])
				if err != nil {
					b.Error(err)
					return
				}
				if res.StatusCode != http.StatusAccepted {
					text, _ := io.ReadAll(res.Body)
					b.Errorf("status %d %s", res.StatusCode, text)
				}
				res.Body.Close()
			}
		})
	}
	senders.Wait()
	r.settle(b)
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(b.N), "cpu-ms/note")
	if stamps, err := r.Store().Home(b.Context(), r.ana.ID, storage.Page{Limit: 40}); err != nil || len(stamps) < min(b.N, 40) {
		b.Fatalf("%d posts in the timeline: %v", len(stamps), err)
	}
}

// BenchmarkVisible posts on one node until the post is in the home timeline of a follower on
// another one, over real sockets, one post after another.
func BenchmarkVisible(b *testing.B) {
	o := bench.Options{Only: []string{"visible"}, Posts: b.N}
	for _, at := range []struct{ url, token *string }{{&o.URL, &o.Token}, {&o.OtherURL, &o.OtherToken}} {
		r := start(b, node.Deps{})
		r.work(b)
		token, err := r.CreateToken(b.Context(), "ana", "read write follow")
		if err != nil {
			b.Fatal(err)
		}
		*at.url, *at.token = r.url, token.Secret
	}
	before := cpu()
	b.ResetTimer()
	if err := bench.Measure(b.Context(), o, func(r bench.Result) {
		b.ReportMetric(float64(r.P50.Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(r.P99.Microseconds())/1000, "p99-ms")
		b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(b.N), "cpu-ms/post")
	}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkFanOut posts to 10,000 followers, 20 on each of 500 hosts, until everything is queued.
// It fails if that takes a look at the network, or more than one delivery for each host.
func BenchmarkFanOut(b *testing.B) {
	const followers, hosts = 10_000, 500
	r := start(b, node.Deps{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		b.Errorf("%s was dialled", address)
		return nil, errors.New("there is no network")
	}})
	if err := r.Store().Tx(b.Context(), func(tx *storage.Tx) error {
		for i := range followers {
			base := fmt.Sprintf("http://host%d.invalid", i%hosts)
			uri := fmt.Sprintf("%s/users/u%d", base, i)
			a, err := tx.PutRemoteAccount(b.Context(), storage.Account{URI: uri, Name: fmt.Sprint("u", i), Host: ids.Host(base),
				Type: "Person", Inbox: uri + "/inbox", SharedInbox: base + "/inbox", CreatedAt: storage.Now()})
			if err != nil {
				return err
			}
			if _, err := tx.PutFollow(b.Context(), storage.Follow{AccountID: a.ID, TargetID: r.ana.ID, URI: uri + "/f", Accepted: true}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	ana, err := r.Store().AccountByID(b.Context(), r.ana.ID)
	if err != nil {
		b.Fatal(err)
	}
	before := cpu()
	for b.Loop() {
		if _, err := r.Social().Post(b.Context(), ana, social.NewPost{Text: "to everybody", Visibility: "public"}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((cpu()-before).Microseconds())/1000/float64(b.N), "cpu-ms/post")
	depths, err := r.Store().QueueDepths(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, d := range depths {
		if d.Queue == storage.QueueDeliver {
			b.ReportMetric(float64(d.Jobs)/float64(b.N), "deliveries/post")
			if d.Jobs > int64(hosts*b.N) {
				b.Errorf("%d deliveries for %d posts", d.Jobs, b.N)
			}
		}
	}
}
