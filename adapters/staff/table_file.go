package staff

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

// maxTableFile is how large a file of rows may be: with room in a form for its quoting.
const maxTableFile = 80 << 10

// readTableFile reads a form: a file that was chosen under the name "file", or the text in the field with a name.
func readTableFile(w http.ResponseWriter, r *http.Request, name string) (*web.Form, string, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		form, err := web.ReadForm(w, r)
		return form, form.Value(name), err
	}
	r.Body = http.MaxBytesReader(w, r.Body, web.MaxForm)
	f, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return &web.Form{}, "", nil
	}
	if err != nil {
		return nil, "", ids.Wrap(ids.TooLarge, err, "The file is larger than %d KB. Send it in parts.", maxTableFile>>10)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxTableFile+1))
	if err != nil {
		return nil, "", err
	}
	if len(b) > maxTableFile {
		return nil, "", ids.E(ids.TooLarge, "The file is larger than %d KB. Send it in parts.", maxTableFile>>10)
	}
	return &web.Form{Values: map[string][]string{name: {string(b)}}}, string(b), nil
}
