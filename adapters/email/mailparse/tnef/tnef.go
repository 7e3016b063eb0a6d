// Package tnef unpacks winmail.dat, the form in which Exchange and Outlook wrap rich mail (MS-OXTNEF), with the compressed RTF inside it
// (MS-OXRTFCP) and the HTML inside that (MS-OXRTFEX). It is pure, copies nothing it need not, and writes out at most a small multiple of
// what it is given: RTF is the only part that grows.
package tnef

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf16"

	"kinbridge/adapters/email/mailparse/charset"
)

// signature begins every TNEF stream (MS-OXTNEF section 2.1.3.1).
const signature = 0x223e9f78

// Attributes of a TNEF stream that are read (MS-OXTNEF section 2.1.3.3): the rest holds what the mail's header says already.
const (
	attrBody       = 0x800c
	attrData       = 0x800f
	attrTitle      = 0x8010
	attrRendering  = 0x9002 // a new attachment begins
	attrMessage    = 0x9003 // MAPI properties of the message
	attrAttachment = 0x9005 // MAPI properties of the attachment
	attrCodePage   = 0x9007
)

// MAPI properties that are read (MS-OXPROPS).
const (
	propSubject     = 0x0037
	propBody        = 0x1000
	propRTF         = 0x1009
	propHTML        = 0x1013
	propDisplayName = 0x3001
	propData        = 0x3701
	propFileName    = 0x3704
	propLongName    = 0x3707
	propMIMEType    = 0x370e
	propContentID   = 0x3712
	propCPID        = 0x3fde // of the HTML body
	propCodePage    = 0x3ffd // of PtypString8
)

// Bounds of one stream: more is not read.
const (
	maxFiles      = 200
	maxProperties = 2000
	maxNested     = 5
)

// Content is what a winmail.dat holds. Text and HTML are in UTF-8 and not cleaned; both are empty when it holds no body.
type Content struct {
	Subject string
	Text    string
	HTML    string
	Files   []File
}

// File is one attachment. Name may be empty; Type is as the sender gave it, mostly empty.
type File struct {
	Name, Type, ContentID string
	Data                  []byte
}

// Read unpacks a stream as far as it can be read. ok is false when b is no TNEF stream.
func Read(b []byte) (c Content, ok bool) { return read(b, 0) }

func read(b []byte, depth int) (Content, bool) {
	if len(b) < 6 || binary.LittleEndian.Uint32(b) != signature {
		return Content{}, false
	}
	s := stream{depth: depth}
	for rest := b[6:]; len(rest) >= 11 && len(s.files) <= maxFiles; {
		id, n := binary.LittleEndian.Uint16(rest[1:]), int64(binary.LittleEndian.Uint32(rest[5:]))
		if n > int64(len(rest)-9) {
			n = int64(len(rest) - 9) // cut off: what is there is better than nothing
		}
		s.attribute(id, rest[9:9+n])
		rest = rest[min(int64(len(rest)), 9+n+2):]
	}
	return s.content(), true
}

// stream collects the attributes of one stream; text is decoded at the end, when the code page is known.
type stream struct {
	depth    int
	files    []file
	codePage string
	htmlPage string
	subject  value
	body     value
	html     value
	rtf      []byte
}

type file struct {
	title, shortName, longName, display, mime, id value
	data, object                                  []byte
}

// value is a property as found: PtypString is UTF-16, PtypString8 and binary are in a code page.
type value struct {
	kind uint16
	data []byte
}

const (
	kindString8 = 0x1e
	kindString  = 0x1f
	kindObject  = 0x0d
)

func (v value) text(codePage string) string {
	if v.kind == kindString {
		return utf16Text(v.data)
	}
	return charset.Decode(trimNUL(v.data), codePage)
}

func (s *stream) attribute(id uint16, data []byte) {
	var f *file
	if n := len(s.files); n > 0 {
		f = &s.files[n-1]
	}
	switch {
	case id == attrRendering:
		s.files = append(s.files, file{})
	case id == attrCodePage && len(data) >= 4:
		s.codePage = codePageName(binary.LittleEndian.Uint32(data))
	case id == attrBody:
		s.body = value{kindString8, data}
	case id == attrMessage:
		properties(data, s.property)
	case id == attrTitle && f != nil:
		f.title = value{kindString8, data}
	case id == attrData && f != nil:
		f.data = data
	case id == attrAttachment && f != nil:
		properties(data, f.property)
	}
}

func (s *stream) property(id, kind uint16, v []byte) {
	switch id {
	case propSubject:
		s.subject = value{kind, v}
	case propBody:
		s.body = value{kind, v}
	case propHTML:
		s.html = value{kind, v}
	case propRTF:
		s.rtf = v
	case propCPID:
		if len(v) >= 4 {
			s.htmlPage = codePageName(binary.LittleEndian.Uint32(v))
		}
	case propCodePage:
		if len(v) >= 4 && s.codePage == "" {
			s.codePage = codePageName(binary.LittleEndian.Uint32(v))
		}
	}
}

