package streaming

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/coder/websocket"

	"tulou/protocol/fault"
)

const (
	// commandBytesMax is far more than a command with a long hashtag.
	commandBytesMax = 4 << 10
	// commandsMax is how many commands a socket may send within commandsWindow: a client that opens
	// sends one for each of its columns.
	commandsMax    = 128
	commandsWindow = time.Minute
)

// command is what a client says on a socket.
type command struct {
	Type   string `json:"type"` // subscribe, unsubscribe
	Stream string `json:"stream"`
	Tag    string `json:"tag"`
	List   string `json:"list"`
}

// refusal is the answer to a command that is not done.
type refusal struct {
	Error  string `json:"error"`
	Status int    `json:"status"`
}

// serveSocket serves any number of channels on a WebSocket (RFC 6455), until the client goes or the
// stream is closed. The address may name the first one. Faults: those of resolve and enter;
// NotFound for a request that wants no WebSocket, which tells clients that there is no other host.
func (h *Hub) serveSocket(w http.ResponseWriter, r *http.Request) error {
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		return fault.New(fault.NotFound, "Record not found")
	}
	token, protocol := tokenOf(r), ""
	if offered, _, _ := strings.Cut(r.Header.Get("Sec-WebSocket-Protocol"), ","); offered != "" {
		// Browsers can send nothing else with a handshake, and want to be told that it was taken.
		if protocol = strings.TrimSpace(offered); token == "" {
			token = protocol
		}
	}
	who, err := h.who(r, token)
	if err != nil {
		return err
	}
	if h.LoginNeeded && !who.Person() {
		return errNobody
	}
	var first []channel
	if query := r.URL.Query(); query.Get("stream") != "" {
		if first, err = h.resolve(r.Context(), who, asked{name: query.Get("stream"), tag: query.Get("tag"), list: query.Get("list")}); err != nil {
			return err
		}
	}
	s := newStream(who, r.RemoteAddr, true)
	leave, err := h.enter(s, first...)
	if err != nil {
		return err
	}
	defer leave()
	// Any origin may connect, since what counts is the token that its program must know; the cookie of
	// the web client was not believed from another origin.
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{protocol}})
	if err != nil {
		return nil // it has answered
	}
	h.converse(r.Context(), s, conn)
	return nil
}

// converse reads commands and writes messages until either side ends.
func (h *Hub) converse(ctx context.Context, s *stream, conn *websocket.Conn) {
	defer conn.CloseNow()
	conn.SetReadLimit(commandBytesMax)
	// The context of a request whose connection was taken over does not end with it.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	s.setHurry(func() { time.AfterFunc(farewellTimeout, func() { _ = conn.CloseNow() }) })
	h.check(ctx, s) // it may have been revoked before we were there to be told
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer stop()
		if end := h.pump(ctx, s, socketWriter{ctx, conn}, socketBeat); end != nil {
			_ = conn.Close(websocket.StatusCode(end.code), end.reason)
		}
	}()
	h.listen(ctx, s, conn)
	stop()
	<-done
}

// listen does what a client says until it goes.
func (h *Hub) listen(ctx context.Context, s *stream, conn *websocket.Conn) {
	since, count := time.Now(), 0
	for {
		kind, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if now := time.Now(); now.Sub(since) > commandsWindow {
			since, count = now, 0
		}
		if count++; count > commandsMax {
			h.cut(s, endCommands)
			continue // until the farewell was said
		}
		if kind != websocket.MessageText {
			continue
		}
		if err := h.obey(ctx, s, text); err != nil {
			if !s.put(plainJSON(refusal{fault.DetailOf(err), fault.CodeOf(err).Status()})) {
				h.Metrics.cut(endSlow)
			}
		}
	}
}

// obey does one command.
func (h *Hub) obey(ctx context.Context, s *stream, text []byte) error {
	defer func() {
		if p := recover(); p != nil {
			h.broke(ctx, p)
			h.cut(s, endBroken)
		}
	}()
	var c command
	if err := json.Unmarshal(text, &c); err != nil {
		return fault.New(fault.Invalid, "this is not a command in JSON")
	}
	if c.Type != "subscribe" && c.Type != "unsubscribe" {
		return fault.New(fault.Invalid, "commands are subscribe and unsubscribe")
	}
	channels, err := h.resolve(ctx, s.who, asked{c.Stream, c.Tag, c.List, c.Type == "unsubscribe"})
	if err != nil {
		return err
	}
	if c.Type == "subscribe" {
		return h.subscribe(s, channels)
	}
	h.unsubscribe(s, channels)
	return nil
}

// socketWriter writes to a WebSocket.
type socketWriter struct {
	ctx  context.Context
	conn *websocket.Conn
}

// write is transport.
func (t socketWriter) write(messages [][]byte) error {
	ctx, cancel := context.WithTimeout(t.ctx, writeTimeout)
	defer cancel()
	for _, m := range messages {
		if err := t.conn.Write(ctx, websocket.MessageText, m); err != nil {
			return err
		}
	}
	return nil
}

// beat is transport. Who does not answer a ping in time is gone.
func (t socketWriter) beat() error {
	ctx, cancel := context.WithTimeout(t.ctx, writeTimeout)
	defer cancel()
	err := t.conn.Ping(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		_ = t.conn.CloseNow()
	}
	return err
}
