package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/store"
)

// kills is how often the program is killed. Each is a SIGKILL to the real binary, at a random moment from its first instruction on,
// while several connections load its SMTP port. What this shows is that no order of steps loses or doubles a mail when the process dies;
// that the disk keeps what it was told to keep is SQLite's synchronous=FULL (gateway/store), which a dying process cannot test.
const kills = 200

// TestKill9 holds the promise of the answer 250: whatever was answered so is in its thread exactly once, with its hold, after any number
// of crashes; what was not answered may be there, once, and is there once after it was sent again; nothing else is there; and the
// audit log verifies.
func TestKill9(t *testing.T) {
	bin := buildProgram(t)
	k := &killed{t: t, bin: bin, dir: filepath.Join(t.TempDir(), "world")}
	k.start()
	k.readWorld()
	load := newMailLoad(k.threads)
	load.aim(k.ready.SMTP)
	load.run(6)
	began := time.Now()
	for n := range kills {
		// One in eight dies before it is ready: in the middle of opening the database and taking up what was left.
		if n%8 == 7 {
			time.Sleep(time.Duration(rand.Int64N(int64(150 * time.Millisecond))))
		} else {
			k.waitReady()
			load.aim(k.ready.SMTP)
			time.Sleep(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
		}
		k.kill()
		if n%25 == 24 {
			k.auditVerify()
		}
		k.start()
	}
	k.waitReady()
	load.aim(k.ready.SMTP)
	answered, sent := load.finish(t)
	t.Logf("%d kills in %s; %d mails sent, %d tries without an answer; a restart took %s on average, %s at worst", kills, time.Since(began).Round(time.Second),
		len(sent), load.unanswered.Load(), (k.starting / time.Duration(max(k.starts, 1))).Round(time.Millisecond), k.slowest.Round(time.Millisecond))
	if len(answered) != len(sent) {
		t.Errorf("%d of %d mails were never answered 250, though each was tried again until the end", len(sent)-len(answered), len(sent))
	}
	if len(answered) < kills {
		t.Errorf("only %d mails were answered in %d lives: this was no load", len(answered), kills)
	}
	if load.unanswered.Load() < kills/10 {
		t.Errorf("only %d tries were cut off by %d kills: the moments were not random", load.unanswered.Load(), kills)
	}
	k.drain()
	k.terminate()
	k.auditVerify()
	k.check(answered, sent)
}

// buildProgram builds the binary that people run, without the race detector: its timing is the real one.
func buildProgram(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "kinbridge")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// killed is a demo world whose program is started again and again.
type killed struct {
	t        *testing.T
	bin, dir string
	cmd      *exec.Cmd
	said     *bytes.Buffer
	began    time.Time
	ready    ready
	threads  []readyThread
	starts   int
	starting time.Duration
	slowest  time.Duration
}

func (k *killed) readyFile() string { return k.dir + ".ready" }

func (k *killed) start() {
	k.t.Helper()
	_ = os.Remove(k.readyFile())
	k.said = &bytes.Buffer{}
	k.cmd = exec.Command(k.bin, "demo", "--dir", k.dir, "--ready-file", k.readyFile(), "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0",
		"--mailbox-http", "127.0.0.1:0", "--mailbox-smtp", "127.0.0.1:0")
	k.cmd.Stderr = k.said
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	k.began = time.Now()
	if err := k.cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	cmd := k.cmd
	k.t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
}

func (k *killed) waitReady() {
	k.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		b, err := os.ReadFile(k.readyFile())
		if err == nil {
			if err := json.Unmarshal(b, &k.ready); err != nil {
				k.t.Fatal(err)
			}
			break
		}
		if time.Now().After(deadline) {
			k.kill()
			k.t.Fatalf("not ready in a minute; it said:\n%s", k.said)
		}
	}
	took := time.Since(k.began)
	k.starts++
	k.starting += took
	k.slowest = max(k.slowest, took)
}

// readWorld waits for the first start and keeps the reviewed threads that somebody outside is in.
func (k *killed) readWorld() {
	k.t.Helper()
	k.waitReady()
	k.starts, k.starting, k.slowest = 0, 0, 0 // the first start made the world: it is no restart
	for _, th := range k.ready.Threads {
		if th.Channel == "official" && th.ReplyAddress != "" {
			k.threads = append(k.threads, th)
		}
	}
	if len(k.threads) < 2 {
		k.t.Fatalf("the demo world has %d threads to write to", len(k.threads))
	}
}

// kill is kill -9. The program must have been alive until then.
func (k *killed) kill() {
	k.t.Helper()
	if err := k.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		k.t.Errorf("it was dead already: %v", err)
	}
	err := k.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() && ws.Signal() == syscall.SIGKILL {
			return
		}
	}
	k.t.Fatalf("it ended by itself (%v); it said:\n%s", err, k.said)
}

