package crashtest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"testing"
	"time"

	"tulou/node/nodetest/peer"
)

// outsider is somebody of a server that is not ours, on loopback, with their own signing code.
type outsider struct {
	*peer.Actor
	server *httptest.Server

	mu   sync.Mutex
	came map[string][]time.Time // activity id → when it was taken
	kind map[string]string      // activity id → its type
	on   map[string][]string    // "type actor object" → the different activities of that; object is an id or its content
	slow func() time.Duration   // how long the server thinks about everything; nil: not at all
	told func(id string)        // is told of every activity before the server thinks; nil: nobody is
	gone chan struct{}          // closed when the server closes
}

// newOutsider starts a server. Every Follow is accepted.
func newOutsider(t testing.TB, name string, slow func() time.Duration) *outsider {
	p := peer.New("")
	o := &outsider{server: httptest.NewServer(p), slow: slow, gone: make(chan struct{}),
		came: map[string][]time.Time{}, kind: map[string]string{}, on: map[string][]string{}}
	p.Base = o.server.URL
	o.Actor = p.Actor(name)
	p.Answer(o.take)
	t.Cleanup(func() { close(o.gone); o.server.CloseClientConnections(); o.server.Close() })
	return o
}

func (o *outsider) handle() string { return o.Name + "@" + o.server.Listener.Addr().String() }

// take notes a delivery when it has arrived whole, then thinks, then answers.
func (o *outsider) take(d peer.Delivery) int {
	activity := d.Activity()
	id, _ := activity["id"].(string)
	kind, _ := activity["type"].(string)
	actor, _ := activity["actor"].(string)
	o.mu.Lock()
	if len(o.came[id]) == 0 {
		for _, what := range namesOf(activity["object"]) {
			about := kind + " " + actor + " " + what
			o.on[about] = append(o.on[about], id)
		}
	}
	o.came[id], o.kind[id] = append(o.came[id], d.At), kind
	told := o.told
	o.mu.Unlock()
	if told != nil {
		told(id)
	}
	if kind == "Follow" {
		go o.accept(activity)
	}
	if o.slow != nil {
		o.wait(o.slow())
	}
	return http.StatusAccepted
}

// namesOf returns by what an object may be asked for: its id and its content.
func namesOf(object any) []string {
	embedded, ok := object.(map[string]any)
	if !ok {
		embedded = map[string]any{"id": object}
	}
	id, _ := embedded["id"].(string)
	if content, ok := embedded["content"].(string); ok {
		return []string{id, content}
	}
	return []string{id}
}

// wait lets time pass, unless the server closes.
func (o *outsider) wait(d time.Duration) bool {
	select {
	case <-o.gone:
		return false
	case <-time.After(d):
		return true
	}
}

// accept answers a Follow until the other server has taken the answer.
func (o *outsider) accept(follow map[string]any) {
	from, _ := follow["actor"].(string)
	followed := o.Peer.Actor(path.Base(namesOf(follow["object"])[0]))
	yes := followed.Do("Accept", follow, nil)
	for {
		status, err := followed.Send(context.Background(), web, from+"/inbox", yes)
		if err == nil && status == http.StatusAccepted || !o.wait(200*time.Millisecond) {
			return
		}
	}
}

// send posts an activity to the shared inbox of a node once. Its error means that nobody knows.
func (o *outsider) send(n *node, activity map[string]any) error {
	status, err := o.Send(context.Background(), web, n.URL+"/inbox", activity)
	if err == nil && status != http.StatusAccepted {
		err = refusal{"inbox", status, ""}
	}
	return err
}

// follow follows somebody of a node and waits for the answer.
func (o *outsider) follow(p *person) error {
	if err := o.send(p.node, o.Do("Follow", p.actor, nil)); err != nil {
		return err
	}
	for range 1000 {
		if o.count("Accept") > 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return fmt.Errorf("%s was not accepted", o.ID)
}

// count is how many different activities of a type came.
func (o *outsider) count(kind string) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, k := range o.kind {
		if k == kind {
			n++
		}
	}
	return n
}

// times returns when the activity came by which somebody made an object.
func (o *outsider) times(actor, object string) (at []time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, id := range o.on["Create "+actor+" "+object] {
		at = append(at, o.came[id]...)
	}
	return at
}

// different is how many different activities of a type came from somebody about something.
func (o *outsider) different(kind, actor, object string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.on[kind+" "+actor+" "+object])
}

// arrivals returns when each activity came, by its id.
func (o *outsider) arrivals() map[string][]time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := make(map[string][]time.Time, len(o.came))
	for id, at := range o.came {
		all[id] = append([]time.Time(nil), at...)
	}
	return all
}

// mention is a public note that mentions somebody, in its Create.
func (o *outsider) mention(key, text string, who *person) map[string]any {
	return o.Create(o.Note(key, "<p>"+text+"</p>", map[string]string{who.actor: "@" + who.handle()}))
}

// together calls do for 0 … count-1 from several goroutines.
func together(count, workers int, do func(i int)) {
	next := make(chan int)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := range next {
				do(i)
			}
		})
	}
	for i := range count {
		next <- i
	}
	close(next)
	all.Wait()
}
