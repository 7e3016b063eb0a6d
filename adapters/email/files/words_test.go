package files_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kinbridge/adapters/email/files"
)

// What is read aloud of a page is what it says, in the order of reading: a word that was divided is whole again, a page that was scanned says nothing, and a page that
// cannot be drawn does not lend its words to the next.
func TestWordsOfPages(t *testing.T) {
	c := checker(t, files.Config{PDFToPPM: need(t, "pdftoppm", "poppler-utils")})
	page := func(draw string) []byte {
		return bytes.Replace(makePDF(1), []byte("(Page 1) Tj"), []byte(draw), 1)
	}
	for _, x := range []struct{ name, draw, want string }{
		{"two lines", "(The next meet-) Tj 0 -40 Td (ing is on Monday.) Tj", "The next meeting is on Monday."},
		{"two columns", "/F1 12 Tf (left one) Tj 0 -15 Td (left two) Tj 250 15 Td (right one) Tj 0 -15 Td (right two) Tj", "left one\nleft two\n\nright one\nright two"},
		{"a scan", "", ""},
		{"characters that nobody says", "(a\\001\\007b) Tj", "ab"},
	} {
		_, pages := look(t, c, "plan.pdf", page(x.draw))
		if got := strings.ReplaceAll(pages[0].Words, " b", "b"); strings.TrimSpace(got) != x.want {
			t.Errorf("%s: %q, not %q", x.name, got, x.want)
		}
	}
	// The program that stands in for poppler's draws pages 1 and 3 of three, and the words are those of a real document.
	dir := t.TempDir()
	jpeg := filepath.Join(dir, "one.jpg")
	if _, pages := look(t, c, "plan.pdf", makePDF(1)); os.WriteFile(jpeg, pages[0].Content, 0o600) != nil {
		t.Fatal("no picture to copy")
	}
	programs := map[string]string{"pdftoppm": "for last; do :; done\ncp " + jpeg + " $last-1.jpg; cp " + jpeg + " $last-3.jpg; echo torn > $last-2.jpg\n",
		"pdftotext": "for last; do :; done\nprintf 'one\\ftwo\\fthree\\f' > $last\n", "pdfinfo": "echo 'Pages: 3'\n"}
	for name, body := range programs {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, pages := look(t, checker(t, files.Config{PDFToPPM: filepath.Join(dir, "pdftoppm")}), "plan.pdf", makePDF(3))
	if len(pages) != 2 || pages[0].Words != "one" || pages[1].Words != "three" {
		t.Errorf("%d pages", len(pages))
		for _, p := range pages {
			t.Errorf("%q", p.Words)
		}
	}
}
