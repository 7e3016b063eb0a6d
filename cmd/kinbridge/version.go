package main

import (
	"fmt"
	"runtime/debug"
)

type versionCmd struct{}

// Run prints the version, the commit it was built from and the Go release.
func (versionCmd) Run(out *output) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return fmt.Errorf("this program was built without build information")
	}
	commit, changed := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	fmt.Fprintf(out.Out, "kinbridge %s\ncommit %s%s\n%s\n", info.Main.Version, commit, changed, info.GoVersion)
	return nil
}
