//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// row is what was measured of one shape, turn by turn.
type row struct {
	Shape shape     `json:"shape"`
	Ours  []figures `json:"kinbridge"`
	Other []figures `json:"other"`
}

// report is everything a run found.
type report struct {
	rows    []row
	costs   []cost
	at      time.Time
	load    string
	other   string
	window  time.Duration
	repeats int
}

func (f figures) String() string {
	return fmt.Sprintf("%-6s %-10s %6.2f µs a packet  %6.0f packets/s  p50 %5.2f ms  p99 %5.2f ms  loss %.2f %%  %5.1f MB, %5.2f a member  %.2f cores, the load %.2f  (load average %s)",
		f.Shape, f.Server, f.Processor, f.Rate, f.P50/1e3, f.P99/1e3, f.Loss*100, f.Memory, f.PerMember, f.Cores, f.LoadCores, f.LoadBefore)
}

func processor(f figures) float64 { return f.Processor }

func p99(f figures) float64 { return f.P99 / 1e3 }

// ratios are ours to the other's of neighbouring turns.
func (r row) ratios(of func(figures) float64) (all []float64) {
	for i := range r.Ours {
		all = append(all, of(r.Ours[i])/of(r.Other[i]))
	}
	return all
}

func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
	return s[len(s)/2]
}

func values(all []figures, of func(figures) float64) (list []float64) {
	for _, f := range all {
		list = append(list, of(f))
	}
	return list
}

// spread writes the median of some ratios with the lowest and the highest.
func spread(of []float64) string {
	return fmt.Sprintf("**%.2f** (%.2f–%.2f)", median(of), slices.Min(of), slices.Max(of))
}

// cost is a part of our server's processor time.
type cost struct {
	what  string
	share float64 // of the whole
}

// parts are the functions whose time, with all they call, is shown in the page. They do not overlap.
var parts = []struct {
	what      string
	functions []string
}{
	{"Sending a packet to a socket, with its delivery to the receiver: one system call for each", []string{"internal/poll.(*FD).WriteToInet4", "internal/poll.(*FD).WriteTo"}},
	{"Encrypting (AES-GCM)", []string{"github.com/pion/srtp/v3.(*Context).encryptRTP"}},
	{"Receiving from the socket", []string{"internal/poll.(*FD).ReadFromInet4", "internal/poll.(*FD).ReadFromInet6", "internal/poll.(*FD).ReadFrom"}},
	{"Decrypting", []string{"github.com/pion/srtp/v3.(*Context).decryptRTP"}},
	{"Passing from goroutine to goroutine: Go's scheduler", []string{"runtime.mcall", "runtime.mstart1"}},
	{"Collecting garbage", []string{"runtime.gcBgMarkWorker"}},
}

var topLine = regexp.MustCompile(`^\s*\S+\s+\S+\s+\S+\s+\S+\s+([0-9.]+)%\s+(.+?)( \(inline\))?$`)

// cumulative reads the share of each function, with all it calls, from what "go tool pprof -top -cum" prints.
func cumulative(top string) map[string]float64 {
	shares := map[string]float64{}
	for _, line := range strings.Split(top, "\n") {
		if m := topLine.FindStringSubmatch(line); m != nil {
			v, _ := strconv.ParseFloat(m[1], 64)
			shares[m[2]] += v / 100
		}
	}
	return shares
}

func profileTop(ctx context.Context, file string, lines int) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-cum", "-nodefraction=0", "-nodecount", strconv.Itoa(lines), file).Output()
	if err != nil {
		return "", fmt.Errorf("go tool pprof: %w", err)
	}
	return string(out), nil
}

func profileCosts(ctx context.Context, file string) (all []cost, err error) {
	top, err := profileTop(ctx, file, 5000)
	if err != nil {
		return nil, err
	}
	shares, rest := cumulative(top), 1.0
	for _, p := range parts {
		c := cost{what: p.what}
		for _, f := range p.functions {
			c.share += shares[f]
		}
		rest -= c.share
		all = append(all, c)
	}
	return append(all, cost{"The rest: pion's layers and ours", rest}), nil
}

// columns are what the page compares, shape by shape.
var columns = []struct {
	title string
	of    func(figures) float64
	pick  func([]float64) float64 // of all turns
	form  string
}{
	{"delay p50", func(f figures) float64 { return f.P50 / 1e3 }, median, "%.2f ms"},
	{"p99", p99, median, "%.2f ms"},
	{"p99, best turn", p99, slices.Min[[]float64], "%.2f ms"},
	{"lost", func(f figures) float64 { return f.Loss * 100 }, median, "%.2f %%"},
	{"memory", func(f figures) float64 { return f.Memory }, median, "%.0f MB"},
	{"a member", func(f figures) float64 { return f.PerMember }, median, "%.2f MB"},
}

// markdown writes the results page.
func (r report) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# What forwarding costs

