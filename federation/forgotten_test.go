package federation

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"tulou/storage"
)

// A server that only reads here is forgotten after some months. If its next request were refused
// because its key is still in memory, it would be told that every post it asks for is gone, and
// delete them.
func TestWhoWasForgottenIsAskedForAnew(t *testing.T) {
	for _, dialect := range []string{"draft", "RFC9421"} {
		n := newOutNode(t, func(c *Config) { c.AuthorizedFetch = true })
		client := n.web(t)
		reader := n.stranger(t, "reader", "orchard.example")
		asked := 0
		n.net.serve(t, "orchard.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/users/reader" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			asked++
			w.Header().Set("Content-Type", "application/activity+json")
			json.NewEncoder(w).Encode(map[string]any{
				"@context": []string{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"},
				"type":     "Person", "id": reader.URI, "preferredUsername": "reader", "inbox": reader.Inbox, "outbox": reader.URI + "/outbox",
				"publicKey": map[string]any{"id": reader.URI + "#main-key", "owner": reader.URI, "publicKeyPem": rsaPublicPEM()},
			})
		}))
		status := n.publish(t, n.ana, storage.VisibilityPublic, "hello", "")
		sign := dialects(t, reader)[dialect]
		if got := n.get(t, client, status.URI, sign); got.status != 200 || asked != 0 {
			t.Fatalf("before (%s): %d, asked %d times", dialect, got.status, asked)
		}
		n.tx(t, func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.ForgetStrangers(ctx, time.Now().Add(time.Minute), 0)
			return err
		})
		if _, err := n.store.AccountByURI(t.Context(), reader.URI); err == nil {
			t.Fatal("nobody was forgotten")
		}
		for range 2 {
			if got := n.get(t, client, status.URI, sign); got.status != 200 {
				t.Errorf("after (%s): %d %s", dialect, got.status, got.body)
			}
		}
		if asked != 1 {
			t.Errorf("%s: their server was asked %d times", dialect, asked)
		}
	}
}
