package federation

import (
	"sync"
	"time"
)

// cache keeps values for a while, at most size of them; when it is full, some value makes room. It
// is safe for concurrent use.
type cache[K comparable, V any] struct {
	size int
	keep time.Duration

	mu     sync.Mutex
	values map[K]cached[V]
}

type cached[V any] struct {
	value V
	until time.Time
}

func newCache[K comparable, V any](size int, keep time.Duration) *cache[K, V] {
	return &cache[K, V]{size: size, keep: keep, values: map[K]cached[V]{}}
}

func (c *cache[K, V]) get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.values[key]
	if ok && time.Now().After(found.until) {
		delete(c.values, key)
		return value, false
	}
	return found.value, ok
}

func (c *cache[K, V]) put(key K, value V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(key, value)
}

// add is put for a key that has no value; it is false and changes nothing if it has one.
func (c *cache[K, V]) add(key K, value V) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, there := c.values[key]; there && !time.Now().After(found.until) {
		return false
	}
	c.set(key, value)
	return true
}

// set is put for who holds the lock.
func (c *cache[K, V]) set(key K, value V) {
	if _, there := c.values[key]; !there && len(c.values) >= c.size {
		for other := range c.values {
			delete(c.values, other)
			break
		}
	}
	c.values[key] = cached[V]{value, time.Now().Add(c.keep)}
}

func (c *cache[K, V]) drop(key K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.values, key)
}

// dropIf drops every value that which is true of.
func (c *cache[K, V]) dropIf(which func(V) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, found := range c.values {
		if which(found.value) {
			delete(c.values, key)
		}
	}
}

func (c *cache[K, V]) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.values)
}
