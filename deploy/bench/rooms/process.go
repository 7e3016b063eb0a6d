//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// process is a server that the bench has started. It ends with the bench, however that ends.
type process struct{ cmd *exec.Cmd }

// start begins a program on one processor core, or with a negative core on any.
func start(cmd *exec.Cmd, core int) (process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if core >= 0 { // a new process has the cores of the thread that made it
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var before unix.CPUSet
		if err := unix.SchedGetaffinity(0, &before); err != nil {
			return process{}, err
		}
		if err := pin(0, core); err != nil {
			return process{}, err
		}
		defer func() { _ = unix.SchedSetaffinity(0, &before) }()
	}
	if err := cmd.Start(); err != nil {
		return process{}, err
	}
	return process{cmd}, nil
}

func (p process) pid() int { return p.cmd.Process.Pid }

// wait waits for the end of a process that was told to end, and ends it after a time.
func (p process) wait(atMost time.Duration) error {
	late := false
	timer := time.AfterFunc(atMost, func() { late = true; _ = p.cmd.Process.Kill() })
	err := p.cmd.Wait()
	if !timer.Stop() && late {
		return fmt.Errorf("%s did not end within %s", filepath.Base(p.cmd.Path), atMost)
	}
	return err
}

func pin(thread, core int) error {
	var set unix.CPUSet
	set.Set(core)
	return unix.SchedSetaffinity(thread, &set)
}

// pinSelf puts this process's threads on one core; later ones are born there.
func pinSelf(core int) error {
	for range 2 { // a thread may have been born meanwhile
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		for _, t := range threads {
			id, _ := strconv.Atoi(t.Name())
			if err := pin(id, core); err != nil && !errors.Is(err, unix.ESRCH) {
				return err
			}
		}
	}
	return nil
}

// cores are one for the server and one for the load, or -1 twice on a machine with one.
func cores() (server, load int) {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil || set.Count() < 2 {
		return -1, -1
	}
	var list []int
	for n := 0; len(list) < 2; n++ {
		if set.IsSet(n) {
			list = append(list, n)
		}
	}
	return list[0], list[1]
}

// processorTime is what a process has used so far, user and system, its children not counted: the clock of clock_getcpuclockid(3).
func processorTime(pid int) (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0, fmt.Errorf("the processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// resident is the memory of a process that is in use, in bytes.
func resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), "VmRSS:")
	f := strings.Fields(rest)
	if len(f) == 0 {
		return 0, fmt.Errorf("process %d has no memory", pid)
	}
	kb, err := strconv.ParseInt(f[0], 10, 64)
	return kb << 10, err
}

func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(b), " ")
	return one
}

// insideAddress is the address of both servers and the load in a network of their own. Janus takes no loopback interface.
var insideAddress = netip.MustParseAddr("10.99.0.1")

// isolated runs this program again in a network of its own: nothing outside can reach it, nothing in it can reach outside, and every port is free.
func isolated(ctx context.Context, arguments []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"inside"}, arguments...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = os.Stdin, os.Stdout, os.Stderr, 20*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("a network of its own needs root, or a kernel that lets users have one: %w", err)
	}
	return cmd.Wait()
}

// furnish gives the new network its interfaces.
func furnish(ctx context.Context) error {
	for _, line := range []string{"link set lo up", "link add bench0 type veth peer name bench1", "address add " + insideAddress.String() + "/24 dev bench0",
		"link set bench0 up", "link set bench1 up"} {
		if out, err := exec.CommandContext(ctx, "ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
