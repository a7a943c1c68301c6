package streaming

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"
	"time"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/storage"
)

// What a stream may hold for a client that reads slowly. A post is 3 kB; somebody on a bad line may
// be half a minute behind on a busy timeline.
const (
	queueMax      = 256
	queueBytesMax = 1 << 20
)

const (
	// writeTimeout is for one message. A client that takes nothing for so long is gone.
	writeTimeout = 10 * time.Second
	// farewellTimeout is for what is said to a stream that ends; it must be over within the two
	// seconds in which a revoked token ends.
	farewellTimeout = 500 * time.Millisecond
	// recheckEvery is how often the token of an open stream is looked up again. Revocation comes by
	// an event within two seconds; this is for when it does not, and it notes that the person is here.
	recheckEvery = 5 * time.Minute
)

// ending is why a stream is closed by us. code is for WebSockets (RFC 6455 section 7.4); label is
// what the metrics say.
type ending struct {
	label, reason string
	code          int
	retry         bool // the client should come back
}

var (
	endRevoked  = ending{"revoked", "the access token is not valid any more", 1008, false}
	endSlow     = ending{"slow", "messages were read too slowly", 1013, true}
	endBehind   = ending{"behind", "the node could not keep up", 1013, true}
	endStopping = ending{"stopping", "the node is being restarted", 1012, true}
	endBroken   = ending{"broken", "something went wrong at the node", 1011, true}
	endCommands = ending{"commands", "too many commands", 1008, false}
)

// frame is one message for clients, finished.
type frame struct{ event, socket []byte }

// message is what a WebSocket says; payload is JSON in a string, as Mastodon has it.
type message struct {
	Stream  []string `json:"stream"`
	Event   string   `json:"event"`
	Payload *string  `json:"payload,omitempty"`
}

// newFrame makes a message of a channel in both forms. Without data there is no payload; in an
// event stream there must be some, or browsers drop the event.
func newFrame(c channel, event string, data []byte) *frame {
	m := message{Stream: c.names(), Event: event}
	shown := []byte("undefined")
	if data != nil {
		text := string(data)
		m.Payload, shown = &text, data
	}
	var f frame
	f.event = append(f.event, "event: "+event+"\ndata: "...)
	f.event = append(append(f.event, shown...), "\n\n"...)
	f.socket = plainJSON(m)
	return &f
}

// plainJSON is JSON without escaping the signs of HTML, which would double the size of posts.
func plainJSON(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // strings and numbers alone
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// stream is one connection of a client, which may look at several channels.
type stream struct {
	who     edge.Who
	address string
	socket  bool // a WebSocket; otherwise server-sent events
	wake    chan struct{}

	channels map[channel]bool // guarded by the hub

	mu      sync.Mutex
	queue   [][]byte
	bytes   int
	end     *ending // nil while it is open
	hurry   func()  // has what is being written end within farewellTimeout
	doubted bool    // the token is to be looked up
	checked time.Time
}

func newStream(who edge.Who, address string, socket bool) *stream {
	return &stream{who: who, address: address, socket: socket, wake: make(chan struct{}, 1), channels: map[channel]bool{}, checked: time.Now()}
}

// mayShow tells whether something that happened may have to do with a channel of a stream. The hub
// is locked.
func (s *stream) mayShow(x storage.Happening) bool {
	for c := range s.channels {
		if c.mayShow(x) {
			return true
		}
	}
	return false
}

// viewer is who looks, 0 for a stranger.
func (s *stream) viewer() int64 { return s.who.Account.ID }

// setHurry says how what is being written is brought to an end, at once if it has to be.
func (s *stream) setHurry(hurry func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hurry = hurry; s.end != nil {
		hurry()
	}
}

func (s *stream) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// offer puts a message into the queue; ok is false if that made an end of the stream.
func (s *stream) offer(f *frame) (ok bool) {
	data := f.event
	if s.socket {
		data = f.socket
	}
	return s.put(data)
}

func (s *stream) put(data []byte) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return true
	}
	if len(s.queue) >= queueMax || s.bytes+len(data) > queueBytesMax {
		s.finish(endSlow)
		return false
	}
	s.queue = append(s.queue, data)
	s.bytes += len(data)
	s.nudge()
	return true
}

// close ends a stream. What waits for it is dropped. It tells whether the stream was open.
func (s *stream) close(why ending) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.end != nil {
		return false
	}
	s.finish(why)
	return true
}

func (s *stream) finish(why ending) {
	s.end, s.queue, s.bytes = &why, nil, 0
	if s.hurry != nil {
		s.hurry()
	}
	s.nudge()
}

// doubt has the token looked up soon.
func (s *stream) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubted = true
	s.nudge()
}

// take empties the queue.
func (s *stream) take() (frames [][]byte, end *ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	frames, s.queue, s.bytes = s.queue, nil, 0
	return frames, s.end
}

// ended tells why a stream ends, nil if it does not.
func (s *stream) ended() *ending {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end
}

// due tells whether the token is to be looked up now.
func (s *stream) due(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.who.Known() || !s.doubted && now.Sub(s.checked) < recheckEvery {
		return false
	}
	s.doubted, s.checked = false, now
	return true
}

// transport is how messages get to a client.
type transport interface {
	// write sends messages.
	write(messages [][]byte) error
	// beat sends a sign of life.
	beat() error
}

// pump writes what a stream is offered until it ends, or the client goes (nil).
func (h *Hub) pump(ctx context.Context, s *stream, to transport, every time.Duration) (end *ending) {
	defer func() {
		if p := recover(); p != nil {
			h.broke(ctx, p)
			h.cut(s, endBroken)
			end = s.ended()
		}
	}()
	beat := time.NewTicker(every)
	defer beat.Stop()
	for {
		messages, end := s.take()
		if end != nil {
			return end
		}
		if len(messages) > 0 {
			if err := to.write(messages); err != nil {
				return s.ended()
			}
			h.Metrics.sent(len(messages))
		}
		select {
		case <-ctx.Done():
			return s.ended()
		case <-s.wake:
		case <-beat.C:
			if err := to.beat(); err != nil {
				return s.ended()
			}
		}
		if s.due(time.Now()) {
			h.check(ctx, s)
		}
	}
}

// check looks up whether the token of a stream is still good. If that cannot be found out the
// stream goes on until the next time.
func (h *Hub) check(ctx context.Context, s *stream) {
	if !s.who.Known() {
		return
	}
	_, err := h.Auth.Again(ctx, s.who)
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.Forbidden) {
		h.cut(s, endRevoked)
	}
}
