package staff

import (
	"net/http"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
)

type wordsView struct {
	At        string
	Meeting   string
	Lang      string // hers: that of the questions
	Questions []wordsQuestion
	Shown     string // what is read back to her, and would be sent; "" = nothing yet
	Key       string
	To        string
	Max       int
}

// wordsQuestion is a question with the name of its field.
type wordsQuestion struct{ Field, Words, Answer string }

// wordsPage is where a worker writes down with her what she wants a meeting to hear.
func (s *Staff) wordsPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showWords(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showWords(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc, id := s.pages.Loc(r), r.PathValue("meeting")
	d, err := s.flow.WriteDown(r.Context(), me.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	v := wordsView{At: r.URL.Path, Meeting: meetingTitle(loc, d.Meeting), Lang: d.Lang, Shown: d.Shown, Key: form.Value("key"), To: d.Chair.Name, Max: meetings.MaxAnswer}
	if v.Key == "" {
		v.Key = newKey()
	}
	if form.Values == nil {
		form.Values = map[string][]string{}
	}
	for _, q := range d.Questions {
		v.Questions = append(v.Questions, wordsQuestion{"q_" + q.Name, q.Words, q.Answer})
		if _, typed := form.Values["q_"+q.Name]; !typed {
			form.Values.Set("q_"+q.Name, q.Answer)
		}
	}
	p := s.page(r, me, loc.T("staff.before.words_title"), v)
	p.Form, p.Back = form, &web.Link{Href: "/meetings/" + id}
	return s.pages.Render(w, r, status, "meeting_words", p)
}

// keepWords keeps the answers and shows what is to be read back, or sends it once it was.
func (s *Staff) keepWords(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc, id := s.pages.Loc(r), ids.MeetingID(r.PathValue("meeting"))
	if form.Value("do") == "send" {
		return s.sendWords(w, r, me, form)
	}
	for field, values := range form.Values {
		name, ok := strings.CutPrefix(field, "q_")
		if !ok {
			continue
		}
		err := s.flow.SaveAnswer(r.Context(), me.Actor(), id, name, values[0])
		if ids.KindOf(err) == ids.TooLarge {
			form.Fail(field, loc.T("staff.before.words_long", "Most", meetings.MaxAnswer))
			continue
		}
		if err != nil {
			return err
		}
	}
	if form.Bad() {
		return s.showWords(w, r, me, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, r.URL.Path+"#read-back")
}

func (s *Staff) sendWords(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form) error {
	loc, id := s.pages.Loc(r), r.PathValue("meeting")
	if !form.Has("read_back", "yes") {
		form.Fail("read_back", loc.T("staff.before.read_first"))
		return s.showWords(w, r, me, http.StatusUnprocessableEntity, form)
	}
	d, err := s.flow.WriteDown(r.Context(), me.Actor(), ids.MeetingID(id))
	if err != nil {
		return err
	}
	if d.Shown != form.Value("shown") { // somebody has changed it in another window since it was read back
		form.Fail("read_back", loc.T("staff.before.read_again"))
		return s.showWords(w, r, me, http.StatusConflict, form)
	}
	c, err := s.flow.SendContribution(r.Context(), me.Actor(), flow.NewContribution{Meeting: ids.MeetingID(id), IdemKey: form.Value("key"), ReadBack: true, Lang: d.Lang})
	if ids.KindOf(err) == ids.Invalid {
		form.Fail("read_back", loc.T("staff.before.words_none"))
		return s.showWords(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	done := "words_sent"
	if c.Message == "" {
		done = "words_waiting"
	}
	return web.Redirect(w, r, "/meetings/"+id+"?done="+done+"#before")
}
