package staff

import (
	"mime"
	"net/http"
	"strconv"
	"strings"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// file hands out an attachment to be saved: never shown in the site's own name, whatever it says it is.
func (s *Staff) file(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	f, err := s.flow.Attachment(r.Context(), me.Actor(), ids.AttachmentID(r.PathValue("file")))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": fileName(f.Name)}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Length", strconv.Itoa(len(f.Content)))
	_, _ = w.Write(f.Content) // an error means that the reader has gone
	return nil
}

// fileName makes a name from outside fit to save under: no folders, no control characters, no leading dot.
func fileName(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || strings.ContainsRune(`:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	if name = strings.TrimLeft(name, ". "); name == "" {
		return "file"
	}
	return name
}
