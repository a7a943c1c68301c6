package federation

import (
	"context"
	"sync"
	"time"
)

// The places for requests under way, in two parts. A request that has waited for handOver has long
// been signed and sent and costs only memory, about 40 KB; it moves to the slow part, so that
// hosts that hang until the timeout do not take the places of those that answer.
const (
	fastMax  = 256
	slowMax  = 768
	handOver = 100 * time.Millisecond
	// suspectMax of the slow places is for hosts that failed the last time, which begin there.
	suspectMax = slowMax / 2
)

// berths hands out places for requests under way. It is safe for concurrent use.
type berths struct {
	fast, slow, suspects chan struct{}
}

func newBerths() *berths {
	return &berths{make(chan struct{}, fastMax), make(chan struct{}, slowMax), make(chan struct{}, suspectMax)}
}

// enter waits for a place and returns the function that gives it back, to be called once.
func (b *berths) enter(ctx context.Context, suspect bool) (leave func(), err error) {
	if suspect {
		if err := take(ctx, b.suspects); err != nil {
			return nil, err
		}
		if err := take(ctx, b.slow); err != nil {
			<-b.suspects
			return nil, err
		}
		return func() { <-b.slow; <-b.suspects }, nil
	}
	if err := take(ctx, b.fast); err != nil {
		return nil, err
	}
	at := &berth{berths: b, at: b.fast}
	at.mu.Lock()
	at.timer = time.AfterFunc(handOver, at.move)
	at.mu.Unlock()
	return at.leave, nil
}

func take(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// berth is one place that began fast.
type berth struct {
	berths *berths
	timer  *time.Timer

	mu sync.Mutex
	at chan struct{} // nil after leave
}

// move changes to the slow part, or tries again later if that is full.
func (p *berth) move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		return
	}
	select {
	case p.berths.slow <- struct{}{}:
		<-p.at
		p.at = p.berths.slow
	default:
		p.timer.Reset(handOver)
	}
}

func (p *berth) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.timer.Stop()
	<-p.at
	p.at = nil
}
