package sniff_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"kinbridge/adapters/email/files/sniff"
	"kinbridge/gateway/messages"
)

// zipOf makes a zip file of name, content pairs; the first is stored as it is, as ODF wants its media type.
func zipOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(pairs); i += 2 {
		h := &zip.FileHeader{Name: pairs[i], Method: zip.Deflate}
		if i == 0 {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

const types = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>`

func docx(t testing.TB, more ...string) []byte {
	return zipOf(t, append([]string{"[Content_Types].xml", types, "word/document.xml", "<w:document/>"}, more...)...)
}

func odt(t testing.TB, more ...string) []byte {
	return zipOf(t, append([]string{"mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<x/>"}, more...)...)
}

// ole makes the beginning of a compound file with directory entries of these names, in one sector behind the header; what stands in each
// entry's stream is the sector after them.
func ole(stream []byte, names ...string) []byte {
	b := make([]byte, 512)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	binary.LittleEndian.PutUint16(b[30:], 9)
	sectors := (len(names)*128 + 511) / 512
	dir := make([]byte, sectors*512)
	for i, n := range names {
		e := dir[i*128:]
		for j, u := range utf16.Encode([]rune(n)) {
			binary.LittleEndian.PutUint16(e[j*2:], u)
		}
		binary.LittleEndian.PutUint16(e[64:], uint16(len(n)*2+2))
		e[66] = 2
		binary.LittleEndian.PutUint32(e[116:], uint32(sectors))
	}
	return append(append(b, dir...), append(stream, make([]byte, 512-len(stream))...)...)
}

func flagged(b []byte) []byte { // the encryption bit in the central directory
	b = bytes.Clone(b)
	b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= 1
	return b
}

var (
	lockedFIB   = []byte{0xec, 0xa5, 0xc1, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0}
	lockedSheet = []byte{0x09, 0x08, 4, 0, 0, 6, 5, 0, 0x2f, 0, 2, 0, 1, 0}
	pdf         = []byte("%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n")
	png         = []byte("\x89PNG\r\n\x1a\n rest")
	exe         = append([]byte("MZ\x90\x00"), make([]byte, 200)...)
)

func external(kind, target string) string {
	return `<Relationships><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `" TargetMode="External"/></Relationships>`
}

// One line for each thing that a file can pretend or be, with why it matters.
func TestJudge(t *testing.T) {
	allowed, _ := sniff.Allow(sniff.DefaultAllow)
	for _, c := range []struct {
		why, name string
		content   []byte
		is        sniff.Type
		reason    messages.FileReason
	}{
		{"an honest picture", "tomos.png", png, sniff.PNG, ""},
		{"pictures are misnamed by honest programs", "tomos.JPG", png, sniff.PNG, ""},
		{"no name at all", "", png, sniff.PNG, ""},
		{"an honest PDF", "plan.pdf", pdf, sniff.PDF, ""},
		{"a PDF behind a blank line of a gateway", "plan.pdf", append([]byte("\r\n"), pdf...), sniff.PDF, ""},
		{"an honest document", "plan.docx", docx(t), sniff.DOCX, ""},
		{"a new document under the old ending", "plan.doc", docx(t), sniff.DOCX, ""},
		{"RTF under the ending of Word, as Word saves it", "plan.doc", []byte(`{\rtf1 hello}`), sniff.RTF, ""},
		{"an old document", "plan.doc", ole(nil, "Root Entry", "WordDocument", "1Table"), sniff.Word, ""},
		{"an old sheet", "plan.xls", ole(nil, "Root Entry", "Workbook"), sniff.Excel, ""},
		{"an old presentation", "plan.ppt", ole(nil, "Root Entry", "PowerPoint Document"), sniff.PowerPoint, ""},
		{"a sheet", "sums.xlsx", zipOf(t, "[Content_Types].xml", types, "xl/workbook.xml", "<x/>"), sniff.XLSX, ""},
		{"slides", "talk.pptx", zipOf(t, "[Content_Types].xml", types, "ppt/presentation.xml", "<x/>"), sniff.PPTX, ""},
		{"an OpenDocument text", "plan.odt", odt(t), sniff.ODT, ""},
		{"text", "notes.txt", []byte("Dear Mair,\r\nthe school is £5 away.\r\n"), sniff.Text, ""},
		{"text in Latin-1", "notes.txt", []byte("Dear Mair, it is \xa35.\r\n"), sniff.Text, ""},
		{"text in UTF-16", "notes.txt", []byte("\xff\xfeH\x00i\x00"), sniff.Text, ""},
		{"a sheet as text", "sums.csv", []byte("a,b\n1,2\n"), sniff.Text, ""},
		{"an invitation", "meeting.ics", []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"), sniff.Calendar, ""},
		{"an iPhone's picture", "IMG_0001.HEIC", []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), sniff.HEIC, ""},
		{"nothing", "plan.pdf", nil, sniff.Empty, messages.FileEmpty},
		{"a program called PDF", "plan.pdf", exe, sniff.Program, messages.FileWrongName},
		{"a program called PDF.EXE", "plan.pdf.exe", exe, sniff.Program, messages.FileActive},
		{"Windows drops dots and spaces at the end", "plan.exe. . ", pdf, sniff.PDF, messages.FileActive},
		{"many blanks before the true ending", "plan.pdf                         .scr", exe, sniff.Program, messages.FileActive},
		{"a program without a name", "", exe, sniff.Program, messages.FileActive},
		{"a script by its name alone", "update.js", []byte("var a = 1"), sniff.Text, messages.FileActive},
		{"a shortcut", "photo.lnk", []byte("L\x00\x00\x00\x01\x14\x02\x00rest"), sniff.Program, messages.FileActive},
		{"a web page", "letter.html", []byte("<!DOCTYPE html><html><script>1</script>"), sniff.HTML, messages.FileActive},
		{"a web page called text", "letter.txt", []byte("<html><body>hi"), sniff.HTML, messages.FileWrongName},
		{"a web page that an old system calls a sheet", "sums.xls", []byte("<html><table><tr>"), sniff.HTML, messages.FileWrongName},
		{"a drawing can hold scripts", "logo.svg", []byte(`<?xml version="1.0"?><!-- x --><svg onload="x()"/>`), sniff.SVG, messages.FileActive},
		{"a drawing called picture", "logo.png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), sniff.SVG, messages.FileWrongName},
		{"a shell script", "x", []byte("#!/bin/sh\nrm -r /"), sniff.Script, messages.FileActive},
		{"an archive", "all.zip", zipOf(t, "a.txt", "hello"), sniff.Archive, messages.FileArchive},
		{"a locked archive", "all.zip", flagged(zipOf(t, "a.txt", "hello")), sniff.Archive, messages.FileProtected},
		{"an archive called document", "plan.docx", zipOf(t, "evil.exe", "MZ"), sniff.Archive, messages.FileWrongName},
		{"a document that lost its end", "plan.docx", docx(t)[:120], sniff.Archive, messages.FileDamaged},
		{"a disk image", "plan.iso", append(make([]byte, 0x8001), "CD001"...), sniff.Archive, messages.FileArchive},
		{"rar", "a.rar", []byte("Rar!\x1a\x07\x00"), sniff.Archive, messages.FileArchive},
		{"macros under their own name", "plan.docm", docx(t, "word/vbaProject.bin", "x"), sniff.DOCX, messages.FileMacros},
		{"macros under another name", "plan.docx", docx(t, "word/vbaProject.bin", "x"), sniff.DOCX, messages.FileMacros},
		{"macros in a part of another name", "plan.docx", zipOf(t, "[Content_Types].xml", strings.Replace(types, "</Types>", `<Override PartName="/word/x.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>`, 1), "word/document.xml", "<x/>", "word/x.bin", "x"), sniff.DOCX, messages.FileMacros},
		{"Excel 4 macros", "sums.xlsx", zipOf(t, "[Content_Types].xml", types, "xl/workbook.xml", "<x/>", "xl/macrosheets/sheet1.xml", "<x/>"), sniff.XLSX, messages.FileMacros},
		{"a template from elsewhere", "plan.docx", docx(t, "word/_rels/settings.xml.rels", external("attachedTemplate", "https://elsewhere.example/t.dotm")), sniff.DOCX, messages.FileMacros},
		{"the house's own template on a share is ordinary", "plan.docx", docx(t, "word/_rels/settings.xml.rels", external("attachedTemplate", `file:///\\share\Templates\Letter.dotx`)+external("hyperlink", "https://council.example/")), sniff.DOCX, ""},
		{"old macros", "plan.doc", ole(nil, "Root Entry", "WordDocument", "Macros", "VBA", "_VBA_PROJECT"), sniff.Word, messages.FileMacros},
		{"OpenDocument macros", "plan.odt", odt(t, "Basic/Standard/Module1.xml", "x"), sniff.ODT, messages.FileMacros},
		{"an object in RTF", "plan.rtf", []byte(`{\rtf1{\object\objemb{\*\objdata 0105}}}`), sniff.RTF, messages.FileMacros},
		{"a locked new document", "plan.docx", ole(nil, "Root Entry", "EncryptionInfo", "EncryptedPackage"), sniff.OLE, messages.FileProtected},
		{"a locked old document", "plan.doc", ole(lockedFIB, "Root Entry", "WordDocument"), sniff.Word, messages.FileProtected},
		{"a locked old sheet", "sums.xls", ole(lockedSheet, "Root Entry", "Workbook"), sniff.Excel, messages.FileProtected},
		{"a locked OpenDocument text", "plan.odt", odt(t, "META-INF/manifest.xml", "<manifest:encryption-data/>"), sniff.ODT, messages.FileProtected},
		{"an Outlook message", "fw.msg", ole(nil, "Root Entry", "__properties_version1.0"), sniff.Email, messages.FileNotAllowed},
		{"a mail", "fw.eml", []byte("Received: by x\r\nFrom: a@b.example\r\n\r\nHello"), sniff.Email, messages.FileNotAllowed},
		{"sound", "voice.mp3", []byte("ID3\x03 rest of it"), sniff.Audio, messages.FileNotAllowed},
		{"PDF and archive in one", "plan.pdf", append(bytes.Clone(pdf), zipOf(t, "evil.js", "x")...), sniff.PDF, messages.FileMixed},
		{"picture and archive in one", "a.png", append(bytes.Clone(png), zipOf(t, "evil.js", "x")...), sniff.PNG, messages.FileMixed},
		{"picture and PDF in one", "a.png", append(bytes.Clone(png), pdf...), sniff.PNG, messages.FileMixed},
		{"PDF behind a web page", "a.pdf", append([]byte("<b>x</b>\n"), pdf...), sniff.PDF, messages.FileMixed},
		{"PDF that a browser would take for a page", "a.pdf", append([]byte("%PDF-1.4\n<html><script>1</script>\n"), pdf...), sniff.PDF, messages.FileMixed},
		{"a document called PDF", "plan.pdf", docx(t), sniff.DOCX, messages.FileWrongName},
		{"noise", "plan.pdf", []byte("\x01\x02\x03\x00\x99\x98"), sniff.Unknown, messages.FileDamaged},
		{"noise of no known ending", "smime.p7s", []byte("\x30\x82\x03\x00\x99\x98"), sniff.Unknown, messages.FileNotAllowed},
	} {
		r := sniff.Judge(c.name, c.content, allowed)
		if r.Type != c.is || r.Reason != c.reason {
			t.Errorf("%s (%q): %s %q, want %s %q", c.why, c.name, r.Type, r.Reason, c.is, c.reason)
		}
	}
}

func TestActionsInPDF(t *testing.T) {
	allowed, _ := sniff.Allow(sniff.DefaultAllow)
	for _, part := range []string{"/S /JavaScript /JS (x)", "/S /Launch", "/EmbeddedFiles"} {
		b := bytes.Replace(pdf, []byte("/Type"), []byte(part+" /Type"), 1)
		if r := sniff.Judge("a.pdf", b, allowed); !r.Actions || r.Reason != "" {
			t.Errorf("%s: %+v", part, r)
		}
	}
	if sniff.Judge("a.pdf", pdf, allowed).Actions {
		t.Error("an ordinary PDF acts")
	}
}

func TestAllow(t *testing.T) {
	if _, unknown := sniff.Allow([]string{"pdf", "exe"}); unknown != "exe" {
		t.Errorf("%q", unknown)
	}
	only, _ := sniff.Allow([]string{"pdf"})
	if r := sniff.Judge("a.png", png, only); r.Reason != messages.FileNotAllowed {
		t.Errorf("%+v", r)
	}
	for _, n := range sniff.GroupNames {
		if _, unknown := sniff.Allow([]string{n}); unknown != "" {
			t.Errorf("%s is listed and unknown", n)
		}
	}
}

// What a zip file claims costs nothing: a directory of two million entries, a member that unpacks to gigabytes.
func TestZipBombs(t *testing.T) {
	allowed, _ := sniff.Allow(sniff.DefaultAllow)
	entry := []byte("PK\x01\x02" + strings.Repeat("\x00", 42))
	flood := append([]byte("PK\x03\x04"), bytes.Repeat(entry, 200_000)...)
	size := len(flood) - 4
	flood = append(flood, "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00"...)
	flood = binary.LittleEndian.AppendUint32(flood, uint32(size))
	flood = append(binary.LittleEndian.AppendUint32(flood, 4), 0, 0)
	big := docx(t, "word/media/a.bmp", strings.Repeat("0", 1<<20))
	at := bytes.LastIndex(big, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(big[at+24:], 0xfffffff0)
	inner := zipOf(t, "[Content_Types].xml", strings.Repeat(" ", 64<<20), "word/document.xml", "x")
	for _, c := range []struct {
		name, file string
		b          []byte
		want       messages.FileReason
	}{{"flood", "a.docx", flood, messages.FileSwells}, {"claim", "a.docx", big, messages.FileSwells}, {"inflation", "a.docx", inner, ""}} {
		var r sniff.Result
		if n := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r = sniff.Judge(c.file, c.b, allowed)
			}
		}).AllocedBytesPerOp(); n > 8<<20 {
			t.Errorf("%s takes %d bytes", c.name, n)
		}
		if r.Reason != c.want {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func FuzzJudge(f *testing.F) {
	f.Add("a.docx", docx(f))
	f.Add("a.odt", odt(f, "META-INF/manifest.xml", "x"))
	f.Add("a.doc", ole(lockedFIB, "Root Entry", "WordDocument"))
	f.Add("a.xls", ole(lockedSheet, "Root Entry", "Workbook"))
	f.Add("a.pdf", append(bytes.Clone(pdf), zipOf(f, "x", "y")...))
	f.Add("a.html", []byte("<html>"))
	f.Add("a.eml", []byte("Received: x\nA: b\n\n"))
	f.Add("a.gif", []byte("GIF89a"))
	allowed, _ := sniff.Allow(sniff.DefaultAllow)
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		r := sniff.Judge(name, b, allowed)
		if r.Type == "" {
			t.Error("no kind")
		}
		if r.Reason == "" && !allowed[r.Type] {
			t.Errorf("%s goes through", r.Type)
		}
		if again := sniff.Judge(name, b, allowed); again != r {
			t.Errorf("%+v and then %+v", r, again)
		}
	})
}

func BenchmarkJudge(b *testing.B) {
	allowed, _ := sniff.Allow(sniff.DefaultAllow)
	for _, size := range []int{1 << 10, 1 << 20, 16 << 20} {
		body := append(bytes.Clone(pdf), bytes.Repeat([]byte("stream of a page "), size/17)...)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				sniff.Judge("a.pdf", body, allowed)
			}
		})
	}
}
