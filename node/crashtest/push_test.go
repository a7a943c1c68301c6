package crashtest

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"
)

// pushService is a push service on this machine, which counts what comes by its topic.
type pushService struct {
	server *httptest.Server

	mu    sync.Mutex
	times map[string]int
}

func newPushService(t *testing.T) *pushService {
	s := &pushService{times: map[string]int{}}
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.times[r.Header.Get("Topic")]++
		s.mu.Unlock()
		// Whoever asked may be dead before the answer.
		time.Sleep(time.Duration(mathrand.IntN(30)) * time.Millisecond)
		w.WriteHeader(http.StatusCreated)
	}))
	t.Cleanup(s.server.Close)
	return s
}

// counted is how many messages came, and how many requests.
func (s *pushService) counted() (messages, requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.times {
		requests += n
	}
	return len(s.times), requests
}

// subscribe has somebody told of mentions at the service, by a program with a token of its own.
func (s *pushService) subscribe(p *person) {
	p.t.Helper()
	var token struct{ Token string }
	p.beside(&token, "user", "token", "--handle", p.name, "--scopes", "read write push")
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	auth := make([]byte, 16)
	rand.Read(auth)
	program := *p
	program.token = token.Token
	program.must(http.MethodPost, "/api/v1/push/subscription", url.Values{
		"subscription[endpoint]":     {s.server.URL + "/" + p.name},
		"subscription[keys][p256dh]": {base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes())},
		"subscription[keys][auth]":   {base64.RawURLEncoding.EncodeToString(auth)},
		"subscription[standard]":     {"true"},
		"data[alerts][mention]":      {"true"},
	}, nil)
}

// Somebody would never be told of what was written to them because the node was killed, or be told
// again and again. What is promised is at least once: a kill between the answer of the push service
// and the commit that notes it sends that one message once more, with the same topic.
func TestKillWhilePushing(t *testing.T) {
	count, kills := size(t, 40, 400), size(t, 4, 40)
	parallel(t)
	each(t, func(t *testing.T, database func(*testing.T) string) {
		n := newNode(t, database(t))
		n.start()
		service := newPushService(t)
		writer := n.person("writer")
		readers := make([]*person, 4)
		for i := range readers {
			readers[i] = n.person(fmt.Sprintf("reader%d", i))
			service.subscribe(readers[i])
		}
		for i := range count {
			form := url.Values{"status": {fmt.Sprintf("@%s note %d.", readers[i%len(readers)].name, i)}, "visibility": {"direct"}}
			eventually(t, 30*time.Second, "a note is taken", func() error { return writer.once(fmt.Sprint("note", i), form, new(status)) })
			if i%(count/kills) == 0 {
				time.Sleep(time.Duration(mathrand.IntN(40)) * time.Millisecond)
				n.kill()
				n.start()
			}
		}
		eventually(t, 90*time.Second, "every note is pushed", func() error {
			if messages, _ := service.counted(); messages != count {
				return fmt.Errorf("%d of %d", messages, count)
			}
			return nil
		})
		messages, requests := service.counted()
		t.Logf("%d kills: %d messages in %d requests", kills, messages, requests)
		// Messages of one program go one after another, so a kill repeats one for each at most.
		if again := requests - messages; again > kills*len(readers) {
			t.Errorf("%d messages came again after %d kills: %v", again, kills, slices.Sorted(maps.Values(service.times)))
		}
	})
}
