package streaming

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/storage"
	"tulou/storage/storagetest"
)

// plain renders everything as its number.
type plain struct{}

func (plain) RenderStatus(_ context.Context, id int64, viewers []int64) (map[int64][]byte, error) {
	same, all := fmt.Appendf(nil, "%d", id), map[int64][]byte{}
	for _, viewer := range viewers {
		all[viewer] = same
	}
	return all, nil
}

func (plain) RenderNotification(_ context.Context, _, id int64) ([]byte, error) {
	return fmt.Appendf(nil, "%d", id), nil
}

func (plain) RenderConversation(_ context.Context, _, id int64) ([]byte, error) {
	return fmt.Appendf(nil, "%d", id), nil
}

func (plain) RenderAnnouncement(_ context.Context, id int64, _ string) ([]byte, error) {
	return fmt.Appendf(nil, "%d", id), nil
}

func newHub(t *testing.T) *Hub {
	t.Helper()
	store, err := storage.Open(context.Background(), storagetest.SQLite(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return New(Deps{Store: store, Auth: edge.NewAuth(store), Renderer: plain{}, Metrics: NewMetrics(prometheus.NewRegistry()),
		Log: slog.New(slog.DiscardHandler)})
}

// counted is what a metric says in all.
func counted(t *testing.T, c prometheus.Collector) (sum float64) {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.Metric {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return sum
}

// looker is somebody with a token who looks at their home timeline.
func looker(account int64) *stream {
	return newStream(edge.Who{Token: storage.Token{ID: account, Scopes: "read"}, Account: storage.Account{ID: account}}, "192.0.2.1:1", false)
}

func TestASlowReaderIsCutOffAndCostsBoundedMemory(t *testing.T) {
	// If this failed, one client that does not read could fill the memory of the node.
	for name, f := range map[string]*frame{
		"many": newFrame(channel{name: "public"}, eventUpdate, []byte("{}")),
		"long": newFrame(channel{name: "public"}, eventUpdate, bytes.Repeat([]byte("x"), queueBytesMax/10)),
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(t)
			s, quick := looker(1), looker(2)
			for _, each := range []*stream{s, quick} {
				if _, err := h.enter(each, channel{name: "public"}); err != nil {
					t.Fatal(err)
				}
			}
			count := 0
			for ; s.ended() == nil && count < 10*queueMax; count++ {
				if !s.offer(f) {
					h.Metrics.cut(endSlow)
				}
				quick.offer(f)
				quick.take()
			}
			if count > queueMax+1 || count*len(f.event) > queueBytesMax+2*len(f.event) {
				t.Errorf("%d messages of %d bytes wait", count, len(f.event))
			}
			if end := s.ended(); end == nil || end.label != "slow" || !end.retry {
				t.Errorf("the reader ends with %v", end)
			}
			if len(s.queue) != 0 || quick.ended() != nil {
				t.Error("what waited is kept, or the quick reader was cut off, too")
			}
			if got := counted(t, h.Metrics.cuts); got != 1 {
				t.Errorf("%v readers are counted", got)
			}
		})
	}
}

func TestAClientThatStopsReadingLosesItsConnection(t *testing.T) {
	// If this failed, whoever opens streams and reads nothing would hold connections for ever.
	h := newHub(t)
	router := chi.NewRouter()
	h.Routes(router)
	server := httptest.NewServer(router)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /api/v1/streaming/public HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := bufio.NewReader(conn).ReadString(':'); err != nil { // it has begun
		t.Fatal(err)
	}
	to := h.lookers([]channel{{name: "public"}})
	f := newFrame(channel{name: "public"}, eventUpdate, bytes.Repeat([]byte("x"), 64<<10))
	for _, s := range to[channel{name: "public"}] {
		for count := 0; s.offer(f); count++ {
			if count > 1<<20 {
				t.Fatal("nobody is cut off")
			}
		}
	}
	gone := make(chan struct{})
	go func() { h.running.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(writeTimeout):
		t.Error("the connection is still held")
	}
}

// stuck is a client that takes nothing more.
type stuck struct{ gone chan struct{} }

func (s stuck) write([][]byte) error { <-s.gone; return io.ErrClosedPipe }
func (s stuck) beat() error          { return nil }

func TestAnEndReachesAReaderWhoDoesNotRead(t *testing.T) {
	// If this failed, a revoked token would keep its connection for as long as its client does not
	// read.
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		s, client := looker(1), stuck{make(chan struct{})}
		s.setHurry(func() { time.AfterFunc(farewellTimeout, func() { close(client.gone) }) })
		leave, err := h.enter(s, channel{name: "user", of: 1})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan *ending)
		go func() { ended <- h.pump(t.Context(), s, client, eventsBeat) }()
		s.offer(newFrame(channel{name: "user"}, eventUpdate, []byte("{}")))
		synctest.Wait()
		began := time.Now()
		h.TokenRevoked("nonsense")
		h.TokenRevoked("1")
		if end := <-ended; end == nil || end.label != "revoked" || time.Since(began) > 2*time.Second {
			t.Errorf("it ended with %v after %s", end, time.Since(began))
		}
		leave()
	})
}

