package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"kinbridge/adapters/email/files/sniff"
	"kinbridge/gateway/messages"
)

// Limits of drawing pages.
const (
	MaxPages     = 20 // of one document
	pageSide     = "1800"
	drawTime     = 40 * time.Second
	convertTime  = 60 * time.Second
	infoTime     = 10 * time.Second
	wordsTime    = 20 * time.Second
	drawMemory   = 1 << 20 // KiB of address space
	officeMem    = 6 << 20 // KiB; LibreOffice maps much more than it uses
	outFile      = 512     // MiB that a program may write into one file
	maxPageFile  = 16 << 20
	maxWordsFile = 4 << 20
	tempPrefix   = "kinbridge-file-"
	staleTemp    = time.Hour
)

// Pager draws the pages of documents, by programs run as processes of their own: a folder of its own as home and for temporary files, an empty
// environment, limits of time, memory and output, and killed with all its children when its time is over.
type Pager struct {
	PDFToPPM string // poppler's pdftoppm; "" = no pages
	Soffice  string // LibreOffice, which makes a PDF of office documents; "" = those have no pages
	TempDir  string // "" = os.TempDir
}

// endings are how LibreOffice is told what it is given: by the content, not by the sender's name.
var endings = map[sniff.Type]string{sniff.Word: "doc", sniff.Excel: "xls", sniff.PowerPoint: "ppt", sniff.DOCX: "docx", sniff.XLSX: "xlsx", sniff.PPTX: "pptx",
	sniff.ODT: "odt", sniff.ODS: "ods", sniff.ODP: "odp", sniff.RTF: "rtf", sniff.Text: "txt"}

// Can reports whether pages of a kind can be drawn here.
func (p Pager) Can(t sniff.Type) bool {
	return p.PDFToPPM != "" && (t == sniff.PDF || p.Soffice != "" && endings[t] != "")
}

// Sweep removes what a crash left in the folder for temporary files.
func (p Pager) Sweep(now time.Time) error {
	left, err := filepath.Glob(filepath.Join(p.temp(), tempPrefix+"*"))
	for _, dir := range left {
		if info, statErr := os.Lstat(dir); statErr == nil && info.IsDir() && now.Sub(info.ModTime()) > staleTemp {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}
	return err
}

func (p Pager) temp() string {
	if p.TempDir == "" {
		return os.TempDir()
	}
	return p.TempDir
}

// errTakesTooLong is a program's time being over: the machine may be busy, so it is worth another try.
var errTakesTooLong = errors.New("drawing pages took too long")

// Pages draws the first MaxPages pages and finds what they say; total is how many the document has. A reason says that the document cannot be drawn; an error, that it
// could not be tried properly and may work another time.
func (p Pager) Pages(ctx context.Context, t sniff.Type, content []byte) (pages []messages.FilePage, total int, reason messages.FileReason, err error) {
	dir, err := os.MkdirTemp(p.temp(), tempPrefix)
	if err != nil {
		return nil, 0, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	pdf := filepath.Join(dir, "in.pdf")
	if t == sniff.PDF {
		if err := os.WriteFile(pdf, content, 0o600); err != nil {
			return nil, 0, "", err
		}
	} else if reason, err := p.convert(ctx, dir, t, content); reason != "" || err != nil {
		return nil, 0, reason, err
	}
	said, err := run(ctx, limits{drawTime, drawMemory}, dir, p.PDFToPPM, "-jpeg", "-jpegopt", "quality=85", "-scale-to", pageSide, "-f", "1", "-l", strconv.Itoa(MaxPages), pdf,
		filepath.Join(dir, "page"))
	if err != nil && !failed(err) {
		return nil, 0, "", err
	}
	if strings.Contains(said, "Incorrect password") {
		return nil, 0, messages.FileProtected, nil
	}
	// A page that cannot be drawn does not take the others away: what there is, is shown.
	pages, numbers, err := readPages(dir)
	if err != nil || len(pages) == 0 {
		return nil, 0, messages.FileDamaged, err
	}
	words, err := p.words(ctx, dir, pdf)
	if err != nil {
		return nil, 0, "", err
	}
	for i, n := range numbers {
		if n <= len(words) {
			pages[i].Words = plainWords(words[n-1])
		}
	}
	return pages, max(p.count(ctx, dir, pdf), len(pages)), "", nil
}

// words is what each page says, as poppler's pdftotext finds it in the order of reading. A page that was scanned says nothing. What cannot be read is only shown.
func (p Pager) words(ctx context.Context, dir, pdf string) ([]string, error) {
	out := filepath.Join(dir, "words.txt")
	if _, err := run(ctx, limits{wordsTime, drawMemory}, dir, p.beside("pdftotext"), "-enc", "UTF-8", "-eol", "unix", "-f", "1", "-l", strconv.Itoa(MaxPages), pdf, out); err != nil && !failed(err) {
		return nil, err
	}
	file, err := os.Open(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxWordsFile))
	return strings.Split(string(text), "\f"), err
}

// plainWords is the text of a page without control characters, which nobody says. Words that were divided at the end of a line are whole again already.
func plainWords(page string) string {
	page = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(page, " ")))
	if runes := []rune(page); len(runes) > messages.MaxPageWords {
		return string(runes[:messages.MaxPageWords])
	}
	return page
}

