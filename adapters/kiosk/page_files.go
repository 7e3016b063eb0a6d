package kiosk

import (
	"fmt"
	"net/http"
	"strconv"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// FileView is a file of a message on a screen: a picture, pages, or why it is not shown. Nothing of the file itself comes here.
type FileView struct {
	Name    string `json:"name"`
	Why     string `json:"why"`     // why it is not shown, for her; "" when it is
	Picture string `json:"picture"` // address of its first picture; "" when it is not shown
	Open    string `json:"open"`    // address of the page that shows it large
	Look    string `json:"look"`    // the words on that link
}

// unsafe are the reasons that are one to her: somebody may mean harm.
var unsafe = map[messages.FileReason]bool{messages.FileWrongName: true, messages.FileInfected: true, messages.FileMacros: true, messages.FileMixed: true, messages.FileActive: true}

func (s shower) files(m flow.KioskMessage) []FileView {
	out := []FileView{}
	for _, a := range m.Attachments {
		f := FileView{Name: a.Name}
		switch v := a.Verdict; {
		case v.State == messages.FileShown:
			f.Picture = picturePath(a.ID, 1)
			f.Open = fmt.Sprintf("/kiosk/messages/%s/%s/files/%s", m.Thread, m.ID, a.ID)
			f.Look = s.loc.N("kiosk.file.look", v.Shown)
		case v.State == messages.FileChecking:
			f.Why = s.word("kiosk.file.checking")
		case unsafe[v.Reason]:
			f.Why = s.word("kiosk.file.unsafe")
		default:
			f.Why = s.word("kiosk.file.r_" + string(v.Reason))
		}
		if f.Name == "" {
			f.Name = s.word("kiosk.file.nameless")
		}
		out = append(out, f)
	}
	return out
}

func picturePath(id ids.AttachmentID, page int) string {
	return fmt.Sprintf("/kiosk/files/%s/%d", id, page)
}

// filePicture answers with one picture of a file. Flow asks policy for each.
func (k *Kiosk) filePicture(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	id, page := r.PathValue("file"), pageNumber(r.PathValue("page"))
	if !known(id) || page == 0 {
		return ids.ErrNotFound
	}
	p, err := k.flow.FilePage(r.Context(), at.Actor(), ids.AttachmentID(id), page)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", p.MediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(p.Content)))
	_, _ = w.Write(p.Content) // an error means that the page has gone
	return nil
}

// speakFile reads aloud what one page of a file says, or says that it cannot be.
func (k *Kiosk) speakFile(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	id, page := r.PathValue("file"), pageNumber(r.PathValue("page"))
	if !known(id) || page == 0 {
		return ids.ErrNotFound
	}
	says, err := k.flow.FileWords(r.Context(), at.Actor(), ids.AttachmentID(id))
	if err != nil {
		return err
	}
	if page > len(says.Pages) {
		return ids.ErrNotFound
	}
	words := says.Pages[page-1]
	if words == "" {
		words = k.shower(r).word("kiosk.file.no_words")
	}
	return k.sayAloud(w, r, words)
}

// pageNumber reads a page's number; 0 for anything else.
func pageNumber(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1000 {
		return 0
	}
	return n
}

// fileView is one page of a file, large.
type fileView struct {
	Live           live
	Name           string
	Picture, Alt   string
	Page, Pages    int
	Before, Next   string // addresses; "" = none
	Back           string
	More           bool // the file has pages that are not shown
	OnlyOnePicture bool
	Speech         string // address of the sound of what the page says; "" = it cannot be read aloud here
}

// file shows one page of a file, with the way to the others.
func (k *Kiosk) file(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	m, err := k.readMessage(r, at)
	if err != nil {
		return err
	}
	page := 1
	if q := r.URL.Query().Get("page"); q != "" {
		page = pageNumber(q)
	}
	show := k.shower(r)
	for i, a := range m.Attachments {
		if string(a.ID) != r.PathValue("file") || a.Verdict.State != messages.FileShown || page < 1 || page > a.Verdict.Shown || string(m.Thread) != r.PathValue("thread") {
			continue
		}
		v := fileView{Live: l, Name: show.files(m)[i].Name, Picture: picturePath(a.ID, page), Page: page, Pages: a.Verdict.Shown, Back: "/kiosk/messages/" + string(m.Thread),
			More: page == a.Verdict.Shown && a.Verdict.Total > a.Verdict.Shown, OnlyOnePicture: a.Verdict.Shown == 1}
		if k.speech.can(show.lang()) {
			v.Speech = picturePath(a.ID, page) + "/speech"
		}
		v.Alt = show.word("kiosk.file.alt", "Name", v.Name, "Page", page)
		if page > 1 {
			v.Before = "?page=" + strconv.Itoa(page-1)
		}
		if page < a.Verdict.Shown {
			v.Next = "?page=" + strconv.Itoa(page+1)
		}
		if err := k.flow.PaperPageSeen(r.Context(), at.Actor(), a.ID, page); err != nil {
			k.log.Error("a page of a paper was shown, and that could not be recorded", "err", err)
		}
		return k.pages.Render(w, r, http.StatusOK, "file", k.page(r, at, "kiosk.file.title", v))
	}
	return ids.ErrNotFound
}
