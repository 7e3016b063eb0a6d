package main

import "testing"

func TestMemTotal(t *testing.T) {
	for in, want := range map[string]int64{
		"MemTotal:       16314564 kB\nMemFree:         1000 kB\n": 16314564 << 10,
		"MemFree: 1000 kB\nMemTotal: 2048 kB\n":                   2048 << 10,
		"MemTotal: lots kB\n":                                     0,
		"MemTotal: 5 pages\n":                                     0,
		"":                                                        0,
	} {
		if n, ok := memTotal(in); ok != (want > 0) || ok && n != want {
			t.Errorf("%q: %d, %v", in, n, ok)
		}
	}
	if n := machineMemory(); n < 64<<20 {
		t.Errorf("this machine has %d bytes", n)
	}
}
