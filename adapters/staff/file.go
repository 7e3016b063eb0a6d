package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// file hands out an attachment to be saved.
func (s *Staff) file(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	f, err := s.flow.Attachment(r.Context(), me.Actor(), ids.AttachmentID(r.PathValue("file")))
	if err != nil {
		return err
	}
	web.Download(w, f.Name, f.Content)
	return nil
}
