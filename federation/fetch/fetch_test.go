package fetch

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tulou/protocol/fault"
)

// mark is a signer that says for whom it signed.
type mark string

func (m mark) Sign(req *http.Request, body []byte) error {
	req.Header.Set("Signature", fmt.Sprintf("%s for %s with %d", string(m), req.URL.Host, len(body)))
	req.Header.Set("Authorization", string(m)+" "+req.URL.Host)
	return nil
}

// If this fails, other servers refuse our requests or cannot tell who we are.
func TestGetSendsWhatServersExpect(t *testing.T) {
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		want := http.Header{
			"User-Agent": {"tulou-test"}, "Accept": {"text/x-test"}, "Accept-Encoding": {"identity"},
			"Signature": {"ana for a.example.com with 0"}, "Authorization": {"ana a.example.com"},
		}
		for key := range want {
			if got := r.Header.Get(key); got != want.Get(key) {
				t.Errorf("%s: %q", key, got)
			}
		}
		if r.Method != "GET" || r.Host != "a.example.com" || r.URL.RequestURI() != "/x%2Fy?q=1&r=%20" || r.ProtoMajor != 2 {
			t.Errorf("%s %s %s %s", r.Method, r.Host, r.URL.RequestURI(), r.Proto)
		}
		w.Header().Set("Content-Type", "text/x-test; charset=utf-8")
		_, _ = io.WriteString(w, "here")
	})
	doc, err := c.Get(t.Context(), "https://A.Example.com:443/x%2Fy?q=1&r=%20#frag", "text/x-test", mark("ana"))
	if err != nil {
		t.Fatal(err)
	}
	if doc.URL != "https://a.example.com/x%2Fy?q=1&r=%20" || string(doc.Body) != "here" || doc.ContentType != "text/x-test; charset=utf-8" {
		t.Errorf("%+v", doc)
	}
}

// If this fails, a signature made for one host can be replayed to another by redirecting.
func TestA028A043EveryHopIsSignedAnew(t *testing.T) {
	var seen []string
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Signature")+"|"+r.Header.Get("Authorization"))
		if r.Host == "a.example.com" {
			http.Redirect(w, r, "https://b.example.com/", http.StatusFound)
		}
	})
	doc, err := c.Get(t.Context(), "https://a.example.com/", "*/*", mark("ana"))
	if err != nil || doc.URL != "https://b.example.com/" {
		t.Fatal(doc.URL, err)
	}
	want := "[ana for a.example.com with 0|ana a.example.com ana for b.example.com with 0|ana b.example.com]"
	if fmt.Sprint(seen) != want {
		t.Errorf("got %v", seen)
	}
}

// If this fails, a redirect leads where a first request may not go.
func TestA043RedirectsAreJudgedLikeFirstAddresses(t *testing.T) {
	for location, code := range map[string]fault.Code{
		"http://b.example.com/":    fault.Forbidden,
		"https://127.0.0.1/":       fault.Forbidden,
		"https://[::1]/":           fault.Forbidden,
		"https://b.example.com:22": fault.Forbidden,
		"//localhost/":             fault.Forbidden,
		"file:///etc/passwd":       fault.Invalid,
		"https://u:p@b.example/":   fault.Invalid,
		"":                         fault.Unprocessable,
		"https://[":                fault.Unprocessable,
	} {
		var requests atomic.Int64
		c := public(t, func(w http.ResponseWriter, _ *http.Request) {
			requests.Add(1)
			w.Header().Set("Location", location)
			w.WriteHeader(http.StatusFound)
		})
		if _, err := c.Get(t.Context(), "https://a.example.com/", "*/*"); fault.CodeOf(err) != code || requests.Load() != 1 {
			t.Errorf("%q: %v after %d requests", location, err, requests.Load())
		}
	}
}

