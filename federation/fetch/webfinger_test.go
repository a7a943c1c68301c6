package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tulou/protocol/fault"
	"tulou/protocol/ids"
)

const anaFinger = `{"subject":"acct:ana@example.com","aliases":["https://a.example.com/@ana"],"links":[
 {"rel":"http://webfinger.net/rel/profile-page","type":"text/html","href":"https://a.example.com/@ana"},
 {"rel":"self","type":"text/html","href":"https://a.example.com/no"},
 {"rel":"self","type":"application/activity+json","href":"https://a.example.com/users/ana"}]}`

// If this fails, nobody of another server can be found by handle.
func TestWebFingerFindsTheActor(t *testing.T) {
	c := public(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/webfinger" || r.URL.Query().Get("resource") != "acct:ana@a.example.com" ||
			!strings.Contains(r.Header.Get("Accept"), "application/jrd+json") {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		w.Header().Set("Content-Type", "application/jrd+json; charset=utf-8")
		_, _ = w.Write([]byte(anaFinger))
	})
	got, err := c.WebFinger(t.Context(), ids.Handle{Name: "ana", Host: "a.example.com"})
	if err != nil || got.Subject.String() != "ana@example.com" || got.Self != "https://a.example.com/users/ana" {
		t.Errorf("%+v, %v", got, err)
	}
}

