package federation

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tulou/protocol/httpsig"
	"tulou/protocol/keys"
	"tulou/storage"
)

// go-fed signs without the host, which Mastodon refuses; ours must cover what it requires, and
// verify by code that is not ours.
func TestGoFed11DeliveriesAreSignedAsMastodonRequires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		box := &letterbox{}
		n.net.serve(t, "orchard.example", box)
		n.carry(t)
		n.write(t, n.ana, "hello", bob)
		time.Sleep(time.Second)
		verifyDraft(t, box.letters()[0], n.ana.URI+"#main-key", &rsaKey().PublicKey)
	})
}

// A host that shows RFC 9421 must get it from then on, and no other host before that: some answer
// 200 to what they cannot verify and drop it.
func TestRFC9421OnlyForHostsThatShowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob, bea := n.stranger(t, "bob", "orchard.example"), n.stranger(t, "bea", "meadow.example")
		modern := &letterbox{header: http.Header{"Accept-Signature": {`sig1=("@method" "@target-uri" "content-digest");created;keyid`}}}
		old := &letterbox{}
		n.net.serve(t, "orchard.example", modern)
		n.net.serve(t, "meadow.example", old)
		n.carry(t)
		for i := range 3 {
			n.write(t, n.ana, fmt.Sprint(i), bob, bea)
			time.Sleep(time.Second)
		}
		verifyDraft(t, modern.letters()[0], n.ana.URI+"#main-key", &rsaKey().PublicKey)
		verifyRFC9421(t, modern.letters()[1], n.ana.URI+"#main-key", &rsaKey().PublicKey)
		verifyRFC9421(t, modern.letters()[2], n.ana.URI+"#main-key", &rsaKey().PublicKey)
		for _, l := range old.letters() {
			verifyDraft(t, l, n.ana.URI+"#main-key", &rsaKey().PublicKey)
		}
	})
}

// Ed25519 costs a fortieth of RSA, but who lists such keys need not read them in requests: Fedify 2
// verifies them in proofs only, and would refuse everything.
func TestEd25519OnlyForHostsThatAskForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob, bea := n.stranger(t, "bob", "orchard.example"), n.stranger(t, "bea", "meadow.example")
		modern, rsaOnly := &letterbox{header: http.Header{"Accept-Signature": {httpsig.Accept}}}, &letterbox{}
		n.net.serve(t, "orchard.example", modern)
		n.net.serve(t, "meadow.example", rsaOnly)
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			if err := tx.NoteRFC9421(ctx, "meadow.example"); err != nil {
				return err
			}
			return tx.PutKeys(ctx, bea.ID, []storage.ActorKey{{ID: bea.URI + "#ed", Kind: storage.KeyEd25519,
				PublicKey: keys.Ed25519FromSeed(seed(200)).Public().Multikey()}})
		})
		n.carry(t)
		for _, content := range []string{"hello", "again"} {
			n.write(t, n.ana, content, bob, bea)
			time.Sleep(time.Second)
		}
		verifyDraft(t, modern.letters()[0], n.ana.URI+"#main-key", &rsaKey().PublicKey)
		verifyRFC9421(t, modern.letters()[1], n.ana.URI+"#ed25519-key", ed25519.NewKeyFromSeed(seed(1)).Public())
		verifyRFC9421(t, rsaOnly.letters()[1], n.ana.URI+"#main-key", &rsaKey().PublicKey)
	})
}

// A host that refuses the new dialect must get the old one before anything is given up.
func TestRefusedRFC9421FallsBackToTheDraft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newOutNode(t)
		bob := n.stranger(t, "bob", "orchard.example")
		var box *letterbox
		n.net.serve(t, "orchard.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Signature-Input") != "" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			box.ServeHTTP(w, r)
		}))
		box = &letterbox{}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error { return tx.NoteRFC9421(ctx, "orchard.example") })
		n.carry(t)
		n.write(t, n.ana, "hello", bob)
		time.Sleep(time.Hour)
		if diff := cmp.Diff([]string{"hello"}, box.contents()); diff != "" {
			t.Error(diff)
		}
	})
}

// verifyDraft checks a draft-cavage signature from its definition, without the node's own code.
func verifyDraft(t *testing.T, l letter, keyID string, key *rsa.PublicKey) {
	t.Helper()
	header := l.request.Header
	params := map[string]string{}
	for _, m := range regexp.MustCompile(`(\w+)="([^"]*)"`).FindAllStringSubmatch(header.Get("Signature"), -1) {
		params[m[1]] = m[2]
	}
	if params["keyId"] != keyID || params["headers"] != "(request-target) host date digest" {
		t.Errorf("the signature is %q", header.Get("Signature"))
	}
	sum := sha256.Sum256(l.body)
	if want := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:]); header.Get("Digest") != want {
		t.Errorf("the digest is %q, want %q", header.Get("Digest"), want)
	}
	text := fmt.Sprintf("(request-target): post %s\nhost: %s\ndate: %s\ndigest: %s",
		l.request.URL.RequestURI(), l.request.Host, header.Get("Date"), header.Get("Digest"))
	value, _ := base64.StdEncoding.DecodeString(params["signature"])
	hash := sha256.Sum256([]byte(text))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], value); err != nil {
		t.Errorf("the signature does not verify: %v", err)
	}
}

// verifyRFC9421 checks an RFC 9421 signature from its definition. key is RSA or Ed25519.
func verifyRFC9421(t *testing.T, l letter, keyID string, key crypto.PublicKey) {
	t.Helper()
	header := l.request.Header
	params, ok := strings.CutPrefix(header.Get("Signature-Input"), "sig1=")
	if !ok || !strings.Contains(params, `keyid="`+keyID+`"`) || !strings.HasPrefix(params, `("@method" "@target-uri" "content-digest")`) {
		t.Errorf("the signature input is %q", header.Get("Signature-Input"))
	}
	sum := sha256.Sum256(l.body)
	if want := "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"; header.Get("Content-Digest") != want {
		t.Errorf("the digest is %q, want %q", header.Get("Content-Digest"), want)
	}
	text := fmt.Sprintf("\"@method\": POST\n\"@target-uri\": http://%s%s\n\"content-digest\": %s\n\"@signature-params\": %s",
		l.request.Host, l.request.URL.RequestURI(), header.Get("Content-Digest"), params)
	encoded := strings.TrimSuffix(strings.TrimPrefix(header.Get("Signature"), "sig1=:"), ":")
	value, _ := base64.StdEncoding.DecodeString(encoded)
	verified := false
	switch key := key.(type) {
	case *rsa.PublicKey:
		hash := sha256.Sum256([]byte(text))
		verified = rsa.VerifyPKCS1v15(key, crypto.SHA256, hash[:], value) == nil
	case ed25519.PublicKey:
		verified = ed25519.Verify(key, []byte(text), value)
	}
	if !verified {
		t.Errorf("the signature %q does not verify", header.Get("Signature"))
	}
}
