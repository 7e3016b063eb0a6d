package staff

import (
	"net/http"
	"strconv"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
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

// filePicture answers with one picture of a file.
func (s *Staff) filePicture(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	n, err := strconv.Atoi(r.PathValue("page"))
	if err != nil {
		return ids.ErrNotFound
	}
	p, err := s.flow.FilePage(r.Context(), me.Actor(), ids.AttachmentID(r.PathValue("file")), n)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", p.MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(p.Content)))
	_, _ = w.Write(p.Content) // an error means that the reader has gone
	return nil
}

type fileWordsData struct {
	Name  string
	Pages []pageWords
}

type pageWords struct {
	Page  int
	Words string // "" = it says nothing
}

// fileWords shows what of a file is read aloud to a mother, so that whoever releases it can compare it with the pictures: words that cannot be seen would be said.
func (s *Staff) fileWords(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	says, err := s.flow.FileWords(r.Context(), me.Actor(), ids.AttachmentID(r.PathValue("file")))
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	d := fileWordsData{Name: says.Name}
	for i, words := range says.Pages {
		d.Pages = append(d.Pages, pageWords{i + 1, words})
	}
	p := s.page(r, me, loc.T("staff.file.words_title"), d)
	p.Back = &web.Link{Text: loc.T("common.back"), Href: "/threads/" + string(says.Thread)}
	return s.pages.Render(w, r, http.StatusOK, "file_words", p)
}

// fileKinds are the words for what files are by their content, by the kinds of package sniff; others are "unknown".
var fileKinds = map[string]string{"png": "picture", "jpeg": "picture", "gif": "picture", "webp": "picture", "bmp": "picture", "tiff": "picture", "heic": "picture", "pdf": "pdf",
	"word": "word", "docx": "word", "rtf": "word", "odt": "word", "excel": "sheet", "xlsx": "sheet", "ods": "sheet", "powerpoint": "slides", "pptx": "slides", "odp": "slides",
	"empty": "empty", "text": "text", "calendar": "calendar", "contact": "contact", "email": "email", "archive": "archive", "html": "webpage", "svg": "webpage", "xml": "webpage",
	"script": "program", "program": "program", "audio": "sound", "video": "film"}

// fileItem says what a file is, what looking at it came to, and gives the ways to see and save it.
func fileItem(loc i18n.Loc, a messages.Attachment) web.FileItem {
	v := a.Verdict
	if a.Name == "" {
		a.Name = loc.T("staff.file.nameless")
	}
	kind := fileKinds[v.Found]
	if kind == "" {
		kind = "unknown"
	}
	f := web.FileItem{Name: a.Name, About: size(loc.T, a.Size), Status: web.Tag{Text: loc.T("staff.file.state_" + string(v.State)), Colour: "green"}}
	if v.State != messages.FileChecking && v.Found != "" {
		f.About = loc.T("staff.file.k_"+kind) + ", " + f.About
	}
	switch v.State {
	case messages.FileChecking:
		f.Status.Colour = "yellow"
	case messages.FileWithheld:
		f.Status.Colour = "red"
	}
	if a.Ruling == messages.FileKept {
		f.Notes = append(f.Notes, loc.T("staff.file.kept"))
	}
	if v.Reason != "" {
		f.Notes = append(f.Notes, loc.T("staff.file.r_"+string(v.Reason)))
	}
	switch {
	case v.Finding == messages.FindingActions:
		f.Notes = append(f.Notes, loc.T("staff.file.actions"))
	case v.Finding != "":
		f.Notes = append(f.Notes, loc.T("staff.file.found", "Name", v.Finding))
	}
	if v.Total > v.Shown && v.Shown > 0 {
		f.Notes = append(f.Notes, loc.T("staff.file.first_pages", "Shown", v.Shown, "Total", v.Total))
	}
	if v.State != messages.FileChecking && !v.Refused() && v.Reason != messages.FileEmpty {
		words := "staff.file.download"
		if v.State == messages.FileWithheld {
			words = "staff.file.download_withheld"
		}
		f.Download = &web.Link{Text: loc.T(words), Hidden: a.Name, Href: "/files/" + string(a.ID)}
	}
	if v.State == messages.FileShown {
		f.See = loc.N("staff.file.see", v.Shown)
		f.Words = &web.Link{Text: loc.T("staff.file.words"), Hidden: a.Name, Href: "/files/" + string(a.ID) + "/words"}
		for n := range v.Shown {
			f.Pictures = append(f.Pictures, web.Picture{Src: "/files/" + string(a.ID) + "/pages/" + strconv.Itoa(n+1), Alt: loc.T("staff.file.alt", "Name", a.Name, "Page", n+1)})
		}
	}
	return f
}
