package sniff

import (
	"bytes"
	"path"
	"strings"

	"kinbridge/gateway/messages"
)

// maxUnpacked is how many bytes an office document may claim to unpack to.
const maxUnpacked = 1 << 30

// Result is what a file's content and name say. Reason is "" when nothing speaks against showing it.
type Result struct {
	Type   Type
	Reason messages.FileReason
	// Actions: a PDF that holds scripts or starts something. Pictures of it are harmless, the file may not be.
	Actions bool
}

// groups are the names by which a configuration allows several kinds at once.
var groups = map[string][]Type{
	"image":        {PNG, JPEG, GIF, WebP, BMP, TIFF, HEIC},
	"pdf":          {PDF},
	"word":         {Word, DOCX, RTF},
	"excel":        {Excel, XLSX},
	"powerpoint":   {PowerPoint, PPTX},
	"opendocument": {ODT, ODS, ODP},
	"text":         {Text},
	"calendar":     {Calendar},
	"contact":      {Contact},
	"email":        {Email},
	"audio":        {Audio},
	"video":        {Video},
}

// DefaultAllow is what mail may bring when nothing is configured.
var DefaultAllow = []string{"image", "pdf", "word", "excel", "powerpoint", "opendocument", "text", "calendar"}

// GroupNames are the names that Allow understands, in the order of the alphabet.
var GroupNames = []string{"audio", "calendar", "contact", "email", "excel", "image", "opendocument", "pdf", "powerpoint", "text", "video", "word"}

// Allow returns the kinds that the named groups hold; unknown is the first name that is no group.
func Allow(names []string) (allowed map[Type]bool, unknown string) {
	allowed = map[Type]bool{}
	for _, n := range names {
		kinds, ok := groups[n]
		if !ok {
			return nil, n
		}
		for _, t := range kinds {
			allowed[t] = true
		}
	}
	return allowed, ""
}

// Pictures, and the files of one office program, are taken for one another by so many honest programs that only the family counts.
var (
	anyPicture = []Type{PNG, JPEG, GIF, WebP, BMP, TIFF, HEIC}
	anyWord    = []Type{Word, DOCX, RTF, ODT}
	anySheet   = []Type{Excel, XLSX, ODS, Text}
	anySlides  = []Type{PowerPoint, PPTX, ODP}
)

// promises says what a name's ending promises: any of the kinds beside it.
var promises = promisesOf([]promise{
	{"png jpg jpeg jpe jfif gif webp bmp dib tif tiff heic heif avif", anyPicture},
	{"pdf", []Type{PDF}},
	{"doc dot docx dotx odt ott", anyWord},
	{"rtf", []Type{RTF, DOCX, Word}},
	{"xls xlt xlsx xltx ods ots", anySheet},
	{"ppt pot pps pptx potx ppsx odp otp", anySlides},
	{"txt text csv tsv log md", []Type{Text, Calendar, Contact, Email}},
	{"ics ical ifb vcs", []Type{Calendar, Text}},
	{"vcf vcard", []Type{Contact, Text}},
	{"eml msg mht mhtml", []Type{Email, HTML, Text}},
	{"mp3 wav ogg m4a amr flac opus", []Type{Audio, Video}},
	{"mp4 mov avi mkv webm 3gp", []Type{Video, Audio}},
})

// What Windows, a browser or an office program would run, by the ending of its name; and archives.
var (
	runnable = words("exe com scr pif bat cmd msi msp dll cpl js jse vbs vbe wsf wsh ps1 psm1 hta jar lnk url reg inf chm app apk deb rpm sh bash py pl php rb gadget " +
		"application appref-ms scf website xll ade adp mde onepkg one swf class dmg pkg command")
	macroEndings  = words("docm dotm xlsm xltm xlam xlsb pptm potm ppsm ppam")
	webEndings    = words("html htm xhtml shtml svg svgz xml xsl xslt mht mhtml")
	archiveEnding = words("zip rar 7z gz tgz tar bz2 xz cab iso img vhd vhdx arj lzh ace z zst")
	active        = map[Type]bool{HTML: true, SVG: true, Script: true, Program: true}
)

type promise struct {
	endings string
	kinds   []Type
}

func promisesOf(list []promise) map[string][]Type {
	out := map[string][]Type{}
	for _, p := range list {
		for e := range words(p.endings) {
			out[e] = p.kinds
		}
	}
	return out
}

