package staff

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	reports "kinbridge/adapters/custody"
	"kinbridge/adapters/web"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/table"
)

type custodyFileView struct {
	Text   string // the file, while its rows are shown
	Rows   *web.Table
	Faults []string
	Will   int // rows that will be taken
}

// maxCustodyFile is how large a file of events may be: with room in a form for its quoting.
const maxCustodyFile = 80 << 10

func (s *Staff) custodyFilePage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showCustodyFile(w, r, me, http.StatusOK, &web.Form{}, custodyFileView{})
}

func (s *Staff) showCustodyFile(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, v custodyFileView) error {
	p := s.page(r, me, s.pages.Loc(r).T("staff.custody_file.title"), v)
	p.Form, p.Back = form, &web.Link{Href: "/arrivals"}
	return s.pages.Render(w, r, status, "custody_file", p)
}

// custodyFile shows what each row of a file will do, and takes them when that was confirmed. A file sent twice changes nothing: its rows are known.
func (s *Staff) custodyFile(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, text, err := readCustodyFile(w, r)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	if strings.TrimSpace(text) == "" {
		form.Fail("file", loc.T("staff.custody_file.missing"))
		return s.showCustodyFile(w, r, me, http.StatusUnprocessableEntity, form, custodyFileView{})
	}
	events, faults, err := reports.ReadCSV([]byte(text), s.now())
	if err = form.FailWith("file", err); err != nil {
		return err
	}
	if form.Bad() {
		return s.showCustodyFile(w, r, me, http.StatusUnprocessableEntity, form, custodyFileView{})
	}
	if form.Value("do") == "take" {
		return s.takeCustodyFile(w, r, me, events)
	}
	list, err := s.flow.PreviewCustody(r.Context(), me.Actor(), events)
	if err != nil {
		return err
	}
	v := custodyFileView{Text: text, Faults: faultLines(faults)}
	t := web.Table{Caption: loc.T("staff.custody_file.rows"), Columns: []web.Column{{Title: loc.T("staff.custody.who")}, {Title: loc.T("staff.custody.what")}, {Title: loc.T("staff.custody.when")},
		{Title: loc.T("staff.custody.will")}}}
	for _, p := range list {
		t.Rows = append(t.Rows, s.previewCells(r, p))
		if p.Err == nil {
			v.Will++
		}
	}
	v.Rows = &t
	return s.showCustodyFile(w, r, me, http.StatusOK, form, v)
}

func (s *Staff) previewCells(r *http.Request, p flow.CustodyPreview) []web.Cell {
	loc := s.pages.Loc(r)
	will := web.Cell{Text: effectWords(loc, p.Effect)}
	if p.Err != nil {
		will = web.Cell{Text: ids.Public(p.Err), Tag: &web.Tag{Text: loc.T("staff.custody_file.refused"), Colour: "red"}}
	}
	return []web.Cell{{Text: p.Event.Number, Small: p.Name}, {Text: kindWords(loc, p.Event.Kind), Small: placeWords(loc, p.Event.At.Name, p.Event.From.Name)}, {At: p.Event.Occurred}, will}
}

// takeCustodyFile records the rows, one after another. One that may not be recorded is left out; the others are taken, and again is harmless.
func (s *Staff) takeCustodyFile(w http.ResponseWriter, r *http.Request, me people.Staff, events []custody.Event) error {
	for _, e := range events {
		_, err := s.flow.RecordCustodyEvent(r.Context(), me.Actor(), e)
		switch ids.KindOf(err) {
		case ids.NotFound, ids.Forbidden, ids.Invalid, ids.Conflict:
			continue
		}
		if err != nil {
			return err
		}
	}
	return web.Redirect(w, r, "/arrivals?done=file_taken")
}

// readCustodyFile reads the form: a file that was chosen, or the text that a page before has shown.
func readCustodyFile(w http.ResponseWriter, r *http.Request) (*web.Form, string, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		form, err := web.ReadForm(w, r)
		return form, form.Value("text"), err
	}
	r.Body = http.MaxBytesReader(w, r.Body, web.MaxForm)
	f, _, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) {
		return &web.Form{}, "", nil
	}
	if err != nil {
		return nil, "", ids.Wrap(ids.TooLarge, err, "The file is larger than %d KB. Send it in parts.", maxCustodyFile>>10)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCustodyFile+1))
	if err != nil {
		return nil, "", err
	}
	if len(b) > maxCustodyFile {
		return nil, "", ids.E(ids.TooLarge, "The file is larger than %d KB. Send it in parts.", maxCustodyFile>>10)
	}
	return &web.Form{Values: map[string][]string{}}, string(b), nil
}

func faultLines(f *table.Faults) (out []string) {
	if f == nil {
		return nil
	}
	for _, one := range f.List {
		out = append(out, one.Error())
	}
	if f.More > 0 {
		out = append(out, "and "+strconv.Itoa(f.More)+" more")
	}
	return out
}

type unknownView struct {
	Rows    web.Table
	Prisons []prisonRow
}

type prisonRow struct {
	ID         ids.AgencyID
	Name, Code string
}

// unknownCustody lists the events that are nobody's, and the codes of the establishments.
func (s *Staff) unknownCustody(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showUnknownCustody(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showUnknownCustody(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.UnknownCustody(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	v := unknownView{Rows: web.Table{Caption: loc.T("staff.unknown.title"), CaptionHidden: true, Empty: loc.T("staff.unknown.none"), Columns: []web.Column{{Title: loc.T("staff.custody.number")},
		{Title: loc.T("staff.custody.what")}, {Title: loc.T("staff.custody.when")}, {Title: loc.T("staff.unknown.why")}}}}
	for _, e := range rows {
		v.Rows.Rows = append(v.Rows.Rows, []web.Cell{{Text: e.Number}, {Text: kindWords(loc, e.Kind), Small: placeWords(loc, e.At, e.From)}, {At: e.Occurred}, {Text: e.Why, Small: e.Reason}})
	}
	prisons, err := s.flow.Prisons(r.Context())
	if err != nil {
		return err
	}
	for _, p := range prisons {
		v.Prisons = append(v.Prisons, prisonRow{p.ID, p.Name, p.Code})
		if form.Values == nil {
			form.Values = map[string][]string{}
		}
		if _, typed := form.Values["code-"+string(p.ID)]; !typed {
			form.Values["code-"+string(p.ID)] = []string{p.Code}
		}
	}
	p := s.page(r, me, loc.T("staff.unknown.title"), v)
	p.Form, p.Back = form, &web.Link{Href: "/arrivals"}
	return s.pages.Render(w, r, status, "custody_unknown", p)
}

// setPrisonCode keeps an establishment's code.
func (s *Staff) setPrisonCode(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("agency")
	if err := form.FailWith("code-"+id, s.flow.SetPrisonCode(r.Context(), me.Actor(), ids.AgencyID(id), form.Value("code-"+id))); err != nil {
		return err
	}
	if form.Bad() {
		return s.showUnknownCustody(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/custody/unknown?done=code_set")
}
