package sniff

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"strings"
)

// Limits of looking into a zip file.
const (
	maxMembers = 10_000  // of a document; more is no document that anybody wrote
	maxMember  = 1 << 20 // inflated bytes that are read of one member
	maxRels    = 64      // members that say what a document fetches
)

// The end of central directory record, a central directory entry and a local header (APPNOTE.TXT sections 4.3.16, 4.3.12 and 4.3.7).
const (
	endMagic, endSize         = "PK\x05\x06", 22
	centralMagic, centralSize = "PK\x01\x02", 46
	localMagic, localSize     = "PK\x03\x04", 30
)

// member is what the central directory says of one file in a zip file.
type member struct {
	name             string
	flags, method    uint16
	packed, unpacked uint32
	local            uint32
}

// zipFacts is what a zip file is and holds.
type zipFacts struct {
	is        Type
	encrypted bool
	macros    bool
	fetches   bool   // a template or object that is loaded from outside
	unpacked  uint64 // bytes, as the directory claims
	swells    bool   // more members than any document has
}

// zipEnd finds the end record: it must reach exactly to the end of the file, and point at a central directory within it. before is how many
// bytes stand before the archive.
func zipEnd(b []byte) (directory []byte, entries, before int, ok bool) {
	tail := b[max(0, len(b)-endSize-0xffff):]
	for i := bytes.LastIndex(tail, []byte(endMagic)); i >= 0; i = bytes.LastIndex(tail[:i], []byte(endMagic)) {
		end := tail[i:]
		if len(end) < endSize || endSize+int(binary.LittleEndian.Uint16(end[20:])) != len(end) {
			continue
		}
		entries = int(binary.LittleEndian.Uint16(end[10:]))
		size, offset := uint64(binary.LittleEndian.Uint32(end[12:])), uint64(binary.LittleEndian.Uint32(end[16:]))
		at := len(b) - len(tail) + i
		if size > uint64(at) || offset+size > uint64(at) {
			return nil, 0, 0, false
		}
		directory = b[at-int(size) : at]
		if entries > 0 && !bytes.HasPrefix(directory, []byte(centralMagic)) {
			return nil, 0, 0, false
		}
		return directory, entries, at - int(size) - int(offset), true
	}
	return nil, 0, 0, false
}

// members reads the central directory, at most maxMembers of it; complete is false when there is more or it is damaged.
func members(directory []byte) (ms []member, complete bool) {
	for len(directory) > 0 {
		if len(ms) == maxMembers || len(directory) < centralSize || string(directory[:4]) != centralMagic {
			return ms, false
		}
		u16 := func(at int) uint16 { return binary.LittleEndian.Uint16(directory[at:]) }
		u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(directory[at:]) }
		n := int(u16(28))
		size := centralSize + n + int(u16(30)) + int(u16(32))
		if len(directory) < size {
			return ms, false
		}
		ms = append(ms, member{name: string(directory[centralSize : centralSize+n]), flags: u16(8), method: u16(10), packed: u32(20), unpacked: u32(24), local: u32(42)})
		directory = directory[size:]
	}
	return ms, true
}

// content returns the first maxMember bytes of a member; nil when it cannot be read.
func (m member) content(b []byte, before int) []byte {
	at := int64(before) + int64(m.local)
	if at < 0 || at+localSize > int64(len(b)) || string(b[at:at+4]) != localMagic {
		return nil
	}
	head := b[at:]
	start := localSize + int(binary.LittleEndian.Uint16(head[26:])) + int(binary.LittleEndian.Uint16(head[28:]))
	if start > len(head) {
		return nil
	}
	packed := head[start:]
	packed = packed[:min(int64(len(packed)), int64(m.packed))]
	switch m.method {
	case 0:
		return packed[:min(len(packed), maxMember)]
	case 8:
		out, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxMember))
		if err != nil && len(out) == 0 {
			return nil
		}
		return out
	}
	return nil
}

// lookZip says what a zip file is. ok is false when its directory cannot be read: then it is an archive and no more is known.
func lookZip(b []byte) (z zipFacts, ok bool) {
	z.is = Archive
	directory, _, before, ok := zipEnd(b)
	if !ok {
		return z, false
	}
	ms, complete := members(directory)
	z.swells = !complete && len(ms) == maxMembers
	if !complete || before != 0 {
		return z, false
	}
	parts := map[string]member{}
	for _, m := range ms {
		z.unpacked += uint64(m.unpacked)
		z.encrypted = z.encrypted || m.flags&1 != 0
		parts[strings.ToLower(strings.ReplaceAll(m.name, `\`, "/"))] = m
	}
	if m, there := parts["mimetype"]; there {
		z.openDocument(b, string(m.content(b, before)), parts)
	} else if m, there := parts["[content_types].xml"]; there {
		z.officeOpen(b, bytes.ToLower(m.content(b, before)), parts)
	}
	return z, true
}

// openDocument looks into an ODF package (OASIS ODF 1.2 part 3).
func (z *zipFacts) openDocument(b []byte, mediaType string, parts map[string]member) {
	kind, ok := map[string]Type{"application/vnd.oasis.opendocument.text": ODT, "application/vnd.oasis.opendocument.spreadsheet": ODS,
		"application/vnd.oasis.opendocument.presentation": ODP}[strings.TrimSuffix(strings.TrimSpace(mediaType), "-template")]
	if !ok {
		return
	}
	z.is = kind
	for name := range parts {
		z.macros = z.macros || strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/")
	}
	manifest := parts["meta-inf/manifest.xml"].content(b, 0)
	z.encrypted = z.encrypted || bytes.Contains(manifest, []byte("encryption-data"))
}

// officeOpen looks into an OOXML package (ECMA-376 part 2).
func (z *zipFacts) officeOpen(b, contentTypes []byte, parts map[string]member) {
	rels := 0
	for name, m := range parts {
		switch {
		case strings.HasPrefix(name, "word/"):
			z.is = DOCX
		case strings.HasPrefix(name, "xl/"):
			z.is = XLSX
		case strings.HasPrefix(name, "ppt/"):
			z.is = PPTX
		}
		switch {
		case strings.HasSuffix(name, "vbaproject.bin"), strings.HasPrefix(name, "xl/macrosheets/"), strings.HasSuffix(name, "vbadata.xml"):
			z.macros = true
		case strings.HasSuffix(name, ".rels") && rels < maxRels:
			rels++
			z.fetches = z.fetches || fetches(bytes.ToLower(m.content(b, 0)))
		}
	}
	z.macros = z.macros || bytes.Contains(contentTypes, []byte("macroenabled")) || bytes.Contains(contentTypes, []byte("vbaproject"))
}

// fetches reports whether a relationships part makes the document load a template, an object or a frame from the net when it is opened. Links
// that a reader must click are ordinary, and so are the templates of an office's own file server.
func fetches(rels []byte) bool {
	for _, r := range bytes.Split(rels, []byte("<relationship ")) {
		_, target, _ := bytes.Cut(r, []byte(` target="`))
		target, _, _ = bytes.Cut(target, []byte(`"`))
		loads := bytes.Contains(r, []byte("/attachedtemplate")) || bytes.Contains(r, []byte("/oleobject")) || bytes.Contains(r, []byte("/frame"))
		if loads && (bytes.Contains(target, []byte("http:")) || bytes.Contains(target, []byte("https:")) || bytes.Contains(target, []byte("ftp:"))) {
			return true
		}
	}
	return false
}