func TestStreamsOfATokenAnAddressAndASocketAreLimited(t *testing.T) {
	// If this failed, one person or machine could use up the streams of everybody.
	fill := func(h *Hub, most int, next func(i int) *stream) (refused error) {
		for i := range most + 1 {
			_, err := h.enter(next(i))
			if err != nil && i < most {
				t.Fatalf("stream %d: %v", i, err)
			}
			refused = err
		}
		return refused
	}
	at := func(s *stream, address string) *stream { s.address = address; return s }
	h := newHub(t)
	if err := fill(h, streamsPerToken, func(i int) *stream { return at(looker(1), fmt.Sprintf("192.0.2.%d:1", i)) }); !fault.Is(err, fault.RateLimited) {
		t.Errorf("a token with one too many: %v", err)
	}
	h = newHub(t)
	same := func(i int) *stream {
		return at(newStream(edge.Who{}, "", true), fmt.Sprintf("[2001:db8::%x]:%d", i+1, i+1))
	}
	if err := fill(h, streamsPerAddress, same); !fault.Is(err, fault.RateLimited) {
		t.Errorf("a home with one too many: %v", err)
	}
	leave, err := h.enter(at(looker(3), "198.51.100.1:1"))
	if err != nil {
		t.Fatal("others are refused, too", err)
	}
	leave()
	if len(h.byToken) != 1 || h.byToken[3] != 0 || len(h.byAddress) != 1 {
		t.Errorf("what has left is remembered: %v %v", h.byToken, h.byAddress)
	}
	h.Unlimited = true
	if _, err := h.enter(same(1)); err != nil {
		t.Errorf("without limits: %v", err)
	}
	s := looker(4)
	var many []channel
	for i := range channelsPerStream + 1 {
		many = append(many, channel{name: "hashtag", tag: fmt.Sprint(i)})
	}
	if err := h.subscribe(s, many); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("too many channels: %v", err)
	}
	if err := h.subscribe(s, many[1:]); err != nil || h.public != channelsPerStream {
		t.Errorf("enough channels: %v", err)
	}
	h.unsubscribe(s, many)
	if h.public != 0 || len(h.open) != 0 {
		t.Errorf("%d channels are left open", len(h.open))
	}
}

func TestTheProcessHasNoMoreStreamsThanItCanBear(t *testing.T) {
	// If this failed, streams would take the descriptors and the memory that everything else needs.
	h := newHub(t)
	h.Unlimited = true
	for i := range streamsMax {
		h.streams[looker(int64(i+1))] = true
	}
	if _, err := h.enter(looker(1)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("one too many: %v", err)
	}
}

func TestWhoFallsBehindIsClosedRatherThanLeftWithAGap(t *testing.T) {
	// If this failed, a client would believe that it has everything when it has not.
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t)
		s := looker(1)
		if _, err := h.enter(s, channel{name: "user", of: 1}); err != nil {
			t.Fatal(err)
		}
		for range happeningsMax + 1 {
			h.happened(storage.Happening{Kind: storage.HappenedHome, ID: 1, Accounts: []int64{1}})
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		synctest.Wait()
		h.leave(s)
		stop()
		<-done
		if end := s.ended(); end == nil || end.label != "behind" || len(h.queue) > happeningsMax {
			t.Errorf("it ends with %v, %d wait", end, len(h.queue))
		}
	})
}

