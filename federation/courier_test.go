package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/vocab"
	"tulou/storage"
)

const day = 24 * time.Hour

// letterbox is an inbox of another server that notes what comes. answer decides the status, 0 or no
// function is 202.
type letterbox struct {
	delay  time.Duration
	answer func(content string) int
	header http.Header

	mu   sync.Mutex
	took []letter // what was answered with success, in order
	all  int      // requests
	most int      // requests at one time
	here int
}

type letter struct {
	content string
	at      time.Time
	request *http.Request
	body    []byte
}

func (b *letterbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	b.all++
	b.here++
	b.most = max(b.most, b.here)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.here--
		b.mu.Unlock()
	}()
	select {
	case <-time.After(b.delay):
	case <-r.Context().Done():
		return
	}
	var a struct{ Content string }
	json.Unmarshal(body, &a)
	status := http.StatusAccepted
	if b.answer != nil {
		if s := b.answer(a.Content); s != 0 {
			status = s
		}
	}
	for name, values := range b.header {
		w.Header()[name] = values
	}
	if status < 300 {
		b.mu.Lock()
		b.took = append(b.took, letter{a.Content, time.Now(), r, body})
		b.mu.Unlock()
	}
	w.WriteHeader(status)
	if status >= 300 {
		fmt.Fprintf(w, "no\nthanks: %s", a.Content)
	}
}

// contents returns what came, in order.
func (b *letterbox) contents() (list []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range b.took {
		list = append(list, l.content)
	}
	return list
}

// letters returns what came, in order.
func (b *letterbox) letters() []letter {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.took)
}

// atOnce returns how many requests were under way at one time.
func (b *letterbox) atOnce() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most
}

func (b *letterbox) requests() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// write sends one of ours to others.
func (n *outNode) write(t testing.TB, from storage.Account, content string, to ...storage.Account) {
	t.Helper()
	a := vocab.Activity{Type: "Like", Actor: from.URI, ObjectID: "http://x.example/1", Content: content}
	for _, who := range to {
		a.To = append(a.To, who.URI)
	}
	n.send(t, from, a)
}

// carry runs a courier until the test ends or it is stopped. Without being woken it looks once an
// hour only, so that weeks pass quickly.
func (n *outNode) carry(t testing.TB) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	courier := newCourier(n.Engine)
	courier.poll = time.Hour
	var running sync.WaitGroup
	running.Go(func() {
		if err := courier.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = func() { cancel(); running.Wait() }
	t.Cleanup(stop)
	return stop
}

func numbers(count int) (list []string) {
	for i := range count {
		list = append(list, fmt.Sprint(i))
	}
	return list
}

func (n *outNode) dead(t testing.TB) []storage.DeadDelivery {
	t.Helper()
	dead, err := n.store.DeadDeliveries(context.Background(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return dead
}

// What one person sends to a server must arrive in the order of sending, once, while others do not
// wait for it.
func TestSendersKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		ben := n.person(t, "ben", 2)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{delay: 50 * time.Millisecond}
		n.net.serve(t, "orchard.example", box)
		for i := range 120 { // more than one lease holds
			n.write(t, n.ana, fmt.Sprint(i), bob)
			n.write(t, ben, fmt.Sprint("ben ", i), bob)
		}
		n.carry(t)
		time.Sleep(time.Minute)
		var anas, bens []string
		for _, c := range box.contents() {
			if rest, ok := strings.CutPrefix(c, "ben "); ok {
				bens = append(bens, rest)
			} else {
				anas = append(anas, c)
			}
		}
		if diff := cmp.Diff(numbers(120), anas); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(numbers(120), bens); diff != "" {
			t.Error(diff)
		}
		if box.atOnce() != 2 {
			t.Errorf("%d requests at one time, want one for each sender", box.atOnce())
		}
	})
}

// A small server must not be flooded by many senders.
func TestFourRequestsToOneHostAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{delay: time.Second}
		n.net.serve(t, "orchard.example", box)
		for i := range 12 {
			n.write(t, n.person(t, fmt.Sprintf("p%d", i), byte(i+10)), "hello", bob)
		}
		n.carry(t)
		time.Sleep(10 * time.Second)
		if got := len(box.contents()); got != 12 {
			t.Errorf("%d arrived, want 12", got)
		}
		if box.atOnce() != perHostMax {
			t.Errorf("%d requests at one time, want %d", box.atOnce(), perHostMax)
		}
	})
}

