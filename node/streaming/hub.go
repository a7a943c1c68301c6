package streaming

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"tulou/node/edge"
	"tulou/protocol/fault"
	"tulou/protocol/ids"
	"tulou/storage"
)

// How many streams may be open. One costs some 30 kB, and a client needs one or two.
const (
	// streamsMax is for the process: half a gigabyte, and well below what it may have of descriptors.
	streamsMax = 16384
	// streamsPerToken is a browser with many windows. Programs that need more channels subscribe to
	// them on one socket.
	streamsPerToken = 32
	// streamsPerAddress is for the people behind one address of a provider, as the limit of
	// connections is.
	streamsPerAddress = 256
	// channelsPerStream is a client with a column for each of a person's lists.
	channelsPerStream = 64
	// happeningsMax is how much may wait to be shown: some seconds of a busy node. Beyond it streams
	// are closed rather than left with a gap.
	happeningsMax = 4096
)

// freshFor is how old a post may be and still be shown as new. Clients put what streams say on top,
// and what comes later than that was fetched, or waited at a server that was away.
const freshFor = 6 * time.Hour

// Hub brings what happens to the streams that are open here. Make it with New, let it Run, and tell
// it of events. It is safe for concurrent use.
type Hub struct {
	Deps
	name  string // of this process, among those that share the database
	wake  chan struct{}
	relay *relay

	mu        sync.Mutex
	open      map[channel]map[*stream]bool
	streams   map[*stream]bool
	public    int // subscriptions to channels that show public posts
	byToken   map[int64]int
	byAddress map[string]int
	queue     []storage.Happening
	stopping  bool
	behind    bool           // more happened than could be kept
	running   sync.WaitGroup // of streams
}

// New makes a hub that is told what the store's process commits from now on.
func New(d Deps) *Hub {
	h := &Hub{
		Deps: d, name: rand.Text(), wake: make(chan struct{}, 1), open: map[channel]map[*stream]bool{}, streams: map[*stream]bool{},
		byToken: map[int64]int{}, byAddress: map[string]int{},
	}
	h.relay = newRelay(h.name, d.Store, d.Log)
	d.Store.Watch(h.happened)
	return h
}

// Run shows what happens until ctx ends; then it closes all streams and returns when they are gone.
func (h *Hub) Run(ctx context.Context) error {
	var relaying sync.WaitGroup
	relaying.Go(func() { h.relay.run(ctx) })
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-h.wake:
			waiting, behind := h.waiting()
			if behind {
				h.lost()
			}
			for _, x := range waiting {
				h.showOne(ctx, x)
			}
		}
	}
	h.stop()
	relaying.Wait()
	h.running.Wait()
	return nil
}

// showOne shows a happening, and closes streams rather than leave them with a gap: all of them if
// it could not be found out who sees it, those that it may concern if it broke the program.
func (h *Hub) showOne(ctx context.Context, x storage.Happening) {
	defer func() {
		if p := recover(); p != nil {
			h.broke(ctx, p)
			h.closeThose(endBroken, func(s *stream) bool { return s.mayShow(x) })
		}
	}()
	if err := h.show(ctx, x); err != nil && ctx.Err() == nil {
		h.Log.WarnContext(ctx, "show on streams", "kind", x.Kind, "err", err)
		h.lost()
	}
}

