// Package packetcache keeps the last packets of one publisher, shared by all who receive him, to answer requests to
// send one again. It is a pure leaf.
package packetcache

import (
	"sync"
	"time"
)

// MaxPayload is the largest payload kept, in bytes: what fits an Ethernet frame. Larger ones are not kept.
const MaxPayload = 1500

// Entry is one kept packet.
type Entry struct {
	Sequence  uint16
	Timestamp uint32
	Marker    bool
	KeyStart  bool
	Arrived   time.Time
	Payload   []byte
}

type slot struct {
	used bool
	Entry
}

// Cache is a ring of packets by sequence number. It is safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	slots []slot
}

// New makes a cache for the last size packets; size is rounded up to a power of two, so that the ring's places run on
// when sequence numbers wrap.
func New(size int) *Cache {
	n := 1
	for n < size {
		n *= 2
	}
	return &Cache{slots: make([]slot, n)}
}

// Put keeps a copy of e. Buffers are reused: a cache that has gone round once allocates no more.
func (c *Cache) Put(e Entry) {
	if len(e.Payload) > MaxPayload {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.slots[int(e.Sequence)&(len(c.slots)-1)]
	buffer := append(s.Payload[:0], e.Payload...)
	s.Entry, s.used = e, true
	s.Payload = buffer
}

// Get copies the payload of the packet with that sequence number into buffer, which must hold MaxPayload bytes, and
// returns the packet. ok is false when it is not kept (any more).
func (c *Cache) Get(sequence uint16, buffer []byte) (e Entry, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.slots[int(sequence)&(len(c.slots)-1)]
	if !s.used || s.Sequence != sequence {
		return Entry{}, false
	}
	e = s.Entry
	e.Payload = buffer[:copy(buffer, s.Payload)]
	return e, true
}
