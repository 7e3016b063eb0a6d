package files_test

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"kinbridge/adapters/email/files"
	"kinbridge/adapters/email/files/clamdtest"
	"kinbridge/gateway/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func need(t testing.TB, name, pkg string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s not found: install the package %s (make test does)", name, pkg)
	}
	return p
}

func checker(t testing.TB, cfg files.Config) *files.Checker {
	t.Helper()
	cfg.TempDir = t.TempDir()
	c, err := files.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, _ := os.ReadDir(cfg.TempDir); len(left) > 0 {
			t.Errorf("%d files were left behind", len(left))
		}
	})
	return c
}

// look judges a file and checks that the pictures are what the verdict says, each a whole picture of our own making.
func look(t testing.TB, c *files.Checker, name string, content []byte) (messages.FileVerdict, []messages.FilePage) {
	t.Helper()
	v, pages, err := c.Look(context.Background(), name, content)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if v.Shown != len(pages) || (v.State == messages.FileShown) != (len(pages) > 0) || v.Total < v.Shown || (v.State == messages.FileWithheld) != (v.Reason != "" && v.Reason != messages.FileNoViewer) {
		t.Errorf("%s: %+v with %d pages", name, v, len(pages))
	}
	for i, p := range pages {
		img, kind, err := image.Decode(bytes.NewReader(p.Content))
		if err != nil || "image/"+kind != p.MediaType || img.Bounds().Dx() != p.Width || img.Bounds().Dy() != p.Height || p.Width > 2000 || p.Height > 2000 {
			t.Errorf("%s, page %d: %s %d×%d, %v", name, i+1, p.MediaType, p.Width, p.Height, err)
		}
	}
	return v, pages
}