// broke notes a panic.
func (h *Hub) broke(ctx context.Context, p any) {
	h.Metrics.panics.Inc()
	h.Log.ErrorContext(ctx, "panic in streaming", "err", fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

func (h *Hub) stop() {
	h.mu.Lock()
	h.stopping = true
	h.mu.Unlock()
	h.closeAll(endStopping)
}

// lost closes all streams, because something that they should have shown was not kept.
func (h *Hub) lost() { h.closeAll(endBehind) }

func (h *Hub) closeAll(why ending) {
	h.closeThose(why, func(*stream) bool { return true })
}

func (h *Hub) closeThose(why ending, which func(*stream) bool) {
	for _, s := range h.those(which) {
		h.cut(s, why)
	}
}

// cut closes a stream.
func (h *Hub) cut(s *stream, why ending) {
	if s.close(why) {
		h.Metrics.cut(why)
	}
}

func (h *Hub) those(which func(*stream) bool) (found []*stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if which(s) {
			found = append(found, s)
		}
	}
	return found
}

// TokenRevoked closes the streams of a token (A121). It takes the payload of the event
// storage.EventTokenRevoked.
func (h *Hub) TokenRevoked(payload string) {
	id, err := strconv.ParseInt(payload, 10, 64)
	if err != nil || id == 0 {
		return
	}
	h.closeThose(endRevoked, func(s *stream) bool { return s.who.Token.ID == id })
}

// AccountChanged has the streams of somebody look whether they may still be: they may have been
// suspended. What caches remember of them must be forgotten before.
func (h *Hub) AccountChanged(account int64) {
	for _, s := range h.those(func(s *stream) bool { return s.viewer() == account && account != 0 }) {
		s.doubt()
	}
}

// FiltersChanged tells the streams of somebody. It takes the payload of
// storage.EventFiltersChanged.
func (h *Hub) FiltersChanged(payload string) {
	if id, ok := ids.Parse(payload); ok {
		h.put(storage.Happening{Kind: storage.EventFiltersChanged, ID: id})
	}
}

// Announced tells everybody what became of an announcement. It takes the payload of
// storage.EventAnnouncement.
func (h *Hub) Announced(payload string) {
	var x storage.Happening
	if err := json.Unmarshal([]byte(payload), &x); err == nil {
		h.put(x)
	}
}

// Streaming notes that another process has streams. It takes the payload of storage.EventStreaming.
func (h *Hub) Streaming(payload string) { h.relay.heard(payload, time.Now()) }

// Relayed takes what happened at another process, the payload of storage.EventHappened.
func (h *Hub) Relayed(payload string) {
	r, ok := h.relay.read(payload)
	if !ok {
		return
	}
	if r.Lost {
		h.lost()
	}
	for _, x := range r.Happenings {
		h.put(x)
	}
}

// happened takes what this process committed.
func (h *Hub) happened(x storage.Happening) {
	h.relay.add(x, time.Now())
	h.put(x)
}

// put queues what happened if anybody here looks at something that it concerns.
func (h *Hub) put(x storage.Happening) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.concerns(x) {
		return
	}
	if len(h.queue) >= happeningsMax {
		h.queue, h.behind = nil, true
	} else {
		h.queue = append(h.queue, x)
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// concerns tells whether a channel that somebody looks at may have to do with it.
func (h *Hub) concerns(x storage.Happening) bool {
	if len(h.open) == 0 {
		return false
	}
	anyOf := func(list []int64, c channel) bool {
		for _, c.of = range list {
			if len(h.open[c]) > 0 {
				return true
			}
		}
		return false
	}
	switch x.Kind {
	case storage.HappenedPost:
		return h.public > 0
	case storage.HappenedHome:
		return anyOf(x.Accounts, channel{name: "user"}) || anyOf(x.Lists, channel{name: "list"})
	case storage.HappenedDelete:
		return h.public > 0 && x.Gone.Public || anyOf(x.Accounts, channel{name: "user"}) || anyOf(x.Lists, channel{name: "list"}) ||
			anyOf(x.Gone.Direct, channel{name: "direct"})
	case storage.HappenedNotification, storage.HappenedMerge:
		return anyOf(x.Accounts, channel{name: "user", told: true}) || anyOf(x.Accounts, channel{name: "user:notification", told: true})
	case storage.HappenedMoment, storage.HappenedMomentDelete, storage.HappenedMomentComment, storage.HappenedMomentUncomment,
		storage.HappenedMomentNotice, storage.HappenedFriend:
		return anyOf(x.Accounts, channel{name: momentsStream})
	case storage.HappenedConversation:
		return anyOf(x.Accounts, channel{name: "direct"})
	case storage.EventFiltersChanged:
		return len(h.open[channel{name: "user", of: x.ID}]) > 0
	}
	return true
}

// waiting empties the queue; behind tells whether something that came before was not kept.
func (h *Hub) waiting() (waiting []storage.Happening, behind bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	waiting, behind = h.queue, h.behind
	h.queue, h.behind = nil, false
	return waiting, behind
}

// enter adds a stream with its first channels; leave is for when it is over. Faults: RateLimited
// for one too many, Unavailable while the node stops.
func (h *Hub) enter(s *stream, first ...channel) (leave func(), err error) {
	s.address = edge.Network(s.address)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.stopping:
		return nil, fault.New(fault.Unavailable, "the node is being restarted").After(retryMax)
	case len(h.streams) >= streamsMax:
		return nil, fault.New(fault.Unavailable, "too many streams are open").After(time.Minute)
	case !h.Unlimited && (h.byAddress[s.address] >= streamsPerAddress || s.who.Known() && h.byToken[s.who.Token.ID] >= streamsPerToken):
		return nil, fault.New(fault.RateLimited, "too many streams are open; close one, or subscribe to more on one socket").After(time.Minute)
	}
	h.streams[s] = true
	h.byAddress[s.address]++
	h.byToken[s.who.Token.ID]++
	h.running.Add(1)
	h.Metrics.opened(s.socket, 1)
	h.relay.look(len(h.streams))
	for _, c := range first {
		h.add(s, c)
	}
	return func() { h.leave(s) }, nil
}

func (h *Hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range s.channels {
		h.remove(s, c)
	}
	delete(h.streams, s)
	forget(h.byAddress, s.address)
	forget(h.byToken, s.who.Token.ID)
	h.relay.look(len(h.streams))
	h.Metrics.opened(s.socket, -1)
	h.running.Done()
	s.mu.Lock() // its connection may serve another request from now on
	defer s.mu.Unlock()
	if s.hurry = nil; s.end == nil {
		s.end = &ending{}
	}
}

func forget[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] <= 0 {
		delete(counts, key)
	}
}

