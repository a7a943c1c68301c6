package mastodon

import (
	"sync"
	"time"

	"tulou/storage"
)

// renderedFresh is the longest that something rendered is used. What it shows of others (the
// address of somebody who is mentioned) may change without its own version.
const renderedFresh = 10 * time.Minute

// rendered is a piece of JSON that is the same for every viewer, as of a version of what it shows.
type rendered struct {
	version  int64
	json     []byte
	poll     bool // of a status: a poll is to be added
	pinnable bool // of a status: its author may pin it
	quote    *storage.Quote
	policy   quotability
	approval []byte // the beginning of its quote_approval
	until    time.Time
}

// cache keeps rendered pieces by id, only the newest of each. It holds two generations of at most
// bytes/2: when the young one is full it becomes the old one, and what is used is carried over, so
// that what nobody reads goes without any bookkeeping. It is safe for concurrent use.
type cache struct {
	bytes int

	mu         sync.Mutex
	young, old map[int64]rendered
	size       int // of young
}

func newCache(bytes int) *cache { return &cache{bytes: bytes, young: map[int64]rendered{}} }

// get returns the piece of a version, if it is there.
func (c *cache) get(id, version int64, now time.Time) (rendered, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	piece, ok := c.young[id]
	if !ok {
		if piece, ok = c.old[id]; ok {
			c.add(id, piece)
		}
	}
	return piece, ok && piece.version == version && now.Before(piece.until)
}

// put keeps a piece for a while from now.
func (c *cache) put(id int64, piece rendered, now time.Time) {
	piece.until = now.Add(renderedFresh)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(id, piece)
}

// clear drops everything.
func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.young, c.old, c.size = map[int64]rendered{}, nil, 0
}

// pieceOverhead is what a map entry costs beside its bytes.
const pieceOverhead = 128

func (c *cache) add(id int64, piece rendered) {
	if before, ok := c.young[id]; ok {
		c.size -= len(before.json) + pieceOverhead
	}
	c.young[id] = piece
	c.size += len(piece.json) + pieceOverhead
	if c.size > c.bytes/2 {
		c.old, c.young, c.size = c.young, map[int64]rendered{}, 0
	}
}
