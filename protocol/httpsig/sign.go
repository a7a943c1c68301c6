package httpsig

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dunglas/httpsfv"

	"tulou/protocol/keys"
)

// Signer is a private key with the IRI under which others find its public half.
type Signer struct {
	KeyID string
	Key   keys.Private
}

// signatureLabel is the name of the signature in RFC 9421's dictionaries. Any name would do.
const signatureLabel = "sig1"

// Sign signs a request that is about to leave and writes the header fields that go with it: Date,
// Digest or Content-Digest, Signature and Signature-Input. Those that an earlier call wrote are
// replaced, so a request that is redirected or tried in the other dialect is simply signed again.
//
// digest is that of the body, which Sign does not read; zero is for requests without one. All that
// is signed is what net/http will send, so the URL and r.Host must not change afterwards. Errors
// mean a broken caller: no host, no digest for a POST, a key or key id that cannot be used.
func Sign(r *http.Request, digest Digest, signer Signer, dialect Dialect, now time.Time) error {
	for _, name := range []string{"Signature", "Signature-Input", "Digest", "Content-Digest"} {
		r.Header.Del(name)
	}
	m := message{r.Method, strings.ToLower(r.URL.Scheme), r.Host, r.URL.RequestURI(), r.Header}
	if m.method == "" {
		m.method = http.MethodGet
	}
	if m.host == "" {
		m.host = r.URL.Host
	}
	if m.host == "" || m.scheme == "" {
		return fmt.Errorf("sign a request: it has no scheme and host")
	}
	if digest.IsZero() && m.hasBody(nil) {
		return fmt.Errorf("sign a request: %s without a digest", m.method)
	}
	if err := checkKeyID(signer.KeyID); err != nil || strings.ContainsAny(signer.KeyID, `"\`) {
		return fmt.Errorf("sign a request: the key id is not an IRI")
	}
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	if dialect == RFC9421 {
		return signRFC9421(m, digest, signer, now)
	}
	return signDraft(m, digest, signer)
}

// signDraft covers what every server requires and no more.
func signDraft(m message, digest Digest, signer Signer) error {
	covered := []string{"(request-target)", "host", "date"}
	if !digest.IsZero() {
		m.header.Set("Digest", digest.legacy())
		covered = append(covered, "digest")
	}
	// Old servers know this label and not hs2019; Ed25519 has no label that is older.
	name, algorithm := "rsa-sha256", keys.RSASHA256
	if signer.Key.Kind() == keys.KindEd25519 {
		name, algorithm = "hs2019", keys.Ed25519
	}
	// What reading would blame on a stranger is our own fault here, hence no %w.
	bases, err := draftBases(m, covered, nil)
	if err != nil {
		return fmt.Errorf("sign a request: %v", err)
	}
	value, err := signer.Key.Sign(algorithm, []byte(bases[0]))
	if err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	m.header.Set("Signature", fmt.Sprintf(`keyId="%s",algorithm="%s",headers="%s",signature="%s"`,
		signer.KeyID, name, strings.Join(covered, " "), base64.StdEncoding.EncodeToString(value)))
	return nil
}

// signRFC9421 covers @method and @target-uri, and content-digest for a body, as Mastodon requires
// it. RSA is PKCS #1 v1.5 with SHA-256, the only one that Mastodon verifies.
func signRFC9421(m message, digest Digest, signer Signer, now time.Time) error {
	list := httpsfv.InnerList{
		Items:  []httpsfv.Item{httpsfv.NewItem("@method"), httpsfv.NewItem("@target-uri")},
		Params: httpsfv.NewParams(),
	}
	if !digest.IsZero() {
		m.header.Set("Content-Digest", digest.content())
		list.Items = append(list.Items, httpsfv.NewItem("content-digest"))
	}
	algorithm := keys.RSASHA256
	if signer.Key.Kind() == keys.KindEd25519 {
		algorithm = keys.Ed25519
	}
	list.Params.Add("created", now.Unix())
	list.Params.Add("keyid", signer.KeyID)
	list.Params.Add("alg", string(algorithm))
	base, _, err := rfcBase(m, list)
	if err != nil {
		return fmt.Errorf("sign a request: %v", err)
	}
	value, err := signer.Key.Sign(algorithm, []byte(base))
	if err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	input, err := httpsfv.Marshal(list)
	if err != nil {
		return fmt.Errorf("sign a request: %w", err)
	}
	m.header.Set("Signature-Input", signatureLabel+"="+input)
	m.header.Set("Signature", signatureLabel+"=:"+base64.StdEncoding.EncodeToString(value)+":")
	return nil
}
