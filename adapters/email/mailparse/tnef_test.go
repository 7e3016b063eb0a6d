package mailparse

import (
	"encoding/binary"
	"testing"
)

// tnefStream builds a winmail.dat of attributes given as id and data.
func tnefStream(attrs ...any) []byte {
	b := binary.LittleEndian.AppendUint32(nil, tnefSignature)
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

// longName is the MAPI property of a file name in UTF-16.
func longName(name string) string {
	var text []byte
	for _, r := range name + "\x00" {
		text = binary.LittleEndian.AppendUint16(text, uint16(r))
	}
	b := binary.LittleEndian.AppendUint32(nil, 1)
	b = binary.LittleEndian.AppendUint32(b, propLongName<<16|0x1f)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	for b = append(b, text...); len(b)%4 != 0; {
		b = append(b, 0)
	}
	return string(b)
}

func TestWinmail(t *testing.T) {
	stream := tnefStream(tnefCodePage, "\xe4\x04\x00\x00", tnefBody, "Helo caf\xe9\x00", tnefRendering, "x", tnefTitle, "A~1.PDF\x00", tnefData, "pdf", tnefAttachment, longName("café menu.pdf"),
		tnefRendering, "x", tnefTitle, "..\\b.txt\x00", tnefData, "text")
	m, err := Parse(append([]byte("From: jo@la.example\nSubject: x\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: binary\n\n"), stream...), Limits{})
	if err != nil || m.Text != "Helo café" || len(m.Attachments) != 2 {
		t.Fatalf("%v %q %+v", err, m.Text, m.Attachments)
	}
	if a := m.Attachments[0]; a.Name != "café menu.pdf" || a.Type != "application/pdf" || string(a.Data) != "pdf" {
		t.Errorf("%+v", a)
	}
	if a := m.Attachments[1]; a.Name != "b.txt" || a.Type != "text/plain" || string(a.Data) != "text" {
		t.Errorf("%+v", a)
	}
}

// TestWinmailBombs has streams that claim more than they hold: they cost nothing and what is no TNEF stays an attachment.
func TestWinmailBombs(t *testing.T) {
	if _, ok := readTNEF([]byte("no stream")); ok {
		t.Error("junk taken for TNEF")
	}
	many := make([]any, 0, 20000)
	for range 10000 {
		many = append(many, tnefRendering, "")
	}
	if c, _ := readTNEF(tnefStream(many...)); len(c.files) > maxTNEF+1 {
		t.Errorf("%d files", len(c.files))
	}
	for _, props := range []string{"\xff\xff\xff\xff", "\xff\xff\xff\xff\x1f\x00\x07\x37\xff\xff\xff\xff\xff\xff\xff\xff", "\x01\x00\x00\x00\x1f\x10\x07\x87"} {
		c, ok := readTNEF(tnefStream(tnefRendering, "", tnefAttachment, props))
		if !ok || len(c.files) != 1 || c.files[0].longName != "" {
			t.Errorf("%x: %+v", props, c)
		}
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(tnefStream(tnefRendering, "x", tnefTitle, "a\x00", tnefAttachment, longName("b")))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, _ := readTNEF(b)
		n := 0
		for _, file := range c.files {
			n += len(file.data)
		}
		if n > len(b)*2 {
			t.Fatal("more data than there was")
		}
	})
}
