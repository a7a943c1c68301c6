package httpsig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tulou/protocol/fault"
	"tulou/protocol/keys"
)

// The peer of these tests signs with its own code: it writes signing strings by hand and uses the
// standard library, so that a mistake of this package cannot cancel itself out.

var peerRSA = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

var peerEd25519 = sync.OnceValue(func() ed25519.PrivateKey {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
})

func signWith(t testing.TB, key crypto.Signer, base string) string {
	t.Helper()
	message, options := []byte(base), crypto.SignerOpts(crypto.Hash(0))
	if _, ok := key.(*rsa.PrivateKey); ok {
		sum := sha256.Sum256(message)
		message, options = sum[:], crypto.SHA256
	}
	value, err := key.Sign(rand.Reader, message, options)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(value)
}

func publicOf(t testing.TB, key crypto.Signer) keys.Public {
	t.Helper()
	return public(t, spki(t, key))
}

func spki(t testing.TB, key crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

const (
	keyID    = "https://orchard.example/users/bo#main-key"
	peerBody = `{"type":"Follow"}`
	peerDate = "Fri, 20 Nov 2026 09:00:00 GMT"
)

var (
	nodeBase = &url.URL{Scheme: "https", Host: "harbor.example"}
	peerNow  = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
)

func digestText(body string) string {
	sum := sha256.Sum256([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// arriving returns a request as a server sees it: no host in the URL, another one in Host.
func arriving(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "10.0.0.7:8420" // what a proxy may have put there
	return r
}

// draftPost returns a correct POST signed in the draft dialect, after change has had its way with
// the lines of the signing string and the request.
func draftPost(t testing.TB, key crypto.Signer, change func(p *draftPeer)) *http.Request {
	t.Helper()
	p := &draftPeer{
		r: arriving("POST", "/inbox", peerBody), keyID: keyID, algorithm: `algorithm="rsa-sha256",`,
		lines: []string{"(request-target): post /inbox", "host: harbor.example", "date: " + peerDate,
			"digest: SHA-256=" + digestText(peerBody)},
	}
	p.r.Header.Set("Date", peerDate)
	p.r.Header.Set("Digest", "SHA-256="+digestText(peerBody))
	if _, ok := key.(ed25519.PrivateKey); ok {
		p.algorithm = `algorithm="hs2019",`
	}
	if change != nil {
		change(p)
	}
	var names []string
	for _, line := range p.lines {
		name, _, _ := strings.Cut(line, ": ")
		names = append(names, name)
	}
	p.r.Header.Set("Signature", fmt.Sprintf(`keyId="%s",%sheaders="%s",%ssignature="%s"`, p.keyID, p.algorithm,
		strings.Join(names, " "), p.more, signWith(t, key, strings.Join(p.lines, "\n"))))
	return p.r
}

type draftPeer struct {
	r                      *http.Request
	keyID, algorithm, more string
	lines                  []string
}

func (p *draftPeer) drop(name string) {
	kept := p.lines[:0]
	for _, line := range p.lines {
		if !strings.HasPrefix(line, name+":") {
			kept = append(kept, line)
		}
	}
	p.lines = kept
}

// rfcPost is draftPost for the dialect of RFC 9421.
func rfcPost(t testing.TB, key crypto.Signer, change func(p *rfcPeer)) *http.Request {
	t.Helper()
	p := &rfcPeer{
		r: arriving("POST", "/inbox", peerBody),
		lines: []string{`"@method": POST`, `"@target-uri": https://harbor.example/inbox`,
			`"content-digest": sha-256=:` + digestText(peerBody) + ":"},
		params: fmt.Sprintf(`;created=%d;keyid="%s"`, peerNow.Unix(), keyID),
	}
	p.r.Header.Set("Content-Digest", "sha-256=:"+digestText(peerBody)+":")
	if change != nil {
		change(p)
	}
	input, value := p.signed(t, key)
	p.r.Header.Set("Signature-Input", "sig1="+input)
	p.r.Header.Set("Signature", "sig1=:"+value+":")
	return p.r
}

type rfcPeer struct {
	r      *http.Request
	lines  []string
	params string
}

func (p *rfcPeer) signed(t testing.TB, key crypto.Signer) (input, value string) {
	var names []string
	for _, line := range p.lines {
		name, _, _ := strings.Cut(line, ": ")
		names = append(names, name)
	}
	input = "(" + strings.Join(names, " ") + ")" + p.params
	base := strings.Join(append(p.lines, `"@signature-params": `+input), "\n")
	return input, signWith(t, key, base)
}

func (p *rfcPeer) drop(name string) {
	kept := p.lines[:0]
	for _, line := range p.lines {
		if !strings.HasPrefix(line, `"`+name+`"`) {
			kept = append(kept, line)
		}
	}
	p.lines = kept
}

// check does what the gate does: parse, look the key up, verify.
func check(r *http.Request, body string, key keys.Public, now time.Time) error {
	s, err := Parse(r, nodeBase, []byte(body), now)
	if err != nil {
		return err
	}
	return s.Verify(key)
}

func mustRefuse(t *testing.T, err error, because string) {
	t.Helper()
	if !fault.Is(err, fault.Unauthenticated) {
		t.Fatalf("got %v, want unauthenticated", err)
	}
	if !strings.Contains(fault.DetailOf(err), because) {
		t.Errorf("refused because %q, want %q", fault.DetailOf(err), because)
	}
}

// Honest servers could not deliver.
func TestCorrectRequestsAreAccepted(t *testing.T) {
	for _, key := range []crypto.Signer{peerRSA(), peerEd25519()} {
		for dialect, r := range map[Dialect]*http.Request{
			Draft: draftPost(t, key, nil), RFC9421: rfcPost(t, key, nil),
		} {
			s, err := Parse(r, nodeBase, []byte(peerBody), peerNow)
			if err != nil {
				t.Fatalf("%s: %v", dialect, err)
			}
			if s.KeyID != keyID || s.Dialect != dialect || !s.Created.Equal(peerNow) || len(s.Covered) < 3 {
				t.Errorf("%s: got %+v", dialect, s)
			}
			if err := s.Verify(publicOf(t, key)); err != nil {
				t.Errorf("%s: %v", dialect, err)
			}
		}
	}
}

// Anybody could post in anybody's name.
func TestOtherKeysDoNotVerify(t *testing.T) {
	stranger, err := keys.GenerateEd25519()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []crypto.Signer{peerRSA(), peerEd25519()} {
		for _, r := range []*http.Request{draftPost(t, key, nil), rfcPost(t, key, nil)} {
			s, err := Parse(r, nodeBase, []byte(peerBody), peerNow)
			if err != nil {
				t.Fatal(err)
			}
			mustRefuse(t, s.Verify(stranger.Public()), "does not match")
			mustRefuse(t, s.Verify(keys.Public{}), "does not match")
		}
	}
}

// An attacker could reuse a signature for another path, host, body or time.
func TestA016DraftHasToCoverWhatMatters(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(p *draftPeer)
		because string
	}{
		"no target":      {func(p *draftPeer) { p.drop("(request-target)") }, "does not cover (request-target)"},
		"no host":        {func(p *draftPeer) { p.drop("host") }, "does not cover host"},
		"no time":        {func(p *draftPeer) { p.drop("date") }, "neither date nor (created)"},
		"no digest":      {func(p *draftPeer) { p.drop("digest") }, "does not cover digest"},
		"nothing":        {func(p *draftPeer) { p.lines = nil }, "does not cover (request-target)"},
		"another path":   {func(p *draftPeer) { p.lines[0] = "(request-target): post /users/ana/inbox" }, "does not match"},
		"another method": {func(p *draftPeer) { p.lines[0] = "(request-target): put /inbox" }, "does not match"},
		"another host":   {func(p *draftPeer) { p.lines[1] = "host: meadow.example" }, "does not match"},
		"another date":   {func(p *draftPeer) { p.lines[2] = "date: Fri, 20 Nov 2026 08:59:59 GMT" }, "does not match"},
		"absent field":   {func(p *draftPeer) { p.lines = append(p.lines, "x-mood: fine") }, "which is absent"},
		"field twice":    {func(p *draftPeer) { p.lines = append(p.lines, "host: harbor.example") }, "twice"},
		"unknown pseudo": {func(p *draftPeer) { p.lines = append(p.lines, "(mood): fine") }, "not known"},
		"created absent": {func(p *draftPeer) {
			p.algorithm, p.lines = "", append(p.lines, "(created): 1")
		}, "which it does not have"},
		"created with an old label": {func(p *draftPeer) {
			p.more = fmt.Sprintf("created=%d,", peerNow.Unix())
			p.lines = append(p.lines, fmt.Sprintf("(created): %d", peerNow.Unix()))
		}, "with the algorithm"},
		"created not covered": {func(p *draftPeer) {
			p.drop("date")
			p.more = fmt.Sprintf("created=%d,", peerNow.Unix())
		}, "neither date nor (created)"},
		"two dates":      {func(p *draftPeer) { p.r.Header.Add("Date", peerDate) }, "one HTTP date"},
		"no HTTP date":   {func(p *draftPeer) { p.r.Header.Set("Date", "yesterday") }, "one HTTP date"},
		"line break":     {func(p *draftPeer) { p.r.Header["Digest"] = []string{"a\nb"} }, "line break"},
		"no date at all": {func(p *draftPeer) { p.r.Header.Del("Date") }, "which is absent"},
	} {
		t.Run(name, func(t *testing.T) {
			r := draftPost(t, peerRSA(), c.change)
			mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), c.because)
		})
	}
}

// As before, in the other dialect.
func TestA016RFC9421HasToCoverWhatMatters(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(p *rfcPeer)
		because string
	}{
		"no method":      {func(p *rfcPeer) { p.drop("@method") }, "does not cover @method"},
		"no target":      {func(p *rfcPeer) { p.drop("@target-uri") }, "does not cover @target-uri"},
		"no digest":      {func(p *rfcPeer) { p.drop("content-digest") }, "does not cover content-digest"},
		"nothing":        {func(p *rfcPeer) { p.lines = nil }, "does not cover @method"},
		"path alone":     {func(p *rfcPeer) { p.lines[1] = `"@path": /inbox` }, "does not cover @target-uri"},
		"authority only": {func(p *rfcPeer) { p.lines[1] = `"@authority": harbor.example` }, "does not cover @target-uri"},
		"no query": {func(p *rfcPeer) {
			p.r.RequestURI = "/inbox?page=2"
			p.lines[1] = `"@path": /inbox`
			p.lines = append(p.lines, `"@authority": harbor.example`)
		}, "does not cover @target-uri"},
		"no time":        {func(p *rfcPeer) { p.params = `;keyid="` + keyID + `"` }, "when it was created"},
		"another path":   {func(p *rfcPeer) { p.lines[1] = `"@target-uri": https://harbor.example/outbox` }, "does not match"},
		"another scheme": {func(p *rfcPeer) { p.lines[1] = `"@target-uri": http://harbor.example/inbox` }, "does not match"},
		"another host":   {func(p *rfcPeer) { p.lines[1] = `"@target-uri": https://meadow.example/inbox` }, "does not match"},
		"another method": {func(p *rfcPeer) { p.lines[0] = `"@method": GET` }, "does not match"},
		"part of the digest": {func(p *rfcPeer) {
			p.lines[2] = `"content-digest";key="sha-256": :` + digestText(peerBody) + ":"
		}, "does not cover content-digest"},
		"absent field":      {func(p *rfcPeer) { p.lines = append(p.lines, `"x-mood": fine`) }, "which is absent"},
		"component twice":   {func(p *rfcPeer) { p.lines = append(p.lines, `"@method": POST`) }, "twice"},
		"unknown component": {func(p *rfcPeer) { p.lines = append(p.lines, `"@mood": fine`) }, "not known"},
		"status":            {func(p *rfcPeer) { p.lines = append(p.lines, `"@status": 200`) }, "not known"},
		"unknown parameter": {func(p *rfcPeer) { p.lines = append(p.lines, `"content-digest";tr: x`) }, "not known"},
		"of a request":      {func(p *rfcPeer) { p.lines[0] = `"@method";req: POST` }, "parameter that is not known"},
		"two parameters":    {func(p *rfcPeer) { p.lines = append(p.lines, `"content-digest";sf;bs: x`) }, "more than one parameter"},
		"sf of a stranger":  {func(p *rfcPeer) { p.lines = append(p.lines, `"user-agent";sf: x`); p.r.Header.Set("User-Agent", "x") }, "not known"},
		"absent member":     {func(p *rfcPeer) { p.lines = append(p.lines, `"content-digest";key="md5": x`) }, "has not the member"},
		"capital letters":   {func(p *rfcPeer) { p.lines = append(p.lines, `"Host": harbor.example`) }, "not a header field"},
		"not a string":      {func(p *rfcPeer) { p.lines = append(p.lines, `host: harbor.example`) }, "not a component"},
		"query parameter":   {func(p *rfcPeer) { p.lines = append(p.lines, `"@query-param": x`) }, "exactly the parameter name"},
		"missing parameter": {func(p *rfcPeer) { p.lines = append(p.lines, `"@query-param";name="a": 1`) }, "exactly once"},
		"parameter twice": {func(p *rfcPeer) {
			p.r.RequestURI = "/inbox?a=1&a=2"
			p.lines[1] = `"@target-uri": https://harbor.example/inbox?a=1&a=2`
			p.lines = append(p.lines, `"@query-param";name="a": 1`)
		}, "exactly once"},
		"broken query": {func(p *rfcPeer) {
			p.r.RequestURI = "/inbox?a=%zz"
			p.lines = append(p.lines, `"@query-param";name="a": 1`)
		}, "cannot be decoded"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rfcPost(t, peerRSA(), c.change)
			mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), c.because)
		})
	}
}

