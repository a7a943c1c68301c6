package crashtest

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// mailServer takes mails on loopback and keeps them.
type mailServer struct {
	listener net.Listener
	took     chan letter   // is told of a mail that was taken before the node is; the test receives
	answer   chan struct{} // and then lets it be answered

	mu   sync.Mutex
	mail map[string][]letter // by address
}

// letter is a mail as it came.
type letter struct{ to, id, secret string }

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{listener: listener, took: make(chan letter), answer: make(chan struct{}), mail: map[string][]letter{}}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.speak(conn)
		}
	}()
	return s
}

var (
	messageID   = regexp.MustCompile(`(?mi)^Message-ID: *<([^>]+)>`)
	confirmLink = regexp.MustCompile(`/auth/confirm/([A-Za-z0-9_-]{43})`)
)

// speak is SMTP as far as one client needs it (RFC 5321).
func (s *mailServer) speak(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 mail.example")
	to := ""
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		switch verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0]); verb {
		case "RCPT":
			to = strings.Trim(line[strings.IndexByte(line, ':')+1:], "<> ")
			say("250 yes")
		case "DATA":
			say("354 go on")
			var body strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				body.WriteString(line)
			}
			s.take(to, body.String())
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 yes")
		}
	}
}

// take keeps a mail, and waits for the test if it wants to know of it.
func (s *mailServer) take(to, text string) {
	l := letter{to: to}
	if found := messageID.FindStringSubmatch(text); found != nil {
		l.id = found[1]
	}
	if found := confirmLink.FindStringSubmatch(strings.ReplaceAll(text, "=\r\n", "")); found != nil {
		l.secret = found[1]
	}
	s.mu.Lock()
	first := len(s.mail[to]) == 0
	s.mail[to] = append(s.mail[to], l)
	s.mu.Unlock()
	if first {
		s.took <- l
		<-s.answer
	}
}

func (s *mailServer) to(address string) []letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]letter(nil), s.mail[address]...)
}

// A mail would be lost when the node is killed between the moment in which the mail server has it
// and the one in which that is written down; or what comes again would be another mail to programs,
// or have made the link of the first copy void.
func TestKillWhileAMailIsSent(t *testing.T) {
	count := size(t, 4, 40)
	parallel(t)
	each(t, func(t *testing.T, database func(*testing.T) string) {
		server := newMailServer(t)
		n := newNode(t, database(t), "--registrations", "open", "--smtp-url", "smtp://"+server.listener.Addr().String(), "--mail-from", "node@harbor.example")
		n.start()
		again := 0
		for i := range count {
			name := fmt.Sprintf("zoe%d", i)
			address := name + "@mail.example"
			form := url.Values{"username": {name}, "email": {address}, "password": {"correct horse battery"}, "agreement": {"1"}}
			if status, answer, err := fetch(http.MethodPost, n.URL+"/auth/sign_up", "", form.Encode()); err != nil || status != http.StatusOK {
				t.Fatalf("sign up: %v, %d %s", err, status, answer)
			}
			var first letter
			select {
			case first = <-server.took:
			case <-time.After(30 * time.Second):
				t.Fatalf("no mail to %s", address)
			}
			unheard := i%2 == 0 // the node never hears that it was taken
			if unheard {
				n.kill()
				server.answer <- struct{}{}
			} else {
				server.answer <- struct{}{}
				time.Sleep(time.Duration(rand.IntN(4000)) * time.Microsecond)
				n.kill()
			}
			n.start()
			if unheard {
				eventually(t, 90*time.Second, "the mail that nobody knows of is sent again", func() error {
					if copies := server.to(address); len(copies) < 2 {
						return fmt.Errorf("%d copies", len(copies))
					}
					return nil
				})
			}
			if status, answer, err := fetch(http.MethodPost, n.URL+"/auth/confirm/"+first.secret, "", ""); err != nil || status != http.StatusOK {
				t.Errorf("the link of the first copy: %v, %d %s", err, status, answer)
			}
			for _, copied := range server.to(address)[1:] {
				again++
				if copied.id != first.id || first.id == "" {
					t.Errorf("a copy of %s is %s", first.id, copied.id)
				}
			}
		}
		t.Logf("%d mails, %d of them again, all with the Message-ID of the first copy", count, again)
	})
}
