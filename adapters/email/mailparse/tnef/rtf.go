package tnef

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"unicode/utf16"

	"kinbridge/adapters/email/mailparse/charset"
)

// The two forms of PidTagRtfCompressed (MS-OXRTFCP section 2.1.3.1).
const (
	rtfCompressed   = 0x75465a4c // "LZFu"
	rtfUncompressed = 0x414c454d // "MELA"
)

// rtfDictionary is what the dictionary holds before the first byte (MS-OXRTFCP section 2.1.2.1).
const rtfDictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier" +
	"{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// decompressRTF undoes the compression as far as the data goes. Two bytes become at most seventeen.
func decompressRTF(b []byte) []byte {
	if len(b) < 16 {
		return nil
	}
	size, form := int(binary.LittleEndian.Uint32(b[4:])), binary.LittleEndian.Uint32(b[8:])
	b = b[16:]
	switch form {
	case rtfUncompressed:
		return b[:min(len(b), size)]
	case rtfCompressed:
	default:
		return nil
	}
	var dict [4096]byte
	at := copy(dict[:], rtfDictionary)
	out := make([]byte, 0, min(size, 9*len(b)))
	put := func(c byte) {
		out = append(out, c)
		dict[at] = c
		at = (at + 1) % len(dict)
	}
	for len(b) > 0 {
		control := b[0]
		b = b[1:]
		for bit := 0; bit < 8 && len(b) > 0; bit++ {
			if control>>bit&1 == 0 {
				put(b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out
			}
			token := int(b[0])<<8 | int(b[1])
			b = b[2:]
			from := token >> 4
			if from == at {
				return out // the end mark
			}
			for range token&15 + 2 {
				put(dict[from])
				from = (from + 1) % len(dict)
			}
		}
	}
	return out
}

// maxGroups bounds how deep RTF groups nest.
const maxGroups = 200

// rtfReader takes the words, or the HTML that they were made of (MS-OXRTFEX), out of RTF.
type rtfReader struct {
	src    []byte
	out    strings.Builder
	raw    []byte   // bytes waiting for decoding in the charset of group
	units  []uint16 // UTF-16 of \u waiting
	isHTML bool
	group  rtfGroup
	stack  []rtfGroup
	page   string         // of \ansicpg
	fonts  map[int]string // charsets of the font table
	font   int            // being defined
	skip   int            // characters still to leave out after \u
}

// rtfGroup is the state that a closing brace restores.
type rtfGroup struct {
	ignore  bool // a destination without words
	tag     bool // \*\htmltag: HTML
	rtfOnly bool // \htmlrtf: formatting for readers of RTF
	fonts   bool // the font table
	charset string
	uc      int
}

// readRTF returns the words of RTF, or the HTML it was made from.
func readRTF(src []byte) (text string, isHTML bool) {
	if !bytes.HasPrefix(bytes.TrimSpace(src), []byte("{\\rtf")) {
		return "", false
	}
	r := &rtfReader{src: src, group: rtfGroup{uc: 1}, fonts: map[int]string{}}
	r.isHTML = bytes.Contains(src[:min(len(src), 4096)], []byte("\\fromhtml"))
	for len(r.src) > 0 {
		c := r.src[0]
		r.src = r.src[1:]
		switch c {
		case '{':
			r.flush()
			if len(r.stack) < maxGroups {
				r.stack = append(r.stack, r.group)
			} else {
				r.src = nil
			}
			if bytes.HasPrefix(r.src, []byte("\\*")) && !bytes.HasPrefix(r.src, []byte("\\*\\htmltag")) {
				r.group.ignore = true
			}
		case '}':
			r.flush()
			if n := len(r.stack); n > 0 {
				r.group, r.stack = r.stack[n-1], r.stack[:n-1]
			}
		case '\\':
			r.control()
		case '\r', '\n', 0:
		default:
			r.put(c)
		}
	}
	r.flush()
	return r.out.String(), r.isHTML
}

// put adds one byte of text.
func (r *rtfReader) put(c byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	if r.silent() {
		return
	}
	r.flushUnits()
	r.raw = append(r.raw, c)
}

// silent says that what stands here is not part of the words, or not of the HTML.
func (r *rtfReader) silent() bool {
	return r.group.ignore || r.group.fonts || r.isHTML && r.group.rtfOnly
}

func (r *rtfReader) write(s string) {
	if !r.silent() {
		r.flush()
		r.out.WriteString(s)
	}
}

func (r *rtfReader) flush() {
	r.flushUnits()
	if len(r.raw) > 0 {
		cs := r.group.charset
		if cs == "" {
			cs = r.page
		}
		r.out.WriteString(charset.Exactly(r.raw, cs)) // RTF says what it is in
		r.raw = r.raw[:0]
	}
}

func (r *rtfReader) flushUnits() {
	if len(r.units) > 0 {
		units := r.units
		r.units = nil
		if len(r.raw) > 0 {
			r.flush()
		}
		r.out.WriteString(string(utf16.Decode(units)))
	}
}

// control reads what follows a backslash.
func (r *rtfReader) control() {
	if len(r.src) == 0 {
		return
	}
	c := r.src[0]
	if c|0x20 < 'a' || c|0x20 > 'z' {
		r.src = r.src[1:]
		r.symbol(c)
		return
	}
	n := 1
	for n < len(r.src) && n < 32 && r.src[n]|0x20 >= 'a' && r.src[n]|0x20 <= 'z' {
		n++
	}
	word := string(r.src[:n])
	r.src = r.src[n:]
	n = 0
	for n < len(r.src) && n < 11 && (r.src[n] >= '0' && r.src[n] <= '9' || n == 0 && r.src[n] == '-') {
		n++
	}
	value, err := strconv.Atoi(string(r.src[:n]))
	hasValue := err == nil
	r.src = r.src[n:]
	if len(r.src) > 0 && r.src[0] == ' ' {
		r.src = r.src[1:]
	}
	r.word(word, value, hasValue)
}

func (r *rtfReader) symbol(c byte) {
	switch c {
	case '\\', '{', '}':
		r.put(c)
	case '\'':
		if len(r.src) >= 2 {
			b, err := strconv.ParseUint(string(r.src[:2]), 16, 8)
			r.src = r.src[2:]
			if err == nil {
				r.put(byte(b))
			}
		}
	case '~':
		r.write("\u00a0")
	case '_':
		r.write("\u2011")
	case '\r', '\n':
		r.newline()
	}
}

func (r *rtfReader) newline() {
	r.skip = 0
	r.write("\n")
}

func (r *rtfReader) word(word string, value int, hasValue bool) {
	switch word {
	case "par", "line", "sect", "page", "row":
		r.newline()
	case "tab", "cell":
		r.write("\t")
	case "lquote":
		r.write("‘")
	case "rquote":
		r.write("’")
	case "ldblquote":
		r.write("“")
	case "rdblquote":
		r.write("”")
	case "endash":
		r.write("–")
	case "emdash":
		r.write("—")
	case "bullet":
		r.write("•")
	case "htmltag":
		r.group.tag = true
	case "htmlrtf":
		r.flush()
		r.group.rtfOnly = !hasValue || value != 0
	case "ansicpg":
		r.page = codePageName(uint32(max(value, 0)))
	case "fonttbl":
		r.group.fonts = true
	case "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "listtable", "listoverridetable", "themedata", "datastore":
		r.group.ignore = true
	case "f":
		r.setFont(value)
	case "fcharset":
		if r.group.fonts {
			r.fonts[r.font] = fontCharsets[value]
		}
	case "uc":
		r.group.uc = max(0, min(value, 8))
	case "u":
		if !r.silent() {
			if len(r.raw) > 0 {
				r.flush()
			}
			r.units = append(r.units, uint16(value))
		}
		r.skip = r.group.uc
	case "bin":
		r.src = r.src[max(0, min(value, len(r.src))):]
	}
}

func (r *rtfReader) setFont(n int) {
	if r.group.fonts {
		if len(r.fonts) < 1000 {
			r.font = n
		}
		return
	}
	r.flush()
	r.group.charset = r.fonts[n]
}

// fontCharsets are the charsets of \fcharset; the rest says nothing.
var fontCharsets = map[int]string{
	77: "macintosh", 128: "shift_jis", 129: "euc-kr", 134: "gb18030", 136: "big5", 161: "windows-1253", 162: "windows-1254", 163: "windows-1258",
	177: "windows-1255", 178: "windows-1256", 186: "windows-1257", 204: "windows-1251", 222: "windows-874", 238: "windows-1250",
}
