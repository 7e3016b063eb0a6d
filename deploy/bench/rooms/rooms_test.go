//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp/codecs"
	"go.uber.org/goleak"
)

// TestMain is also the server, in the process that the bench starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		if err := serve(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

func TestOurServerForwardsEverythingToEverybody(t *testing.T) {
	b := bench{address: netip.MustParseAddr("127.0.0.1"), serverCore: -1, loadCore: -1, window: 2 * time.Second}
	s := shape{Rooms: 2, Members: 2}
	k, err := startKinbridge(t.Context(), b, os.Args[0], s)
	if err != nil {
		t.Fatal(err)
	}
	profiled := 0
	f, err := b.measure(t.Context(), "Kinbridge", s, k, func(bool) error { profiled++; return nil })
	if err = errors.Join(err, k.stop()); err != nil {
		t.Fatal(err)
	}
	if f.Flows != s.flows() || f.Received == 0 || f.Loss > 0.5 || f.Processor <= 0 || f.P50 <= 0 || f.P99 < f.P50 || f.Memory <= 0 || profiled != 2 {
		t.Fatalf("%+v", f)
	}
	if processorTime, err := processorTime(k.pid()); err == nil {
		t.Fatalf("the server is still there and has used %s", processorTime)
	}
}

func TestShapes(t *testing.T) {
	got, err := parseShapes("10x3,4x6,2x10")
	if err != nil || len(got) != 3 || got[0] != (shape{10, 3}) || got[1] != (shape{4, 6}) || got[2] != (shape{2, 10}) {
		t.Fatal(got, err)
	}
	for _, bad := range []string{"", "3", "x3", "0x3", "10x1", "10x3x2", "10x3,", "-1x3", "10 x 3", "10x03"} {
		if _, err := parseShapes(bad); !errors.Is(err, errNoShape) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for s, want := range map[shape][3]int{{10, 3}: {30, 120, 6120}, {4, 6}: {24, 240, 12240}, {2, 10}: {20, 360, 18360}} {
		if got := [3]int{s.everybody(), s.flows(), s.perSecond()}; got != want {
			t.Errorf("%s: %v members, flows and packets a second, want %v", s, got, want)
		}
	}
	seats := map[[2]int]bool{}
	for i := range 12 {
		m, err := newMember(nil, i, shape{Rooms: 4, Members: 3})
		if err != nil {
			t.Fatal(err)
		}
		if seats[[2]int{m.room, m.place}] = true; m.room > 3 || m.place > 2 {
			t.Errorf("member %d has place %d of room %d", i, m.place, m.room)
		}
	}
	if len(seats) != 12 {
		t.Errorf("12 members on %d places", len(seats))
	}
}

func TestTheLoadIsWhatThePageSays(t *testing.T) {
	if audioRate != 50 || videoRate != 52 || videoRate*videoBytes*8/1000 != 499 {
		t.Error(audioRate, videoRate, videoRate*videoBytes*8)
	}
}

func TestFiguresAreReckonedFromTwoReadings(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	rooms := []int{0, 0, 1, 1}
	before := reading{at: at, sent: make([][2]int64, 4), got: make([]map[subscription]int64, 4), server: time.Second, load: time.Second}
	after := reading{at: at.Add(10 * time.Second), server: 2 * time.Second, load: 6 * time.Second}
	for i := range rooms {
		before.sent[i] = [2]int64{1000, 2000}
		after.sent = append(after.sent, [2]int64{1500, 2520})
		other := uint32(i ^ 1)
		before.got[i] = map[subscription]int64{{other, audio}: 7, {other, video}: 11}
		after.got = append(after.got, map[subscription]int64{{other, audio}: 507, {other, video}: 531})
	}
	delete(after.got[3], subscription{2, video}) // a flow that never began
	delete(before.got[3], subscription{2, video})
	after.got[0][subscription{2, audio}] = 100 // from another room: not counted
	var f figures
	f.reckon(rooms, before, after)
	if f.Expected != 4*1020 || f.Received != 4*1020-520 || f.Flows != 7 {
		t.Errorf("%+v", f)
	}
	for what, v := range map[string][2]float64{"loss": {f.Loss, 520.0 / 4080}, "processor": {f.Processor, 1e6 / 3560}, "cores": {f.Cores, 0.1},
		"load": {f.LoadCores, 0.5}, "rate": {f.Rate, 356}} {
		if math.Abs(v[0]-v[1]) > 1e-9 {
			t.Errorf("%s: %v, want %v", what, v[0], v[1])
		}
	}
	var none figures
	if none.reckon(rooms, before, before); none.Loss != 0 || none.Processor != 0 {
		t.Errorf("nothing sent: %+v", none)
	}
}

func TestDelaysAreOfTheWindowAlone(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	all := []delay{{at.Add(-1).UnixNano(), 9e9}, {at.Add(time.Second).UnixNano(), 9e9}}
	for n := range 100 {
		all = append(all, delay{at.UnixNano(), int64(100-n) * 1000})
	}
	var f figures
	if f.delayed(all, at, at.Add(time.Second)); f.P50 != 50 || f.P99 != 99 {
		t.Error(f.P50, f.P99)
	}
	if percentile(nil, 50) != 0 || percentile([]int64{7}, 99) != 7 || percentile([]int64{1, 2}, 50) != 1 {
		t.Error("percentile")
	}
}

func TestAMarkIsReadBackWhereverItStands(t *testing.T) {
	at := time.Date(2026, 3, 2, 10, 0, 0, 123, time.UTC)
	b := make([]byte, videoBytes)
	for _, offset := range []int{0, 1, 14} {
		want := subscription{77, video}
		writeMark(b[offset:], want, at)
		if got, sent, ok := readMark(b); !ok || got != want || sent != at.UnixNano() {
			t.Error(got, sent, ok)
		}
		clear(b)
	}
	writeMark(b[len(b)-21:], subscription{1, audio}, at)
	if _, _, ok := readMark(b); !ok {
		t.Error("a mark at the very end")
	}
	if _, _, ok := readMark(b[:len(b)-1]); ok {
		t.Error("half a mark")
	}
}

func TestPicturesAreVP8(t *testing.T) {
	b := make([]byte, videoBytes)
	for _, c := range []struct{ first, key bool }{{true, true}, {true, false}, {false, true}, {false, false}} {
		n := vp8Header(b, c.first, c.key, 0x1234)
		var p codecs.VP8Packet
		frame, err := p.Unmarshal(b)
		if err != nil || p.PictureID != 0x1234 || (p.S == 1) != c.first || len(frame) != videoBytes-4 || n < 4 {
			t.Errorf("%v: %+v, %v", c, p, err)
		}
		if c.first && (frame[0]&1 == 0) != c.key {
			t.Errorf("%v: begins with %x", c, frame[0])
		}
	}
}

func TestAFlowCountsAndSamples(t *testing.T) {
	var f flow
	up := 0
	for n := range 200 {
		if f.count(uint16(65500+n), func() int64 { return int64(n + 1) }) {
			up++
		}
	}
	if f.packets.Load() != 200 || f.highest.Load() != 1<<16+65500+199 {
		t.Error(f.packets.Load(), f.highest.Load())
	}
	if up < 200/sampled || up > 200/sampled+firstGoUp+1 {
		t.Errorf("%d of 200 go up", up)
	}
	if at, known := f.arrival(0); !known || at != 37 {
		t.Error(at, known)
	}
	if _, known := f.arrival(5000 / sampled * sampled); known {
		t.Error("a time for a packet that never came")
	}
}

func TestTheProfilesPartsAreFound(t *testing.T) {
	shares := cumulative(`File: x
      flat  flat%   sum%        cum   cum%
         0     0%     0%      1.96s 54.90%  kinbridge/rooms/sfu.(*Peer).onTrack.func2
     1.31s 36.69% 36.69%      1.31s 36.69%  internal/runtime/syscall/linux.Syscall6
     0.02s  0.56%  6.56%      1.23s 34.45%  github.com/pion/ice/v4.(*CandidatePair).Write (inline)
`)
	if len(shares) != 3 || math.Abs(shares["github.com/pion/ice/v4.(*CandidatePair).Write"]-0.3445) > 1e-9 {
		t.Error(shares)
	}
}

func TestThePageAndThePlot(t *testing.T) {
	r := report{at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC), load: "0.10", other: "Janus", window: 6 * time.Second, repeats: 3,
		costs: []cost{{"Sending", 0.42}}}
	for _, s := range []shape{{10, 3}, {2, 10}} {
		w := row{Shape: s}
		for n := range 3 {
			w.Ours = append(w.Ours, figures{Shape: s, Processor: 10 + float64(n), P50: 100, P99: 900, Memory: 40})
			w.Other = append(w.Other, figures{Shape: s, Processor: 20 + 5*float64(n), P50: 400, P99: 2400 + 100*float64(n), Memory: 30})
		}
		r.rows = append(r.rows, w)
	}
	page := string(r.markdown())
	for _, want := range []string{"| 10×3 | 6120/s | 11.0 µs | 25.0 µs | **0.44** (0.40–0.50) |", "| 2×10 | Janus | 0.40 ms | 2.50 ms | 2.40 ms |", "| Sending | 42 % |",
		"load average 0.10", "2 March 2026"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	d := xml.NewDecoder(bytes.NewReader(r.svg()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func TestJanusIsConfiguredForItself(t *testing.T) {
	files := janusFiles("/somewhere", "10.99.0.1")
	for name, want := range map[string]string{"janus.jcfg": `ice_enforce_list = "10.99.0.1"`, "janus.transport.websockets.jcfg": `ws_ip = "10.99.0.1"`} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %s", name, want)
		}
	}
}

func TestWrongUseIsSaid(t *testing.T) {
	for _, arguments := range [][]string{{"-shapes", "3"}, {"extra"}, {"-alone", "-out", "."}, {"-repeats", "0"}, {"-window", "0s"}} {
		if err := command(context.Background(), arguments, false); err == nil {
			t.Errorf("%v is accepted", arguments)
		}
	}
}