// beside is another of poppler's programs: it stands beside pdftoppm.
func (p Pager) beside(name string) string { return filepath.Join(filepath.Dir(p.PDFToPPM), name) }

// convert makes in.pdf of an office document.
func (p Pager) convert(ctx context.Context, dir string, t sniff.Type, content []byte) (messages.FileReason, error) {
	in := filepath.Join(dir, "in."+endings[t])
	if err := os.WriteFile(in, content, 0o600); err != nil {
		return "", err
	}
	_, err := run(ctx, limits{convertTime, officeMem}, dir, p.Soffice, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--norestore",
		"--nolockcheck", "--nodefault", "--nofirststartwizard", "--convert-to", "pdf", "--outdir", dir, in)
	if err != nil && !failed(err) {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "in.pdf")); err != nil {
		return messages.FileDamaged, nil // LibreOffice ends well even when it could not read the document
	}
	return "", nil
}

var pageCount = regexp.MustCompile(`(?m)^Pages:\s+(\d{1,9})`)

// count asks poppler's pdfinfo how many pages there are; 0 when it does not say.
func (p Pager) count(ctx context.Context, dir, pdf string) int {
	said, _ := run(ctx, limits{infoTime, drawMemory}, dir, p.beside("pdfinfo"), pdf)
	if m := pageCount.FindStringSubmatch(said); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// readPages takes the pictures from the folder in the order of the pages, with the number of each, counted from 1.
func readPages(dir string) (pages []messages.FilePage, numbers []int, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "page-*.jpg"))
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(names, func(a, b string) int { return pageNumber(a) - pageNumber(b) })
	for _, n := range names[:min(len(names), MaxPages)] {
		if info, err := os.Lstat(n); err != nil || !info.Mode().IsRegular() || info.Size() > maxPageFile {
			continue
		}
		b, err := os.ReadFile(n)
		if err != nil {
			return nil, nil, err
		}
		cfg, kind, err := image.DecodeConfig(bytes.NewReader(b))
		if err != nil || kind != "jpeg" {
			continue
		}
		pages = append(pages, messages.FilePage{MediaType: "image/jpeg", Width: cfg.Width, Height: cfg.Height, Content: b})
		numbers = append(numbers, pageNumber(n))
	}
	return pages, numbers, nil
}

func pageNumber(name string) int {
	n, _ := strconv.Atoi(strings.TrimSuffix(name[strings.LastIndexByte(name, '-')+1:], ".jpg"))
	return n
}

// failed reports whether a program ran and said that it could not do its work.
func failed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit)
}

type limits struct {
	time   time.Duration // of the clock, and of the processor in whole seconds
	memory int           // KiB
}

// said bounds what is kept of a program's words.
const said = 16 << 10

// run runs a program within limits and returns what it said. It is started by a shell that sets the limits and becomes it, in a process group
// of its own. What it says may quote the document: it is never logged.
func run(ctx context.Context, l limits, dir, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, l.time, errTakesTooLong)
	defer cancel()
	limit := fmt.Sprintf(`ulimit -c 0 && ulimit -t %d && ulimit -v %d && ulimit -f %d && exec "$0" "$@"`, int(l.time.Seconds()), l.memory, outFile<<11) // -f counts 512 bytes (POSIX ulimit)
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", limit, program}, args...)...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = dir, []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + dir, "TMPDIR=" + dir}, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out := &bounded{left: said}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	if cmd.Process != nil { // whatever it left running
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case errors.Is(err, exec.ErrWaitDelay): // a child kept our pipe: the program itself had ended well
		err = nil
	}
	return out.String(), err
}

// bounded keeps the first bytes written to it and lets the rest go.
type bounded struct {
	bytes.Buffer
	left int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.left -= n
	_, _ = b.Buffer.Write(p[:n])
	return len(p), nil
}
