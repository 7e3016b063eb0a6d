package tnef

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf8"
)

// winmail builds a winmail.dat of attributes given as id and data.
func winmail(attrs ...any) []byte {
	b := binary.LittleEndian.AppendUint32(nil, signature)
	b = append(b, 1, 0)
	for i := 0; i < len(attrs); i += 2 {
		data := []byte(attrs[i+1].(string))
		b = append(b, 2)
		b = binary.LittleEndian.AppendUint16(b, uint16(attrs[i].(int)))
		b = append(b, 1, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(data)))
		b = append(append(b, data...), 0, 0)
	}
	return b
}

// property is one MAPI property.
func property(id, kind uint16, v string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(id)<<16|uint32(kind))
	if kind == 0x03 {
		return append(b, v...)
	}
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(v)))
	for b = append(b, v...); len(b)%4 != 0; {
		b = append(b, 0)
	}
	return b
}

func list(properties ...[]byte) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(properties)))
	for _, p := range properties {
		b = append(b, p...)
	}
	return string(b)
}

func wide(s string) string {
	var b []byte
	for _, r := range s + "\x00" {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return string(b)
}

// uncompressed wraps RTF as it is.
func uncompressed(rtf string) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(rtf)+12))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rtf)))
	b = binary.LittleEndian.AppendUint32(b, rtfUncompressed)
	return string(append(append(b, 0, 0, 0, 0), rtf...))
}

func TestRead(t *testing.T) {
	inner := winmail(attrMessage, list(property(propSubject, kindString, wide("inner")), property(propBody, kindString, wide("inner words"))),
		attrRendering, "x", attrTitle, "deep.txt\x00", attrData, "deep")
	c, ok := Read(winmail(attrCodePage, "\xe4\x04\x00\x00", attrBody, "Helo caf\xe9\x00",
		attrRendering, "x", attrTitle, "A~1.PDF\x00", attrData, "pdf", attrAttachment, list(property(propLongName, kindString, wide("café menu.pdf")), property(propMIMEType, kindString8, "application/pdf\x00")),
		attrRendering, "x", attrTitle, "b.txt\x00", attrData, "text",
		attrRendering, "x", attrAttachment, list(property(propDisplayName, kindString, wide("Fwd: inner")), property(propData, kindObject, strings.Repeat("i", 16)+string(inner)))))
	if !ok || c.Text != "Helo café" || len(c.Files) != 4 {
		t.Fatalf("%v %+v", ok, c)
	}
	for i, want := range []File{{Name: "café menu.pdf", Type: "application/pdf", Data: []byte("pdf")}, {Name: "b.txt", Data: []byte("text")},
		{Name: "Fwd: inner.txt", Type: "text/plain", Data: []byte("inner words")}, {Name: "deep.txt", Data: []byte("deep")}} {
		if f := c.Files[i]; f.Name != want.Name || f.Type != want.Type || string(f.Data) != string(want.Data) {
			t.Errorf("%+v, want %+v", f, want)
		}
	}
}

// TestBodies has the places in which Exchange puts the words.
func TestBodies(t *testing.T) {
	const outlook = `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}{\colortbl;}` +
		`{\*\htmltag19 <html>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Dear Si\'e2n, {\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 \f1\'cf\'f0\f0 \u8364?5{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0{\*\htmltag72 </p>}\htmlrtf }\htmlrtf0{\*\htmltag27 </html>}}`
	for _, c := range []struct {
		name, props, text, html string
	}{
		{"UTF-16 text", list(property(propBody, kindString, wide("bore da ŵ"))), "bore da ŵ", ""},
		{"text in a code page", list(property(propCodePage, 0x03, "\xe3\x04\x00\x00"), property(propBody, kindString8, "\xcf\xf0\xe8\x00")), "При", ""},
		{"HTML in its own code page", list(property(propCPID, 0x03, "\xe9\xfd\x00\x00"), property(propHTML, 0x102, "<p>ŵ</p>")), "", "<p>ŵ</p>"},
		{"HTML inside RTF", list(property(propRTF, 0x102, uncompressed(outlook))), "", "<html><p>Dear Siân, <b>Пр€5</b></p></html>"},
		{"RTF only", list(property(propRTF, 0x102, uncompressed("{\\rtf1\\ansi\\ansicpg1250{\\fonttbl{\\f0 Arial;}}{\\info{\\author x}}{\\pict 00ff}Dzi\\'eakuj\\'ea\\par {\\b tak}\\tab 1\\{2\\}\\~\\u352\\'8a}"))), "Dziękuję\ntak\t1{2}\u00a0Š", ""},
	} {
		got, ok := Read(winmail(attrMessage, c.props))
		if !ok || got.Text != c.text || got.HTML != c.html {
			t.Errorf("%s: %q %q", c.name, got.Text, got.HTML)
		}
	}
}

