package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/vault"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Recompute the whole audit log, or check one proof; the exit status is 1 when anything is wrong."`
	Prove  auditProveCmd  `cmd:"" help:"Write a proof that one entry is in the log, for somebody who has no access to it."`
	Record auditRecordCmd `cmd:"" help:"Check the signed record of a mother's answer, without a database."`
	Key    auditKeyCmd    `cmd:"" help:"Print the key with which others check proofs and checkpoints. It is not secret."`
}

type auditVerifyCmd struct {
	worldFlags
	Proof      string   `placeholder:"FILE" help:"Check this proof instead; needs --key and no database. - is standard input." type:"existingfile"`
	Key        string   `placeholder:"KEY" help:"The log's verifier key, or a file that holds it. Without it: the world's own."`
	Checkpoint []string `placeholder:"FILE" help:"A signed checkpoint that was kept elsewhere; what was cut off after it is then missed." type:"existingfile"`
}

// Help is shown by --help.
func (auditVerifyCmd) Help() string {
	return `Verification reads every entry, recomputes its hash, the Merkle tree and the root that each checkpoint signs. It names the first entry
that was changed, removed or put elsewhere. With --key no key files are needed, only read access to the database. Entries younger than
the newest checkpoint, under a second's worth, are held together by a running hash without a signature.

  kinbridge audit verify --dir /var/lib/kinbridge
  kinbridge audit verify --config kinbridge.toml --key auditor/kinbridge.pub --checkpoint auditor/last-month
  kinbridge audit verify --proof entry.proof --key "$(cat kinbridge.pub)"`
}

// Run verifies a log or a proof.
func (c auditVerifyCmd) Run(ctx context.Context, out *output) error {
	if c.Proof != "" {
		return c.checkProof(out)
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	st, key, err := c.open(ctx, cfg)
	if err != nil {
		return err
	}
	rep, err := c.verify(ctx, cfg, st, key)
	if err := errors.Join(err, st.Close()); err != nil {
		return err
	}
	return tellReport(out, rep)
}

// open opens the database and finds the verifier key. With --key nothing secret is read.
func (c auditVerifyCmd) open(ctx context.Context, cfg Config) (*store.Store, string, error) {
	if err := mustExist(ctx, cfg); err != nil {
		return nil, "", err
	}
	if c.Key == "" {
		w, err := openWorld(ctx, cfg)
		if err != nil {
			return nil, "", err
		}
		return w.Store, w.Keys.AuditVerifier, nil
	}
	key, err := readKey(c.Key)
	if err != nil {
		return nil, "", err
	}
	kek, err := vault.NewKEK() // opens nothing: entries are not sealed
	if err != nil {
		return nil, "", err
	}
	v, err := vault.New(kek)
	if err != nil {
		return nil, "", err
	}
	st, err := store.Open(ctx, store.Config{Engine: cfg.Database.Engine, DSN: cfg.Database.DSN, Vault: v})
	return st, key, err
}

func (c auditVerifyCmd) verify(ctx context.Context, cfg Config, st *store.Store, key string) (audit.Report, error) {
	keys, err := audit.Verifiers(key)
	if err != nil {
		return audit.Report{}, err
	}
	trusted, err := c.checkpoints(cfg) // before the snapshot, so that it cannot be newer
	if err != nil {
		return audit.Report{}, err
	}
	var rep audit.Report
	err = st.AuditSnapshot(ctx, func(src audit.Source, _ audit.Reader) (err error) {
		rep, err = audit.Verify(ctx, src, keys, trusted...)
		return err
	})
	return rep, err
}

// checkpoints reads those that were kept outside the database: the world's own file, when there is one, and those named.
func (c auditVerifyCmd) checkpoints(cfg Config) ([][]byte, error) {
	var list [][]byte
	own, err := os.ReadFile(checkpointFile(cfg))
	switch {
	case err == nil:
		list = append(list, own)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	for _, name := range c.Checkpoint {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// tellReport prints what verification found. A log with a fault is told on standard output too: it is the answer.
func tellReport(out *output, r audit.Report) error {
	if r.OK() {
		fmt.Fprintf(out.Out, "ok: %d entries, %d of them signed, %d checkpoints, log %s\n", r.Entries, r.Sealed, r.Checkpoints, r.Origin)
		return nil
	}
	if p, ok := r.FirstBad(); ok {
		fmt.Fprintf(out.Out, "BAD: the first bad entry is %d %s (%s): %s\n", p.Seq, p.ID, p.Fault, p.Text)
	} else {
		fmt.Fprintln(out.Out, "BAD: no entry by itself is wrong, but the log is.")
	}
	for _, p := range r.Problems {
		entry := ""
		if p.Seq >= 0 {
			entry = fmt.Sprintf("entry %d %s: ", p.Seq, p.ID)
		}
		fmt.Fprintf(out.Out, "  %s%s: %s\n", entry, p.Fault, p.Text)
	}
	if !r.Complete {
		fmt.Fprintf(out.Out, "  Verification stopped after %d entries.\n", r.Entries)
	}
	return errSilent
}

func (c auditVerifyCmd) checkProof(out *output) error {
	if c.Key == "" {
		return ids.E(ids.Invalid, "Checking a proof needs the log's verifier key: --key KEY (kinbridge audit key prints it).")
	}
	key, err := readKey(c.Key)
	if err != nil {
		return err
	}
	b, err := readFileOrStdin(c.Proof)
	if err != nil {
		return err
	}
	e, err := audit.VerifyProof(b, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(out.Out, "ok: the log holds the entry %s\n  at       %s\n  kind     %s\n  outcome  %s\n  actor    %s %s %s\n", e.ID,
		e.At.Format(time.RFC3339Nano), e.Kind, e.Outcome, e.Actor.Kind, e.Actor.ID, e.Actor.Role)
	for _, f := range [][2]string{{"case", string(e.Case)}, {"thread", string(e.Thread)}, {"subject", e.Subject}} {
		if f[1] != "" {
			fmt.Fprintf(out.Out, "  %-8s %s\n", f[0], f[1])
		}
	}
	return nil
}

// readKey returns a verifier key given as itself or as the name of a file that holds it.
func readKey(s string) (string, error) {
	if strings.Contains(s, "+") {
		if _, err := note.NewVerifier(strings.TrimSpace(s)); err == nil {
			return s, nil
		}
	}
	b, err := os.ReadFile(s)
	if errors.Is(err, fs.ErrNotExist) {
		return "", ids.E(ids.Invalid, "--key is neither a verifier key nor a file.")
	}
	return string(bytes.TrimSpace(b)), err
}

func readFileOrStdin(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, 1<<20))
	}
	return os.ReadFile(name)
}

type auditProveCmd struct {
	worldFlags
	Entry  string `arg:"" help:"The entry: its number in the log, or its identifier (aud_…)."`
	Output string `short:"o" placeholder:"FILE" help:"Write the proof here instead of to standard output." type:"path"`
}

// Help is shown by --help.
func (auditProveCmd) Help() string {
	return `A proof is a small text file in the C2SP tlog-proof format. It holds the entry, its place in the Merkle tree and a signed checkpoint; whoever
