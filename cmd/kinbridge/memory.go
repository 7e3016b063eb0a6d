package main

import (
	"bytes"
	"math"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
)

// tuneMemory lets the heap grow to five times of what is alive before it is collected, instead of to twice: what is alive is small and each mail
// is soon done with, so that most of the collector's work is saved for some tens of megabytes. So that many large mails at a time do not
// take five times their room, collecting becomes as frequent as is needed to stay within three quarters of the memory there is. Whoever sets
// GOGC or GOMEMLIMIT decides for herself.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		if n := machineMemory(); n < math.MaxInt64 {
			debug.SetMemoryLimit(n / 4 * 3)
		}
	}
}

// machineMemory is how much memory this program can have, in bytes: the machine's, or less where a container's limit says so (cgroup v2 or v1);
// math.MaxInt64 when that cannot be told.
func machineMemory() int64 {
	least := int64(math.MaxInt64)
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if b, err := os.ReadFile(file); err == nil {
			if n, err := strconv.ParseInt(string(bytes.TrimSpace(b)), 10, 64); err == nil && n > 0 { // "max" is no number
				least = min(least, n)
			}
		}
	}
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		if n, ok := memTotal(string(b)); ok {
			least = min(least, n)
		}
	}
	return least
}

// memTotal reads the line "MemTotal: 16314564 kB" of /proc/meminfo (proc(5)).
func memTotal(meminfo string) (bytes int64, ok bool) {
	for line := range strings.Lines(meminfo) {
		f := strings.Fields(line)
		if len(f) == 3 && f[0] == "MemTotal:" && f[2] == "kB" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			return n << 10, err == nil && n > 0
		}
	}
	return 0, false
}
