// Command bench measures how Kinbridge receives mail beside Postfix on the same machine in the same run, how long a reply takes to the kiosk
// and how long the audit log takes to verify, and writes README.md and rates.svg beside itself. It is run by make bench-mail.
package main

import (
	"context"
	"encoding/json"
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

const mailSize = 10 << 10

func main() {
	bin := flag.String("kinbridge", "bin/kinbridge", "the program to measure")
	out := flag.String("out", "deploy/bench", "folder for README.md and rates.svg")
	mails := flag.Int("mails", 2000, "mails of one measurement")
	repeats := flag.Int("repeats", 3, "measurements of each kind; the median counts")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *bin, *out, *mails, *repeats); err != nil {
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
	p99, postfixP99                    []time.Duration
	ratio, doneRatio                   []float64 // of the two neighbouring measurements
}

// report is everything a run found.
type report struct {
	rows           []row
	latency, audit map[string]float64
	load           string
	mails, repeats int
	at             time.Time
}

func run(ctx context.Context, bin, out string, mails, repeats int) error {
	r := report{mails: mails, repeats: repeats, at: time.Now()}
	if b, err := os.ReadFile("/proc/loadavg"); err == nil {
		r.load, _, _ = strings.Cut(string(b), " ")
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
		w := row{shape: s}
		for n := range repeats {
			if err := w.measure(ctx, bin, p, mails, n%2 == 1); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
			fmt.Printf("%-20s %7.0f/s   Postfix %7.0f/s   ratio %.2f   (filed %.0f/s, delivered %.0f/s)\n", s, w.accept[n], w.postfix[n], w.ratio[n], w.done[n], w.postfixDone[n])
		}
		r.rows = append(r.rows, w)
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
func (w *row) measure(ctx context.Context, bin string, p *postfix, mails int, postfixFirst bool) error {
	ours := func() error { return w.measureKinbridge(ctx, bin, mails) }
	theirs := func() error { return w.measurePostfix(ctx, p, mails) }
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

func (w *row) measurePostfix(ctx context.Context, p *postfix, mails int) error {
	if err := p.empty(); err != nil {
		return err
	}
	began := time.Now()
	r, err := smtpload.Load{Addr: p.addr, Connections: w.connections, PerMail: w.perMail, Mails: mails, Make: func(n int) smtpload.Mail {
		return smtpload.Reply(n, mailSize, "hannah.cole@northvale.example", postfixRcpt, "bench")
	}}.Run(ctx)
	if err != nil {
		return fmt.Errorf("sending to Postfix: %w", err)
	}
	err = until(ctx, func() (bool, error) { n, err := p.delivered(); return n >= mails, err })
	w.postfix, w.postfixP99 = append(w.postfix, r.Rate()), append(w.postfixP99, r.Percentile(0.99))
	w.postfixDone = append(w.postfixDone, float64(mails)/time.Since(began).Seconds())
	return err
}

// measureKinbridge starts the program on a fresh demo world: SQLite, synchronous=FULL, senders checked, content encrypted, everything audited.
func (w *row) measureKinbridge(ctx context.Context, bin string, mails int) (err error) {
	k, err := startKinbridge(ctx, bin)
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
	began := time.Now()
	r, err := smtpload.Load{Addr: k.ready.SMTP, Connections: w.connections, PerMail: w.perMail, Mails: mails, Make: func(n int) smtpload.Mail {
		t := k.threads[n%len(k.threads)]
		return smtpload.Reply(n, mailSize, t.Email, t.ReplyTo, "bench")
	}}.Run(ctx)
	if err != nil {
		return fmt.Errorf("sending to Kinbridge: %w", err)
	}
	err = until(ctx, func() (bool, error) { n, err := k.filed(ctx); return n >= filedBefore+mails, err })
	w.accept, w.p99 = append(w.accept, r.Rate()), append(w.p99, r.Percentile(0.99))
	w.done = append(w.done, float64(mails)/time.Since(began).Seconds())
	return err
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

// kinbridge is a running demo.
type kinbridge struct {
	dir   string
	cmd   *exec.Cmd
	db    counter
	ready struct {
		SMTP    string
		Threads []thread
	}
	threads []thread
}

type thread struct {
	Channel string
	ReplyTo string `json:"reply_address"`
	Email   string `json:"la_email"`
}

func startKinbridge(ctx context.Context, bin string) (*kinbridge, error) {
	dir, err := os.MkdirTemp("", "kinbridge-bench-")
	if err != nil {
		return nil, err
	}
	k := &kinbridge{dir: dir}
	ready := filepath.Join(dir, "ready")
	k.cmd = exec.CommandContext(ctx, bin, "demo", "--dir", filepath.Join(dir, "world"), "--ready-file", ready, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0",
		"--mailbox-http", "127.0.0.1:0", "--mailbox-smtp", "127.0.0.1:0")
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := k.cmd.Start(); err != nil {
		return nil, err
	}
	err = until(ctx, func() (bool, error) {
		b, err := os.ReadFile(ready)
		if err != nil {
			return false, nil
		}
		return true, json.Unmarshal(b, &k.ready)
	})
	if err != nil {
		return nil, err
	}
	for _, t := range k.ready.Threads {
		if t.Channel == "official" && t.ReplyTo != "" {
			k.threads = append(k.threads, t)
		}
	}
	k.db, err = openCounter(filepath.Join(dir, "world", "kinbridge.db"))
	return k, err
}

// filed counts the emails that are messages of their threads.
func (k *kinbridge) filed(ctx context.Context) (int, error) { return k.db.count(ctx) }

func (k *kinbridge) stop() error {
	_ = k.db.Close()
	_ = k.cmd.Process.Signal(syscall.SIGTERM)
	if err := k.cmd.Wait(); err != nil {
		return fmt.Errorf("kinbridge did not stop in good order: %w", err)
	}
	return os.RemoveAll(k.dir)
}
