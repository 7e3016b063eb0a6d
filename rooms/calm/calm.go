// Package calm spares a media server what Go's monitor thread costs it: of its processor time a third with ten rooms of three, an eighth with two
// rooms of ten (deploy/bench/rooms measures it).
//
// The runtime watches over itself with a thread that sleeps while nothing runs. A packet's first system call wakes it, and it then looks around
// every 20 µs for a millisecond at least: with a packet every few hundred µs, all the time. It keeps to its slow pace, once in 10 ms, as long
// as the runtime is told to print its scheduler's state at some interval, which can only be said in the environment, before the program
// starts. The price: a goroutine that waits for a processor held by another's long system call may wait 10 ms after a quiet while, if
// there is no other processor.
package calm

import (
	"os"
	"strings"
	"syscall"
)

// interval is the longest there is, 24 days in milliseconds: that often the runtime writes one line to standard error.
const interval = "schedtrace=2147483647"

// Restart starts this program again in its place, with the same process number, arguments and files, if it was not started calm. It must be
// called before anything else is begun. When it returns, the program is calm or cannot be.
func Restart() {
	setting, wanted := calmed(os.Getenv("GODEBUG"))
	if !wanted {
		return
	}
	self, err := os.Executable()
	if err != nil || os.Setenv("GODEBUG", setting) != nil {
		return
	}
	_ = syscall.Exec(self, os.Args, os.Environ()) // if it cannot, it runs as it is
}

// calmed is the setting to start with, given the present one. An operator's own choice stands.
func calmed(godebug string) (setting string, wanted bool) {
	switch {
	case strings.Contains(godebug, "schedtrace="):
		return godebug, false
	case godebug == "":
		return interval, true
	}
	return godebug + "," + interval, true
}
