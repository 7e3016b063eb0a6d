package packetcache

import (
	"bytes"
	"testing"
)

func TestKeepsTheLastPacketsAcrossTheWrap(t *testing.T) {
	c := New(200)
	payload := make([]byte, 100)
	for i := range 1000 {
		sequence := uint16(65000 + i)
		payload[0], payload[1] = byte(sequence>>8), byte(sequence)
		c.Put(Entry{Sequence: sequence, Timestamp: uint32(i), Payload: payload})
	}
	buffer := make([]byte, MaxPayload)
	for i := range 1000 {
		sequence := uint16(65000 + i)
		e, ok := c.Get(sequence, buffer)
		if kept := i >= 1000-256; ok != kept {
			t.Fatalf("packet %d: kept %v, want %v", i, ok, kept)
		}
		if ok && (e.Timestamp != uint32(i) || !bytes.Equal(e.Payload[:2], []byte{byte(sequence >> 8), byte(sequence)})) {
			t.Fatalf("packet %d came back as another", i)
		}
	}
}

func TestTooLargeIsNotKeptAndPutDoesNotAllocate(t *testing.T) {
	c := New(2)
	c.Put(Entry{Sequence: 1, Payload: make([]byte, MaxPayload+1)})
	if _, ok := c.Get(1, make([]byte, MaxPayload)); ok {
		t.Fatal("an oversize packet was kept")
	}
	payload := make([]byte, 1200)
	var sequence uint16
	put := func() { sequence++; c.Put(Entry{Sequence: sequence, Payload: payload}) }
	put()
	put()
	if n := testing.AllocsPerRun(100, put); n != 0 {
		t.Fatalf("%v allocations a packet", n)
	}
}
