// Package sniff tells what a file is by its content, and what speaks against showing it. It is pure: no I/O, no clock, linear time, memory
// bounded whatever a file claims. It never unpacks an archive; of an office document it inflates a few small members, each to a limit.
package sniff

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Type is a kind of file, told by its content.
type Type string

// The kinds. Unknown is content that is none of the others.
const (
	Unknown Type = "unknown"
	Empty   Type = "empty"

	PNG  Type = "png"
	JPEG Type = "jpeg"
	GIF  Type = "gif"
	WebP Type = "webp"
	BMP  Type = "bmp"
	TIFF Type = "tiff"
	HEIC Type = "heic" // and AVIF: the kinds of picture in ISO 14496-12 boxes, which nothing here can decode

	PDF        Type = "pdf"
	Word       Type = "word"       // Word 97–2003
	Excel      Type = "excel"      // Excel 5–2003
	PowerPoint Type = "powerpoint" // PowerPoint 97–2003
	DOCX       Type = "docx"
	XLSX       Type = "xlsx"
	PPTX       Type = "pptx"
	ODT        Type = "odt"
	ODS        Type = "ods"
	ODP        Type = "odp"
	RTF        Type = "rtf"

	Text     Type = "text"
	Calendar Type = "calendar" // iCalendar, RFC 5545
	Contact  Type = "contact"  // vCard, RFC 6350
	Email    Type = "email"    // RFC 5322, MHTML and Outlook's own
	XML      Type = "xml"

	Archive Type = "archive" // zip, gzip, 7z, rar, tar, disk images …
	HTML    Type = "html"
	SVG     Type = "svg"
	Script  Type = "script"
	Program Type = "program"
	Audio   Type = "audio"
	Video   Type = "video"
	OLE     Type = "ole" // an OLE 2 container of nothing known
)

// magic is a signature at a fixed offset. The tables below are in order: the first that matches counts.
type magic struct {
	at    int
	bytes string
	is    Type
}

var pictures = []magic{
	{0, "\x89PNG\r\n\x1a\n", PNG}, {0, "\xff\xd8\xff", JPEG}, {0, "GIF87a", GIF}, {0, "GIF89a", GIF},
	{0, "II*\x00", TIFF}, {0, "MM\x00*", TIFF},
}