// Signers that cover more, or cover the target in parts, could not deliver.
func TestOtherCoverageIsAccepted(t *testing.T) {
	for name, change := range map[string]func(p *rfcPeer){
		"authority, path and query": func(p *rfcPeer) {
			p.r.RequestURI = "/inbox?a=1"
			p.lines[1] = `"@authority": harbor.example`
			p.lines = append(p.lines, `"@path": /inbox`, `"@query": ?a=1`)
		},
		"authority and request target": func(p *rfcPeer) {
			p.lines[1] = `"@authority": harbor.example`
			p.lines = append(p.lines, `"@request-target": /inbox`)
		},
		"host and date": func(p *rfcPeer) {
			p.r.Header.Set("Date", peerDate)
			p.lines = append(p.lines, `"host": harbor.example`, `"date": `+peerDate)
		},
		"other parameters": func(p *rfcPeer) { p.params += `;nonce="abc";tag="fediverse";x=1` },
		"its algorithm":    func(p *rfcPeer) { p.params += `;alg="rsa-v1_5-sha256"` },
	} {
		r := rfcPost(t, peerRSA(), change)
		if err := check(r, peerBody, publicOf(t, peerRSA()), peerNow); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	created := fmt.Sprint(peerNow.Unix())
	for name, change := range map[string]func(p *draftPeer){
		"created": func(p *draftPeer) {
			p.algorithm, p.more = `algorithm="hs2019",`, "created="+created+",expires=\""+fmt.Sprint(peerNow.Unix()+60)+"\","
			p.lines[2] = "(created): " + created
		},
		"no label":       func(p *draftPeer) { p.algorithm = "" },
		"unknown member": func(p *draftPeer) { p.more = `version="1",` },
		"more fields": func(p *draftPeer) {
			p.r.Header.Set("Content-Type", "application/activity+json")
			p.r.Header["Accept"] = []string{"a/b", " c/d "}
			p.lines = append(p.lines, "content-type: application/activity+json", "accept: a/b, c/d")
		},
	} {
		r := draftPost(t, peerRSA(), change)
		if err := check(r, peerBody, publicOf(t, peerRSA()), peerNow); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Servers that sign a target with its query, and those that sign the path alone, have to be
// understood; a query that nobody signed must not pass for another one.
func TestDraftVerifiesWithAndWithoutQuery(t *testing.T) {
	for line, fine := range map[string]bool{
		"(request-target): get /users/ana/followers?page=2": true,
		"(request-target): get /users/ana/followers":        true,
		"(request-target): get /users/ana/followers?page=3": false,
		"(request-target): get /users/ana/following":        false,
	} {
		r := draftPost(t, peerRSA(), func(p *draftPeer) {
			p.r = arriving("GET", "/users/ana/followers?page=2", "")
			p.r.Header.Set("Date", peerDate)
			p.lines = []string{line, "host: harbor.example", "date: " + peerDate}
		})
		if err := check(r, "", publicOf(t, peerRSA()), peerNow); (err == nil) != fine {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// A body could be exchanged under a valid signature.
func TestA017DigestsHaveToMatchTheBody(t *testing.T) {
	sum := digestText(peerBody)
	for name, c := range map[string]struct {
		values  []string
		body    string
		because string
	}{
		"absent":           {nil, peerBody, "absent"},
		"another body":     {[]string{"SHA-256=" + sum}, `{"type":"Block"}`, "not that of the body"},
		"empty body":       {[]string{"SHA-256=" + sum}, "", "not that of the body"},
		"two fields":       {[]string{"SHA-256=" + sum, "SHA-256=" + digestText("x")}, peerBody, "more than one"},
		"the same twice":   {[]string{"SHA-256=" + sum, "SHA-256=" + sum}, peerBody, "more than one"},
		"two in one field": {[]string{"SHA-256=" + digestText("x") + ",SHA-256=" + sum}, peerBody, "more than one"},
		"another hash":     {[]string{"MD5=" + sum}, peerBody, "not SHA-256"},
		"no hash":          {[]string{sum}, peerBody, "not SHA-256"},
		"not base64":       {[]string{"SHA-256=***"}, peerBody, "not that of the body"},
		"cut":              {[]string{"SHA-256=" + sum[:40]}, peerBody, "not that of the body"},
		"empty":            {[]string{""}, peerBody, "not SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			r := draftPost(t, peerRSA(), func(p *draftPeer) {
				p.r.Header["Digest"] = c.values
				p.lines[3] = "digest: " + strings.Join(c.values, ", ")
			})
			mustRefuse(t, check(r, c.body, publicOf(t, peerRSA()), peerNow), c.because)
		})
	}
	r := draftPost(t, peerRSA(), func(p *draftPeer) {
		p.r.Header.Set("Digest", "sha-256="+sum) // WriteFreely and others write it small
		p.lines[3] = "digest: sha-256=" + sum
	})
	if err := check(r, peerBody, publicOf(t, peerRSA()), peerNow); err != nil {
		t.Errorf("small letters: %v", err)
	}
}

// As before, in the other dialect.
func TestA017ContentDigestsHaveToMatchTheBody(t *testing.T) {
	good, bad := ":"+digestText(peerBody)+":", ":"+digestText("x")+":"
	long := sha512.Sum512([]byte(peerBody))
	sha512Text := ":" + base64.StdEncoding.EncodeToString(long[:]) + ":"
	for name, c := range map[string]struct {
		values  []string
		body    string
		because string
	}{
		"absent":                {nil, peerBody, "absent"},
		"another body":          {[]string{"sha-256=" + good}, `{"type":"Block"}`, "not that of the body"},
		"two fields":            {[]string{"sha-256=" + good, "sha-512=" + sha512Text}, peerBody, "more than one"},
		"the same member twice": {[]string{"sha-256=" + bad + ", sha-256=" + good}, peerBody, "repeats something"},
		"one of two is wrong":   {[]string{"sha-256=" + good + ", sha-512=" + good}, peerBody, "not that of the body"},
		"unknown hash only":     {[]string{"md5=" + good}, peerBody, "neither SHA-256 nor SHA-512"},
		"not bytes":             {[]string{`sha-256="x"`}, peerBody, "not that of the body"},
		"a list":                {[]string{"sha-256=(" + good + ")"}, peerBody, "not that of the body"},
		"no dictionary":         {[]string{"SHA-256=" + digestText(peerBody)}, peerBody, "cannot be parsed"},
		"two spellings":         {[]string{"sha-256=" + good + ";a;a"}, peerBody, "repeats something"},
		"empty":                 {[]string{""}, peerBody, "neither SHA-256 nor SHA-512"},
		"long":                  {[]string{"sha-256=" + good + strings.Repeat(" ", FieldBytesMax)}, peerBody, "longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			r := rfcPost(t, peerRSA(), func(p *rfcPeer) {
				p.r.Header["Content-Digest"] = c.values
				p.lines[2] = `"content-digest": ` + strings.Join(c.values, ", ")
			})
			mustRefuse(t, check(r, c.body, publicOf(t, peerRSA()), peerNow), c.because)
		})
	}
	for _, value := range []string{"sha-512=" + sha512Text, "sha-256=" + good + ", sha-512=" + sha512Text, "md5=" + bad + ", sha-256=" + good} {
		r := rfcPost(t, peerRSA(), func(p *rfcPeer) {
			p.r.Header.Set("Content-Digest", value)
			p.lines[2] = `"content-digest": ` + value
		})
		if err := check(r, peerBody, publicOf(t, peerRSA()), peerNow); err != nil {
			t.Errorf("%s: %v", value, err)
		}
	}
}