// Whatever was sent while a server was away for days must arrive when it returns, in order.
func TestPeerAwayForDaysGetsEverythingInOrder(t *testing.T) {
	for _, away := range []time.Duration{time.Minute, 6 * day, 7 * day} {
		t.Run(away.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newOutNode(t)
				bob := n.stranger(t, "bob", "orchard.example")
				n.carry(t)
				for i := range 100 {
					n.write(t, n.ana, fmt.Sprint(i), bob)
					time.Sleep(away / 100)
				}
				box := &letterbox{}
				n.net.serve(t, "orchard.example", box)
				time.Sleep(9 * time.Hour) // the longest pause of an open breaker
				if diff := cmp.Diff(numbers(100), box.contents()); diff != "" {
					t.Error(diff)
				}
				if dead := n.dead(t); len(dead) != 0 {
					t.Errorf("%d were given up, the first because %s", len(dead), dead[0].Error)
				}
				if n.net.dials > 80 {
					t.Errorf("a host that was away was asked %d times", n.net.dials)
				}
			})
		})
	}
}

// A server that never returns must not collect deliveries for ever, and an operator must be able to
// read why they were given up.
func TestHostThatStaysAwayIsGivenUpAfterAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		for i := range 130 {
			n.write(t, n.ana, fmt.Sprint(i), bob)
		}
		n.carry(t)
		time.Sleep(7*day - time.Hour)
		if dead := n.dead(t); len(dead) != 0 {
			t.Fatalf("%d were given up before a week was over", len(dead))
		}
		time.Sleep(day)
		dead := n.dead(t)
		if len(dead) != 130 {
			t.Fatalf("%d were given up, want 130", len(dead))
		}
		if !strings.Contains(dead[0].Error, "week") {
			t.Errorf("the reason is %q", dead[0].Error)
		}
	})
}

// One post that a server chokes on must not hold up the others, and must be tried again.
func TestServerErrorConcernsOneDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		var mu sync.Mutex
		failures := 2
		box := &letterbox{answer: func(content string) int {
			mu.Lock()
			defer mu.Unlock()
			if content == "1" && failures > 0 {
				failures--
				return 500
			}
			return 0
		}}
		n.net.serve(t, "orchard.example", box)
		for i := range 4 {
			n.write(t, n.ana, fmt.Sprint(i), bob)
		}
		n.carry(t)
		time.Sleep(5 * time.Second)
		if diff := cmp.Diff([]string{"0", "2", "3"}, box.contents()); diff != "" {
			t.Error(diff)
		}
		time.Sleep(10 * time.Minute)
		if diff := cmp.Diff([]string{"0", "2", "3", "1"}, box.contents()); diff != "" {
			t.Error(diff)
		}
	})
}

// A server that asks for time must get it, for everything, and nothing may be lost or reordered.
func TestBusyHostIsLeftAloneAsLongAsItAsks(t *testing.T) {
	for _, status := range []int{429, 503} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newOutNode(t)
				bob := n.stranger(t, "bob", "orchard.example")
				start := time.Now()
				box := &letterbox{header: http.Header{"Retry-After": {"3600"}}, answer: func(string) int {
					if time.Since(start) < 10*time.Minute {
						return status
					}
					return 0
				}}
				n.net.serve(t, "orchard.example", box)
				for i := range 10 {
					n.write(t, n.ana, fmt.Sprint(i), bob)
				}
				n.carry(t)
				time.Sleep(59 * time.Minute)
				if got := box.requests(); got != 1 {
					t.Errorf("%d requests to a server that asked for an hour", got)
				}
				time.Sleep(2 * time.Minute)
				if diff := cmp.Diff(numbers(10), box.contents()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A refusal must be tried often enough for a mistake to be noticed, and no more; the reason must
// say what the server said.
func TestRefusalIsTriedThreeTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{answer: func(string) int { return 401 }}
		n.net.serve(t, "orchard.example", box)
		n.write(t, n.ana, "hello", bob)
		n.carry(t)
		time.Sleep(3 * day)
		if got := box.requests(); got != 3 {
			t.Errorf("%d requests, want 3", got)
		}
		dead := n.dead(t)
		if len(dead) != 1 || dead[0].Error != "orchard.example answered 401: no thanks: hello" {
			t.Errorf("given up: %+v", dead)
		}
	})
}

// An inbox that is gone must be asked on three days before it is believed, and a malformed activity
// once.
func TestGoneInboxIsAskedOnThreeDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		bea := n.stranger(t, "bea", "meadow.example")
		gone, strict := &letterbox{answer: func(string) int { return 410 }}, &letterbox{answer: func(string) int { return 400 }}
		n.net.serve(t, "orchard.example", gone)
		n.net.serve(t, "meadow.example", strict)
		n.write(t, n.ana, "hello", bob, bea)
		n.carry(t)
		time.Sleep(47 * time.Hour)
		if got := gone.requests(); got != 2 {
			t.Errorf("%d requests in two days, want 2", got)
		}
		time.Sleep(5 * day)
		if got := gone.requests(); got != 3 {
			t.Errorf("%d requests, want 3", got)
		}
		if got := strict.requests(); got != 1 {
			t.Errorf("%d requests of what is malformed, want 1", got)
		}
		if dead := n.dead(t); len(dead) != 2 {
			t.Errorf("%d were given up, want 2", len(dead))
		}
	})
}

