package fetch

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

// If this fails, pictures of other servers do not come, or come with what they are not asked with.
func TestMediaComesUnsigned(t *testing.T) {
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "https://b.example.com/x", http.StatusFound)
			return
		}
		if r.Host != "b.example.com" || r.Header.Get("Signature") != "" || r.Header.Get("Accept") != "image/*" || r.Header.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s %v", r.Host, r.Header)
		}
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write([]byte("picture"))
	})
	m, err := c.Media(t.Context(), "https://a.example.com/moved#x", "image/*", 100)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	body, err := io.ReadAll(m)
	if err != nil || string(body) != "picture" || m.URL != "https://b.example.com/x" || m.ContentType != "image/png" || m.Size != 7 {
		t.Errorf("%q, %+v, %v", body, m, err)
	}
}

// If this fails, a file may be as large as its server likes.
func TestMediaIsBoundedWhileItComes(t *testing.T) {
	for name, announce := range map[string]bool{"announced": true, "not announced": false} {
		c := public(t, func(w http.ResponseWriter, _ *http.Request) {
			if !announce {
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush()
			}
			_, _ = w.Write([]byte(strings.Repeat("x", 1001)))
		})
		m, err := c.Media(t.Context(), "https://a.example.com/", "*/*", 1000)
		if err == nil {
			_, err = io.ReadAll(m)
			m.Close()
		}
		if !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
		if m, err = c.Media(t.Context(), "https://a.example.com/", "*/*", 1001); err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(m); err != nil || len(body) != 1001 {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
		m.Close()
	}
}

// If this fails, a server that sends a byte now and then holds a place for ever, or one that says
// nothing for longer than any other.
func TestA057SlowMediaAreLeft(t *testing.T) {
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	drip := func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte("x")); err != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Second)
		}
	}
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		within  time.Duration
	}{"silent": {silent, Timeout}, "drip": {drip, MediaTimeout}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t)
				n.serve("slow.example", test.handler)
				c, start := n.client(), time.Now()
				m, err := c.Media(t.Context(), "http://slow.example/", "*/*", 1<<20)
				if err == nil {
					_, err = io.ReadAll(m)
					m.Close()
				}
				if !Temporary(err) || time.Since(start) != test.within {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		})
	}
}

// If this fails, a picture is fetched from inside the network, over plain http or from an odd port.
func TestA042A043A048A055MediaAreAskedForOnlyOutside(t *testing.T) {
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusFound)
	})
	for _, address := range []string{
		"https://127.0.0.1/x.png", "https://[::1]/", "https://localhost/", "https://0x7f.1/", "http://a.example.com/", "https://a.example.com:22/",
		"file:///etc/passwd", "data:image/png;base64,", "https://ana@a.example.com/", "https:///x",
	} {
		if _, err := c.Media(t.Context(), address, "*/*", 1000); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", address, err)
		}
		if strings.Contains(address, "///") {
			continue
		}
		if _, err := c.Media(t.Context(), "https://a.example.com/?to="+url.QueryEscape(address), "*/*", 1000); !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Invalid) {
			t.Errorf("redirected to %s: %v", address, err)
		}
	}
	if _, err := c.Media(t.Context(), "https://a.example.com/?to=https://a.example.com/?to=x", "*/*", 1000); !fault.Is(err, fault.Unprocessable) {
		t.Errorf("a circle: %v", err)
	}
	d := newDialer(false)
	d.net.Resolver = resolver([4]byte{127, 0, 0, 1})
	if _, err := New(Config{DialContext: d.DialContext}).Media(t.Context(), "https://inner.example.com/", "*/*", 10); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a name that leads inside: %v", err)
	}
}

// If this fails, what is refused is taken for a file, or slow files keep deliveries from their
// host.
func TestMediaRefusesWhatIsNoFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(t)
		n.serve("a.example", func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/hold":
				<-r.Context().Done()
			case "/packed":
				w.Header().Set("Content-Encoding", "gzip")
			case "/missing":
				w.WriteHeader(http.StatusNotFound)
			case "/busy":
				w.Header().Set("Retry-After", "77")
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		c := n.client()
		for path, code := range map[string]fault.Code{"packed": fault.Unsupported, "missing": fault.NotFound, "busy": fault.Unavailable} {
			_, err := c.Media(t.Context(), "http://a.example/"+path, "*/*", 10)
			if !fault.Is(err, code) || code == fault.Unavailable && fault.RetryOf(err) != 77*time.Second {
				t.Errorf("%s: %v", path, err)
			}
		}
		for range HostRequestsMax {
			go func() { _, _ = c.Media(t.Context(), "http://a.example/hold", "*/*", 10) }()
		}
		synctest.Wait()
		start := time.Now()
		if _, err := c.Get(t.Context(), "http://a.example/", "*/*"); err != nil || time.Since(start) != 0 {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		time.Sleep(Timeout)
	})
}
