package nodetest

import (
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// latency is how long what is written takes to arrive.
const latency = 5 * time.Millisecond

// stream is one direction of a connection. Writing never waits, unlike in net.Pipe: some programs
// write their farewell while they hold locks, and who waits for a lock stops the clock of a bubble.
type stream struct {
	mu       sync.Mutex
	chunks   []chunk
	ended    bool // nothing more will be written
	left     bool // nobody reads any more
	deadline time.Time
	changed  chan struct{} // closed at every change
}

// chunk is what one write left, and when it arrives.
type chunk struct {
	at   time.Time
	data []byte
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

func (s *stream) change(how func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how()
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *stream) write(b []byte) (n int, err error) {
	s.change(func() {
		if s.ended || s.left {
			err = io.ErrClosedPipe
			return
		}
		s.chunks = append(s.chunks, chunk{time.Now().Add(latency), slices.Clone(b)})
		n = len(b)
	})
	return n, err
}

func (s *stream) read(b []byte) (int, error) {
	for {
		n, wait, changed, err := s.tryRead(b)
		if n > 0 || err != nil {
			return n, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tryRead reads what has arrived. If that is nothing it says for how long, at most, or until when.
func (s *stream) tryRead(b []byte) (n int, wait time.Duration, changed chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	wait = time.Hour
	switch {
	case s.left:
		return 0, 0, nil, net.ErrClosed
	case !s.deadline.IsZero() && !s.deadline.After(now):
		return 0, 0, nil, os.ErrDeadlineExceeded
	case len(s.chunks) > 0 && !s.chunks[0].at.After(now):
		n = copy(b, s.chunks[0].data)
		if s.chunks[0].data = s.chunks[0].data[n:]; len(s.chunks[0].data) == 0 {
			s.chunks = s.chunks[1:]
		}
		return n, 0, nil, nil
	case len(s.chunks) > 0:
		wait = s.chunks[0].at.Sub(now)
	case s.ended:
		return 0, 0, nil, io.EOF
	}
	if !s.deadline.IsZero() {
		wait = min(wait, s.deadline.Sub(now))
	}
	return 0, wait, s.changed, nil
}

// conn is a connection in memory.
type conn struct {
	in, out       *stream
	local, remote net.Addr
}

// connect returns the two ends of a connection.
func connect(from, to net.Addr) (client, server net.Conn) {
	up, down := newStream(), newStream()
	return conn{down, up, from, to}, conn{up, down, to, from}
}

func (c conn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c conn) Write(b []byte) (int, error) { return c.out.write(b) }
func (c conn) LocalAddr() net.Addr         { return c.local }
func (c conn) RemoteAddr() net.Addr        { return c.remote }

func (c conn) Close() error {
	c.in.change(func() { c.in.left = true })
	c.out.change(func() { c.out.ended = true })
	return nil
}

func (c conn) SetReadDeadline(t time.Time) error {
	c.in.change(func() { c.in.deadline = t })
	return nil
}

// SetWriteDeadline does nothing: writing never waits.
func (c conn) SetWriteDeadline(time.Time) error { return nil }

func (c conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }
