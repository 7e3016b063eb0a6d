//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"
)

// shape is how many rooms there are, and members in each.
type shape struct {
	Rooms   int `json:"rooms"`
	Members int `json:"members"` // of a room
}

func (s shape) String() string { return fmt.Sprintf("%d×%d", s.Rooms, s.Members) }

func (s shape) everybody() int { return s.Rooms * s.Members }

// flows is how many streams reach somebody: each member's sound and picture reach all others of the room.
func (s shape) flows() int { return s.everybody() * (s.Members - 1) * 2 }

// perSecond is how many packets are forwarded in a second when none is lost, but for those of keyframes.
func (s shape) perSecond() int { return s.everybody() * (s.Members - 1) * (audioRate + videoRate) }

// server is what the load talks to.
type server interface {
	// join brings m into her room, so that she is sent what everybody in it publishes, now and later. It returns when her own media can flow. The
	// closer, which there may be even with an error, ends the conversation.
	join(ctx context.Context, m *member) (io.Closer, error)
	pid() int
	stop() error
}

// bench is where and how long is measured.
type bench struct {
	address              netip.Addr
	serverCore, loadCore int // negative: any
	settle, window       time.Duration
}

// figures are what one measurement of one server found.
type figures struct {
	Server     string  `json:"server"`
	Shape      shape   `json:"shape"`
	Flows      int     `json:"flows"`        // that carried packets
	Expected   int64   `json:"expected"`     // packets
	Received   int64   `json:"received"`     // packets
	Rate       float64 `json:"rate"`         // packets forwarded in a second
	Loss       float64 `json:"loss"`         // share of the packets expected
	Processor  float64 `json:"processor_us"` // of the server, user and system, for each packet received
	Cores      float64 `json:"cores"`        // that the server used
	LoadCores  float64 `json:"load_cores"`   // that the load used: near one, the load is what is measured
	P50        float64 `json:"p50_us"`       // from sending to arrival
	P99        float64 `json:"p99_us"`
	Memory     float64 `json:"memory_mb"`            // resident, at the end
	PerMember  float64 `json:"memory_per_member_mb"` // what it grew by since nobody was there
	Dropped    int64   `json:"dropped"`              // datagrams the load was too slow for
	LoadBefore string  `json:"load_average"`         // of the machine
}

// reading is the state of all counters at one moment.
type reading struct {
	at     time.Time
	sent   [][2]int64               // by member and kind
	got    []map[subscription]int64 // by member
	server time.Duration            // of the processor
	load   time.Duration
}

// onTheWay is how long after it was sent a packet is counted as received.
const onTheWay = 200 * time.Millisecond

func read(ctx context.Context, members []*member, pid int) (r reading, err error) {
	for _, m := range members {
		r.sent = append(r.sent, [2]int64{m.sent[audio].Load(), m.sent[video].Load()})
	}
	if err := sleep(ctx, onTheWay); err != nil {
		return r, err
	}
	r.at = time.Now()
	for _, m := range members {
		got := map[subscription]int64{}
		m.mu.Lock()
		for s, f := range m.flows {
			got[s] = f.packets.Load()
		}
		m.mu.Unlock()
		r.got = append(r.got, got)
	}
	if r.server, err = processorTime(pid); err != nil {
		return r, err
	}
	r.load, err = processorTime(os.Getpid())
	return r, err
}

// reckon makes the figures of two readings; rooms has each member's room. A flow that never began counts as lost.
func (f *figures) reckon(rooms []int, before, after reading) {
	for i := range rooms {
		for j := range rooms {
			if i == j || rooms[i] != rooms[j] {
				continue
			}
			for _, k := range []kind{audio, video} {
				s := subscription{uint32(j), k}
				got := after.got[i][s] - before.got[i][s]
				f.Expected += after.sent[j][k] - before.sent[j][k]
				f.Received += got
				if got > 0 {
					f.Flows++
				}
			}
		}
	}
	seconds := after.at.Sub(before.at).Seconds()
	server := (after.server - before.server).Seconds()
	f.Cores, f.LoadCores = server/seconds, (after.load-before.load).Seconds()/seconds
	f.Rate = float64(f.Received) / seconds
	if f.Expected > 0 {
		f.Loss = max(0, 1-float64(f.Received)/float64(f.Expected))
	}
	if f.Received > 0 {
		f.Processor = server * 1e6 / float64(f.Received)
	}
}

