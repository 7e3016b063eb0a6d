package guest

import (
	"errors"
	"fmt"
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// The pages under /read/ are where a message is read that could not be mailed securely. The link comes in a notice; she asks for a code, gives
// it in the same browser, reads, and may answer. Opening the link changes nothing.

// readRoutes are the reading pages'.
func (g *Guest) readRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET /read/{link}":              g.readLanding,
		"POST /read/{link}/code":        g.limited(g.readSendCode),
		"GET /read/{link}/code":         g.readCode,
		"POST /read/{link}":             g.limited(g.readEnter),
		"GET /read/message":             g.readMessage,
		"POST /read/message":            g.limited(g.readAnswer),
		"GET /read/message/file/{file}": g.readFile,
		"GET /read/sent":                g.readSent,
		"POST /read/finish":             g.readFinish,
		"GET /read/done":                g.readDone,
	}
}

func (g *Guest) renderReading(w http.ResponseWriter, r *http.Request, status int, name string, page web.Page) error {
	page.Service = g.pages.Loc(r).T("guest.read.service")
	return g.pages.Render(w, r, status, name, page)
}

// readClosed says why there is nothing to read.
func (g *Guest) readClosed(w http.ResponseWriter, r *http.Request, status int, why string) error {
	loc := g.pages.Loc(r)
	v := closedView{Title: loc.T("guest.closed." + why + ".title"), Body: loc.T("guest.closed." + why + ".body")}
	return g.renderReading(w, r, status, "closed", web.Page{Title: v.Title, Data: v})
}

type readingView struct {
	Link, Address, Until string
	Again                bool // she has given her code already
}

// readLanding shows what a link leads to, and the button that sends a code.
func (g *Guest) readLanding(w http.ResponseWriter, r *http.Request) error {
	return g.showReading(w, r, http.StatusOK, "read", "guest.read.title", &web.Form{})
}

// readCode is the page on which she gives the code.
func (g *Guest) readCode(w http.ResponseWriter, r *http.Request) error {
	return g.showReading(w, r, http.StatusOK, "read_code", "guest.read.code_title", &web.Form{})
}

func (g *Guest) showReading(w http.ResponseWriter, r *http.Request, status int, page, title string, form *web.Form) error {
	link := r.PathValue("link")
	l, err := g.flow.PageLanding(r.Context(), link)
	if err != nil {
		return g.noReading(w, r, err)
	}
	v := readingView{Link: link, Address: l.Address, Until: g.pages.When(r).LongDate(l.Expires)}
	if token, ok := g.reader.Token(r); ok {
		id, err := g.flow.PageOfSession(r.Context(), token)
		v.Again = err == nil && id == l.Page
	}
	return g.renderReading(w, r, status, page, web.Page{Title: g.pages.Loc(r).T(title), Form: form, Data: v})
}

// noReading answers for a link or a session that leads to nothing now.
func (g *Guest) noReading(w http.ResponseWriter, r *http.Request, err error) error {
	switch {
	case errors.Is(err, flow.ErrPageExpired):
		return g.readClosed(w, r, http.StatusGone, "read_expired")
	case ids.KindOf(err) == ids.NotFound:
		return g.readClosed(w, r, http.StatusNotFound, "read_unknown")
	}
	return err
}

// readSendCode mails a code, which works in this browser alone: what it is known by is a cookie.
func (g *Guest) readSendCode(w http.ResponseWriter, r *http.Request) error {
	asker, ok := g.asker.Token(r)
	if !ok {
		asker = ids.Secret(32)
	}
	switch err := g.flow.SendPageCode(r.Context(), r.PathValue("link"), asker); {
	case ids.KindOf(err) == ids.TooMany && err != nil:
		form := &web.Form{}
		form.Fail("", g.pages.Loc(r).T("guest.landing.too_many_codes"))
		return g.showReading(w, r, http.StatusTooManyRequests, "read_code", "guest.read.code_title", form)
	case err != nil:
		return g.noReading(w, r, err)
	}
	g.asker.Set(w, asker)
	return web.Redirect(w, r, "/read/"+r.PathValue("link")+"/code")
}

// readEnter takes the code.
func (g *Guest) readEnter(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := g.pages.Loc(r)
	asker, _ := g.asker.Token(r)
	token, err := g.flow.PageEnter(r.Context(), r.PathValue("link"), asker, form.Value("code"))
	switch {
	case err == nil:
		g.reader.Set(w, token)
		return web.Redirect(w, r, "/read/message")
	case errors.Is(err, flow.ErrWrongCode):
		form.Fail("code", loc.T("guest.read.code_wrong"))
	case errors.Is(err, flow.ErrDeadCode):
		form.Fail("code", loc.T("guest.read.code_dead"))
	case ids.KindOf(err) == ids.Invalid:
		form.Fail("code", loc.T("guest.landing.code_error"))
	default:
		return g.noReading(w, r, err)
	}
	form.Values.Del("code") // a code is typed anew
	return g.showReading(w, r, http.StatusUnprocessableEntity, "read_code", "guest.read.code_title", form)
}

