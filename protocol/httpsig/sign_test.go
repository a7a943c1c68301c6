package httpsig

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/keys"
)

func signers(t testing.TB) []Signer {
	t.Helper()
	r, err := keys.GenerateRSA()
	if err != nil {
		t.Fatal(err)
	}
	e, err := keys.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	return []Signer{{"https://harbor.example/users/ana#main-key", r}, {"https://harbor.example/users/ana#ed25519-key", e}}
}

func signed(t testing.TB, method, address string, body []byte, signer Signer, dialect Dialect) *http.Request {
	t.Helper()
	var reader io.Reader
	var digest Digest
	if body != nil {
		reader, digest = bytes.NewReader(body), DigestOf(body)
	}
	r, err := http.NewRequest(method, address, reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := Sign(r, digest, signer, dialect, peerNow); err != nil {
		t.Fatal(err)
	}
	return r
}

// What this node signs would not be what its HTTP client sends.
func TestSignedRequestsVerifyBehindARealServer(t *testing.T) {
	var node *httptest.Server
	outcome := make(chan error, 1)
	var signer Signer
	node = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			outcome <- err
			return
		}
		base, err := url.Parse(node.URL)
		if err != nil {
			outcome <- err
			return
		}
		outcome <- func() error {
			s, err := Parse(r, base, body, peerNow)
			if err != nil {
				return err
			}
			if s.KeyID != signer.KeyID || !s.Created.Equal(peerNow) {
				return fmt.Errorf("got %s at %v", s.KeyID, s.Created)
			}
			return s.Verify(signer.Key.Public())
		}()
	}))
	defer node.Close()
	for _, signer = range signers(t) {
		for _, dialect := range []Dialect{Draft, RFC9421} {
			for _, c := range []struct {
				method, path string
				body         []byte
			}{
				{"POST", "/inbox", []byte(peerBody)},
				{"POST", "/inbox", []byte{}},
				{"GET", "/users/ana/followers?page=2&x=%20%C3%A9", nil},
				{"GET", "", nil},
				{"GET", "/a%2Fb/~x;y=(1)", nil},
			} {
				r := signed(t, c.method, node.URL+c.path, c.body, signer, dialect)
				answer, err := node.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				if err := <-outcome; err != nil {
					t.Errorf("%s %s %s %s: %v", signer.Key.Kind(), dialect, c.method, c.path, err)
				}
			}
		}
	}
}