// delayed finds the delays of what arrived between two moments.
func (f *figures) delayed(all []delay, from, to time.Time) {
	var took []int64
	for _, d := range all {
		if d.arrived >= from.UnixNano() && d.arrived < to.UnixNano() {
			took = append(took, d.took)
		}
	}
	slices.Sort(took)
	f.P50, f.P99 = float64(percentile(took, 50))/1e3, float64(percentile(took, 99))/1e3
}

// percentile of a sorted list: the smallest that at least so many in a hundred do not exceed.
func percentile(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

const mega = 1 << 20

// measure fills a server's rooms, waits until everybody receives everybody, and measures one window. During it, profile is called with true at
// its beginning and with false at its end.
func (b bench) measure(ctx context.Context, name string, s shape, of server, profile func(bool) error) (f figures, err error) {
	ctx, cancel := context.WithTimeout(ctx, 45*time.Second+b.settle+b.window)
	defer cancel()
	f = figures{Server: name, Shape: s, LoadBefore: loadAverage()}
	empty, err := resident(of.pid())
	if err != nil {
		return f, err
	}
	in, err := newIntake(b.address)
	if err != nil {
		return f, err
	}
	defer in.close()
	c := &crowd{}
	defer c.leave()
	defer cancel() // before all leave
	if err := c.enter(ctx, in, s, of); err != nil {
		return f, err
	}
	if err := sleep(ctx, b.settle); err != nil {
		return f, err
	}
	if err := profile(true); err != nil {
		return f, err
	}
	before, err := read(ctx, c.members, of.pid())
	if err != nil {
		return f, err
	}
	if err := sleep(ctx, b.window); err != nil {
		return f, err
	}
	after, err := read(ctx, c.members, of.pid())
	if err != nil {
		return f, err
	}
	if err := profile(false); err != nil {
		return f, err
	}
	full, err := resident(of.pid())
	if err != nil {
		return f, err
	}
	var rooms []int
	var delays []delay
	for _, m := range c.members {
		rooms = append(rooms, m.room)
		m.mu.Lock()
		delays = append(delays, m.delays...)
		m.mu.Unlock()
	}
	f.reckon(rooms, before, after)
	f.delayed(delays, before.at, after.at)
	f.Memory, f.PerMember = float64(full)/mega, float64(full-empty)/mega/float64(s.everybody())
	f.Dropped = in.dropped.Load()
	return f, nil
}

// crowd is all members of all rooms.
type crowd struct {
	members []*member
	work    sync.WaitGroup // sending and reporting, until the context ends

	mu            sync.Mutex
	conversations []io.Closer
}

const atOnce = 4 // joins under way

// enter lets all join and begin to send, and waits until every flow has begun.
func (c *crowd) enter(ctx context.Context, in *intake, s shape, of server) error {
	for i := range s.everybody() {
		m, err := newMember(in, i, s)
		if err != nil {
			return err
		}
		c.members = append(c.members, m)
	}
	joining := make(chan struct{}, atOnce)
	failed := make(chan error, len(c.members))
	join, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var all sync.WaitGroup
	for _, m := range c.members {
		joining <- struct{}{}
		all.Go(func() {
			defer func() { <-joining }()
			conversation, err := of.join(join, m)
			if conversation != nil {
				c.mu.Lock()
				c.conversations = append(c.conversations, conversation)
				c.mu.Unlock()
			}
			if err != nil {
				failed <- fmt.Errorf("member %d joins room %d: %w", m.place, m.room, err)
				giveUp()
				return
			}
			c.work.Go(func() { m.send(ctx) })
			c.work.Go(func() { m.report(ctx) })
		})
	}
	all.Wait()
	close(failed)
	if err := <-failed; err != nil {
		return err
	}
	for c.flows() < s.flows() {
		if err := sleep(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("%d of %d flows have begun: %w", c.flows(), s.flows(), err)
		}
	}
	return nil
}

func (c *crowd) flows() (n int) {
	for _, m := range c.members {
		m.mu.Lock()
		n += len(m.flows)
		m.mu.Unlock()
	}
	return n
}

// leave ends everything; the context of enter must have ended.
func (c *crowd) leave() {
	c.work.Wait()
	for _, conversation := range c.conversations {
		_ = conversation.Close()
	}
	var all sync.WaitGroup
	for _, m := range c.members {
		all.Go(m.close)
	}
	all.Wait()
}

var errNoShape = errors.New("a shape is ROOMSxMEMBERS, with at least one room and two members")