// makePDF makes a document of n pages, each with a line of text.
func makePDF(n int) []byte {
	var b bytes.Buffer
	var at []int
	obj := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(at))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.4\n")
	obj("<</Type/Catalog/Pages 2 0 R>>")
	kids := &strings.Builder{}
	for i := range n {
		fmt.Fprintf(kids, "%d 0 R ", 4+2*i)
	}
	obj("<</Type/Pages/Count %d/Kids[%s]>>", n, kids)
	obj("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
	for i := range n {
		s := fmt.Sprintf("BT /F1 36 Tf 72 700 Td (Page %d) Tj ET", i+1)
		obj("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>", 5+2*i)
		obj("<</Length %d>>stream\n%s\nendstream", len(s), s)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

func TestPagesOfPDF(t *testing.T) {
	c := checker(t, files.Config{PDFToPPM: need(t, "pdftoppm", "poppler-utils")})
	v, pages := look(t, c, "plan.pdf", makePDF(3))
	if v.State != messages.FileShown || v.Total != 3 || len(pages) != 3 || pages[0].Height != 1800 || bytes.Equal(pages[0].Content, pages[1].Content) {
		t.Errorf("%+v", v)
	}
	if pages[0].Words != "Page 1" || pages[2].Words != "Page 3" {
		t.Errorf("read aloud: %q and %q", pages[0].Words, pages[2].Words)
	}
	if v, _ := look(t, c, "book.pdf", makePDF(100_000)); v.Shown != files.MaxPages || v.Total != 100_000 {
		t.Errorf("a book: %+v", v)
	}
	if v, _ := look(t, c, "plan.pdf", makePDF(2)[:300]); v.Reason != messages.FileDamaged {
		t.Errorf("a torn one: %+v", v)
	}
	tall := bytes.Replace(makePDF(1), []byte("[0 0 595 842]"), []byte("[0 0 9 99999]"), 1)
	if v, _ := look(t, c, "tall.pdf", tall); v.State == messages.FileChecking {
		t.Errorf("%+v", v)
	}
	act := bytes.Replace(makePDF(1), []byte("/Type/Catalog"), []byte("/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert)>>"), 1)
	if v, _ := look(t, c, "act.pdf", act); v.State != messages.FileShown || v.Finding != messages.FindingActions || v.Relayed() {
		t.Errorf("%+v", v)
	}
	without := checker(t, files.Config{})
	if v, _ := look(t, without, "plan.pdf", makePDF(1)); v.State != messages.FileListed || v.Reason != messages.FileNoViewer || !v.Relayed() {
		t.Errorf("without pdftoppm: %+v", v)
	}
}

// script makes a program for a test that stands where an office program would.
func script(t testing.TB, body string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "soffice")
	if err := os.WriteFile(p, []byte("#!/bin/sh\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

// An office document goes through the program that makes a PDF of it: here one that stands in for LibreOffice, whose package is too large to
// ask every developer for. It looks at how it was called.
func TestPagesOfOffice(t *testing.T) {
	poppler := need(t, "pdftoppm", "poppler-utils")
	pdf := filepath.Join(t.TempDir(), "ready.pdf")
	if err := os.WriteFile(pdf, makePDF(2), 0o600); err != nil {
		t.Fatal(err)
	}
	rtf := []byte(`{\rtf1 Dear Mair}`)
	works := script(t, `for last; do :; done
case "$last" in "$HOME"/in.rtf) ;; *) exit 3;; esac
grep -q "Dear Mair" "$last" || exit 4
test -z "$http_proxy$KINBRIDGE_TEST_SECRET" || exit 5
cp `+pdf+` "$HOME/in.pdf"`)
	t.Setenv("KINBRIDGE_TEST_SECRET", "x")
	if v, _ := look(t, checker(t, files.Config{PDFToPPM: poppler, Soffice: works}), "letter.doc", rtf); v.Shown != 2 || v.Found != "rtf" {
		t.Errorf("%+v", v)
	}
	for _, body := range []string{"exit 1", "exit 0", "kill -9 $$", `echo no pdf > "$HOME/in.pdf"`} {
		if v, _ := look(t, checker(t, files.Config{PDFToPPM: poppler, Soffice: script(t, body)}), "letter.rtf", rtf); v.Reason != messages.FileDamaged {
			t.Errorf("%s: %+v", body, v)
		}
	}
	if v, _ := look(t, checker(t, files.Config{PDFToPPM: poppler}), "letter.rtf", rtf); v.Reason != messages.FileNoViewer {
		t.Errorf("without LibreOffice: %+v", v)
	}
}

// A program that does not end, and its children, are gone when the time is over; and one that eats memory or writes without end is stopped.
func TestProgramsAreKeptInBounds(t *testing.T) {
	poppler := need(t, "pdftoppm", "poppler-utils")
	pids := filepath.Join(t.TempDir(), "pids")
	hang := script(t, `sleep 1000 & echo $! $$ > `+pids+`.new; mv `+pids+`.new `+pids+`; wait`)
	c := checker(t, files.Config{PDFToPPM: poppler, Soffice: hang})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, _, err := c.Look(ctx, "a.rtf", []byte(`{\rtf1 x}`))
		done <- err
	}()
	var child, parent int
	for {
		if b, err := os.ReadFile(pids); err == nil {
			if _, err := fmt.Sscan(string(b), &child, &parent); err == nil {
				break
			}
		}
		select {
		case err := <-done:
			t.Fatalf("it ended by itself: %v", err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("it was not stopped")
	}
	for alive := true; alive; time.Sleep(5 * time.Millisecond) { // killed is not yet reaped, by whoever adopted it
		alive = running(child) || running(parent)
	}
	// Each would leave a good result behind if it were let go on.
	dir := t.TempDir()
	picture, pdf := filepath.Join(dir, "page.jpg"), filepath.Join(dir, "ready.pdf")
	for name, b := range map[string][]byte{picture: encoded(t, photo(20, 10), "jpeg"), pdf: makePDF(1)} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := `cp ` + picture + ` "$HOME/page-1.jpg"`
	if v, _ := look(t, checker(t, files.Config{PDFToPPM: script(t, page)}), "a.pdf", makePDF(1)); v.State != messages.FileShown {
		t.Errorf("the stand-in itself: %+v", v)
	}
	greedy := script(t, `head -c 1500000000 /dev/zero | tail -c 1400000000 > /dev/null && `+page)
	if v, _ := look(t, checker(t, files.Config{PDFToPPM: greedy}), "a.pdf", makePDF(1)); v.Reason != messages.FileDamaged {
		t.Errorf("memory: %+v", v)
	}
	loud := script(t, `head -c 600000000 /dev/zero > "$HOME/big" && cp `+pdf+` "$HOME/in.pdf"`)
	if v, _ := look(t, checker(t, files.Config{PDFToPPM: poppler, Soffice: loud}), "a.rtf", []byte(`{\rtf1 x}`)); v.Reason != messages.FileDamaged {
		t.Errorf("output: %+v", v)
	}
}

// running reports whether a process is there and no zombie.
func running(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(after, "Z")
}

// photo is a picture red on the left and blue on the right.
func photo(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{R: 255, A: 255})
			if x >= w/2 {
				img.Set(x, y, color.RGBA{B: 255, A: 255})
			}
		}
	}
	return img
}

// withExif puts an Exif segment with an orientation and a place into a JPEG.
func withExif(jpg []byte, orientation byte) []byte {
	tiff := "MM\x00*\x00\x00\x00\x08\x00\x02" + "\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string([]byte{orientation}) + "\x00\x00" +
		"\x01\x0f\x00\x02\x00\x00\x00\x0a\x00\x00\x00\x30" + "\x00\x00\x00\x00" + strings.Repeat("\x00", 10) + "GPS 51.5N\x00"
	body := "Exif\x00\x00" + tiff
	return []byte(string(jpg[:2]) + "\xff\xe1" + string([]byte{byte((len(body) + 2) >> 8), byte(len(body) + 2)}) + body + string(jpg[2:]))
}

func encoded(t testing.TB, img image.Image, how string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch how {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicturesAreDrawnAnew(t *testing.T) {
	c := checker(t, files.Config{})
	plain := encoded(t, photo(400, 200), "jpeg")
	for o, want := range map[byte]struct {
		w, h int
		red  image.Point // where the left side of the photo went
	}{1: {400, 200, image.Pt(10, 100)}, 2: {400, 200, image.Pt(390, 100)}, 3: {400, 200, image.Pt(390, 100)}, 4: {400, 200, image.Pt(10, 100)},
		5: {200, 400, image.Pt(100, 10)}, 6: {200, 400, image.Pt(100, 10)}, 7: {200, 400, image.Pt(100, 390)}, 8: {200, 400, image.Pt(100, 390)}, 99: {400, 200, image.Pt(10, 100)}} {
		in := withExif(plain, o)
		if !bytes.Contains(in, []byte("GPS 51.5N")) {
			t.Fatal("the test's own picture has no place in it")
		}
		_, pages := look(t, c, "tomos.jpg", in)
		if len(pages) != 1 || pages[0].Width != want.w || pages[0].Height != want.h {
			t.Fatalf("orientation %d: %d pages", o, len(pages))
		}
		img, _, err := image.Decode(bytes.NewReader(pages[0].Content))
		if r, _, b, _ := img.At(want.red.X, want.red.Y).RGBA(); err != nil || r < 0xc000 || b > 0x4000 {
			t.Errorf("orientation %d: the wrong way round", o)
		}
		if bytes.Contains(pages[0].Content, []byte("GPS")) || bytes.Contains(pages[0].Content, []byte("Exif")) {
			t.Errorf("orientation %d: metadata stayed", o)
		}
	}
	if _, pages := look(t, c, "large.png", encoded(t, photo(5000, 1000), "png")); len(pages) != 1 || pages[0].Width != 1600 || pages[0].Height != 320 || pages[0].MediaType != "image/png" {
		t.Errorf("%d pages", len(pages))
	}
	if _, pages := look(t, c, "a.gif", encoded(t, photo(40, 20), "gif")); len(pages) != 1 || pages[0].MediaType != "image/png" {
		t.Errorf("%d pages", len(pages))
	}
	if v, _ := look(t, c, "torn.jpg", plain[:len(plain)/2]); v.Reason != messages.FileDamaged {
		t.Errorf("%+v", v)
	}
	if v, _ := look(t, c, "IMG.HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")); v.State != messages.FileListed {
		t.Errorf("%+v", v)
	}
}

// pngClaim is a PNG whose header claims a size.
func pngClaim(t testing.TB, w, h uint32) []byte {
	b := encoded(t, photo(8, 8), "png")
	put := func(at int, v uint32) {
		b[at], b[at+1], b[at+2], b[at+3] = byte(v>>24), byte(v>>16), byte(v>>8), byte(v)
	}
	put(16, w)
	put(20, h)
	put(29, crc32.ChecksumIEEE(b[12:29]))
	return b
}

// Nothing is allocated for what a header claims beyond the limits, and nothing is drawn of a film but its first picture.
func TestPictureBombs(t *testing.T) {
	c := checker(t, files.Config{})
	frames := []*image.Paletted{image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{color.Black, color.White})}
	var one bytes.Buffer
	if err := gif.EncodeAll(&one, &gif.GIF{Image: frames, Delay: []int{0}}); err != nil {
		t.Fatal(err)
	}
	head, frame := one.Bytes()[:one.Len()-1-frameSize(one.Bytes())], one.Bytes()[one.Len()-1-frameSize(one.Bytes()):one.Len()-1]
	film := append(append(bytes.Clone(head), bytes.Repeat(frame, 1_000_000)...), ';')
	wide := bytes.Clone(one.Bytes())
	copy(wide[bytes.LastIndex(wide, []byte{0x2c, 0, 0, 0, 0})+5:], "\xff\xff\xff\xff") // the frame's own size, behind its place
	for _, b := range []struct {
		name    string
		content []byte
		want    messages.FileReason
	}{{"a.png", pngClaim(t, 65535, 65535), messages.FileTooLarge}, {"b.png", pngClaim(t, 1, 1<<30), messages.FileTooLarge}, {"c.png", pngClaim(t, 6000, 6000), messages.FileDamaged},
		{"film.gif", film, ""}, {"wide.gif", wide, messages.FileTooLarge}} {
		v, _ := look(t, c, b.name, b.content)
		if v.Reason != b.want {
			t.Errorf("%s: %+v, want %q", b.name, v, b.want)
		}
	}
	if n := testing.Benchmark(func(bm *testing.B) {
		bm.ReportAllocs()
		for bm.Loop() {
			_, _, _ = c.Look(context.Background(), "a.png", pngClaim(t, 65535, 65535))
			_, _, _ = c.Look(context.Background(), "film.gif", film)
		}
	}).AllocedBytesPerOp(); n > 4<<20 {
		t.Errorf("%d bytes for a claim", n)
	}
}

func TestScan(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "clamd.ctl")} {
		d := clamdtest.Start(t, path)
		c := checker(t, files.Config{Clamd: d.Addr()})
		if v, err := c.Scan(t.Context(), bytes.Repeat([]byte("clean"), 100_000)); err != nil || v.State != "" || d.Seen() != 1 {
			t.Errorf("%+v %v", v, err)
		}
		v, err := c.Scan(t.Context(), append(make([]byte, 200_000), clamdtest.Invented.Content...))
		if err != nil || v.Reason != messages.FileInfected || v.Finding != clamdtest.Invented.Name || !v.Refused() || v.Relayed() {
			t.Errorf("%+v %v", v, err)
		}
	}
	d := clamdtest.Start(t, "")
	d.Limit = 100_000
	c := checker(t, files.Config{Clamd: d.Addr()})
	if v, err := c.Scan(t.Context(), make([]byte, 5<<20)); err != nil || v.Reason != messages.FileTooLarge {
		t.Errorf("over its limit: %+v %v", v, err)
	}
	for _, say := range []string{"drop", "INSTREAM: Can't open file or directory ERROR", "nonsense", "stream: Can't allocate memory ERROR"} {
		d := clamdtest.Start(t, "")
		d.Say = say
		if v, err := checker(t, files.Config{Clamd: d.Addr()}).Scan(t.Context(), []byte("x")); err == nil || v.State != "" {
			t.Errorf("%s: %+v %v", say, v, err)
		}
	}
	hanging := clamdtest.Start(t, "")
	hanging.Say = "hang"
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := checker(t, files.Config{Clamd: hanging.Addr()}).Scan(ctx, []byte("x"))
		done <- err
	}()
	for hanging.Seen() == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("a daemon that says nothing is waited for for ever")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if _, err := checker(t, files.Config{Clamd: l.Addr().String()}).Scan(t.Context(), []byte("x")); err == nil {
		t.Error("nobody is there, and the file is clean")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]files.Config{"allow": {Allow: []string{"pictures"}}, "clamd": {Clamd: "clamd.ctl"}, "pdftoppm": {PDFToPPM: "/nowhere/pdftoppm"},
		"soffice": {Soffice: "sh"}} {
		if _, err := files.New(cfg); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// Folders that a crash left are removed; one in use is not.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	old, fresh := filepath.Join(dir, "kinbridge-file-1"), filepath.Join(dir, "kinbridge-file-2")
	for _, d := range []string{old, fresh} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(old, "in.pdf"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := (files.Pager{TempDir: dir}).Sweep(time.Now()); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "kinbridge-file-2" {
		t.Errorf("%v", left)
	}
}

func FuzzRedraw(f *testing.F) {
	img := photo(20, 10)
	for _, how := range []string{"jpeg", "png", "gif"} {
		f.Add(encoded(f, img, how))
	}
	f.Add(withExif(encoded(f, img, "jpeg"), 6))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x00\x00\x08\x00\x00\x00"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"))
	f.Add([]byte("BM\x3a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x18\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00"))
	c, err := files.New(files.Config{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) { look(t, c, "", b) })
}

// frameSize is how many bytes the one frame of a small GIF takes, its graphic control extension included.
func frameSize(gif []byte) int {
	at := bytes.Index(gif, []byte("\x21\xf9"))
	if at < 0 {
		at = bytes.IndexByte(gif[13:], 0x2c) + 13
	}
	return len(gif) - 1 - at
}