// A GET with a body that no digest covers would let the body through.
func TestA017BodyOfAGETNeedsADigest(t *testing.T) {
	r := draftPost(t, peerRSA(), func(p *draftPeer) {
		p.r = arriving("GET", "/inbox", "")
		p.r.Header.Set("Date", peerDate)
		p.lines = []string{"(request-target): get /inbox", "host: harbor.example", "date: " + peerDate}
	})
	mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), "does not cover digest")
	if err := check(r, "", publicOf(t, peerRSA()), peerNow); err != nil {
		t.Error(err)
	}
}

// The public key, which everybody has, would work as the secret of an HMAC.
func TestA019TheKeyDecidesTheAlgorithm(t *testing.T) {
	secret := []byte(spki(t, peerRSA()))
	forge := func(base string) string {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(base))
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	for label, because := range map[string]string{
		"hmac-sha256":     "not accepted",
		"none":            "not accepted",
		"HS2019":          "not accepted",
		"rsa-sha1":        "not accepted",
		"ecdsa-sha256":    "not accepted",
		"hs2019":          "does not match",
		"rsa-sha256":      "does not match",
		"ed25519":         "does not match",
		"rsa-v1_5-sha256": "not accepted",
	} {
		r := draftPost(t, peerRSA(), func(p *draftPeer) { p.algorithm = `algorithm="` + label + `",` })
		base := strings.Join([]string{"(request-target): post /inbox", "host: harbor.example", "date: " + peerDate,
			"digest: SHA-256=" + digestText(peerBody)}, "\n")
		start, _, _ := strings.Cut(r.Header.Get("Signature"), "signature=")
		r.Header.Set("Signature", start+`signature="`+forge(base)+`"`)
		mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), because)
	}
	for label, because := range map[string]string{
		"hmac-sha256":       "not accepted",
		"none":              "not accepted",
		"hs2019":            "not accepted",
		"ecdsa-p256-sha256": "not accepted",
		"rsa-v1_5-sha512":   "not accepted",
		"ed25519":           "does not match",
		"rsa-pss-sha512":    "does not match",
	} {
		r := rfcPost(t, peerRSA(), func(p *rfcPeer) { p.params += `;alg="` + label + `"` })
		mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), because)
	}
	r := rfcPost(t, peerRSA(), func(p *rfcPeer) { p.params += `;alg=rsa-v1_5-sha256` })
	mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), "not a string")
}

