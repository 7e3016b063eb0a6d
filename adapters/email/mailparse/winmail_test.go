package mailparse

import (
	"encoding/base64"
	"encoding/binary"
	"testing"
)

// winmail builds a winmail.dat with a body and one attachment (MS-OXTNEF section 2.1.3).
func winmail(body, name, data string) string {
	b := binary.LittleEndian.AppendUint32(nil, 0x223e9f78)
	b = append(b, 1, 0)
	for _, a := range []struct {
		id   uint16
		data string
	}{{0x9007, "\xe4\x04\x00\x00"}, {0x800c, body + "\x00"}, {0x9002, "x"}, {0x8010, name + "\x00"}, {0x800f, data}} {
		b = append(b, 2)
		b = binary.LittleEndian.AppendUint16(b, a.id)
		b = append(b, 1, 0)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(a.data)))
		b = append(append(b, a.data...), 0, 0)
	}
	return base64.StdEncoding.EncodeToString(b)
}

// TestWinmail: the words of a winmail.dat count only where the message has no others; what is attached to it always does.
func TestWinmail(t *testing.T) {
	part := "Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n" + winmail("Helo caf\xe9", "..\\caf\xe9.pdf", "pdf") + "\n"
	alone := mustParse(t, "From: jo@la.example\nSubject: x\n"+part)
	beside := mustParse(t, "From: jo@la.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nHello\n--x\n"+part+"--x--\n")
	if alone.Text != "Helo café" || beside.Text != "Hello" {
		t.Errorf("%q, %q", alone.Text, beside.Text)
	}
	for _, m := range []*Message{alone, beside} {
		if len(m.Attachments) != 1 || m.Attachments[0].Name != "café.pdf" || m.Attachments[0].Type != "application/pdf" || string(m.Attachments[0].Data) != "pdf" {
			t.Errorf("%+v", m.Attachments)
		}
	}
}

func TestSealed(t *testing.T) {
	for p, want := range map[Protection]bool{Unprotected: false, SMIMESigned: false, PGPSigned: false, SMIMESealed: true, PGPSealed: true, RightsSealed: true, PortalSealed: true} {
		if p.Sealed() != want {
			t.Errorf("%q: %v", p, !want)
		}
	}
	// What is signed around something encrypted is encrypted.
	r := &reader{msg: &Message{}}
	r.protect(SMIMESigned)
	r.protect(SMIMESealed)
	r.protect(PGPSigned)
	if r.msg.Protection != SMIMESealed {
		t.Error(r.msg.Protection)
	}
}
