package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"tulou/apps/people"
	"tulou/apps/social"
	"tulou/node"
	"tulou/storage"
)

// lookersURL, in the environment, makes this program the clients of a streaming benchmark: what
// they cost is not what the node costs.
const lookersURL = "TULOU_BENCH_LOOKERS"

func TestMain(m *testing.M) {
	if url := os.Getenv(lookersURL); url != "" {
		if err := look(url, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// look opens a stream for each token on a line of from, then says "round" whenever everybody has
// been shown one more event.
func look(url string, from io.Reader, to io.Writer) error {
	var tokens []string
	lines := bufio.NewScanner(from)
	for lines.Scan() && lines.Text() != "" {
		tokens = append(tokens, lines.Text())
	}
	shown := make(chan error, len(tokens))
	for _, token := range tokens {
		open := openStream
		if strings.HasPrefix(url, "ws:") {
			open = openSocket
		}
		next, err := open(url, token)
		if err != nil {
			return fmt.Errorf("open a stream: %w", err)
		}
		go func() {
			for {
				line, err := next()
				if err != nil {
					shown <- err
					return
				}
				if strings.HasPrefix(line, "event: update") || strings.Contains(line, `"event":"update"`) {
					shown <- nil
				}
			}
		}()
	}
	for round := 0; ; round++ {
		fmt.Fprintln(to, "round", round)
		for range tokens {
			if err := <-shown; err != nil {
				return err
			}
		}
	}
}

// openStream opens server-sent events and returns what reads the next line.
func openStream(url, token string) (next func() (string, error), err error) {
	address, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", path, address, token)
	answer := bufio.NewReaderSize(conn, 4096)
	for line := ""; !strings.HasPrefix(line, ":thump"); {
		if line, err = answer.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	return func() (string, error) { return answer.ReadString('\n') }, nil
}

// openSocket opens a WebSocket and returns what reads the next message.
func openSocket(url, token string) (next func() (string, error), err error) {
	ctx := context.Background()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer " + token}}})
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		_, message, err := conn.Read(ctx)
		return string(message), err
	}, nil
}

// lookers is the process with the clients.
type lookers struct {
	rounds *bufio.Reader
	stdin  io.WriteCloser
}

func startLookers(b *testing.B, url string, tokens []string) *lookers {
	b.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), lookersURL+"="+url)
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	fmt.Fprintf(stdin, "%s\n\n", strings.Join(tokens, "\n"))
	l := &lookers{bufio.NewReader(stdout), stdin}
	l.round(b) // all are open
	return l
}

// round waits until everybody was shown one event more.
func (l *lookers) round(b *testing.B) {
	b.Helper()
	if line, err := l.rounds.ReadString('\n'); err != nil {
		b.Fatal(line, err)
	}
}

// spectators makes people who only look: without keys, which take long to make.
func spectators(b *testing.B, r *running, count int, follow bool) (tokens []string) {
	b.Helper()
	ctx := b.Context()
	for first := 0; first < count; first += 500 {
		if err := r.Store().Tx(ctx, func(tx *storage.Tx) error {
			app, err := tx.CreateApp(ctx, storage.App{ClientID: fmt.Sprint("bench", first), Name: "bench"})
			for i := first; i < first+500 && i < count && err == nil; i++ {
				var token string
				token, err = spectator(ctx, tx, r, app.ID, fmt.Sprint("looker", i), follow)
				tokens = append(tokens, token)
			}
			return err
		}); err != nil {
			b.Fatal(err)
		}
	}
	return tokens
}

func spectator(ctx context.Context, tx *storage.Tx, r *running, app int64, name string, follow bool) (string, error) {
	a, err := tx.CreateAccount(ctx, storage.Account{URI: r.url + "/users/" + name, Name: name})
	if err != nil {
		return "", err
	}
	if err := tx.CreateLogin(ctx, storage.Login{AccountID: a.ID, Email: name + "@example.org", ConfirmedAt: storage.Now(), ActiveAt: storage.Now()}); err != nil {
		return "", err
	}
	if follow {
		if _, err := tx.PutFollow(ctx, storage.Follow{AccountID: a.ID, TargetID: r.ana.ID, URI: a.URI + "/f", Accepted: true, Boosts: true}); err != nil {
			return "", err
		}
	}
	secret, hash := people.NewSecret()
	_, err = tx.CreateToken(ctx, storage.Token{Hash: hash, AppID: app, AccountID: a.ID, Scopes: "read"})
	return secret, err
}

// BenchmarkStreaming shows one public post to 2,000 people, each on a stream of their own, from the
// post until everybody has it; the clients are another process. Of "public" they look at posts of
// everybody, of "user" at their home timelines, which the post is written into.
func BenchmarkStreaming(b *testing.B) {
	const streams = 2000
	for _, c := range []struct{ stream, scheme, path string }{
		{"public", "http", "/api/v1/streaming/public"},
		{"public-websocket", "ws", "/api/v1/streaming?stream=public"},
		{"user", "http", "/api/v1/streaming/user"},
	} {
		b.Run(fmt.Sprintf("stream=%s/sockets=%d", c.stream, streams), func(b *testing.B) {
			benchmarkStreaming(b, c.scheme, c.path, streams)
		})
	}
}

func benchmarkStreaming(b *testing.B, scheme, path string, streams int) {
	r := start(b, node.Deps{})
	r.work(b)
	tokens := spectators(b, r, streams, strings.HasSuffix(path, "/user"))
	before := memory()
	l := startLookers(b, scheme+strings.TrimPrefix(r.url, "http")+path, tokens)
	each := float64(memory()-before) / float64(streams)
	ana, err := r.Store().AccountByID(b.Context(), r.ana.ID)
	if err != nil {
		b.Fatal(err)
	}
	used := cpu()
	for b.Loop() {
		if _, err := r.Social().Post(b.Context(), ana, social.NewPost{Text: "to everybody who looks, from the mountains", Visibility: "public"}); err != nil {
			b.Fatal(err)
		}
		l.round(b)
	}
	spent := cpu() - used
	b.ReportMetric(float64(spent.Microseconds())/float64(b.N)/float64(streams), "cpu-µs/socket-event")
	b.ReportMetric(float64(spent.Milliseconds())/float64(b.N), "cpu-ms/post")
	b.ReportMetric(each/1024, "kB/socket")
}

// memory is what heap and stacks have, after a collection.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// BenchmarkInboxWatched is BenchmarkInbox while ana looks at her home timeline: what it costs to
// show a post to the one who gets it.
func BenchmarkInboxWatched(b *testing.B) {
	benchmarkInboxWith(b, 50, func(r *running) {
		tokens := make(chan string, 1)
		if err := r.Store().Tx(b.Context(), func(tx *storage.Tx) error {
			app, err := tx.CreateApp(b.Context(), storage.App{ClientID: "bench", Name: "bench"})
			if err != nil {
				return err
			}
			secret, hash := people.NewSecret()
			tokens <- secret
			_, err = tx.CreateToken(b.Context(), storage.Token{Hash: hash, AppID: app.ID, AccountID: r.ana.ID, Scopes: "read"})
			return err
		}); err != nil {
			b.Fatal(err)
		}
		request, err := http.NewRequestWithContext(b.Context(), "GET", r.url+"/api/v1/streaming/user", nil)
		if err != nil {
			b.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+<-tokens)
		answer, err := http.DefaultTransport.RoundTrip(request)
		if err != nil || answer.StatusCode != http.StatusOK {
			b.Fatal(answer, err)
		}
		var reading sync.WaitGroup
		reading.Go(func() { _, _ = io.Copy(io.Discard, answer.Body) })
		b.Cleanup(func() { answer.Body.Close(); reading.Wait() })
	})
}