// Servers that take the draft at its word, and sign with SHA-512 or PSS, could not deliver.
func TestDraftLabelHS2019MeansWhatTheKeyCanDo(t *testing.T) {
	key := peerRSA()
	base := strings.Join([]string{"(request-target): post /inbox", "host: harbor.example", "date: " + peerDate,
		"digest: SHA-256=" + digestText(peerBody)}, "\n")
	sum := sha512.Sum512([]byte(base))
	v15, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA512, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	pss, err := rsa.SignPSS(rand.Reader, key, crypto.SHA512, sum[:], &rsa.PSSOptions{SaltLength: 64})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, label string
		value       []byte
		fine        bool
	}{
		{"SHA-512", "hs2019", v15, true}, {"PSS", "hs2019", pss, true}, {"SHA-512 by name", "rsa-sha512", v15, true},
		{"SHA-512 called SHA-256", "rsa-sha256", v15, false}, {"PSS called v1.5", "rsa-sha512", pss, false},
	} {
		r := draftPost(t, key, func(p *draftPeer) { p.algorithm = `algorithm="` + c.label + `",` })
		start, _, _ := strings.Cut(r.Header.Get("Signature"), "signature=")
		r.Header.Set("Signature", start+`signature="`+base64.StdEncoding.EncodeToString(c.value)+`"`)
		if err := check(r, peerBody, publicOf(t, key), peerNow); (err == nil) != c.fine {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// A captured request could be sent again for ever, or be made now for next year.
func TestA020OnlyTheTimeWindowIsAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		age     time.Duration // of the signature when it arrives
		expires time.Duration // after its making; zero for none
		because string
	}{
		"now":                   {0, 0, ""},
		"12 hours old":          {AgeMax, 0, ""},
		"a second older":        {AgeMax + time.Second, 0, "ago"},
		"13 hours old":          {13 * time.Hour, 0, "ago"},
		"5 minutes in future":   {-SkewMax, 0, ""},
		"a second further":      {-SkewMax - time.Second, 0, "in the future"},
		"a year in the future":  {-365 * 24 * time.Hour, 0, "in the future"},
		"before expiry":         {59 * time.Second, time.Minute, ""},
		"at expiry":             {time.Minute, time.Minute, "expired"},
		"13 hours, long expiry": {13 * time.Hour, 24 * time.Hour, "ago"},
		"expired when made":     {0, -time.Second, "expired"},
	} {
		made := peerNow.Add(-c.age)
		requests := map[string]*http.Request{
			"rfc9421": rfcPost(t, peerEd25519(), func(p *rfcPeer) {
				p.params = fmt.Sprintf(`;created=%d;keyid="%s"`, made.Unix(), keyID)
				if c.expires != 0 {
					p.params += fmt.Sprintf(";expires=%d", made.Add(c.expires).Unix())
				}
			}),
			"draft, date": draftPost(t, peerEd25519(), func(p *draftPeer) {
				p.r.Header.Set("Date", made.Format(http.TimeFormat))
				p.lines[2] = "date: " + made.Format(http.TimeFormat)
				if c.expires != 0 {
					p.more = fmt.Sprintf("expires=%d,", made.Add(c.expires).Unix())
				}
			}),
			"draft, created": draftPost(t, peerEd25519(), func(p *draftPeer) {
				p.more = fmt.Sprintf("created=%d,", made.Unix())
				p.lines[2] = fmt.Sprintf("(created): %d", made.Unix())
				if c.expires != 0 {
					p.more += fmt.Sprintf("expires=%d,", made.Add(c.expires).Unix())
					p.lines = append(p.lines, fmt.Sprintf("(expires): %d", made.Add(c.expires).Unix()))
				}
			}),
		}
		for dialect, r := range requests {
			t.Run(name+"/"+dialect, func(t *testing.T) {
				err := check(r, peerBody, publicOf(t, peerEd25519()), peerNow)
				if c.because == "" && err != nil {
					t.Error(err)
				}
				if c.because != "" {
					mustRefuse(t, err, c.because)
				}
			})
		}
	}
}

