package streaming

import (
	"fmt"
	"math/rand/v2" // spreads who comes back; nobody gains by guessing it
	"net/http"
	"strings"
	"time"
)

// Who comes back after a restart does so within these times, not all at once.
const (
	retryMin = time.Second
	retryMax = 10 * time.Second
)

// serveEvents serves a channel as server-sent events (WHATWG HTML section 9.2) until the client
// goes or the stream is closed. Faults: those of resolve and enter.
func (h *Hub) serveEvents(w http.ResponseWriter, r *http.Request, name string) error {
	who, err := h.who(r, tokenOf(r))
	if err != nil {
		return err
	}
	query := r.URL.Query()
	if onlyMedia(query.Get("only_media")) && strings.HasPrefix(name, "public") {
		name += ":media"
	}
	channels, err := h.resolve(r.Context(), who, asked{name: name, tag: query.Get("tag"), list: query.Get("list")})
	if err != nil {
		return err
	}
	s := newStream(who, r.RemoteAddr, false)
	to := &eventWriter{w: w, control: http.NewResponseController(w), stream: s}
	if r.Method == http.MethodHead {
		to.begin()
		return nil
	}
	s.hurry = to.hurry
	leave, err := h.enter(s, channels...)
	if err != nil {
		return err
	}
	defer leave()
	to.begin()
	h.check(r.Context(), s) // it may have been revoked before we were there to be told
	if err := to.beat(); err != nil {
		return nil
	}
	if end := h.pump(r.Context(), s, to, eventsBeat); end != nil {
		to.farewell(*end)
	}
	return nil
}

// onlyMedia reads a boolean as Rails does.
func onlyMedia(value string) bool {
	switch strings.ToLower(value) {
	case "", "0", "f", "false", "off":
		return false
	}
	return true
}

// eventWriter writes server-sent events. The server's time limits are for requests that end, so
// they are replaced by one for each write.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	stream  *stream
}

func (e *eventWriter) begin() {
	_ = e.control.SetReadDeadline(time.Time{})
	h := e.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "private, no-store, no-transform") // proxies must not pack it either
	h.Set("X-Accel-Buffering", "no")
	e.w.WriteHeader(http.StatusOK)
}

// write is transport.
func (e *eventWriter) write(messages [][]byte) error {
	e.extend()
	for _, m := range messages {
		if _, err := e.w.Write(m); err != nil {
			return err
		}
	}
	return e.control.Flush()
}

// beat is transport.
func (e *eventWriter) beat() error { return e.write([][]byte{[]byte(":thump\n\n")}) }

// extend gives the next write its time, unless the stream is at its end, when there is no more.
func (e *eventWriter) extend() {
	e.stream.mu.Lock()
	defer e.stream.mu.Unlock()
	if e.stream.end == nil {
		_ = e.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	}
}

// hurry is stream.hurry.
func (e *eventWriter) hurry() { _ = e.control.SetWriteDeadline(time.Now().Add(farewellTimeout)) }

// farewell says why a stream ends and when to come back. A client whose token is void should not.
func (e *eventWriter) farewell(end ending) {
	text := ":" + end.reason + "\n\n"
	if end.retry {
		text = fmt.Sprintf("retry: %d\n%s", (retryMin + rand.N(retryMax-retryMin)).Milliseconds(), text)
	}
	_ = e.write([][]byte{[]byte(text)})
}
