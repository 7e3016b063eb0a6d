//go:build linux

// Command rooms measures what forwarding costs the media server of rooms, beside Janus on the same machine in the same run, and writes ROOMS.md,
// rooms.json and rooms.svg into deploy/bench. It is run by make bench-rooms.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"kinbridge/rooms/calm"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	arguments := os.Args[1:]
	var err error
	switch {
	case len(arguments) > 0 && arguments[0] == "serve":
		calm.Restart() // as the kinbridge program does
		err = serve(os.Stdin, os.Stdout)
	case len(arguments) > 0 && arguments[0] == "inside":
		if err = furnish(ctx); err == nil {
			err = command(ctx, arguments[1:], true)
		}
	default:
		err = command(ctx, arguments, false)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what a run measures.
type plan struct {
	bench
	shapes  []shape
	repeats int
	beside  string // a build of this program, instead of Janus
	alone   bool
	out     string
	profile string
	self    string // this program, which is also our server
}

func command(ctx context.Context, arguments []string, inside bool) error {
	f := flag.NewFlagSet("rooms", flag.ContinueOnError)
	p := plan{bench: bench{address: netip.MustParseAddr("127.0.0.1")}}
	shapes := f.String("shapes", "10x3,4x6,2x10", "rooms x members, separated by commas")
	f.IntVar(&p.repeats, "repeats", 5, "turns of each server for each shape; the median counts")
	f.DurationVar(&p.window, "window", 6*time.Second, "time measured in one turn")
	f.DurationVar(&p.settle, "settle", 2*time.Second, "time before it, when everybody receives everybody")
	f.BoolVar(&p.alone, "alone", false, "measure our server alone")
	f.StringVar(&p.beside, "beside", "", "another build of this program to measure instead of Janus: for before and after")
	f.StringVar(&p.out, "out", "", "folder for ROOMS.md, rooms.json and rooms.svg; empty: none are written")
	f.StringVar(&p.profile, "profile", "", "file for a processor profile of our server, the last turn's; its top is printed")
	if err := f.Parse(arguments); err != nil || f.NArg() > 0 {
		return errors.Join(err, errors.New("see -help"))
	}
	var err error
	if p.shapes, err = parseShapes(*shapes); err != nil {
		return err
	}
	if p.alone && p.out != "" {
		return errors.New("-alone has nothing to compare: leave -out away")
	}
	if p.repeats < 1 || p.window <= 0 || p.settle < 0 {
		return errors.New("repeats and times must be positive")
	}
	if !inside {
		return isolated(ctx, arguments)
	}
	p.address = insideAddress
	if p.self, err = os.Executable(); err != nil {
		return err
	}
	if p.serverCore, p.loadCore = cores(); p.loadCore < 0 {
		fmt.Println("This machine has one processor: the load takes it from the server, and the figures say little.")
	} else if err := pinSelf(p.loadCore); err != nil {
		return err
	}
	debug.SetGCPercent(400)
	runtime.GOMAXPROCS(4) // the kernel, not Go's scheduler, shares the core between the receiving thread and the rest
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	return p.run(ctx)
}

func parseShapes(text string) (all []shape, err error) {
	for _, part := range strings.Split(text, ",") {
		var s shape
		if n, err := fmt.Sscanf(part, "%dx%d", &s.Rooms, &s.Members); n != 2 || err != nil || s.Rooms < 1 || s.Members < 2 ||
			part != fmt.Sprintf("%dx%d", s.Rooms, s.Members) {
			return nil, fmt.Errorf("%q: %w", part, errNoShape)
		}
		all = append(all, s)
	}
	return all, nil
}

// run measures every shape in turns: ours, the other, ours, the other.
func (p plan) run(ctx context.Context) error {
	r := report{at: time.Now(), load: loadAverage(), window: p.window, repeats: p.repeats, other: "Janus"}
	if p.beside != "" {
		r.other = "beside"
	}
	for _, s := range p.shapes {
		row := row{Shape: s}
		for range p.repeats {
			ours, err := p.turn(ctx, "Kinbridge", s)
			if err != nil {
				return fmt.Errorf("%s with our server: %w", s, err)
			}
			fmt.Println(ours)
			row.Ours = append(row.Ours, ours)
			if p.alone {
				continue
			}
			other, err := p.turn(ctx, r.other, s)
			if err != nil {
				return fmt.Errorf("%s with %s: %w", s, r.other, err)
			}
			fmt.Println(other)
			row.Other = append(row.Other, other)
		}
		if !p.alone {
			fmt.Printf("%-6s processor a packet, ratio %s\n", s, spread(row.ratios(processor)))
		}
		r.rows = append(r.rows, row)
	}
	if p.profile != "" {
		top, err := profileTop(ctx, p.profile, 40)
		if err != nil {
			return err
		}
		fmt.Print(top)
		if r.costs, err = profileCosts(ctx, p.profile); err != nil {
			return err
		}
	}
	if p.out == "" {
		return nil
	}
	text, err := json.MarshalIndent(r.rows, "", "\t")
	if err != nil {
		return err
	}
	for name, b := range map[string][]byte{"ROOMS.md": r.markdown(), "rooms.svg": r.svg(), "rooms.json": append(text, '\n')} {
		if err := os.WriteFile(filepath.Join(p.out, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// turn starts one server, measures it once and stops it.
func (p plan) turn(ctx context.Context, name string, s shape) (f figures, err error) {
	quiet := func(bool) error { return nil }
	if name == "Janus" {
		j, err := startJanus(ctx, p.bench)
		if err != nil {
			return f, err
		}
		defer func() { err = errors.Join(err, j.stop()) }()
		return p.measure(ctx, name, s, j, quiet)
	}
	program := p.self
	if name == "beside" {
		program = p.beside
	}
	k, err := startKinbridge(ctx, p.bench, program, s)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, k.stop()) }()
	if p.profile == "" || name == "beside" {
		return p.measure(ctx, name, s, k, quiet)
	}
	return p.measure(ctx, name, s, k, func(begin bool) error {
		if begin {
			return k.profile(p.profile)
		}
		return k.profile("")
	})
}