// subscribe has a stream look at more. It is fault.Unprocessable for too many.
func (h *Hub) subscribe(s *stream, channels []channel) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(s.channels)+len(channels) > channelsPerStream {
		return fault.New(fault.Unprocessable, "one socket has at most %d streams", channelsPerStream)
	}
	for _, c := range channels {
		h.add(s, c)
	}
	return nil
}

func (h *Hub) unsubscribe(s *stream, channels []channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range channels {
		h.remove(s, c)
	}
}

func (h *Hub) add(s *stream, c channel) {
	if s.channels[c] {
		return
	}
	if h.open[c] == nil {
		h.open[c] = map[*stream]bool{}
	}
	s.channels[c], h.open[c][s] = true, true
	if c.public() {
		h.public++
	}
}

func (h *Hub) remove(s *stream, c channel) {
	if !s.channels[c] {
		return
	}
	delete(s.channels, c)
	if delete(h.open[c], s); len(h.open[c]) == 0 {
		delete(h.open, c)
	}
	if c.public() {
		h.public--
	}
}

// lookers are the streams that look at each of the channels.
func (h *Hub) lookers(channels []channel) map[channel][]*stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := make(map[channel][]*stream, len(channels))
	for _, c := range channels {
		for s := range h.open[c] {
			found[c] = append(found[c], s)
		}
	}
	return found
}

// personalOf are the channels of a name that anybody looks at: those of some, or of whomever for
// nil.
func (h *Hub) personalOf(name string, of []int64) (found []channel) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if of == nil {
		for c := range h.open {
			if c.name == name && !c.told {
				found = append(found, c)
			}
		}
		return found
	}
	for _, id := range of {
		if c := (channel{name: name, of: id}); len(h.open[c]) > 0 {
			found = append(found, c)
		}
	}
	return found
}
