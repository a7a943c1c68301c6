//go:build unix

package crashtest

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"testing"
	"time"

	"tulou/storage/storagetest"
)

// A process that stood still for so long that another one took its work over would do that work
// again when it wakes.
func TestPausedProcessDoesNothingTwice(t *testing.T) {
	rounds, count := size(t, 1, 5), size(t, 30, 100)
	parallel(t)
	database := storagetest.Postgres(t)
	first, second := twoProcesses(t, database)
	ana := first.person("ana")
	const hosts = 4
	readers := followers(t, ana, hosts, thinks(30*time.Millisecond))
	asleep := *ana
	asleep.node = second
	var written []status
	for round := range rounds {
		for i := range 5 {
			written = append(written, must(asleep.post(fmt.Sprintf("deed %d.", round*10+i)))(t))
		}
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			together(count, 8, func(i int) {
				n := round*count + i
				o := readers[i%hosts]
				if err := sendUntilTaken(o, first, o.mention(strconv.Itoa(n), fmt.Sprintf("note %d.", n), ana)); err != nil {
					t.Errorf("note %d: %v", n, err)
				}
			})
		}()
		time.Sleep(50 * time.Millisecond)
		if err := second.process.signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		everywhere(t, ana, readers, written, 20*time.Second)
		t.Logf("one of two processes stood still with posts on their way; the other had delivered them after %s",
			time.Since(start).Round(100*time.Millisecond))
		if err := second.process.signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		<-answered
		written = append(written, must(asleep.post(fmt.Sprintf("deed %d.", round*10+5)))(t))
		everywhere(t, ana, readers, written, 20*time.Second)
	}
	all := rounds * count
	eventually(t, 20*time.Second, "all notes are in the timeline", func() error {
		told, err := ana.notifications()
		if err == nil && len(told) < all+hosts {
			err = fmt.Errorf("told of %d of %d notes and followers", len(told), all+hosts)
		}
		return err
	})
	time.Sleep(2 * time.Second) // for what would come twice
	for n, times := range mentions(t, ana) {
		if times != 1 {
			t.Errorf("ana was told %d times of note %d", times, n)
		}
	}
	var me struct {
		Followers int `json:"followers_count"`
	}
	ana.must(http.MethodGet, "/api/v1/accounts/verify_credentials", nil, &me)
	if me.Followers != hosts {
		t.Errorf("%d followers, want %d", me.Followers, hosts)
	}
	for _, o := range readers {
		if got := o.count("Create"); got != len(written) {
			t.Errorf("%s got %d different posts, want %d", o.Peer.Base, got, len(written))
		}
	}
}

// sendUntilTaken sends as a server does, which comes again after an answer of 500 and above: the
// database may have ended the transaction in which the note was, and nothing is promised yet.
func sendUntilTaken(o *outsider, n *node, activity map[string]any) (err error) {
	for range 5 {
		var refused refusal
		if err = o.send(n, activity); !errors.As(err, &refused) || refused.status < 500 {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

// mentions counts the numbered notes that somebody was told of.
func mentions(t *testing.T, p *person) map[int]int {
	t.Helper()
	told, err := p.notifications()
	if err != nil {
		t.Fatal(err)
	}
	found := map[int]int{}
	for _, n := range told {
		if n.Type != "mention" || n.Status == nil {
			continue
		}
		if m := numbered.FindStringSubmatch(n.Status.Content); m != nil {
			i, _ := strconv.Atoi(m[1])
			found[i]++
		}
	}
	return found
}
