package mailparse

import (
	"path"
	"strings"

	"kinbridge/adapters/email/mailparse/tnef"
)

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
	c, ok := tnef.Read(data)
	if !ok || len(c.Files) == 0 && c.Text == "" && c.HTML == "" {
		return false
	}
	for _, f := range c.Files {
		p := part{name: fileName(OneLine(f.Name)), mediaType: strings.ToLower(strings.TrimSpace(f.Type)), disposition: "attachment", contentID: strings.Trim(OneLine(f.ContentID), "<>")}
		if !strings.Contains(p.mediaType, "/") {
			p.mediaType = typesByName[strings.ToLower(path.Ext(p.name))]
		}
		if p.mediaType == "" {
			p.mediaType = "application/octet-stream"
		}
		r.attach(p, f.Data, false)
	}
	for _, b := range r.blocks {
		if b.hasText && strings.TrimSpace(b.text) != "" || b.hasHTML && strings.TrimSpace(b.html) != "" {
			return true
		}
	}
	switch size := len(c.Text) + len(c.HTML); {
	case size > r.text:
		r.tooLarge("The text is longer than the limit; the rest was not read.")
	case size > 0:
		r.text -= size
		r.blocks = append(r.blocks, block{text: cleanText(c.Text), hasText: c.Text != "", html: cleanText(c.HTML), hasHTML: c.HTML != ""})
	}
	r.subject = OneLine(c.Subject)
	return true
}