// Servers that hang until the timeout must cost those that answer next to nothing.
func TestHangingHostsCostTheOthersLessThanATenth(t *testing.T) {
	p95 := func(hosts, hanging int) (slowest time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			n := newOutNode(t)
			var boxes []*letterbox
			to := n.strangers(t, hosts)
			for i := range hosts {
				box := &letterbox{delay: 100 * time.Millisecond}
				if i%(hosts/max(hanging, 1)) == 0 && hanging > 0 {
					box.delay = time.Hour
				} else {
					boxes = append(boxes, box)
				}
				n.net.serve(t, to[i].Host, box)
			}
			start := time.Now()
			n.write(t, n.ana, "hello", to...)
			n.carry(t)
			time.Sleep(5 * time.Second)
			var took []time.Duration
			for _, box := range boxes {
				for _, l := range box.letters() {
					took = append(took, l.at.Sub(start))
				}
			}
			if len(took) != len(boxes) {
				t.Errorf("%d of %d healthy servers got it within five seconds", len(took), len(boxes))
				return
			}
			slices.Sort(took)
			slowest = took[len(took)*95/100]
		})
		return slowest
	}
	for _, hosts := range []int{100, 300} {
		healthy, mixed := p95(hosts, 0), p95(hosts, hosts/10)
		t.Logf("%d hosts: p95 %v, with a tenth of them hanging %v", hosts, healthy, mixed)
		if mixed > healthy*11/10 {
			t.Errorf("%d hosts: p95 rises from %v to %v", hosts, healthy, mixed)
		}
	}
}

// However many servers hang, those that answer must not wait for their timeouts.
func TestHostsThatHangDoNotTakeAllPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		const hanging = fastMax + 20
		to := n.strangers(t, hanging+20)
		hang := &letterbox{delay: time.Hour}
		for _, who := range to[:hanging] {
			n.net.serve(t, who.Host, hang)
		}
		n.write(t, n.ana, "hello", to[:hanging]...)
		n.carry(t)
		box := &letterbox{}
		for _, who := range to[hanging:] {
			n.net.serve(t, who.Host, box)
		}
		time.Sleep(time.Second)
		n.write(t, n.ana, "hello", to[hanging:]...)
		time.Sleep(time.Second)
		if got := len(box.contents()); got != 20 {
			t.Errorf("%d of 20 servers got it within a second", got)
		}
	})
}

// A server that was away must be tried with one delivery, not with one of every sender.
func TestProbeIsOneDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{delay: time.Hour}
		n.net.serve(t, "orchard.example", box)
		for i := range 8 {
			n.write(t, n.person(t, fmt.Sprintf("p%d", i), byte(i+10)), "hello", bob)
		}
		n.carry(t)
		time.Sleep(20 * time.Second)
		first := box.requests()
		if first != perHostMax {
			t.Errorf("%d requests at first, want %d", first, perHostMax)
		}
		time.Sleep(45 * time.Second)
		if got := box.requests() - first; got != 1 {
			t.Errorf("%d requests when it was tried again, want 1", got)
		}
	})
}

// Requests that wait must make room for others, as far as there is memory, and hosts that failed
// before must not take all of it.
func TestWaitingRequestsMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBerths()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var leaves []func()
		enter := func(suspect bool) bool {
			ctx, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
			defer cancel()
			leave, err := b.enter(ctx, suspect)
			if err == nil {
				leaves = append(leaves, leave)
			}
			return err == nil
		}
		fill := func(suspect bool) (count int) {
			for enter(suspect) {
				count++
			}
			return count
		}
		if got := fill(true); got != suspectMax {
			t.Errorf("%d suspects got a place, want %d", got, suspectMax)
		}
		for part := range 2 {
			if got := fill(false); got != fastMax && part == 0 {
				t.Errorf("%d requests got a place, want %d", got, fastMax)
			}
			time.Sleep(2 * handOver)
		}
		fill(false)
		if len(leaves) != fastMax+slowMax {
			t.Errorf("%d requests under way, want %d", len(leaves), fastMax+slowMax)
		}
		for _, leave := range leaves {
			leave()
		}
		time.Sleep(2 * handOver)
		if len(b.fast)+len(b.slow)+len(b.suspects) != 0 {
			t.Errorf("places stay taken: %d, %d, %d", len(b.fast), len(b.slow), len(b.suspects))
		}
	})
}

