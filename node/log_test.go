package node

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// If this failed, strangers could fill the log with errors that are none of ours: a node that is
// asked too much says so with 503, and that is worth a line at debug.
func TestBeingBusyIsNoErrorOfOurs(t *testing.T) {
	var said bytes.Buffer
	n := newNode(t, Config{})
	n.log = slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelInfo}))
	for status, logged := range map[int]bool{http.StatusServiceUnavailable: false, http.StatusNotFound: false, http.StatusInternalServerError: true} {
		said.Reset()
		n.handler = n.around(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		ask(n, http.MethodPost, "/inbox", nil)
		if strings.Contains(said.String(), "level=ERROR") != logged {
			t.Errorf("status %d: the log says %q", status, said.String())
		}
	}
}
