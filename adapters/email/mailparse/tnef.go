package mailparse

import (
	"encoding/binary"
	"path"
	"strings"
	"unicode/utf16"

	"kinbridge/adapters/email/mailparse/charset"
)

// tnefSignature begins every TNEF stream (MS-OXTNEF section 2.1.3.1).
const tnefSignature = 0x223e9f78

// Attributes of a TNEF stream that are read (MS-OXTNEF section 2.1.3.3): the rest holds what the mail's header says already.
const (
	tnefBody       = 0x800c
	tnefData       = 0x800f
	tnefTitle      = 0x8010
	tnefMessage    = 0x9003 // MAPI properties of the message
	tnefRendering  = 0x9002 // a new attachment begins
	tnefAttachment = 0x9005 // MAPI properties of the attachment
	tnefCodePage   = 0x9007
)

// MAPI properties that are read (MS-OXPROPS).
const (
	propBody     = 0x1000
	propHTML     = 0x1013
	propData     = 0x3701
	propLongName = 0x3707
	propMIMEType = 0x370e
)

// maxTNEF bounds the attachments and properties of one winmail.dat.
const maxTNEF = 200

// tnefContent is what a winmail.dat holds.
type tnefContent struct {
	files      []tnefFile
	text, html []byte
	utf16Text  bool
	codePage   string
}

type tnefFile struct {
	name, longName, mimeType string
	data                     []byte
}

// readTNEF unpacks a winmail.dat, which Exchange puts around rich mail and its attachments. Nothing is copied or decompressed, so that it
// costs no more than it is long. ok is false when it is no TNEF stream.
func readTNEF(b []byte) (c tnefContent, ok bool) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != tnefSignature {
		return c, false
	}
	for rest := b[6:]; len(rest) >= 11 && len(c.files) <= maxTNEF; {
		id, n := binary.LittleEndian.Uint16(rest[1:]), int64(binary.LittleEndian.Uint32(rest[5:]))
		if n > int64(len(rest)-9) {
			n = int64(len(rest) - 9) // cut off: what is there is better than nothing
		}
		c.attribute(id, rest[9:9+n])
		rest = rest[min(int64(len(rest)), 9+n+2):]
	}
	return c, true
}

func (c *tnefContent) attribute(id uint16, data []byte) {
	var file *tnefFile
	if n := len(c.files); n > 0 {
		file = &c.files[n-1]
	}
	switch id {
	case tnefRendering:
		c.files = append(c.files, tnefFile{})
	case tnefCodePage:
		if len(data) >= 4 {
			if cp := binary.LittleEndian.Uint32(data); cp >= 1250 && cp <= 1258 {
				c.codePage = "windows-125" + string(rune('0'+cp-1250))
			}
		}
	case tnefBody:
		c.text = trimNUL(data)
	case tnefMessage:
		mapiProperties(data, func(id, kind uint16, v []byte) {
			switch id {
			case propBody:
				c.text, c.utf16Text = v, kind == 0x1f
			case propHTML:
				c.html = v
			}
		})
	case tnefTitle:
		if file != nil {
			file.name = charset.Decode(trimNUL(data), c.codePage)
		}
	case tnefData:
		if file != nil {
			file.data = data
		}
	case tnefAttachment:
		if file != nil {
			mapiProperties(data, func(id, kind uint16, v []byte) { file.property(id, c.word(kind, v), v) })
		}
	}
}

func (f *tnefFile) property(id uint16, word string, v []byte) {
	switch id {
	case propLongName:
		f.longName = word
	case propMIMEType:
		f.mimeType = word
	case propData:
		if len(f.data) == 0 {
			f.data = v
		}
	}
}

// word reads a string property: PtypString is UTF-16, PtypString8 in the code page.
func (c *tnefContent) word(kind uint16, v []byte) string {
	switch kind {
	case 0x1f:
		return utf16Text(v)
	case 0x1e:
		return charset.Decode(trimNUL(v), c.codePage)
	}
	return ""
}

