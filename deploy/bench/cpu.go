package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of the times in /proc/PID/stat: Linux shows user space hundredths of a second on every architecture that Go knows.
const clockTick = 10 * time.Millisecond

// processorTime is what a process and all its descendants have used so far, those that have ended and were waited for included
// (proc(5): utime, stime, cutime, cstime).
func processorTime(root int) (time.Duration, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	type process struct{ parent, ticks int }
	all := map[int]process{}
	for _, file := range stats {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:])) // from the field "state" on: a name may have spaces
		if len(f) < 15 {
			continue
		}
		p := process{}
		p.parent, _ = strconv.Atoi(f[1])
		for _, field := range f[11:15] {
			n, _ := strconv.Atoi(field)
			p.ticks += n
		}
		all[pid] = p
	}
	if _, ok := all[root]; !ok {
		return 0, fmt.Errorf("process %d is not there", root)
	}
	ticks := 0
	for pid, p := range all {
		for at := pid; at > 1; at = all[at].parent {
			if at == root {
				ticks += p.ticks
				break
			}
		}
	}
	return time.Duration(ticks) * clockTick, nil
}