func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// ending is the lower-case ending of a name as Windows sees it: it drops spaces and dots at the end.
func ending(name string) string {
	name = strings.TrimRight(name[strings.LastIndexAny(name, `/\`)+1:], " .\u00a0")
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

// Judge says what a file is and what speaks against showing it. The media type that the mail gives plays no part.
func Judge(name string, b []byte, allowed map[Type]bool) Result {
	r := Result{Type: Sniff(b)}
	ext := ending(name)
	promised, known := promises[ext]
	fits := !known
	for _, t := range promised {
		fits = fits || t == r.Type
	}
	switch {
	case r.Type == Empty:
		r.Reason = messages.FileEmpty
	case !fits && (active[r.Type] || r.Type == Archive || r.Type == OLE || r.Type == Unknown):
		r.Reason = wrongContent(b, r.Type)
	case runnable[ext] || active[r.Type], webEndings[ext] && r.Type != Email:
		r.Reason = messages.FileActive
	case macroEndings[ext]:
		r.Reason = messages.FileMacros
	case r.Type == Archive || archiveEnding[ext]:
		r.Reason = r.archive(b)
	case !fits:
		r.Reason = messages.FileWrongName
	case mixed(b, r.Type):
		r.Reason = messages.FileMixed
	default:
		r.inside(b)
		if r.Reason == "" && !allowed[r.Type] {
			r.Reason = messages.FileNotAllowed
		}
	}
	r.Actions = r.Type == PDF && hasActions(b)
	return r
}

// wrongContent is why a file is refused that is not what its name promises. A locked office document is an OLE container of nothing known:
// that is no lie, it needs a password. What cannot be told at all is more likely broken.
func wrongContent(b []byte, t Type) messages.FileReason {
	switch {
	case t == OLE && lookOLE(b).encrypted:
		return messages.FileProtected
	case t == Unknown:
		return messages.FileDamaged
	case t == Archive && bytes.HasPrefix(b, []byte("PK")):
		switch z, ok := lookZip(b); {
		case z.swells:
			return messages.FileSwells
		case !ok: // an office document that lost its end
			return messages.FileDamaged
		}
	}
	return messages.FileWrongName
}

func (r Result) archive(b []byte) messages.FileReason {
	if z, ok := lookZip(b); ok && z.encrypted {
		return messages.FileProtected
	}
	return messages.FileArchive
}

// inside looks into the kinds that hold other things.
func (r *Result) inside(b []byte) {
	switch r.Type {
	case DOCX, XLSX, PPTX, ODT, ODS, ODP:
		z, _ := lookZip(b)
		switch {
		case z.encrypted:
			r.Reason = messages.FileProtected
		case z.macros || z.fetches:
			r.Reason = messages.FileMacros
		case z.unpacked > maxUnpacked:
			r.Reason = messages.FileSwells
		}
	case Word, Excel, PowerPoint, OLE:
		o := lookOLE(b)
		switch {
		case o.encrypted:
			r.Reason = messages.FileProtected
		case o.macros:
			r.Reason = messages.FileMacros
		}
	case RTF:
		// An embedded object is how RTF carries programs ([MS-RTF]: \objdata); pictures are \pict.
		if low := bytes.ToLower(b); bytes.Contains(low, []byte(`\objdata`)) || bytes.Contains(low, []byte(`\objupdate`)) {
			r.Reason = messages.FileMacros
		}
	}
}

// mixed reports whether a file is also something else: a program that looks for its own signature elsewhere in it would open it as that.
func mixed(b []byte, t Type) bool {
	zipped := t == DOCX || t == XLSX || t == PPTX || t == ODT || t == ODS || t == ODP
	if _, entries, _, ok := zipEnd(b); ok && entries > 0 && !zipped {
		return true
	}
	head := b[:min(len(b), pdfWithin)]
	if t != PDF {
		return t != Text && t != Email && bytes.Contains(head, []byte("%PDF-"))
	}
	if i := bytes.Index(head, []byte("%PDF-")); i > 0 {
		lower := bytes.ToLower(head[:i])
		return bytes.ContainsAny(lower, "<") || !isText(lower, false)
	}
	lower := bytes.ToLower(head)
	return bytes.Contains(lower, []byte("<html")) || bytes.Contains(lower, []byte("<script"))
}

// hasActions looks for what makes a PDF act when it is opened (ISO 32000-1 sections 12.6.4.5 and 12.6.4.16). Within compressed objects it is
// not seen: who is told that there is something can rely on it, who is told nothing cannot.
func hasActions(b []byte) bool {
	for _, key := range []string{"/JavaScript", "/Launch", "/EmbeddedFile", "/RichMedia", "/ImportData"} {
		if bytes.Contains(b, []byte(key)) {
			return true
		}
	}
	return false
}
