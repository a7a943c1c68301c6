package federation

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/gowebpki/jcs"

	"tulou/node/nodetest/peer"
	"tulou/storage"
)

// ed25519Key gives an actor an Ed25519 key in its document and returns it.
func ed25519Key(a *peer.Actor) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(a.ID))
	key := ed25519.NewKeyFromSeed(seed[:])
	a.Edit(func(doc map[string]any) {
		doc["assertionMethod"] = []any{map[string]any{"id": a.ID + "#ed", "type": "Multikey", "controller": a.ID,
			"publicKeyMultibase": peer.Multikey(key.Public().(ed25519.PublicKey))}}
	})
	return key
}

// proofed adds a proof (FEP-8b32) with code of its own.
func proofed(method string, key ed25519.PrivateKey, doc map[string]any) []byte {
	return proofedAt(time.Now(), method, key, doc)
}

// proofedAt is proofed for another time; the zero time is not said.
func proofedAt(created time.Time, method string, key ed25519.PrivateKey, doc map[string]any) []byte {
	options := map[string]any{"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "verificationMethod": method,
		"proofPurpose": "assertionMethod", "@context": doc["@context"]}
	if !created.IsZero() {
		options["created"] = created.UTC().Format(time.RFC3339)
	}
	hash := func(v any) []byte {
		canonical, err := jcs.Transform(peer.JSON(v))
		if err != nil {
			panic(err)
		}
		sum := sha256.Sum256(canonical)
		return sum[:]
	}
	signature := ed25519.Sign(key, append(hash(options), hash(doc)...))
	options["proofValue"] = "z" + peer.Base58(signature)
	whole := maps.Clone(doc)
	whole["proof"] = options
	return peer.JSON(whole)
}

// If this failed, what another server passes on with the author's proof would be lost.
func TestForwardedActivityWithProofIsAccepted(t *testing.T) {
	s := newStation(t)
	forwarder, author := s.evil.Actor("mallory"), s.good.Actor("victim")
	body := proofed(author.ID+"#ed", ed25519Key(author), author.Create(author.Note("1", "real", nil)))
	if status, text := s.do(t, forwarder.Request(t.Context(), peer.Message{URL: inbox, Body: body})); status != 202 {
		t.Fatal(status, text)
	}
	if got := s.applied(t); len(got) != 1 || s.seen[0].Actor.URI != author.ID {
		t.Errorf("applied %v", got)
	}
}

// Whoever kept an old activity with a proof could pass it on when nobody remembers it, and so bring
// back what was changed or deleted since.
func TestForwardedActivityMustNotBeOld(t *testing.T) {
	s := newStation(t)
	forwarder, author := s.evil.Actor("mallory"), s.good.Actor("victim")
	for name, c := range map[string]struct {
		created time.Time
		status  int
	}{
		"lately": {time.Now().Add(-proofAgeMax + time.Hour), http.StatusAccepted},
		"old":    {time.Now().Add(-proofAgeMax - time.Hour), http.StatusUnauthorized},
		"unsaid": {time.Time{}, http.StatusUnauthorized},
	} {
		body := proofedAt(c.created, author.ID+"#ed", ed25519Key(author), author.Create(author.Note(name, "real", nil)))
		if status, text := s.do(t, forwarder.Request(t.Context(), peer.Message{URL: inbox, Body: body})); status != c.status {
			t.Errorf("%s: %d %s", name, status, text)
		}
	}
	if proofAgeMax > storage.KeepReceived/2 {
		t.Error("activities are taken that may have been forgotten")
	}
}

// Whoever has an Update with a proof could write it differently again and again, and so undo every
// later change, or fill the lane of whose it is.
func TestForwardedUpdateIsTheSameHoweverItIsWritten(t *testing.T) {
	s := newStation(t)
	forwarder, author := s.evil.Actor("mallory"), s.good.Actor("victim")
	body := proofed(author.ID+"#ed", ed25519Key(author), author.Do("Update", author.Note("1", "first", nil), nil))
	var alone map[string]any
	if err := json.Unmarshal(body, &alone); err != nil {
		t.Fatal(err)
	}
	alone["proof"], alone["signature"] = []any{alone["proof"]}, "anything"
	for _, form := range [][]byte{body, append([]byte(" "), body...), peer.JSON(alone)} {
		if status, text := s.do(t, forwarder.Request(t.Context(), peer.Message{URL: inbox, Body: form})); status != 202 {
			t.Fatal(status, text)
		}
	}
	if got := s.applied(t); len(got) != 1 {
		t.Errorf("applied %v", got)
	}
}