func TestNothingIsDoneForWhatNobodyLooksAt(t *testing.T) {
	// If this failed, every post would cost what it costs to show it.
	h := newHub(t)
	s := looker(1)
	if _, err := h.enter(s, channel{name: "user", of: 1}, channel{name: "list", of: 9}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []storage.Happening{
		{Kind: storage.HappenedPost, ID: 1},
		{Kind: storage.HappenedHome, ID: 1, Accounts: []int64{2, 3}, Lists: []int64{8}},
		{Kind: storage.HappenedDelete, ID: 1, Accounts: []int64{2}, Gone: &storage.Gone{Public: true}},
		{Kind: storage.HappenedNotification, ID: 1, Accounts: []int64{1}},
		{Kind: storage.HappenedConversation, ID: 1, Accounts: []int64{1}},
		{Kind: storage.EventFiltersChanged, ID: 2},
	} {
		if h.put(x); waiting(h) != 0 {
			t.Errorf("%v concerns somebody", x)
		}
	}
	for _, x := range []storage.Happening{
		{Kind: storage.HappenedHome, ID: 1, Accounts: []int64{2, 1}},
		{Kind: storage.HappenedHome, ID: 1, Lists: []int64{9}},
		{Kind: storage.HappenedDelete, ID: 1, Lists: []int64{9}, Gone: &storage.Gone{}},
		{Kind: storage.HappenedEdit, ID: 1},
		{Kind: storage.EventFiltersChanged, ID: 1},
	} {
		if h.put(x); waiting(h) != 1 {
			t.Errorf("%v concerns nobody", x)
		}
	}
}

// waiting empties the queue and tells how much was in it.
func waiting(h *Hub) int {
	list, _ := h.waiting()
	return len(list)
}

func TestOtherProcessesAreToldOnlyWhileTheyLook(t *testing.T) {
	// If this failed, every post would write a row for streams that nobody has, or streams of another
	// process would miss what happens while they open.
	h := newHub(t)
	x := func(id int64) storage.Happening { return storage.Happening{Kind: storage.HappenedPost, ID: id} }
	rows := func() (relays []string, streaming int) {
		t.Helper()
		if err := h.relay.write(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		events, err := h.Store.EventsSince(t.Context(), time.Now().Add(-time.Minute), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			switch e.Kind {
			case storage.EventHappened:
				relays = append(relays, e.Payload)
			case storage.EventStreaming:
				streaming++
			}
		}
		return relays, streaming
	}
	now := time.Now()
	h.relay.add(x(1), now.Add(-2*recentFor))
	for id := range int64(2 * relayMax) {
		h.relay.add(x(id+2), now)
	}
	if relays, _ := rows(); len(relays) != 0 || len(h.relay.recent) > relayMax {
		t.Errorf("%d rows for nobody, %d remembered", len(relays), len(h.relay.recent))
	}
	h.relay.recent = h.relay.recent[:1]
	h.relay.heard(h.name, now)
	if relays, _ := rows(); len(relays) != 0 {
		t.Error("a process tells itself")
	}
	h.Streaming("another")
	h.happened(x(7))
	relays, _ := rows()
	if len(relays) != 1 || strings.Count(relays[0], "post") != 2 || !strings.Contains(relays[0], `"7"`) {
		t.Errorf("the other is told %v", relays)
	}
	h.Relayed(relays[0])
	s := looker(1)
	leave, err := h.enter(s, channel{name: "public"})
	if err != nil {
		t.Fatal(err)
	}
	h.Relayed(relays[0])
	if waiting(h) != 0 {
		t.Error("what a process told comes back to it")
	}
	h.Relayed(strings.Replace(relays[0], h.name, "another", 1))
	if got, _ := h.waiting(); len(got) != 2 {
		t.Errorf("of another's relay %v is taken", got)
	}
	if _, streaming := rows(); streaming != 1 {
		t.Errorf("said %d times that there are streams here", streaming)
	}
	if _, streaming := rows(); streaming != 1 {
		t.Error("said again at once")
	}
	h.Relayed(`{"from":"another","lost":true}`)
	if end := s.ended(); end == nil || end.label != "behind" {
		t.Errorf("what another lost: %v", end)
	}
	leave()
	h.relay.until = time.Time{}
	h.happened(x(8))
	if relays, _ := rows(); len(relays) != 1 {
		t.Error("others are told though they look no more")
	}
}

func TestNotificationsAreForTokensThatMayReadThem(t *testing.T) {
	// If this failed, a program that may read timelines would read who wrote to whom, too (A136).
	h := newHub(t)
	whole, half := looker(1), looker(1)
	for s, scopes := range map[*stream]string{whole: "read", half: "read:statuses"} {
		s.who.Token.Scopes = scopes
		channels, err := h.resolve(t.Context(), s.who, asked{name: "user"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.enter(s, channels...); err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{storage.HappenedNotification, storage.HappenedMerge} {
		if err := h.show(t.Context(), storage.Happening{Kind: kind, ID: 7, Accounts: []int64{1, 2}}); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := whole.take()
	if want := "event: notification\ndata: 7\n\nevent: notifications_merged\ndata: 1\n\n"; string(bytes.Join(got, nil)) != want {
		t.Errorf("a whole token is shown %q", got)
	}
	if got, _ := half.take(); len(got) != 0 {
		t.Errorf("half a token is shown %q", got)
	}
}

func TestAnEventHasBothFormsAsDocumented(t *testing.T) {
	// If this failed, apps would not understand what they are shown.
	for _, c := range []struct {
		channel        channel
		event          string
		data           []byte
		events, socket string
	}{
		{channel{name: "hashtag", tag: "tea"}, "update", []byte(`{"content":"<p>\u2028</p>"}`),
			"event: update\ndata: {\"content\":\"<p>\\u2028</p>\"}\n\n",
			`{"stream":["hashtag","tea"],"event":"update","payload":"{\"content\":\"<p>\\u2028</p>\"}"}`},
		{channel{name: "list", of: 12}, "delete", []byte("34"), "event: delete\ndata: 34\n\n",
			`{"stream":["list","12"],"event":"delete","payload":"34"}`},
		{channel{name: "user", of: 1}, "filters_changed", nil, "event: filters_changed\ndata: undefined\n\n",
			`{"stream":["user"],"event":"filters_changed"}`},
	} {
		f := newFrame(c.channel, c.event, c.data)
		if string(f.event) != c.events || string(f.socket) != c.socket {
			t.Errorf("%s\n%s", f.event, f.socket)
		}
	}
}

func TestAnswersOfStreamsAreForBrowsersAndProxies(t *testing.T) {
	// If this failed, proxies would hold events back or keep one person's for another, or programs in
	// browsers could not look.
	h := newHub(t)
	router := chi.NewRouter()
	h.Routes(router)
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		ctx, stop := context.WithCancelCause(t.Context())
		stop(errors.New("it is enough to see the beginning"))
		router.ServeHTTP(w, httptest.NewRequestWithContext(ctx, method, path, nil))
		return w
	}
	w := ask("GET", "/api/v1/streaming/public")
	for name, want := range map[string]string{"Content-Type": "text/event-stream", "Cache-Control": "private, no-store, no-transform",
		"X-Accel-Buffering": "no", "Access-Control-Allow-Origin": "*"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), ":thump\n\n") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/api/v1/streaming/health"); w.Code != 200 || w.Body.String() != "OK" {
		t.Errorf("health: %d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/api/v1/streaming"); w.Code != 404 || w.Body.String() != "{\"error\":\"Record not found\"}\n" {
		t.Errorf("no socket: %d %s", w.Code, w.Body)
	}
	if w := ask("GET", "/api/v1/streaming/user"); w.Code != 401 || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("a stranger: %d %s", w.Code, w.Body)
	}
	if len(h.streams) != 0 || len(h.open) != 0 {
		t.Error("streams are left behind")
	}
}