type messageView struct {
	About     web.SummaryList
	Body      string
	Files     []web.Link
	Reads     string // who reads an answer
	Key       string // of the act of answering
	Important string
}

// readMessage shows the message, and the form to answer it.
func (g *Guest) readMessage(w http.ResponseWriter, r *http.Request) error {
	return g.showMessage(w, r, http.StatusOK, &web.Form{})
}

func (g *Guest) showMessage(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	token, ok := g.reader.Token(r)
	if !ok {
		return g.readClosed(w, r, http.StatusUnauthorized, "read_no_session")
	}
	m, err := g.flow.ReadPage(r.Context(), token)
	if ids.KindOf(err) == ids.NotFound && err != nil {
		return g.readClosed(w, r, http.StatusUnauthorized, "read_no_session")
	}
	if err != nil {
		return err
	}
	loc, when := g.pages.Loc(r), g.pages.When(r)
	from := m.Author
	if m.ByMother {
		from = loc.T("guest.read.mother", "Name", m.Author)
	}
	v := messageView{Body: m.Body, Reads: loc.T("guest.read.readers", "Readers", m.Readers), Key: form.Value("key"), About: web.SummaryList{Rows: []web.SummaryRow{
		web.Row(loc.T("guest.read.from"), from), web.Row(loc.T("guest.read.about"), m.Subject), web.Row(loc.T("guest.read.written"), when.DateTime(m.Written)),
		web.Row(loc.T("guest.read.reference"), m.Reference)}}}
	if v.Key == "" {
		v.Key = ids.Secret(16)
	}
	switch {
	case m.Privileged:
		v.Important = loc.T("guest.read.privileged")
	case m.Reviewed && !m.ByPact:
		v.Important = loc.T("guest.read.reviewed_staff")
	case m.Reviewed:
		v.Important = loc.T("guest.read.reviewed")
	}
	for _, a := range m.Attachments {
		file := web.Link{Text: fmt.Sprintf("%s (%s)", a.Name, loc.T("guest.read.kb", "N", fmt.Sprint((a.Size+1023)/1024)))}
		switch { // named in any case, so that nothing vanishes
		case a.Verdict.Relayed():
			file.Href = "/read/message/file/" + string(a.ID)
		case a.Verdict.State == messages.FileChecking:
			file.Text = loc.T("guest.read.file_checking", "File", file.Text)
		default:
			file.Text = loc.T("guest.read.file_stays", "File", file.Text)
		}
		v.Files = append(v.Files, file)
	}
	if m.FilesKept > 0 {
		v.Files = append(v.Files, web.Link{Text: loc.N("guest.read.kept", m.FilesKept)})
	}
	return g.renderReading(w, r, status, "read_message", web.Page{Title: loc.T("guest.read.message_title"), Form: form, Data: v})
}

// readAnswer takes what she answers.
func (g *Guest) readAnswer(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	token, ok := g.reader.Token(r)
	if !ok {
		return g.readClosed(w, r, http.StatusUnauthorized, "read_no_session")
	}
	_, err = g.flow.PageAnswer(r.Context(), token, form.Value("body"), form.Value("key"))
	switch ids.KindOf(err) {
	case ids.Invalid:
		form.Fail("body", g.pages.Loc(r).T("guest.read.body_missing"))
	case ids.TooLarge:
		form.Fail("body", g.pages.Loc(r).T("guest.read.body_long", "Most", flow.MaxBody))
	case ids.NotFound:
		return g.readClosed(w, r, http.StatusUnauthorized, "read_no_session")
	default:
		if err != nil {
			return err
		}
		return web.Redirect(w, r, "/read/sent")
	}
	return g.showMessage(w, r, http.StatusUnprocessableEntity, form)
}

// readFile hands out a file of the message.
func (g *Guest) readFile(w http.ResponseWriter, r *http.Request) error {
	token, ok := g.reader.Token(r)
	if !ok {
		return g.readClosed(w, r, http.StatusUnauthorized, "read_no_session")
	}
	f, err := g.flow.PageFile(r.Context(), token, ids.AttachmentID(r.PathValue("file")))
	if err != nil {
		return g.noReading(w, r, err)
	}
	web.Download(w, f.Name, f.Content)
	return nil
}

// readSent says that the answer is on its way.
func (g *Guest) readSent(w http.ResponseWriter, r *http.Request) error {
	return g.renderReading(w, r, http.StatusOK, "read_sent", web.Page{Title: g.pages.Loc(r).T("guest.read.sent_title")})
}

// readFinish ends the session.
func (g *Guest) readFinish(w http.ResponseWriter, r *http.Request) error {
	if token, ok := g.reader.Token(r); ok {
		if err := g.flow.LeavePage(r.Context(), token); err != nil {
			return err
		}
	}
	g.reader.Clear(w)
	g.asker.Clear(w)
	return web.Redirect(w, r, "/read/done")
}

func (g *Guest) readDone(w http.ResponseWriter, r *http.Request) error {
	return g.readClosed(w, r, http.StatusOK, "read_done")
}