has the verifier key can check it without the database and without us. It shows the entry's identifiers and codes, and no message's words.

  kinbridge audit prove --dir /var/lib/kinbridge -o entry.proof 42
  kinbridge audit verify --proof entry.proof --key "$(kinbridge audit key --dir /var/lib/kinbridge)"`
}

// Run writes a proof.
func (c auditProveCmd) Run(ctx context.Context, out *output) error {
	return c.inWorld(ctx, func(w *world) error {
		if err := w.seal(ctx); err != nil {
			return err
		}
		seq, err := strconv.ParseInt(c.Entry, 10, 64)
		if err != nil {
			if seq, err = w.Store.AuditSeq(ctx, c.Entry); ids.KindOf(err) == ids.NotFound {
				return ids.E(ids.NotFound, "There is no entry %s in the audit log.", audit.Code(c.Entry))
			} else if err != nil {
				return err
			}
		}
		keys, err := audit.Verifiers(w.Keys.AuditVerifier)
		if err != nil {
			return err
		}
		var proof []byte
		err = w.Store.AuditSnapshot(ctx, func(_ audit.Source, r audit.Reader) (err error) {
			proof, err = audit.Prove(ctx, r, seq, keys)
			return err
		})
		if err != nil {
			return err
		}
		if c.Output != "" {
			return os.WriteFile(c.Output, proof, 0o644)
		}
		_, err = out.Out.Write(proof)
		return err
	})
}

type auditKeyCmd struct{ worldFlags }

// Run prints the verifier key.
func (c auditKeyCmd) Run(ctx context.Context, out *output) error {
	return c.inWorld(ctx, func(w *world) error {
		fmt.Fprintln(out.Out, w.Keys.AuditVerifier)
		return nil
	})
}