Written by `+"`make bench-rooms`"+` on %s: %d processors, load average %s before it began. The machine was shared, so trust the ratios more than
the figures. The media server of rooms (`+"`kinbridge/rooms`"+`, whole: rooms, forwarding, signalling) and **%s** (the videoroom plugin of Debian's package) were
measured in turns on one core, with the same load on the other: every member publishes sound (%d packets a second of %d bytes) and a picture (%d packets
a second of %d bytes, %d kbit/s) and receives everybody else in the room, over WebRTC as a browser does it. Each figure is the median of %d turns of %g s,
each with a server just started. Requests for lost packets, reports and congestion feedback are on.

*Processor* is what the server's process used, user and system, for each packet that reached a member; on one machine that has the delivery into the
member's socket in it, for both alike. Beside each ratio are the lowest and the highest of neighbouring turns.

| Rooms × members | packets forwarded | processor, Kinbridge | %s | ratio |
|---|---:|---:|---:|---:|
`, r.at.Format("2 January 2006"), runtime.NumCPU(), r.load, r.other, audioRate, audioBytes, videoRate, videoBytes, videoRate*videoBytes*8/1000, r.repeats,
		r.window.Seconds(), r.other)
	for _, w := range r.rows {
		fmt.Fprintf(&b, "| %s | %d/s | %.1f µs | %.1f µs | %s |\n", w.Shape, w.Shape.perSecond(), median(values(w.Ours, processor)), median(values(w.Other, processor)),
			spread(w.ratios(processor)))
	}
	b.WriteString("\n![Processor time for a packet forwarded](rooms.svg)\n\n| Rooms × members | |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s |", c.title)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---:|", len(columns)) + "\n")
	for _, w := range r.rows {
		for i, all := range [][]figures{w.Ours, w.Other} {
			fmt.Fprintf(&b, "| %s | %s |", w.Shape, []string{"Kinbridge", r.other}[i])
			for _, c := range columns {
				fmt.Fprintf(&b, " "+c.form+" |", c.pick(values(all, c.of)))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString(`
Delay is from the member's sending to the kernel's receiving, of one packet in sixteen. *A member* is what the server's memory grew by for each.
Each turn's figures are in ` + "`rooms.json`" + `, with the load average before it: where other programs used the cores, the median of p99 is mostly the time spent
behind them, and the best turn says more.
`)
	b.Write(r.between())
	b.WriteString(`
## What this does not show

- No packet is lost on the way between programs of one machine, so that hardly any is asked for again. How rooms bear loss is tested in ` + "`rooms/sfu`" + `.
- A member's end is no browser: it sends noise in VP8's frames at a steady rate, whatever the congestion feedback says, and looks at its sockets
  once in a millisecond, so that no server pays for waking it. One picture of one size from each: no simulcast, no screen.
- A network card and its driver cost something else than the loopback path.
- How many members a core carries. Both servers were idle for most of the time measured, and a busy server takes several packets at each waking.
- The gateway's part of a meeting: orders, tickets and the audit of who came and went.

## To measure it yourself

` + "`make bench-rooms`" + ` needs Linux, the package ` + "`janus`" + ` (its service can stay off: ` + "`systemctl disable --now janus`" + `) and either root or a kernel that gives users
networks of their own: everything runs in a network namespace that nothing outside can reach, and ends with the run, in about six minutes.
` + "`go build -o bin/bench-rooms ./deploy/bench/rooms`" + ` and then ` + "`bin/bench-rooms -alone -shapes 10x3 -profile cpu.pprof`" + ` measures ours alone and shows
where its time goes; ` + "`-beside OTHER`" + ` puts another build of the same program in Janus's place, for before and after.
`)
	return b.Bytes()
}

// between says what stands between what was measured and the least that could be.
func (r report) between() []byte {
	var b bytes.Buffer
	if len(r.costs) == 0 {
		return nil
	}
	fmt.Fprintf(&b, `
## Where our time goes

A processor profile of the last turn (%s). The profiler does not see the time in which the processor falls asleep and is woken.

| Part | share |
|---|---:|
`, r.rows[len(r.rows)-1].Shape)
	for _, c := range r.costs {
		fmt.Fprintf(&b, "| %s | %.0f %% |\n", c.what, c.share*100)
	}
	b.WriteString(`
The goal is 0.36 of Janus on every shape. What stands between:

- **One system call for each packet sent.** Several datagrams for one member in one call (UDP GSO) cost the kernel little more than one; but a picture's
  packets must then be gathered for a moment, and pion's transport writes each at once.
- **Five goroutines for each packet received**: the port's, the candidate's, the connection's, the stream's and ours, with a copy at each step. It
  weighs most in small rooms, where each packet received is sent only twice. A transport of our own on one socket would decrypt in place and call the slots.
- **One report of congestion feedback for each publisher in 100 ms**, encrypted and sent by itself. Browsers need it to raise their picture's size.
`)
	return b.Bytes()
}

// svg draws the processor time for a packet as pairs of bars.
func (r report) svg() []byte {
	const width, left, bar, gap, widest = 760, 110, 16, 14, 540.0
	most := 1.0
	for _, w := range r.rows {
		most = max(most, median(values(w.Ours, processor)), median(values(w.Other, processor)))
	}
	height := 60 + len(r.rows)*(2*bar+gap)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="13">
<title>Processor time for a packet forwarded, by rooms and members: Kinbridge and %s</title>
<rect width="100%%" height="100%%" fill="#fff"/>
<rect x="%d" y="14" width="12" height="12" fill="#1d70b8"/><text x="%d" y="25">Kinbridge</text>
<rect x="%d" y="14" width="12" height="12" fill="#b1b4b6"/><text x="%d" y="25">%s</text>
`, width, height, r.other, left, left+18, left+110, left+128, r.other)
	for i, w := range r.rows {
		y := 42 + i*(2*bar+gap)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-10, y+bar+4, w.Shape)
		for j, v := range []float64{median(values(w.Ours, processor)), median(values(w.Other, processor))} {
			long := v / most * widest
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/><text x="%.0f" y="%d">%.1f µs</text>`+"\n",
				left, y+j*bar, long, bar-2, []string{"#1d70b8", "#b1b4b6"}[j], left+long+6, y+j*bar+12, v)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