var others = []magic{
	{0, "{\\rt", RTF}, // readers of RTF ask for no more than this
	{0, "MZ", Program}, {0, "\x7fELF", Program}, {0, "\xca\xfe\xba\xbe", Program}, {0, "\xfe\xed\xfa\xce", Program}, {0, "\xfe\xed\xfa\xcf", Program},
	{0, "\xce\xfa\xed\xfe", Program}, {0, "\xcf\xfa\xed\xfe", Program}, {0, "\x00asm", Program}, {0, "dex\n", Program},
	{0, "L\x00\x00\x00\x01\x14\x02\x00", Program}, // a Windows shortcut
	{0, "ITSF", Program},                          // compiled Windows help
	{0, "!<arch>", Archive}, {0, "\x1f\x8b", Archive}, {0, "\x1f\x9d", Archive}, {0, "BZh", Archive}, {0, "\xfd7zXZ\x00", Archive}, {0, "7z\xbc\xaf\x27\x1c", Archive},
	{0, "Rar!\x1a\x07", Archive}, {0, "MSCF", Archive}, {0, "\x28\xb5\x2f\xfd", Archive}, {0, "LZIP", Archive}, {0, "xar!", Archive}, {0, "\x60\xea", Archive},
	{0, "vhdxfile", Archive}, {0, "conectix", Archive}, {257, "ustar", Archive}, {2, "-lh", Archive}, {7, "**ACE**", Archive},
	{0, "ID3", Audio}, {0, "OggS", Audio}, {0, "fLaC", Audio}, {0, "#!AMR", Audio}, {0, "\xff\xfb", Audio}, {0, "\xff\xf3", Audio}, {0, "\xff\xf1", Audio},
	{0, "\x1aE\xdf\xa3", Video}, {0, "FLV\x01", Video}, {0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", Video}, {0, "\x00\x00\x01\xba", Video},
	{0, "FWS", Program}, {0, "CWS", Program}, {0, "ZWS", Program}, // Flash
	{0, "#!", Script},
	{0, "\x78\x9f\x3e\x22", Email}, // TNEF
}

func match(table []magic, b []byte) (Type, bool) {
	for _, m := range table {
		if len(b) >= m.at+len(m.bytes) && string(b[m.at:m.at+len(m.bytes)]) == m.bytes {
			return m.is, true
		}
	}
	return "", false
}

// oleMagic begins an OLE 2 compound file ([MS-CFB] section 2.2).
const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// pdfWithin is how far from its beginning a file may start to be a PDF and still be opened as one (ISO 32000-1, annex H.3.4.1).
const pdfWithin = 1024

// Sniff returns what a file is by its content. An office document, which is an archive or a compound file, is told by what is inside.
func Sniff(b []byte) Type {
	if len(b) == 0 {
		return Empty
	}
	if t, ok := match(pictures, b); ok {
		return t
	}
	switch {
	case bytes.HasPrefix(b, []byte("RIFF")) && len(b) >= 12:
		return riff(string(b[8:12]))
	case bytes.HasPrefix(b, []byte("BM")) && isBMP(b):
		return BMP
	case len(b) >= 12 && string(b[4:8]) == "ftyp":
		return boxed(string(b[8:12]))
	case bytes.HasPrefix(b, []byte(oleMagic)):
		return lookOLE(b).is
	case bytes.HasPrefix(b, []byte("PK\x03\x04")), bytes.HasPrefix(b, []byte("PK\x05\x06")), bytes.HasPrefix(b, []byte("PK\x07\x08")):
		z, _ := lookZip(b)
		return z.is
	}
	if t, ok := match(others, b); ok {
		return t
	}
	if i := bytes.Index(b[:min(len(b), pdfWithin)], []byte("%PDF-")); i >= 0 {
		return PDF
	}
	if len(b) >= 0x8006 && string(b[0x8001:0x8006]) == "CD001" {
		return Archive // ISO 9660
	}
	return textual(b)
}

func riff(form string) Type {
	switch form {
	case "WEBP":
		return WebP
	case "WAVE":
		return Audio
	case "AVI ":
		return Video
	}
	return Unknown
}

// isBMP asks for a header size that a bitmap can have: two letters alone are no proof.
func isBMP(b []byte) bool {
	if len(b) < 18 {
		return false
	}
	switch binary.LittleEndian.Uint32(b[14:18]) {
	case 12, 40, 52, 56, 64, 108, 124:
		return true
	}
	return false
}

// boxed tells what an ISO base media file is by its brand (ISO 14496-12 section 4.3).
func boxed(brand string) Type {
	switch brand {
	case "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "avif", "avis":
		return HEIC
	case "M4A ", "M4B ":
		return Audio
	}
	return Video
}

// textWindow is how much of a file is read to tell whether it is text.
const textWindow = 8 << 10

// textual tells the kinds of text apart.
func textual(b []byte) Type {
	head := utf16to8(b[:min(len(b), textWindow)])
	if !isText(head, len(b) > textWindow) {
		return Unknown
	}
	lower := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\f"))
	if t := markup(lower); t != "" {
		return t
	}
	switch {
	case bytes.HasPrefix(lower, []byte("begin:vcalendar")):
		return Calendar
	case bytes.HasPrefix(lower, []byte("begin:vcard")):
		return Contact
	case isMail(lower):
		return Email
	}
	return Text
}

// isText reports whether bytes are text in some charset: no NUL, and hardly any control character. A cut window may end inside a character.
func isText(b []byte, cut bool) bool {
	control, high := 0, 0
	for _, c := range b {
		switch {
		case c == 0:
			return false
		case c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b, c == 0x7f:
			control++
		case c >= 0x80:
			high++
		}
	}
	if control*100 > len(b) {
		return false
	}
	if cut && len(b) > utf8.UTFMax {
		b = b[:len(b)-utf8.UTFMax]
	}
	return utf8.Valid(b) || control == 0 && high*2 < len(b)+2
}

// utf16to8 makes UTF-16 that says so by its first two bytes readable as ASCII; other bytes come back as they are.
func utf16to8(b []byte) []byte {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return b
	}
	out := make([]byte, 0, len(b)/2)
	for b = b[2:]; len(b) >= 2; b = b[2:] {
		out = utf8.AppendRune(out, rune(order.Uint16(b)))
	}
	return out
}

// markup tells HTML, SVG, scripts and other XML by how lower-case text begins and what is in it.
func markup(b []byte) Type {
	first := b[:min(len(b), 4096)]
	// "<svg" and "<html" may stand behind a prologue, comments and a DOCTYPE; a browser asks for no more.
	begins := len(b) > 0 && b[0] == '<'
	if begins && (bytes.Contains(first, []byte("<svg")) || bytes.Contains(first, []byte(":svg"))) {
		return SVG
	}
	for _, tag := range []string{"<html", "<!doctype html", "<script", "<iframe", "<body", "<head", "<table", "<hta:", "<meta", "<object", "<embed"} {
		if bytes.Contains(first, []byte(tag)) && (begins || tag == "<script" || tag == "<html") {
			return HTML
		}
	}
	switch {
	case bytes.HasPrefix(b, []byte("<?php")), bytes.HasPrefix(b, []byte("<%")), bytes.HasPrefix(b, []byte("@echo")), bytes.HasPrefix(b, []byte("[internetshortcut]")):
		return Script
	case bytes.HasPrefix(b, []byte("<?xml")):
		return XML
	}
	return ""
}

// isMail reports whether text begins as a mail's header, with a field that only mail has.
func isMail(b []byte) bool {
	found := false
	for range 40 {
		line, rest, more := bytes.Cut(b, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			break
		}
		name, _, ok := bytes.Cut(line, []byte(":"))
		folded := line[0] == ' ' || line[0] == '\t'
		if !folded && (!ok || bytes.ContainsAny(name, " \t") || len(name) > 70) && !bytes.HasPrefix(line, []byte("from ")) {
			return false
		}
		switch string(name) {
		case "mime-version", "received", "return-path", "message-id", "content-type":
			found = true
		}
		if !more {
			break
		}
		b = rest
	}
	return found
}