func (f *file) property(id, kind uint16, v []byte) {
	switch id {
	case propLongName:
		f.longName = value{kind, v}
	case propFileName:
		f.shortName = value{kind, v}
	case propDisplayName:
		f.display = value{kind, v}
	case propMIMEType:
		f.mime = value{kind, v}
	case propContentID:
		f.id = value{kind, v}
	case propData:
		if kind == kindObject && len(v) > 16 {
			f.object = v[16:] // after the interface it was stored with
		} else if len(f.data) == 0 {
			f.data = v
		}
	}
}

func (s *stream) content() Content {
	c := Content{Subject: s.subject.text(s.codePage), Text: s.body.text(s.codePage)}
	page := s.htmlPage
	if page == "" {
		page = s.codePage
	}
	c.HTML = s.html.text(page)
	if c.HTML == "" && len(s.rtf) > 0 {
		text, isHTML := readRTF(decompressRTF(s.rtf))
		switch {
		case isHTML:
			c.HTML = text
		case c.Text == "":
			c.Text = text
		}
	}
	for i := range s.files {
		f := &s.files[i]
		if inner, ok := read(f.object, s.depth+1); ok && s.depth < maxNested {
			c.Files = append(c.Files, nestedFiles(inner, f.name(s.codePage))...)
			continue
		}
		data := f.data
		if len(data) == 0 {
			data = f.object
		}
		c.Files = append(c.Files, File{Name: f.name(s.codePage), Type: f.mime.text(s.codePage), ContentID: f.id.text(s.codePage), Data: data})
	}
	return c
}

func (f *file) name(codePage string) string {
	for _, v := range []value{f.longName, f.shortName, f.title, f.display} {
		if name := v.text(codePage); name != "" {
			return name
		}
	}
	return ""
}

// nestedFiles turns a message inside the stream into files: its words, then what is attached to it.
func nestedFiles(c Content, name string) []File {
	if name == "" {
		name = c.Subject
	}
	if name == "" {
		name = "message"
	}
	var out []File
	switch {
	case c.HTML != "":
		out = append(out, File{Name: name + ".html", Type: "text/html", Data: []byte(c.HTML)})
	case c.Text != "":
		out = append(out, File{Name: name + ".txt", Type: "text/plain", Data: []byte(c.Text)})
	}
	return append(out, c.Files...)
}

// codePageName is the charset of a Windows code page number; "" when it is not one that mail is written in.
func codePageName(cp uint32) string {
	switch {
	case cp >= 1250 && cp <= 1258:
		return "windows-" + strconv.Itoa(int(cp))
	case cp >= 28591 && cp <= 28605:
		return "iso-8859-" + strconv.Itoa(int(cp-28590))
	}
	switch cp {
	case 65001:
		return "utf-8"
	case 65000:
		return "utf-7"
	case 1200:
		return "utf-16le"
	case 932:
		return "shift_jis"
	case 936, 54936:
		return "gb18030"
	case 949, 51949:
		return "euc-kr"
	case 950:
		return "big5"
	case 874:
		return "windows-874"
	case 20866:
		return "koi8-r"
	case 21866:
		return "koi8-u"
	case 51932:
		return "euc-jp"
	case 50220, 50221, 50222:
		return "iso-2022-jp"
	case 10000:
		return "macintosh"
	case 437, 850, 852, 855, 866:
		return "ibm" + strconv.Itoa(int(cp))
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
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}

// properties calls found for each property that is not multi-valued (MS-OXTNEF section 2.1.3.4), until the data is no longer
// understood.
func properties(b []byte, found func(id, kind uint16, v []byte)) {
	r := cursor{b: b}
	for n := min(r.u32(), maxProperties); n > 0 && !r.bad; n-- {
		head := r.u32()
		kind, id := uint16(head), uint16(head>>16)
		if id >= 0x8000 { // named: a GUID, then a number or a name
			r.take(16)
			if r.u32() == 0 {
				r.take(4)
			} else {
				r.take((int64(r.u32()) + 3) &^ 3)
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
		case kindObject, kindString8, kindString, 0x102:
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

// cursor takes bytes off the front; bad says that there were too few.
type cursor struct {
	b   []byte
	bad bool
}

func (r *cursor) take(n int64) []byte {
	if n < 0 || n > int64(len(r.b)) {
		r.bad = true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *cursor) u32() uint32 {
	if v := r.take(4); v != nil {
		return binary.LittleEndian.Uint32(v)
	}
	return 0
}