// If this fails, servers that keep WebFinger elsewhere cannot be found, or host-meta leads inside.
func TestA042WebFingerFallsBackToHostMeta(t *testing.T) {
	for template, code := range map[string]fault.Code{
		"https://b.example.com/finger?q={uri}": "",
		"https://127.0.0.1/finger?q={uri}":     fault.Forbidden,
		"http://b.example.com/finger?q={uri}":  fault.Forbidden,
		"file:///etc/passwd?{uri}":             fault.Invalid,
		"https://b.example.com/finger":         fault.NotFound,
		"https://b.example.com/other?q={uri}":  fault.NotFound,
	} {
		c := public(t, func(w http.ResponseWriter, r *http.Request) {
			switch r.Host + r.URL.Path {
			case "a.example.com/.well-known/host-meta":
				w.Header().Set("Content-Type", "application/xrd+xml")
				_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">
					<Link rel="other" template="https://x/{uri}"/><Link rel="lrdd" type="application/json" template="%s"/></XRD>`, template)
			case "b.example.com/finger":
				if r.URL.RawQuery != "q=acct%3Aana%40a.example.com" {
					t.Errorf("query %s", r.URL.RawQuery)
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(anaFinger))
			default:
				http.NotFound(w, r)
			}
		})
		got, err := c.WebFinger(t.Context(), ids.Handle{Name: "ana", Host: "a.example.com"})
		if fault.CodeOf(err) != code || code == "" && got.Self == "" {
			t.Errorf("%s: %+v, %v", template, got, err)
		}
	}
}

// If this fails, an answer that is no WebFinger is believed, or its size is not bounded.
func TestWebFingerRefusesOtherAnswers(t *testing.T) {
	big := `{"subject":"` + strings.Repeat("x", FingerBytesMax) + `"}`
	for _, test := range []struct {
		contentType, body string
		want              fault.Code
	}{
		{"text/html", anaFinger, fault.Unsupported},
		{"", anaFinger, fault.Unsupported},
		{"application/jrd+json", big, fault.TooLarge},
		{"application/jrd+json", "{", fault.Unprocessable},
	} {
		c := public(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", test.contentType)
			_, _ = w.Write([]byte(test.body))
		})
		if _, err := c.WebFinger(t.Context(), ids.Handle{Name: "ana", Host: "a.example.com"}); fault.CodeOf(err) != test.want {
			t.Errorf("%s %.20s: %v", test.contentType, test.body, err)
		}
	}
	for _, handle := range []ids.Handle{{Name: "ana"}, {Host: "a.example.com"}, {Name: "a b", Host: "a.example.com"}} {
		if _, err := New(Config{}).WebFinger(t.Context(), handle); !fault.Is(err, fault.Invalid) {
			t.Errorf("%v: %v", handle, err)
		}
	}
}

// If this fails, nodes on one machine cannot find one another's people, with or without TLS.
func TestWebFingerTriesHTTPThenHTTPSAmongPrivatePeers(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jrd+json")
		_, _ = w.Write([]byte(anaFinger))
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	c := New(Config{AllowPrivate: true, RootCAs: secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs})
	defer c.Close()
	for _, server := range []*httptest.Server{plain, secure} {
		handle := ids.Handle{Name: "ana", Host: server.Listener.Addr().String()}
		if _, err := c.WebFinger(t.Context(), handle); err != nil {
			t.Errorf("%s: %v", server.URL, err)
		}
	}
}

// If this fails, a broken or hostile descriptor is taken for an actor.
func TestParseFingerIsStrict(t *testing.T) {
	self := `{"rel":"self","type":"application/activity+json","href":"https://a.example/u"}`
	for jrd, ok := range map[string]bool{
		`{"subject":"acct:ana@a.example","links":[` + self + `]}`:                                                         true,
		`{"subject":"acct:ana@a.example","links":[{"rel":"self"},` + self + `]}`:                                          true,
		`{"subject":"ana@a.example","links":[` + self + `]}`:                                                              false,
		`{"subject":"acct:ana","links":[` + self + `]}`:                                                                   false,
		`{"subject":"https://a.example/u","links":[` + self + `]}`:                                                        false,
		`{"links":[` + self + `]}`:                                                                                        false,
		`{"subject":"acct:ana@a.example","subject":"acct:bo@a.example","links":[` + self + `]}`:                           false,
		`{"subject":"acct:ana@a.example","links":[]}`:                                                                     false,
		`{"subject":"acct:ana@a.example"}`:                                                                                false,
		`{"subject":"acct:ana@a.example","links":{"rel":"self"}}`:                                                         false,
		`{"subject":"acct:ana@a.example","links":[{"rel":"self","type":"application/activity+json","href":"file:///x"}]}`: false,
		`{"subject":"acct:ana@a.example","links":[` + strings.Repeat(self+",", FingerLinksMax) + self + `]}`:              false,
		`{"subject":"acct:ana@a.example","links":[` + self + `]} x`:                                                       false,
		"{\"subject\":\"acct:ana@a.example\xff\",\"links\":[" + self + `]}`:                                               false,
		`[]`: false,
		``:   false,
	} {
		got, err := ParseFinger([]byte(jrd))
		if ok != (err == nil) || !ok && !fault.Is(err, fault.Unprocessable) || ok && got.Self != "https://a.example/u" {
			t.Errorf("%.80s: %+v, %v", jrd, got, err)
		}
	}
}

// If this fails, some bytes of a stranger crash the node or give an actor that cannot be fetched.
func FuzzParseFinger(f *testing.F) {
	f.Add([]byte(anaFinger))
	f.Add([]byte(`{"subject":"acct:a@b","links":[{"rel":"self","type":"application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"","href":"http://b:1/"}]}`))
	f.Fuzz(func(t *testing.T, jrd []byte) {
		got, err := ParseFinger(jrd)
		if err != nil {
			if !fault.Is(err, fault.Unprocessable) {
				t.Error(err)
			}
			return
		}
		if _, err := ids.ParseIRI(got.Self); err != nil || got.Subject.Host == "" {
			t.Errorf("%+v", got)
		}
	})
}

// If this fails, some bytes of a stranger crash the node.
func FuzzParseHostMeta(f *testing.F) {
	f.Add([]byte(`<XRD><Link rel="lrdd" template="https://a/{uri}"/></XRD>`))
	f.Fuzz(func(t *testing.T, xrd []byte) {
		if template, ok := parseHostMeta(xrd); ok && !strings.Contains(template, "{uri}") {
			t.Error(template)
		}
	})
}