// TestDecompress has the two examples of MS-OXRTFCP section 3.
func TestDecompress(t *testing.T) {
	for in, want := range map[string]string{
		"\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0": "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
		"\x1a\x00\x00\x00\x1c\x00\x00\x00LZFu\xe2\xd4\x4b\x51\x41\x00\x04 WXYZ\x0dn}\x01\x0e\xb0":                                         "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}",
	} {
		if got := string(decompressRTF([]byte(in))); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := decompressRTF([]byte("\xff\xff\xff\x7f\xff\xff\xff\x7fLZFu\x00\x00\x00\x00\xff")); len(got) != 0 || cap(got) > 100 {
		t.Errorf("%d bytes made of one", cap(got))
	}
}

// TestBombs has streams that claim more than they hold: they cost nothing.
func TestBombs(t *testing.T) {
	if _, ok := Read([]byte("no stream")); ok {
		t.Error("junk taken for TNEF")
	}
	many := make([]any, 0, 20000)
	for range 10000 {
		many = append(many, attrRendering, "")
	}
	if c, _ := Read(winmail(many...)); len(c.Files) > maxFiles+1 {
		t.Errorf("%d files", len(c.Files))
	}
	for _, props := range []string{"\xff\xff\xff\xff", "\xff\xff\xff\xff\x1f\x00\x07\x37\xff\xff\xff\xff\xff\xff\xff\xff", "\x01\x00\x00\x00\x1f\x10\x07\x87"} {
		c, ok := Read(winmail(attrRendering, "", attrAttachment, props))
		if !ok || len(c.Files) != 1 || c.Files[0].Name != "" {
			t.Errorf("%x: %+v", props, c)
		}
	}
	nested := "words"
	for range 50 {
		nested = string(winmail(attrRendering, "", attrAttachment, list(property(propData, kindObject, strings.Repeat("i", 16)+nested))))
	}
	if c, ok := Read([]byte(nested)); !ok || len(c.Files) != 1 {
		t.Errorf("%v %d files", ok, len(c.Files))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(winmail(attrRendering, "x", attrTitle, "a\x00", attrAttachment, list(property(propLongName, kindString, wide("b")))))
	f.Add(winmail(attrMessage, list(property(propRTF, 0x102, uncompressed("{\\rtf1\\fromhtml1{\\*\\htmltag <b>}x\\u8364?}")))))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := Read(b)
		n := 0
		for _, file := range c.Files {
			n += len(file.Data)
		}
		if n > len(b)*20+1000 || len(c.Text)+len(c.HTML) > len(b)*60+1000 {
			t.Fatal("more than there can be")
		}
		if !utf8.ValidString(c.Text) || !utf8.ValidString(c.HTML) {
			t.Fatal("not UTF-8")
		}
	})
}

func FuzzRTF(f *testing.F) {
	f.Add([]byte("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset204 A;}}\\f0\\'cf{\\*\\x y}\\bin3 abc\\uc2\\u8364??\\par}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if text, _ := readRTF(b); !utf8.ValidString(text) || len(text) > 10*len(b)+10 {
			t.Fatalf("%d bytes became %d", len(b), len(text))
		}
		decompressRTF(b)
	})
}
