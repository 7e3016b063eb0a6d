package sniff

import (
	"encoding/binary"
	"unicode/utf16"
)

// oleFacts is what an OLE 2 compound file is and holds.
type oleFacts struct {
	is        Type
	encrypted bool
	macros    bool
}

// entrySize is the size of a directory entry; entries stand at multiples of it ([MS-CFB] section 2.6).
const entrySize = 128

// entryName reads a slot as a directory entry: its name, and whether it can be one. The length of the name and the kind of the object must
// fit, which text that happens to stand there does not.
func entryName(e []byte) (string, bool) {
	n := int(binary.LittleEndian.Uint16(e[64:]))
	if n < 4 || n > 64 || n%2 != 0 || e[66] != 1 && e[66] != 2 || e[67] > 1 || e[n-2] != 0 || e[n-1] != 0 {
		return "", false
	}
	units := make([]uint16, 0, 32)
	for i := 0; i < n-2; i += 2 {
		units = append(units, binary.LittleEndian.Uint16(e[i:]))
	}
	return string(utf16.Decode(units)), true
}

// lookOLE says what a compound file is. It looks at every slot in which a directory entry can stand instead of following the sector chains:
// linear, and a file whose chains lie hides nothing.
func lookOLE(b []byte) oleFacts {
	f := oleFacts{is: OLE}
	for at := 512; at+entrySize <= len(b); at += entrySize {
		name, ok := entryName(b[at : at+entrySize])
		if !ok {
			continue
		}
		stream := binary.LittleEndian.Uint32(b[at+116:])
		switch name {
		case "WordDocument":
			f.is, f.encrypted = Word, f.encrypted || wordLocked(stream1(b, stream))
		case "Workbook", "Book":
			f.is, f.encrypted = Excel, f.encrypted || excelLocked(stream1(b, stream))
		case "PowerPoint Document":
			f.is = PowerPoint
		case "EncryptedPackage", "EncryptedSummary":
			f.encrypted = true
		case "_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA", "Macros":
			f.macros = true
		case "__properties_version1.0", "__nameid_version1.0":
			if f.is == OLE {
				f.is = Email // an Outlook message ([MS-OXMSG] section 2)
			}
		}
	}
	return f
}

// stream1 returns the first sector of a stream.
func stream1(b []byte, sector uint32) []byte {
	shift := binary.LittleEndian.Uint16(b[30:])
	if shift != 9 && shift != 12 {
		return nil
	}
	at := (int64(sector) + 1) << shift
	if at < 0 || at >= int64(len(b)) {
		return nil
	}
	return b[at:min(int64(len(b)), at+1<<shift)]
}

// wordLocked reads fEncrypted of the file information block ([MS-DOC] section 2.5.2).
func wordLocked(fib []byte) bool {
	return len(fib) > 12 && binary.LittleEndian.Uint16(fib) == 0xa5ec && binary.LittleEndian.Uint16(fib[10:])&0x0100 != 0
}

// excelLocked looks for the FilePass record near the beginning of the workbook ([MS-XLS] section 2.4.117).
func excelLocked(book []byte) bool {
	for range 8 {
		if len(book) < 4 {
			return false
		}
		kind, n := binary.LittleEndian.Uint16(book), int(binary.LittleEndian.Uint16(book[2:]))
		if kind == 0x2f {
			return true
		}
		if len(book) < 4+n {
			return false
		}
		book = book[4+n:]
	}
	return false
}
