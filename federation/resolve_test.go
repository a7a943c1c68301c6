package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"testing"

	"tulou/protocol/ids"
	"tulou/protocol/keys"
	"tulou/storage"
)

// If this failed, servers that answer signed requests only would not let this node read anybody
// (GoToSocial always, Mastodon with authorized fetch), or half of somebody's keys would be lost.
func TestSignedFetchLearnsBothKindsOfKeys(t *testing.T) {
	n := newOutNode(t)
	node := n.config.Paths.InstanceActor()
	n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
		account, err := tx.CreateAccount(ctx, storage.Account{URI: node, Name: "instance.actor", Type: "Application"})
		if err != nil {
			return err
		}
		return tx.PutKeys(ctx, account.ID, localKeys(t, node, account.ID, 9))
	})
	const bob = "http://orchard.example/users/bob"
	signed := regexp.MustCompile(`^keyId="` + regexp.QuoteMeta(node+ids.MainKey) + `",.*signature="`)
	n.net.serve(t, "orchard.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/.well-known/webfinger":
			w.Header().Set("Content-Type", "application/jrd+json")
			json.NewEncoder(w).Encode(map[string]any{"subject": "acct:bob@orchard.example",
				"links": []any{map[string]any{"rel": "self", "type": "application/activity+json", "href": bob}}})
		case !signed.MatchString(r.Header.Get("Signature")):
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.Header().Set("Content-Type", "application/activity+json")
			json.NewEncoder(w).Encode(map[string]any{
				"@context": "https://www.w3.org/ns/activitystreams", "type": "Person", "id": bob, "preferredUsername": "bob",
				"inbox": bob + "/inbox", "outbox": bob + "/outbox",
				"publicKey": map[string]any{"id": bob + "#main-key", "owner": bob, "publicKeyPem": rsaPublicPEM()},
				"assertionMethod": []any{map[string]any{"id": bob + "#ed", "type": "Multikey", "controller": bob,
					"publicKeyMultibase": keys.Ed25519FromSeed(seed(200)).Public().Multikey()}},
			})
		}
	}))
	account, err := n.Account(t.Context(), bob)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := n.store.KeysOf(t.Context(), account.ID)
	if err != nil || len(rows) != 2 || rows[0].Kind != storage.KeyEd25519 || rows[1].Kind != storage.KeyRSA {
		t.Errorf("the keys are %+v, %v", rows, err)
	}
}