// If this fails, https can be taken back by a redirect among test peers, too.
func TestA043RedirectsFromHTTPSToHTTPAreRefusedEvenAmongPrivatePeers(t *testing.T) {
	server := httptest.NewTLSServer(http.RedirectHandler("http://127.0.0.1/", http.StatusFound))
	defer server.Close()
	c := New(Config{AllowPrivate: true, RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	defer c.Close()
	if _, err := c.Get(t.Context(), server.URL, "*/*"); !fault.Is(err, fault.Forbidden) {
		t.Error(err)
	}
}

// If this fails, a server can send us in a circle.
func TestRedirectsEndAfterThree(t *testing.T) {
	for _, length := range []int{RedirectsMax, RedirectsMax + 1} {
		requests := 0
		c := public(t, func(w http.ResponseWriter, r *http.Request) {
			if requests++; requests <= length {
				http.Redirect(w, r, "/again", http.StatusMovedPermanently)
			}
		})
		_, err := c.Get(t.Context(), "https://a.example.com/", "*/*")
		if ok := length <= RedirectsMax; ok != (err == nil) || !ok && !fault.Is(err, fault.Unprocessable) {
			t.Errorf("%d redirects: %v", length, err)
		}
	}
}

// If this fails, servers that demand a signature, or a certain kind, cannot be read.
func TestSignersAreTriedInOrderOnlyWhenRefused(t *testing.T) {
	for _, test := range []struct {
		statuses []int
		want     fault.Code
		requests int
	}{
		{[]int{200}, "", 1},
		{[]int{401, 200}, "", 2},
		{[]int{403, 401, 200}, "", 3},
		{[]int{401, 403, 401}, fault.Unauthenticated, 3},
		{[]int{404}, fault.NotFound, 1},
		{[]int{401, 410}, fault.Gone, 2},
		{[]int{500}, fault.Unavailable, 1},
	} {
		var seen []string
		c := public(t, func(w http.ResponseWriter, r *http.Request) {
			seen = append(seen, r.Header.Get("Signature"))
			w.WriteHeader(test.statuses[len(seen)-1])
		})
		_, err := c.Get(t.Context(), "https://a.example.com/", "*/*", mark("one"), mark("two"), nil)
		want := []string{"one for a.example.com with 0", "two for a.example.com with 0", ""}[:test.requests]
		if fault.CodeOf(err) != test.want || fmt.Sprint(seen) != fmt.Sprint(want) {
			t.Errorf("%v: %v, requests %q", test.statuses, err, seen)
		}
	}
}

// If this fails, callers cannot tell what to give up from what to try again.
func TestStatusesBecomeFaults(t *testing.T) {
	for status, want := range map[int]fault.Code{
		201: fault.Unprocessable, 204: fault.Unprocessable, 304: fault.Unprocessable, 400: fault.Unprocessable,
		401: fault.Unauthenticated, 403: fault.Forbidden, 404: fault.NotFound, 406: fault.Unprocessable, 408: fault.Unavailable,
		410: fault.Gone, 418: fault.Unprocessable, 425: fault.Unavailable, 429: fault.Unavailable, 500: fault.Unavailable,
		501: fault.Unavailable, 503: fault.Unavailable,
	} {
		c := public(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(status)
		})
		_, err := c.Get(t.Context(), "https://a.example.com/", "*/*")
		if fault.CodeOf(err) != want || StatusOf(err) != status || Temporary(err) != (want == fault.Unavailable) {
			t.Errorf("%d: %v", status, err)
		}
		if wait := fault.RetryOf(err); (wait == 2*time.Minute) != Temporary(err) {
			t.Errorf("%d: retry after %v", status, wait)
		}
	}
}

// If this fails, a server decides how long we stay away, or its wish is not understood.
func TestRetryAfterIsReadAndBounded(t *testing.T) {
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "90": 90 * time.Second, "999999999999": RetryMax, "86400": RetryMax,
		"99999999999999999999": 0, "Fri, 20 Nov 2026 12:05:00 GMT": 5 * time.Minute, "Fri, 20 Nov 2026 11:00:00 GMT": 0,
		"Fri, 20 Nov 2099 11:00:00 GMT": RetryMax,
	} {
		if got := retryAfter(value, now); got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// If this fails, a large document fills the memory, or one just below the limit is lost.
func TestDocumentsAreBounded(t *testing.T) {
	for _, announced := range []bool{true, false} {
		for _, size := range []int{DocumentBytesMax, DocumentBytesMax + 1} {
			c := public(t, func(w http.ResponseWriter, _ *http.Request) {
				if announced {
					w.Header().Set("Content-Length", fmt.Sprint(size))
				}
				_, _ = w.Write(make([]byte, size))
			})
			doc, err := c.Get(t.Context(), "https://a.example.com/", "*/*")
			if ok := size <= DocumentBytesMax; ok && (err != nil || len(doc.Body) != size) || !ok && !fault.Is(err, fault.TooLarge) {
				t.Errorf("%d bytes, announced %v: %d, %v", size, announced, len(doc.Body), err)
			}
		}
	}
}

// If this fails, a kilobyte from a stranger becomes a gigabyte in memory.
func TestA060CompressedAnswersAreRefusedUnopened(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	c := public(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	if _, err := c.Get(t.Context(), "https://a.example.com/", "*/*"); !fault.Is(err, fault.Unsupported) {
		t.Error(err)
	}
	answer, err := c.Post(t.Context(), "https://a.example.com/", "text/plain", nil, nil)
	if err != nil || len(answer.Body) != bomb.Len() {
		t.Errorf("post: %d bytes, %v", len(answer.Body), err)
	}
}

// If this fails, endless headers fill the memory.
func TestHeadersAreBounded(t *testing.T) {
	c := public(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", headerBytesMax/50))
		}
	})
	if _, err := c.Get(t.Context(), "https://a.example.com/", "*/*"); !Temporary(err) {
		t.Error(err)
	}
}

// If this fails, a server that trickles keeps a worker for as long as it likes.
func TestA057SlowServersAreLeftAfterTimeout(t *testing.T) {
	drip := func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := w.Write([]byte("x")); err != nil || r.Context().Err() != nil {
				return
			}
			_ = http.NewResponseController(w).Flush()
			time.Sleep(time.Second)
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	circle := func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(4 * time.Second)
		http.Redirect(w, r, "/", http.StatusFound)
	}
	for name, handler := range map[string]http.HandlerFunc{"drip": drip, "silent": silent, "slow redirects": circle} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newNetwork(t)
				n.serve("slow.example", handler)
				start := time.Now()
				_, err := n.client().Get(t.Context(), "http://slow.example/", "*/*")
				if !Temporary(err) || time.Since(start) != Timeout {
					t.Errorf("after %v: %v", time.Since(start), err)
				}
			})
		})
	}
}

