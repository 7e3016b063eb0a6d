package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each setting of mail.attachments that cannot be used is named when the world is opened.
func TestAttachmentsConfig(t *testing.T) {
	for want, line := range map[string]string{"mail.attachments.allow": `allow = ["programs"]`, "mail.attachments.clamd": `clamd = "clamd.ctl"`,
		"mail.attachments.pdftoppm": `pdftoppm = "/nowhere/pdftoppm"`, "mail.attachments.soffice": `soffice = "/bin/sh"`} {
		dir := t.TempDir()
		file := filepath.Join(dir, "kinbridge.toml")
		if err := os.WriteFile(file, []byte("[mail.attachments]\n"+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := worldFlags{Dir: dir}.load()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := migrateWorld(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
		if _, err := openWorld(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
