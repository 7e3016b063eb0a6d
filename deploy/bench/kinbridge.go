package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

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

// startKinbridge starts the program on a fresh demo world: SQLite, synchronous=FULL, senders checked, content encrypted, everything audited.
func startKinbridge(ctx context.Context, bin, keyRecord string) (*kinbridge, error) {
	dir, err := os.MkdirTemp("", "kinbridge-bench-")
	if err != nil {
		return nil, err
	}
	k := &kinbridge{dir: dir}
	ready := filepath.Join(dir, "ready")
	k.cmd = exec.CommandContext(ctx, bin, "demo", "--dir", filepath.Join(dir, "world"), "--ready-file", ready, "--http", "127.0.0.1:0", "--smtp", "127.0.0.1:0",
		"--mailbox-http", "127.0.0.1:0", "--mailbox-smtp", "127.0.0.1:0", "--sender-key", keyRecord)
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

// address is from and to whom the n-th mail goes.
func (k *kinbridge) address(n int) (from, to string) {
	t := k.threads[n%len(k.threads)]
	return t.Email, t.ReplyTo
}

// filed counts the emails that are messages of their threads.
func (k *kinbridge) filed(ctx context.Context) (int, error) { return k.db.filed(ctx) }

func (k *kinbridge) processorTime() (time.Duration, error) { return processorTime(k.cmd.Process.Pid) }

func (k *kinbridge) stop() error {
	_ = k.db.Close()
	_ = k.cmd.Process.Signal(syscall.SIGTERM)
	if err := k.cmd.Wait(); err != nil {
		return fmt.Errorf("kinbridge did not stop in good order: %w", err)
	}
	return os.RemoveAll(k.dir)
}
