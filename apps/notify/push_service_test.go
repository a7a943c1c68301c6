package notify

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"tulou/storage"
)

// A push service that answers nobody would keep everybody's phone silent: each message for it would
// take a place for ten seconds.
func TestASlowPushServiceDoesNotDelayOthers(t *testing.T) {
	pushing(t, func(t *testing.T, s *service) {
		ben := s.person("ben", "")
		const many = 3 * pushServiceFails
		for n := range many {
			somebody := s.person(fmt.Sprint("reader", n), "")
			s.subscribe(somebody, newProgram(t), func(n *NewSubscription) { n.Endpoint = "http://slow.example/box" })
			s.tell(somebody, ben, storage.NotifyMention)
		}
		s.answers(func(w http.ResponseWriter) { time.Sleep(pushWithin + time.Second) })
		do := s.push.Sender(s.writer)
		lanes, err := s.store.ClaimLanes(t.Context(), queueWork, 2*many)
		check(t, err)
		if len(lanes) != many {
			t.Fatalf("%d lanes: messages of different programs wait for each other", len(lanes))
		}
		start, done := time.Now(), make(chan time.Duration, many)
		for _, lane := range lanes {
			go func() {
				check(t, do(t.Context(), lane.Jobs[0]))
				done <- time.Since(start)
			}()
		}
		waited := 0
		for range many {
			if took := <-done; took >= pushWithin {
				waited++
			}
		}
		if waited != pushesAtOnce || s.count() != pushesAtOnce {
			t.Errorf("%d places were held up, %d requests made; want %d", waited, s.count(), pushesAtOnce)
		}
		if s.waiting().IsZero() {
			t.Error("what had no turn was forgotten")
		}
		// Meanwhile another service is asked at once.
		ana := s.person("ana", "")
		s.subscribe(ana, newProgram(t), nil)
		s.answers(nil)
		s.tell(ana, ben, storage.NotifyMention)
		before := time.Now()
		s.work()
		if s.count() != pushesAtOnce+1 || time.Since(before) >= pushBusyPause {
			t.Errorf("%d messages came after %s", s.count(), time.Since(before))
		}
		time.Sleep(2 * pushWithin) // the slow answers end
	})
}

// A dead push service would be asked once for everybody who uses it, and a live one never again.
func TestADeadPushServiceIsLeftAloneAsAWhole(t *testing.T) {
	var p pushServices
	const place, other = "https://push.example/1", "https://live.example/1"
	now := time.Now()
	turn := func(endpoint string, failed bool) bool {
		t.Helper()
		_, ok := p.enter(endpoint, now)
		if ok {
			p.judge(endpoint, failed, now)
			p.leave(endpoint)
		}
		return ok
	}
	for n := range pushServiceFails {
		if !turn(place, true) {
			t.Fatalf("left alone after %d failures", n)
		}
	}
	later, ok := p.enter("https://push.example/2", now)
	if wait := later.Sub(now); ok || wait < pushServicePause || wait > 2*pushServicePause {
		t.Errorf("after its failures: %v, %s", ok, wait)
	}
	if !turn(other, false) {
		t.Error("another service is left alone")
	}
	now = now.Add(pushServicePause)
	if !turn(place, false) || !turn(place, true) {
		t.Error("it is left alone although it is back")
	}
	if turn(place, false); len(p.of) != 0 {
		t.Errorf("remembered: %v", p.of)
	}
	for n := range pushesAtOnce + 1 {
		later, ok := p.enter(place, now)
		if ok != (n < pushesAtOnce) || !ok && later.Sub(now) < pushBusyPause {
			t.Errorf("turn %d: %v, %s", n, ok, later.Sub(now))
		}
	}
}

// Somebody whose programs get more than their push service bears would silence everybody who uses
// it.
func TestTooManyMessagesForOneSilenceNobodyElse(t *testing.T) {
	for status, alone := range map[int]bool{http.StatusTooManyRequests: false, http.StatusServiceUnavailable: true} {
		pushing(t, func(t *testing.T, s *service) {
			ben := s.person("ben", "")
			s.answers(func(w http.ResponseWriter) { w.WriteHeader(status) })
			for n := range pushServiceFails {
				greedy := s.person(fmt.Sprint("greedy", n), "")
				s.subscribe(greedy, newProgram(t), nil)
				s.tell(greedy, ben, storage.NotifyMention)
				s.work()
			}
			at, ok := s.push.services.enter(endpoint, time.Now())
			if ok == alone {
				t.Errorf("after %d answers %d: asked %v, or not before %s", pushServiceFails, status, ok, at)
			}
		})
	}
}

// Whoever subscribes at one invented place after another would fill the memory of the node.
func TestInventedPushServicesAreForgotten(t *testing.T) {
	var p pushServices
	now := time.Now()
	if _, ok := p.enter("https://busy.example/1", now); !ok {
		t.Fatal("no turn")
	}
	for n := range 3 * pushServicesMax {
		place := fmt.Sprintf("https://h%d.example/1", n)
		if _, ok := p.enter(place, now); !ok {
			t.Fatalf("%s has no turn", place)
		}
		p.judge(place, true, now)
		p.leave(place)
		if len(p.of) > pushServicesMax {
			t.Fatalf("%d are remembered", len(p.of))
		}
	}
	if p.of["busy.example"].busy != 1 {
		t.Error("one that is asked just now was forgotten")
	}
}