// A fresh date beside an old creation time, or the reverse, would reopen the window.
func TestA020EveryCoveredMomentCounts(t *testing.T) {
	old := peerNow.Add(-13 * time.Hour)
	r := draftPost(t, peerEd25519(), func(p *draftPeer) {
		p.more = fmt.Sprintf("created=%d,", peerNow.Unix())
		p.r.Header.Set("Date", old.Format(http.TimeFormat))
		p.lines[2] = "date: " + old.Format(http.TimeFormat)
		p.lines = append(p.lines, fmt.Sprintf("(created): %d", peerNow.Unix()))
	})
	mustRefuse(t, check(r, peerBody, publicOf(t, peerEd25519()), peerNow), "ago")
	r = rfcPost(t, peerEd25519(), func(p *rfcPeer) {
		p.r.Header.Set("Date", old.Format(http.TimeFormat))
		p.lines = append(p.lines, `"date": `+old.Format(http.TimeFormat))
	})
	mustRefuse(t, check(r, peerBody, publicOf(t, peerEd25519()), peerNow), "ago")
}

// Text that two readers understand differently would pass.
func TestBrokenDraftFieldsAreRefused(t *testing.T) {
	good := draftPost(t, peerRSA(), nil).Header.Get("Signature")
	for name, lines := range map[string][]string{
		"absent":             nil,
		"empty":              {""},
		"two fields":         {good, good},
		"no equals sign":     {"keyId"},
		"open quote":         {`keyId="https://orchard.example/x`},
		"text after quote":   {`keyId="a"b,` + good},
		"trailing comma":     {good + ","},
		"empty member":       {good + ",,x=1"},
		"key id twice":       {good + `,keyId="https://meadow.example/key"`},
		"other case twice":   {good + `,KEYID="https://meadow.example/key"`},
		"unknown twice":      {good + `,x=1,x=2`},
		"escape":             {strings.Replace(good, "bo#", `b\"o#`, 1)},
		"control character":  {strings.Replace(good, "bo#", "b\to#", 1)},
		"no key id":          {strings.Replace(good, "keyId", "keyless", 1)},
		"key id is no URL":   {strings.Replace(good, keyID, "bo@orchard.example", 1)},
		"key id is a script": {strings.Replace(good, "https:", "javascript:", 1)},
		"no signature":       {strings.Replace(good, "signature=", "sig=", 1)},
		"empty signature":    {good[:strings.Index(good, "signature=")] + `signature=""`},
		"no base64":          {good[:strings.Index(good, "signature=")] + `signature="***"`},
		"line break in it":   {good[:len(good)-4] + "\n" + good[len(good)-4:]},
		"no headers":         {strings.Replace(good, "headers=", "other=", 1)},
		"created is text":    {good + `,created="soon"`},
		"created is huge":    {good + `,created=99999999999999`},
		"expires is -1":      {good + `,expires=-1`},
		"expires is decimal": {good + `,expires=1.5`},
		"too long":           {good + `,x="` + strings.Repeat("x", FieldBytesMax) + `"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := draftPost(t, peerRSA(), nil)
			r.Header["Signature"] = lines
			mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), "")
		})
	}
	many := draftPost(t, peerRSA(), func(p *draftPeer) {
		for i := range ComponentsMax {
			p.r.Header.Set(fmt.Sprintf("X-%d", i), "x")
			p.lines = append(p.lines, fmt.Sprintf("x-%d: x", i))
		}
	})
	mustRefuse(t, check(many, peerBody, publicOf(t, peerRSA()), peerNow), "more than 32 components")
}

// As before, in the other dialect.
func TestBrokenRFC9421FieldsAreRefused(t *testing.T) {
	good := rfcPost(t, peerRSA(), nil).Header
	input, value := good.Get("Signature-Input"), good.Get("Signature")
	for name, c := range map[string]struct{ inputs, values []string }{
		"no signature":         {[]string{input}, nil},
		"no input":             {[]string{""}, []string{value}},
		"other label":          {[]string{input}, []string{"x" + value}},
		"item, no list":        {[]string{"sig1=1"}, []string{value}},
		"bare label":           {[]string{"sig1"}, []string{value}},
		"signature is text":    {[]string{input}, []string{`sig1="x"`}},
		"signature is a list":  {[]string{input}, []string{`sig1=(:AA==:)`}},
		"signature is empty":   {[]string{input}, []string{`sig1=::`}},
		"no structured field":  {[]string{"((("}, []string{value}},
		"label twice":          {[]string{input, input}, []string{value}},
		"signature twice":      {[]string{input}, []string{"sig1=:AA==:", value}},
		"parameter twice":      {[]string{strings.Replace(input, ";created", ";created=1;created", 1)}, []string{value}},
		"base64 with leftover": {[]string{input}, []string{"sig1=:AB==:"}},
		"no key id":            {[]string{strings.Replace(input, "keyid", "keyless", 1)}, []string{value}},
		"key id is no URL":     {[]string{strings.Replace(input, keyID, "bo", 1)}, []string{value}},
		"key id is a token":    {[]string{strings.Replace(input, `"`+keyID+`"`, "bo", 1)}, []string{value}},
		"created is text":      {[]string{strings.Replace(input, "created=", `created="x";x=`, 1)}, []string{value}},
		"created is 0":         {[]string{strings.Replace(input, "created=", `created=0;x=`, 1)}, []string{value}},
		"created is decimal":   {[]string{strings.Replace(input, "created=", `created=1.5;x=`, 1)}, []string{value}},
		"too long":             {[]string{input + strings.Repeat(" ", FieldBytesMax)}, []string{value}},
		"signature too long":   {[]string{input}, []string{value + strings.Repeat(" ", FieldBytesMax)}},
	} {
		t.Run(name, func(t *testing.T) {
			r := rfcPost(t, peerRSA(), nil)
			r.Header["Signature-Input"], r.Header["Signature"] = c.inputs, c.values
			mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), "")
		})
	}
	many := rfcPost(t, peerRSA(), func(p *rfcPeer) {
		for i := range ComponentsMax {
			p.r.Header.Set(fmt.Sprintf("X-%d", i), "x")
			p.lines = append(p.lines, fmt.Sprintf(`"x-%d": x`, i))
		}
	})
	mustRefuse(t, check(many, peerBody, publicOf(t, peerRSA()), peerNow), "more than 32 components")
}

// A request that a proxy signed, too, would be judged by the proxy's signature; one with hundreds
// of signatures would cost hundreds of checks.
func TestTheFirstAcceptableSignatureCounts(t *testing.T) {
	r := rfcPost(t, peerRSA(), nil)
	input, value := r.Header.Get("Signature-Input"), r.Header.Get("Signature")
	sign := func(before int) {
		inputs, values := []string{}, []string{}
		for i := range before {
			inputs = append(inputs, fmt.Sprintf(`proxy%d=("@method");created=1;keyid="https://proxy.example/key"`, i))
			values = append(values, fmt.Sprintf(`proxy%d=:AAAA:`, i))
		}
		r.Header["Signature-Input"] = append(inputs, input)
		r.Header["Signature"] = []string{strings.Join(append(values, value), ", ")}
	}
	sign(SignaturesMax - 1)
	if err := check(r, peerBody, publicOf(t, peerRSA()), peerNow); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	sign(SignaturesMax)
	mustRefuse(t, check(r, peerBody, publicOf(t, peerRSA()), peerNow), "signatures")
}

// A sender that signs in both dialects, not knowing its peer, has to be understood, and the better
// dialect has to count even if the other one is valid.
func TestBothDialectsAreHeldToRFC9421(t *testing.T) {
	draft := draftPost(t, peerRSA(), nil)
	both := func(change func(p *rfcPeer)) *http.Request {
		r := rfcPost(t, peerRSA(), change)
		for _, name := range []string{"Date", "Digest"} {
			r.Header.Set(name, draft.Header.Get(name))
		}
		r.Header.Add("Signature", draft.Header.Get("Signature"))
		return r
	}
	s, err := Parse(both(nil), nodeBase, []byte(peerBody), peerNow)
	if err != nil || s.Dialect != RFC9421 {
		t.Fatalf("got %s, %v", s.Dialect, err)
	}
	if err := s.Verify(publicOf(t, peerRSA())); err != nil {
		t.Error(err)
	}
	bad := both(func(p *rfcPeer) { p.drop("content-digest") })
	mustRefuse(t, check(bad, peerBody, publicOf(t, peerRSA()), peerNow), "content-digest")
}

// An unsigned request has to be told apart, with a status that makes a client sign.
func TestUnsignedRequestsAreUnauthenticated(t *testing.T) {
	mustRefuse(t, check(arriving("POST", "/inbox", peerBody), peerBody, keys.Public{}, peerNow), "not signed")
}