// Servers that take 200 ms each must be waited for at the same time.
func TestTwoHundredSlowHostsTakeLessThanASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		var boxes []*letterbox
		to := n.strangers(t, 200)
		for i := range 200 {
			boxes = append(boxes, &letterbox{delay: 200 * time.Millisecond})
			n.net.serve(t, to[i].Host, boxes[i])
		}
		n.carry(t)
		time.Sleep(10 * time.Second)
		n.write(t, n.ana, "hello", to...)
		time.Sleep(time.Second)
		for i, box := range boxes {
			if len(box.contents()) != 1 {
				t.Fatalf("host %d got it %d times within a second", i, len(box.contents()))
			}
		}
	})
}

// Stopping must lose nothing and leave nothing leased: the next process goes on at once.
func TestStoppingGivesLeasesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{delay: time.Second}
		n.net.serve(t, "orchard.example", box)
		for i := range 10 {
			n.write(t, n.ana, fmt.Sprint(i), bob)
		}
		stop := n.carry(t)
		time.Sleep(3500 * time.Millisecond)
		before := time.Now()
		stop()
		if took := time.Since(before); took > stopFor {
			t.Errorf("stopping took %v", took)
		}
		if diff := cmp.Diff(numbers(4), box.contents()); diff != "" {
			t.Errorf("the request under way was not waited for: %s", diff)
		}
		n.carry(t)
		time.Sleep(7 * time.Second)
		if diff := cmp.Diff(numbers(10), box.contents()); diff != "" {
			t.Error(diff)
		}
		if dead := n.dead(t); len(dead) != 0 {
			t.Errorf("given up: %+v", dead)
		}
	})
}

// A node that stops while a server hangs must not wait for it, nor hold it against the server.
func TestStoppingDoesNotBlameTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{delay: 9 * time.Second}
		n.net.serve(t, "orchard.example", box)
		n.write(t, n.ana, "hello", bob)
		stop := n.carry(t)
		time.Sleep(time.Second)
		stop()
		hosts, err := n.store.ClaimDestinations(context.Background(), 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(hosts) != 1 || hosts[0].Failures != 0 || len(hosts[0].Deliveries) != 1 || hosts[0].Deliveries[0].Attempts != 0 {
			t.Errorf("left behind: %+v", hosts)
		}
	})
}

// Draining a host that takes everything slowly must not outlast the lease, or two processes would
// deliver at the same time.
func TestLongDrainsGiveTheLeaseBackInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{delay: 9 * time.Second}
		n.net.serve(t, "orchard.example", box)
		for i := range 20 {
			n.write(t, n.ana, fmt.Sprint(i), bob)
		}
		n.carry(t)
		n.carry(t) // another process
		time.Sleep(5 * time.Minute)
		if diff := cmp.Diff(numbers(20), box.contents()); diff != "" {
			t.Error(diff)
		}
		if box.atOnce() != 1 {
			t.Errorf("%d requests of one sender at one time", box.atOnce())
		}
	})
}

// What was queued before an operator blocked a host must not reach it.
func TestBlockedHostGetsNothingThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{}
		n.net.serve(t, "orchard.example", box)
		n.write(t, n.ana, "hello", bob)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			return tx.PutDomainPolicy(ctx, storage.DomainPolicy{Domain: "orchard.example", Action: storage.DomainBlock})
		})
		n.carry(t)
		time.Sleep(time.Hour)
		if got := box.requests(); got != 0 {
			t.Errorf("%d requests to a blocked host", got)
		}
		if dead := n.dead(t); len(dead) != 1 {
			t.Errorf("%d were given up, want 1", len(dead))
		}
	})
}

// A delivery that this node cannot make must end and say why, and not block those behind it.
func TestDeliveryWithoutAKeyIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{}
		n.net.serve(t, "orchard.example", box)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			payload, err := tx.CreatePayload(ctx, []byte(`{"content":"unsigned"}`))
			if err != nil {
				return err
			}
			return tx.Deliver(ctx, payload, bob.ID, []storage.Inbox{bob.DeliveryInbox()})
		})
		n.write(t, n.ana, "hello", bob)
		n.carry(t)
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"hello"}, box.contents()); diff != "" {
			t.Error(diff)
		}
		if dead := n.dead(t); len(dead) != 1 || !strings.Contains(dead[0].Error, "key") {
			t.Errorf("given up: %+v", dead)
		}
	})
}
