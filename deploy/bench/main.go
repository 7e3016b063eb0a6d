// Command bench measures how Kinbridge receives mail beside Postfix on the same machine in the same run, how long a reply takes to the kiosk
// and how long the audit log takes to verify, and writes README.md and rates.svg beside itself. It is run by make bench-mail.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kinbridge/adapters/email/smtpin/smtpload"
)

func main() {
	bin := flag.String("kinbridge", "bin/kinbridge", "the program to measure")
	out := flag.String("out", "deploy/bench", "folder for README.md and rates.svg")
	mails := flag.Int("mails", 2000, "mails of one measurement")
	repeats := flag.Int("repeats", 3, "measurements of each kind; the median counts")
	only := flag.String("only", "", "measure only the ways of sending whose name contains this (\"10, kept\"), or \"held\" alone, and write no files")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *bin, *out, *only, *mails, *repeats); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// shape is one way of sending.
type shape struct {
	connections int
	perMail     bool
}

func (s shape) String() string {
	if s.perMail {
		return fmt.Sprintf("%d, one mail each", s.connections)
	}
	return fmt.Sprintf("%d, kept open", s.connections)
}

// row is what was measured of one shape; each list has one element for each repeat.
type row struct {
	shape
	accept, postfix, done, postfixDone []float64 // mails a second: answered 250; and filed, or delivered
	cpu, postfixCPU                    []float64 // milliseconds of processor time a mail, the server's alone
	p99, postfixP99                    []time.Duration
	ratio, doneRatio                   []float64 // of the two neighbouring measurements
}

// report is everything a run found.
type report struct {
	rows           []row
	held           []time.Duration // end of DATA to held, sorted
	latency, audit map[string]float64
	load           string
	mails, repeats int
	at             time.Time
}

func run(ctx context.Context, bin, out, only string, mails, repeats int) error {
	r := report{mails: mails, repeats: repeats, at: time.Now()}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.load, _, _ = strings.Cut(string(b), " ")
	}
	c, err := newCorpus()
	if err != nil {
		return err
	}
	p, err := startPostfix(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := p.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}()
	for _, s := range []shape{{1, false}, {10, false}, {50, false}, {1, true}, {10, true}, {50, true}} {
		if !strings.Contains(s.String(), only) {
			continue
		}
		w := row{shape: s}
		for n := range repeats {
			if err := w.measure(ctx, bin, p, c, mails, n%2 == 1); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			fmt.Printf("%-20s %7.0f/s   Postfix %7.0f/s   ratio %.2f   (filed %.0f/s, delivered %.0f/s, ratio %.2f; processor %.2f and %.2f ms a mail)\n",
				s, w.accept[n], w.postfix[n], w.ratio[n], w.done[n], w.postfixDone[n], w.doneRatio[n], w.cpu[n], w.postfixCPU[n])
		}
		r.rows = append(r.rows, w)
	}
	if only != "" && only != "held" {
		return nil
	}
	if r.held, err = heldTimes(ctx, bin, c, mails); err != nil {
		return err
	}
	fmt.Println("end of DATA to held: p50", smtpload.Percentile(r.held, 0.5), "p99", smtpload.Percentile(r.held, 0.99))
	if only != "" {
		return nil
	}
	if r.latency, err = goBench(ctx, "./cmd/kinbridge", "ReplyToKiosk", "1000x"); err != nil {
		return err
	}
	fmt.Println("reply to kiosk:", r.latency)
	if r.audit, err = goBench(ctx, "./gateway/store", "AuditVerify100000", "3x"); err != nil {
		return err
	}
	fmt.Println("audit verify:", r.audit)
	if err := os.WriteFile(filepath.Join(out, "rates.svg"), r.svg(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "README.md"), r.markdown(), 0o644)
}

// measure does one measurement of each program, one right after the other, in turns first.
func (w *row) measure(ctx context.Context, bin string, p *postfix, c corpus, mails int, postfixFirst bool) error {
	ours := func() error { return w.measureKinbridge(ctx, bin, c, mails) }
	theirs := func() error { return w.measurePostfix(ctx, p, c, mails) }
	if postfixFirst {
		ours, theirs = theirs, ours
	}
	for _, f := range []func() error{ours, theirs} {
		if err := f(); err != nil {
			return err
		}
	}
	n := len(w.accept) - 1
	w.ratio, w.doneRatio = append(w.ratio, w.accept[n]/w.postfix[n]), append(w.doneRatio, w.done[n]/w.postfixDone[n])
	return nil
}