// A server that Akkoma or Pleroma delivers to would not find the length that they sign.
func TestContentLengthCanBeCovered(t *testing.T) {
	length := make(chan []string, 1)
	node := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		values, _ := received(r, nodeBase).field("content-length")
		length <- values
	}))
	defer node.Close()
	answer, err := node.Client().Post(node.URL, "text/plain", strings.NewReader("12345"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := <-length; len(got) != 1 || got[0] != "5" {
		t.Errorf("got %q", got)
	}
}

// Other servers would not accept the text of the fields.
func TestSignedFieldsReadAsTheyShould(t *testing.T) {
	pair := signers(t)
	const address = "https://orchard.example/inbox"
	for _, c := range []struct {
		request *http.Request
		field   string
		want    string
	}{
		{signed(t, "POST", address, []byte(peerBody), pair[0], Draft), "Signature",
			`keyId="https://harbor.example/users/ana#main-key",algorithm="rsa-sha256",headers="(request-target) host date digest",signature="`},
		{signed(t, "GET", address, nil, pair[1], Draft), "Signature",
			`keyId="https://harbor.example/users/ana#ed25519-key",algorithm="hs2019",headers="(request-target) host date",signature="`},
		{signed(t, "POST", address, []byte(peerBody), pair[0], Draft), "Digest", "SHA-256=" + digestText(peerBody)},
		{signed(t, "POST", address, []byte(peerBody), pair[0], Draft), "Date", peerDate},
		{signed(t, "POST", address, []byte(peerBody), pair[0], RFC9421), "Signature-Input",
			`sig1=("@method" "@target-uri" "content-digest");created=1795165200;` +
				`keyid="https://harbor.example/users/ana#main-key";alg="rsa-v1_5-sha256"`},
		{signed(t, "GET", address, nil, pair[1], RFC9421), "Signature-Input",
			`sig1=("@method" "@target-uri");created=1795165200;` +
				`keyid="https://harbor.example/users/ana#ed25519-key";alg="ed25519"`},
		{signed(t, "POST", address, []byte(peerBody), pair[0], RFC9421), "Content-Digest", "sha-256=:" + digestText(peerBody) + ":"},
		{signed(t, "POST", address, []byte(peerBody), pair[0], RFC9421), "Signature", "sig1=:"},
	} {
		values := c.request.Header.Values(c.field)
		if len(values) != 1 || !strings.HasPrefix(values[0], c.want) {
			t.Errorf("%s: got %q, want %q", c.field, values, c.want)
		}
	}
}

// After a redirect or a second knock the old signature would travel on, to another host.
func TestSigningAgainReplacesTheFormerSignature(t *testing.T) {
	pair := signers(t)
	r := signed(t, "POST", "https://orchard.example/inbox", []byte(peerBody), pair[0], Draft)
	r.URL.Host = "meadow.example"
	r.Host = "meadow.example"
	if err := Sign(r, DigestOf([]byte(peerBody)), pair[1], RFC9421, peerNow.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if len(r.Header.Values("Signature")) != 1 || r.Header.Get("Digest") != "" {
		t.Errorf("left over: %v", r.Header)
	}
	if err := Sign(r, DigestOf([]byte(peerBody)), pair[0], Draft, peerNow.Add(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Signature-Input", "Content-Digest"} {
		if r.Header.Get(name) != "" {
			t.Errorf("left over: %s", name)
		}
	}
	arrived := arriving("POST", "/inbox", peerBody)
	arrived.Header = r.Header
	s, err := Parse(arrived, &url.URL{Scheme: "https", Host: "meadow.example"}, []byte(peerBody), peerNow)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(pair[0].Key.Public()); err != nil {
		t.Error(err)
	}
	if s, err = Parse(arrived, nodeBase, []byte(peerBody), peerNow); err != nil {
		t.Fatal(err)
	}
	mustRefuse(t, s.Verify(pair[0].Key.Public()), "does not match")
}

// A mistake of the caller would leave the node as a request that nobody accepts, or that says
// "unauthenticated" to one of our own people.
func TestSignRefusesWhatItCannotSign(t *testing.T) {
	signer := signers(t)[1]
	digest := DigestOf([]byte(peerBody))
	for name, c := range map[string]struct {
		address string
		digest  Digest
		signer  Signer
	}{
		"no host":             {"/inbox", digest, signer},
		"no digest":           {"https://orchard.example/inbox", Digest{}, signer},
		"no key":              {"https://orchard.example/inbox", digest, Signer{KeyID: signer.KeyID}},
		"no key id":           {"https://orchard.example/inbox", digest, Signer{Key: signer.Key}},
		"key id with a quote": {"https://orchard.example/inbox", digest, Signer{`https://x.example/"`, signer.Key}},
	} {
		for _, dialect := range []Dialect{Draft, RFC9421} {
			r, err := http.NewRequest("POST", c.address, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := Sign(r, c.digest, c.signer, dialect, peerNow); fault.CodeOf(err) != fault.Internal {
				t.Errorf("%s, %s: %v", name, dialect, err)
			}
			if r.Header.Get("Signature") != "" {
				t.Errorf("%s, %s: the request is signed", name, dialect)
			}
		}
	}
}

// FuzzParse throws text at both syntaxes: nothing may panic, and nothing may verify but what the
// one honest signer has signed.
func FuzzParse(f *testing.F) {
	draft, rfc := draftPost(f, peerEd25519(), nil), rfcPost(f, peerEd25519(), nil)
	f.Add("POST", "/inbox", draft.Header.Get("Signature"), "", draft.Header.Get("Digest"), []byte(peerBody))
	f.Add("POST", "/inbox", rfc.Header.Get("Signature"), rfc.Header.Get("Signature-Input"),
		rfc.Header.Get("Content-Digest"), []byte(peerBody))
	f.Add("GET", "/x?a=1&b=%zz", "sig1=:AA==:", `sig1=("@query-param";name="a" "date";bs "digest";key="a" "@query");created=@1;keyid="x"`,
		"sha-256=:AA==:;a=?0", []byte(nil))
	stranger, err := keys.GenerateRSA()
	if err != nil {
		f.Fatal(err)
	}
	own := publicOf(f, peerEd25519())
	f.Fuzz(func(t *testing.T, method, target, signature, input, digest string, body []byte) {
		r := &http.Request{Method: method, RequestURI: target, URL: &url.URL{Path: "/"}, Header: http.Header{
			"Signature": {signature}, "Date": {peerDate}, "Digest": {digest}, "Content-Digest": {digest},
		}}
		if input != "" {
			r.Header.Set("Signature-Input", input)
		}
		s, err := Parse(r, nodeBase, body, peerNow)
		if err != nil {
			if !fault.Is(err, fault.Unauthenticated) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if s.KeyID == "" || len(s.value) == 0 || len(s.bases) == 0 || len(s.Covered) > ComponentsMax {
			t.Fatalf("accepted %+v", s)
		}
		if s.Verify(stranger.Public()) == nil || s.Verify(keys.Public{}) == nil {
			t.Fatalf("verifies under a key that signed nothing: %+v", s)
		}
		// The draft writes methods in small letters and so cannot tell POST from post.
		same := strings.EqualFold(method, "POST") && target == "/inbox" && string(body) == peerBody
		if s.Verify(own) == nil && !same {
			t.Fatalf("verifies though it was not signed: %s %s %+v", method, target, s)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	digest := DigestOf(bytes.Repeat([]byte("x"), 2048))
	for _, signer := range signers(b) {
		for _, dialect := range []Dialect{Draft, RFC9421} {
			b.Run(string(dialect)+"/"+string(signer.Key.Kind()), func(b *testing.B) {
				r, err := http.NewRequest("POST", "https://orchard.example/inbox", nil)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := Sign(r, digest, signer, dialect, peerNow); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkParseAndVerify(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 2048)
	for _, signer := range signers(b) {
		for _, dialect := range []Dialect{Draft, RFC9421} {
			b.Run(string(dialect)+"/"+string(signer.Key.Kind()), func(b *testing.B) {
				r := arriving("POST", "/inbox", "")
				r.Header = signed(b, "POST", "https://harbor.example/inbox", body, signer, dialect).Header
				key := signer.Key.Public()
				b.ReportAllocs()
				for b.Loop() {
					s, err := Parse(r, nodeBase, body, peerNow)
					if err != nil {
						b.Fatal(err)
					}
					if err := s.Verify(key); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