// terminate asks the program to stop; it must do so in good order.
func (k *killed) terminate() {
	k.t.Helper()
	if err := k.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		k.t.Fatal(err)
	}
	if err := k.cmd.Wait(); err != nil {
		k.t.Errorf("it did not stop in good order: %v; it said:\n%s", err, k.said)
	}
}

// auditVerify runs the command on the world as the crash left it.
func (k *killed) auditVerify() {
	k.t.Helper()
	out, err := exec.Command(k.bin, "audit", "verify", "--dir", k.dir).CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "ok: ") {
		k.t.Fatalf("audit verify: %v: %s", err, out)
	}
}

// open opens the world in this process; the program may be running.
func (k *killed) open() *world {
	k.t.Helper()
	w, err := openWorld(context.Background(), demoCmd{Dir: k.dir}.config("127.0.0.1:1"))
	if err != nil {
		k.t.Fatal(err)
	}
	return w
}

// drain waits until everything accepted has been read and filed.
func (k *killed) drain() {
	k.t.Helper()
	w := k.open()
	defer func() { _ = w.Close() }()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		next, err := w.Store.Outbox().NextDue(context.Background(), []outbox.Kind{outbox.MailIn})
		if err != nil {
			k.t.Fatal(err)
		}
		if next.IsZero() {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatal("received mail still waits after two minutes")
		}
	}
}

var killToken = regexp.MustCompile(`tok-[0-9]+-[a-z0-9]+`)

// check reads every thread and every hold and compares them with what was sent and answered.
func (k *killed) check(answered, sent map[string]string) {
	k.t.Helper()
	ctx := context.Background()
	w := k.open()
	defer func() { _ = w.Close() }()
	found, holds := map[string]int{}, k.holds(ctx, w)
	for _, th := range k.threads {
		ms, err := w.Store.MessagesOfThread(ctx, ids.ThreadID(th.ID))
		if err != nil {
			k.t.Fatal(err)
		}
		for _, m := range ms {
			tok := killToken.FindString(m.Body)
			if tok == "" {
				continue // the demo's own first words
			}
			found[tok]++
			switch to, ok := sent[tok]; {
			case !ok:
				k.t.Errorf("%s was never sent", tok)
			case to != th.ID:
				k.t.Errorf("%s is in another thread than it was sent to", tok)
			}
			if n := holds[m.ID]; n != 1 {
				k.t.Errorf("%s has %d open holds, not 1", tok, n)
			}
		}
	}
	for tok := range answered {
		if n := found[tok]; n != 1 {
			k.t.Errorf("%s was answered 250 and is there %d times", tok, n)
		}
	}
	for tok, n := range found {
		if n > 1 {
			k.t.Errorf("%s is there %d times", tok, n)
		}
	}
	dead, err := w.Store.DeadItems(ctx, 10)
	if err != nil || len(dead) > 0 {
		k.t.Errorf("%d items of work were set aside (%v)", len(dead), err)
	}
	k.checkAudit(ctx, w)
}

// holds counts the open holds of each message.
func (k *killed) holds(ctx context.Context, w *world) map[ids.MessageID]int {
	k.t.Helper()
	staff, err := w.Store.AllStaff(ctx)
	if err != nil {
		k.t.Fatal(err)
	}
	seen, count := map[ids.HoldID]bool{}, map[ids.MessageID]int{}
	for _, s := range staff {
		hs, err := w.Store.OpenHolds(ctx, s.ID)
		if err != nil {
			k.t.Fatal(err)
		}
		for _, h := range hs {
			if !seen[h.ID] {
				seen[h.ID] = true
				count[h.Message]++
			}
		}
	}
	return count
}

// checkAudit verifies the log in this process too, and that each message was filed in it once.
func (k *killed) checkAudit(ctx context.Context, w *world) {
	k.t.Helper()
	keys, err := audit.Verifiers(w.Keys.AuditVerifier)
	if err != nil {
		k.t.Fatal(err)
	}
	var rep audit.Report
	if err := w.Store.AuditSnapshot(ctx, func(src audit.Source, _ audit.Reader) (err error) {
		rep, err = audit.Verify(ctx, src, keys)
		return err
	}); err != nil {
		k.t.Fatal(err)
	}
	if !rep.OK() || rep.Entries != rep.Sealed {
		k.t.Errorf("the audit log: ok %v, %d of %d entries signed: %+v", rep.OK(), rep.Sealed, rep.Entries, rep.Problems)
	}
	filed := map[string]int{}
	for before := int64(0); ; {
		es, seqs, err := w.Store.AuditEntries(ctx, store.AuditQuery{Before: before, Limit: 5000})
		if err != nil {
			k.t.Fatal(err)
		}
		for _, e := range es {
			if e.Kind == audit.MailFiledKind {
				filed[e.Subject]++
			}
		}
		if len(seqs) == 0 || seqs[len(seqs)-1] == 0 {
			break
		}
		before = seqs[len(seqs)-1]
	}
	for id, n := range filed {
		if n != 1 {
			k.t.Errorf("%s was filed %d times", id, n)
		}
	}
}
