package crashtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// What a thousand slow uploads may cost: memory of the whole process, and for how long each is
// borne. Inbox activities have 20 seconds, everything else the server's minute; a little is added
// for a machine that is busy.
const (
	slowBytesMax = 200 << 20
	inboxPatient = 20*time.Second + 10*time.Second
	otherPatient = 60*time.Second + 10*time.Second
)

// Anybody could take a node down with a few hundred connections from home.
func TestSlowUploads(t *testing.T) {
	count := size(t, 100, 1000)
	parallel(t)
	n := newNode(t, "sqlite:"+t.TempDir()+"/tulou.db")
	n.start()
	ana := n.person("ana")
	friend := newOutsider(t, "friend", nil)
	ana.follow(friend.handle())
	if _, ok := n.rss(); !ok {
		t.Skip("SKIP: this system does not tell how much memory a process has")
	}
	kinds := []upload{{"/inbox", "application/activity+json", "", 1 << 10, inboxPatient}, {"/inbox", "application/activity+json", "", 900 << 10, inboxPatient}}
	if full() {
		kinds = append(kinds, upload{"/api/v1/statuses", "application/json", ana.token, 120 << 10, otherPatient},
			upload{"/api/v1/statuses", "application/json", "", 120 << 10, otherPatient})
	}
	var all sync.WaitGroup
	var ended, answered atomic.Int64
	for i := range count {
		kind := kinds[i%len(kinds)]
		all.Go(func() {
			took, status, err := kind.send(n)
			switch {
			case err != nil:
				t.Errorf("%s with %d bytes: %v", kind.path, kind.quick, err)
			case took > kind.patient:
				t.Errorf("%s with %d bytes ended after %s", kind.path, kind.quick, took)
			case status >= 200 && status < 300:
				t.Errorf("%s with %d bytes was answered with %d", kind.path, kind.quick, status)
			}
			ended.Add(1)
			answered.Add(int64(min(1, status)))
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	most, reads, notes := watch(t, n, ana, friend, done)
	t.Logf("%d slow uploads: %d were answered with an error, the others cut off; memory rose to %d MB; meanwhile %d reads and %d notes of honest people went through",
		ended.Load(), answered.Load(), most>>20, reads, notes)
	if most > slowBytesMax {
		t.Errorf("memory rose to %d MB, more than %d", most>>20, slowBytesMax>>20)
	}
	if reads == 0 || notes == 0 {
		t.Errorf("honest people got %d reads and %d notes through", reads, notes)
	}
}

// watch measures memory and is honest until done.
func watch(t *testing.T, n *node, ana *person, friend *outsider, done chan struct{}) (most int64, reads, notes int) {
	t.Helper()
	for turn := 0; ; turn++ {
		select {
		case <-done:
			return most, reads, notes
		case <-time.After(50 * time.Millisecond):
		}
		now, _ := n.rss()
		most = max(most, now)
		if turn%4 != 0 {
			continue
		}
		if err := ana.ask(http.MethodGet, "/api/v1/timelines/home", nil, nil); err != nil {
			t.Errorf("an honest read: %v", err)
		}
		reads++
		err := friend.send(n, friend.Create(friend.Note(fmt.Sprint(turn), "<p>still here</p>", nil)))
		var no refusal
		switch {
		case err == nil:
			notes++
		case errors.As(err, &no) && no.status == http.StatusServiceUnavailable: // it will come again
		default:
			t.Errorf("an honest note: %v", err)
		}
	}
}

// upload is a request whose body begins quickly and then hardly goes on.
type upload struct {
	path, kind, token string
	quick             int
	patient           time.Duration // within which the server has to end it
}

const declared = 1_000_000

var filler = []byte(`{"id":"` + strings.Repeat("a", declared))

// send returns how long the server bore it and what it answered, 0 for nothing.
func (u upload) send(n *node) (took time.Duration, status int, err error) {
	at, err := url.Parse(n.URL)
	if err != nil {
		return 0, 0, err
	}
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+at.Port(), 10*time.Second)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	start := time.Now()
	conn.SetDeadline(start.Add(u.patient + 10*time.Second))
	length := declared
	if u.path != "/inbox" {
		length = 128 << 10
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n", u.path, at.Host, u.kind, length)
	if u.token != "" {
		head += "Authorization: Bearer " + u.token + "\r\n"
	}
	go func() {
		if _, err := conn.Write([]byte(head + "\r\n")); err != nil {
			return
		}
		if _, err := conn.Write(filler[:u.quick]); err != nil {
			return
		}
		for { // one byte a second, until the server has had enough
			time.Sleep(time.Second)
			if _, err := conn.Write([]byte("a")); err != nil {
				return
			}
		}
	}()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	took = time.Since(start)
	switch {
	case err == nil:
		io.Copy(io.Discard, answer.Body)
		return took, answer.StatusCode, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return took, 0, fmt.Errorf("the server still waits after %s", took)
	}
	return took, 0, nil // cut off
}