func utf16Text(v []byte) string {
	units := make([]uint16, 0, len(v)/2)
	for ; len(v) >= 2; v = v[2:] {
		u := binary.LittleEndian.Uint16(v)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}

func trimNUL(b []byte) []byte {
	if i := strings.IndexByte(string(b), 0); i >= 0 {
		return b[:i]
	}
	return b
}

// mapiProperties calls found for each property that is not multi-valued (MS-OXTNEF section 2.1.3.4), until the data is no longer
// understood.
func mapiProperties(b []byte, found func(id, kind uint16, v []byte)) {
	r := tnefReader{b: b}
	for n := min(r.u32(), maxTNEF*10); n > 0 && !r.bad; n-- {
		head := r.u32()
		kind, id := uint16(head), uint16(head>>16)
		if id >= 0x8000 { // named: a GUID, then a number or a name
			r.take(16)
			if r.u32() == 0 {
				r.take(4)
			} else {
				r.take(int64(r.u32()+3) &^ 3)
			}
		}
		values, size := uint32(1), int64(0)
		switch kind &^ 0x1000 {
		case 0x02, 0x03, 0x04, 0x0a, 0x0b:
			size = 4
		case 0x05, 0x06, 0x07, 0x14, 0x40:
			size = 8
		case 0x48:
			size = 16
		case 0x0d, 0x1e, 0x1f, 0x102:
			size = -1
		default:
			return
		}
		if size < 0 || kind&0x1000 != 0 {
			values = r.u32()
		}
		for ; values > 0 && !r.bad; values-- {
			n := size
			if size < 0 {
				n = int64(r.u32())
			}
			v := r.take(n)
			if pad := (4 - n%4) % 4; pad > 0 {
				r.take(pad)
			}
			if kind&0x1000 == 0 && v != nil {
				found(id, kind, v)
			}
		}
	}
}

// tnefReader takes bytes off the front; bad says that there were too few.
type tnefReader struct {
	b   []byte
	bad bool
}

func (r *tnefReader) take(n int64) []byte {
	if n < 0 || n > int64(len(r.b)) {
		r.bad = true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *tnefReader) u32() uint32 {
	if v := r.take(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}

// typesByName are the media types of files that mail carries, for those whose sender gives none.
var typesByName = map[string]string{
	".pdf": "application/pdf", ".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	".xls": "application/vnd.ms-excel", ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	".ppt": "application/vnd.ms-powerpoint", ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	".odt": "application/vnd.oasis.opendocument.text", ".rtf": "application/rtf", ".txt": "text/plain", ".csv": "text/csv", ".htm": "text/html", ".html": "text/html",
	".ics": "text/calendar", ".vcf": "text/vcard", ".eml": "message/rfc822", ".msg": "application/vnd.ms-outlook", ".zip": "application/zip",
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp", ".tif": "image/tiff", ".tiff": "image/tiff",
	".mp3": "audio/mpeg", ".wav": "audio/wav", ".mp4": "video/mp4",
}

// unpackTNEF files what a winmail.dat holds, in its place; its words only where the message has no others. It returns false for what
// is none or holds nothing.
func (r *reader) unpackTNEF(data []byte) bool {
	c, ok := readTNEF(data)
	if !ok || len(c.files) == 0 && len(c.text) == 0 && len(c.html) == 0 {
		return false
	}
	for _, f := range c.files {
		name := fileName(oneLine(f.longName))
		if name == "" {
			name = fileName(oneLine(f.name))
		}
		kind := strings.ToLower(strings.TrimSpace(f.mimeType))
		if !strings.Contains(kind, "/") {
			kind = typesByName[strings.ToLower(path.Ext(name))]
		}
		if kind == "" {
			kind = "application/octet-stream"
		}
		r.attach(part{name: name, mediaType: kind, disposition: "attachment"}, f.data, false)
	}
	for _, b := range r.blocks {
		if b.hasText && strings.TrimSpace(b.text) != "" || b.hasHTML && strings.TrimSpace(b.html) != "" {
			return true
		}
	}
	text := utf16Text(c.text)
	if !c.utf16Text {
		text = charset.Decode(trimNUL(c.text), c.codePage)
	}
	if b := (block{text: cleanText(text), hasText: len(c.text) > 0, html: cleanText(charset.Decode(c.html, metaCharset(c.html))), hasHTML: len(c.html) > 0}); len(data) <= r.text && (b.hasText || b.hasHTML) {
		r.text -= len(data)
		r.blocks = append(r.blocks, b)
	}
	return true
}