// If this fails, deliveries go out changed, or what the server answers is lost.
func TestPostSendsTheBodyAndReturnsTheAnswer(t *testing.T) {
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != "POST" || string(body) != "hello" || r.Header.Get("Content-Type") != ActivityJSON ||
			r.ContentLength != 5 || r.Header.Get("Signature") != "ana for a.example.com with 5" {
			t.Errorf("%s %q %v", r.Method, body, r.Header)
		}
		w.Header().Set("Accept-Signature", "sig1=()")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(make([]byte, AnswerBytesMax+100))
	})
	answer, err := c.Post(t.Context(), "https://a.example.com/inbox", ActivityJSON, []byte("hello"), mark("ana"))
	if err != nil || answer.Status != 202 || answer.Header.Get("Accept-Signature") != "sig1=()" || len(answer.Body) != AnswerBytesMax {
		t.Errorf("%d %v %d bytes, %v", answer.Status, answer.Header, len(answer.Body), err)
	}
}

// If this fails, a refused delivery hides why, or is sent on to where its author never meant it.
func TestPostReturnsRefusalsAndFollowsNoRedirect(t *testing.T) {
	for status, code := range map[int]fault.Code{307: fault.Unprocessable, 308: fault.Unprocessable, 401: fault.Unauthenticated, 503: fault.Unavailable} {
		requests := 0
		c := public(t, func(w http.ResponseWriter, _ *http.Request) {
			requests++
			w.Header().Set("Location", "https://b.example.com/")
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "why")
		})
		answer, err := c.Post(t.Context(), "https://a.example.com/inbox", ActivityJSON, []byte("x"), nil)
		if fault.CodeOf(err) != code || answer.Status != status || string(answer.Body) != "why" || requests != 1 {
			t.Errorf("%d: %+v, %v, %d requests", status, answer, err, requests)
		}
		if code == fault.Unavailable && fault.RetryOf(err) != 7*time.Second {
			t.Errorf("retry after %v", fault.RetryOf(err))
		}
	}
}

// If this fails, a broken network stops deliveries for ever, or shows strangers our addresses.
func TestUnreachableHostsAreTemporaryAndSaidPlainly(t *testing.T) {
	c := newNetwork(t).client()
	_, err := c.Get(t.Context(), "http://gone.example/", "*/*")
	if !Temporary(err) || StatusOf(err) != 0 || fault.DetailOf(err) != "gone.example cannot be reached" {
		t.Errorf("%v, detail %q", err, fault.DetailOf(err))
	}
	if !strings.Contains(err.Error(), "10.9.8.7") {
		t.Errorf("the log does not say why: %v", err)
	}
}

type broken struct{}

func (broken) Sign(*http.Request, []byte) error { return errors.New("no key") }

// If this fails, a request goes out unsigned although it was to be signed, or a place stays taken.
func TestARequestThatCannotBeSignedIsNotSent(t *testing.T) {
	c := public(t, func(http.ResponseWriter, *http.Request) { t.Error("sent") })
	for range HostRequestsMax + 1 {
		if _, err := c.Get(t.Context(), "https://a.example.com/", "*/*", broken{}); !fault.Is(err, fault.Internal) {
			t.Fatal(err)
		}
	}
	if len(c.hosts.hosts) != 0 {
		t.Errorf("%d hosts are remembered", len(c.hosts.hosts))
	}
}
