package federation

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"

	"tulou/node/nodetest/peer"
	"tulou/protocol/vocab"
)

// FuzzGate sends what a peer could send: any body with a correct signature, and any signature. If
// it failed, a stranger could stop the node, make it fail, or have something accepted that is not
// an activity of the one who signed.
func FuzzGate(f *testing.F) {
	s := newStation(f)
	mallory := s.evil.Actor("mallory")
	router := chi.NewRouter()
	s.engine.InboxRoutes(router)
	good := peer.JSON(mallory.Create(mallory.Note("1", "<p>hi</p>", nil)))
	f.Add(good, "")
	f.Add([]byte(`{"id":"http://evil.example/1","type":"Follow","actor":"http://evil.example/users/mallory","object":"http://harbor.example/users/ana"}`), "")
	f.Add([]byte(`{"id":"http://evil.example/2","type":"Undo","actor":"http://evil.example/users/mallory","object":{"type":"Follow"}}`), "")
	f.Add([]byte(`{"type":["Create","Delete"],"actor":[{}],"object":[[]],"to":[{}]}`), "")
	f.Add(good, `keyId="http://evil.example/users/mallory#main-key",headers="(request-target) host date digest",signature="AA=="`)
	f.Add(good, `sig=:AAAA:`)
	f.Fuzz(func(t *testing.T, body []byte, signature string) {
		r := mallory.Request(context.Background(), peer.Message{URL: inbox, Body: body})
		r.RequestURI = r.URL.RequestURI()
		forged := signature != "" && signature != r.Header.Get("Signature")
		if forged {
			r.Header.Set("Signature", signature)
		}
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != 503 {
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		if w.Code != 202 {
			return
		}
		envelope, err := vocab.ParseEnvelope(body)
		if err == nil && envelope.Type == "Delete" && envelope.ObjectID == envelope.Actor && envelope.Actor != mallory.ID {
			return // of somebody unknown: nothing is to be done, and nothing is checked (A066)
		}
		if err != nil || forged || envelope.Actor != mallory.ID {
			t.Fatalf("accepted from %q, forged %v: %v", envelope.Actor, forged, err)
		}
	})
}
