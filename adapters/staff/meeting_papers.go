package staff

import (
	"errors"
	"io"
	"mime"
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

type papersView struct {
	At    string
	Title string
	Key   string
	Kinds []web.Option
	There []web.Option // files that came with messages, and the papers there are
}

// papersPage is where a paper is added to a meeting.
func (s *Staff) papersPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showPapers(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showPapers(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc, when, id := s.pages.Loc(r), s.pages.When(r), r.PathValue("meeting")
	b, err := s.flow.Before(r.Context(), me.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	files, err := s.flow.PaperChoices(r.Context(), me.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	v := papersView{At: r.URL.Path, Title: loc.T("staff.kind." + string(b.Meeting.Kind)), Key: form.Value("key"), Kinds: []web.Option{web.Opt("", loc.T("staff.plan.choose"))},
		There: []web.Option{web.Opt("", loc.T("staff.before.new_file"))}}
	if v.Key == "" {
		v.Key = newKey()
	}
	for _, k := range meetings.PaperKinds(b.Meeting.Kind) {
		v.Kinds = append(v.Kinds, web.Option{Value: k, Text: loc.T("staff.papers." + k), Checked: k == form.Value("kind")})
	}
	for _, p := range b.Papers {
		v.There = append(v.There, web.Option{Value: string(p.File), Text: loc.T("staff.before.file_paper", "Name", p.Name, "Kind", loc.T("staff.papers."+p.Kind)), Checked: string(p.File) == form.Value("there")})
	}
	for _, f := range files {
		v.There = append(v.There, web.Option{Value: string(f.File), Text: loc.T("staff.before.file_from", "Name", f.Name, "From", f.From, "Time", when.DateTime(f.At)), Checked: string(f.File) == form.Value("there")})
	}
	p := s.page(r, me, loc.T("staff.before.add_paper"), v)
	p.Form, p.Back = form, &web.Link{Href: "/meetings/" + id}
	return s.pages.Render(w, r, status, "meeting_papers", p)
}

// addPaper takes a file, or makes a paper of one that is there.
func (s *Staff) addPaper(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, file, err := readPaper(w, r)
	if err != nil {
		return err
	}
	loc, id := s.pages.Loc(r), r.PathValue("meeting")
	in := flow.NewPaper{Meeting: ids.MeetingID(id), Kind: form.Value("kind"), Summary: form.Value("summary"), File: ids.AttachmentID(form.Value("there")), IdemKey: form.Value("key")}
	if form.Value("kind") == "" {
		form.Fail("kind", loc.T("staff.before.kind_missing"))
	}
	if in.File == "" && file == nil {
		form.Fail("file", loc.T("staff.before.file_missing"))
	}
	if file != nil {
		in.New = *file
	}
	if !form.Bad() {
		_, err = s.flow.AddPaper(r.Context(), me.Actor(), in)
		if kind := ids.KindOf(err); err != nil && (kind == ids.Invalid || kind == ids.TooLarge) {
			form.Fail("file", ids.Public(err))
		} else if err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showPapers(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/meetings/"+id+"?done=paper_added#before")
}

// readPaper reads the form with its file; nil = none was chosen.
func readPaper(w http.ResponseWriter, r *http.Request) (*web.Form, *store.NewFile, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		form, err := web.ReadForm(w, r)
		return form, nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, flow.MaxFile+web.MaxForm)
	f, head, err := r.FormFile("file")
	if err != nil && !errors.Is(err, http.ErrMissingFile) {
		return nil, nil, ids.Wrap(ids.TooLarge, err, "A file can have at most %d MB.", flow.MaxFile>>20)
	}
	form := &web.Form{Values: map[string][]string{}}
	for name, list := range r.MultipartForm.Value {
		form.Values[name] = list
	}
	if err != nil {
		return form, nil, nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, flow.MaxFile+1))
	if err != nil || len(content) == 0 {
		return form, nil, err
	}
	return form, &store.NewFile{Attachment: messages.Attachment{Name: head.Filename, MediaType: head.Header.Get("Content-Type"), Size: int64(len(content))}, Content: content}, nil
}
