package calm

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain is also the program that is restarted: it says how it finds itself.
func TestMain(m *testing.M) {
	if os.Getenv("CALM_TEST_PROGRAM") != "" {
		Restart()
		fmt.Println(os.Getpid(), os.Getenv("GODEBUG"), os.Args[1:])
		return
	}
	os.Exit(m.Run())
}

func TestAProgramRestartsOnceInItsPlace(t *testing.T) {
	for before, after := range map[string]string{
		"":                "schedtrace=2147483647",
		"gctrace=0":       "gctrace=0,schedtrace=2147483647",
		"schedtrace=9999": "schedtrace=9999", // an operator's own choice
	} {
		cmd := exec.Command(os.Args[0], "serve", "a b")
		cmd.Env = append(os.Environ(), "CALM_TEST_PROGRAM=1", "GODEBUG="+before)
		var out strings.Builder
		cmd.Stdout = &out
		if err := cmd.Run(); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintln(cmd.Process.Pid, after, "[serve a b]"); out.String() != want {
			t.Errorf("GODEBUG=%q: %q, want %q", before, out.String(), want)
		}
	}
}