// result is one measurement of one program.
type result struct {
	accept, done, cpu float64
	p99               time.Duration
}

// load sends the mails to a program and waits until it has done what it does with them.
func (w *row) load(ctx context.Context, addr string, list []smtpload.Mail, done func() (bool, error), cpu func() (time.Duration, error)) (result, error) {
	before, err := cpu()
	if err != nil {
		return result{}, err
	}
	began := time.Now()
	r, err := smtpload.Load{Addr: addr, Connections: w.connections, PerMail: w.perMail, Mails: len(list), Make: func(n int) smtpload.Mail { return list[n] }}.Run(ctx)
	if err != nil {
		return result{}, err
	}
	if err := until(ctx, done); err != nil {
		return result{}, err
	}
	took := time.Since(began)
	after, err := cpu()
	n := float64(len(list))
	return result{accept: r.Rate(), done: n / took.Seconds(), cpu: ms(after-before) / n, p99: r.Percentile(0.99)}, err
}

func (w *row) measurePostfix(ctx context.Context, p *postfix, c corpus, mails int) error {
	if err := p.empty(); err != nil {
		return err
	}
	list, err := c.mails(mails, func(int) (string, string) { return "hannah.cole@northvale.example", postfixRcpt })
	if err != nil {
		return err
	}
	r, err := w.load(ctx, p.addr, list, func() (bool, error) { n, err := p.delivered(); return n >= mails, err }, p.processorTime)
	if err != nil {
		return fmt.Errorf("measuring Postfix: %w", err)
	}
	w.postfix, w.postfixP99 = append(w.postfix, r.accept), append(w.postfixP99, r.p99)
	w.postfixDone, w.postfixCPU = append(w.postfixDone, r.done), append(w.postfixCPU, r.cpu)
	return nil
}

func (w *row) measureKinbridge(ctx context.Context, bin string, c corpus, mails int) (err error) {
	k, err := startKinbridge(ctx, bin, c.keyRecord)
	if err != nil {
		return err
	}
	defer func() {
		if e := k.stop(); err == nil {
			err = e
		}
	}()
	filedBefore, err := k.filed(ctx)
	if err != nil {
		return err
	}
	list, err := c.mails(mails, k.address)
	if err != nil {
		return err
	}
	r, err := w.load(ctx, k.ready.SMTP, list, func() (bool, error) { n, err := k.filed(ctx); return n >= filedBefore+mails, err }, k.processorTime)
	if err != nil {
		return fmt.Errorf("measuring Kinbridge: %w", err)
	}
	w.accept, w.p99 = append(w.accept, r.accept), append(w.p99, r.p99)
	w.done, w.cpu = append(w.done, r.done), append(w.cpu, r.cpu)
	return nil
}

func until(ctx context.Context, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	for {
		ok, err := done()
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not everything accepted was done in three minutes: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// goBench runs one Go benchmark and returns its metrics by unit.
func goBench(ctx context.Context, pkg, name, times string) (map[string]float64, error) {
	out, err := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark"+name+"$", "-benchtime", times, pkg).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("benchmark %s: %w\n%s", name, err, out)
	}
	line := regexp.MustCompile(`(?m)^Benchmark\S+\s+\d+\s+(.*)$`).FindSubmatch(out)
	if line == nil {
		return nil, fmt.Errorf("benchmark %s said nothing:\n%s", name, out)
	}
	m := map[string]float64{}
	for _, f := range regexp.MustCompile(`([0-9.e+]+) (\S+)`).FindAllSubmatch(line[1], -1) {
		if m[string(f[2])], err = strconv.ParseFloat(string(f[1]), 64); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func median[T float64 | time.Duration](vs []T) T {
	s := slices.Sorted(slices.Values(vs))
	return s[len(s)/2]
}
