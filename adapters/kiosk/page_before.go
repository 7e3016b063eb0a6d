package kiosk

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
)

// Before is what a mother does before a meeting. Every method asks policy.
type Before interface {
	KioskBefore(ctx context.Context, actor ids.Actor, id ids.MeetingID, lang string) (flow.KioskBefore, error)
	// SaveAnswer keeps what she has typed so far; SendContribution sends it all, once per key.
	SaveAnswer(ctx context.Context, actor ids.Actor, id ids.MeetingID, question, text string) error
	SendContribution(ctx context.Context, actor ids.Actor, in flow.NewContribution) (meetings.Contribution, error)
	ChooseAttendance(ctx context.Context, actor ids.Actor, id ids.MeetingID, c meetings.Choice) error
	// MeetingAtKiosk, MeetingSeen and PaperPageSeen are receipts: a repeat changes nothing.
	MeetingAtKiosk(ctx context.Context, actor ids.Actor, kiosk ids.KioskID, id ids.MeetingID) error
	MeetingSeen(ctx context.Context, actor ids.Actor, id ids.MeetingID) error
	PaperPageSeen(ctx context.Context, actor ids.Actor, file ids.AttachmentID, page int) error
}

// mostReminders bounds for how many meetings to come it is looked whether she has said what she thinks.
const mostReminders = 3

// toTell is the next meeting before which she is reminded to say what she thinks.
func (k *Kiosk) toTell(r *http.Request, at atKiosk, ms []flow.MeetingRow) (*meetingItem, error) {
	show := k.shower(r)
	for _, m := range ms[:min(len(ms), mostReminders)] {
		if m.Phase != meetings.TooEarly || !m.Kind.AboutChildren() {
			continue
		}
		b, err := k.flow.KioskBefore(r.Context(), at.Actor(), m.ID, show.lang())
		if err != nil {
			return nil, err
		}
		if b.Remind {
			item := show.meeting(m)
			return &item, nil
		}
	}
	return nil, nil
}

type beforeView struct {
	Live    live
	Meeting meetingItem
	At      string // the address of all this
	Speech  string // of the sound of this page; "" = it cannot be read aloud
	MaySay  bool
	Sent    bool // she has just sent it
	Said    string
	How     string // what she has chosen, in words
	Beside  string
	Choose  bool
	Papers  int
	First   string // address of the first question
}

func (k *Kiosk) loadBefore(r *http.Request, at atKiosk) (b flow.KioskBefore, l live, err error) {
	id := r.PathValue("meeting")
	if !known(id) {
		return b, l, ids.ErrNotFound
	}
	if l, err = k.live(r, at); err != nil {
		return b, l, err
	}
	b, err = k.flow.KioskBefore(r.Context(), at.Actor(), ids.MeetingID(id), k.shower(r).lang())
	return b, l, err
}

func beforePath(m ids.MeetingID, part string) string {
	return "/kiosk/meetings/" + string(m) + "/" + part
}

// sound is the address of the sound of a part of what comes before a meeting; "" when nobody can read it aloud.
func (k *Kiosk) sound(show shower, m ids.MeetingID, what string) string {
	if !k.speech.can(show.lang()) {
		return ""
	}
	return beforePath(m, "speech/"+what)
}

func (s shower) before(b flow.KioskBefore) beforeView {
	v := beforeView{Meeting: s.meeting(b.MeetingRow), At: beforePath(b.ID, ""), MaySay: b.MaySay && !b.Stopped, Choose: b.MayChoose, Papers: len(b.Papers)}
	v.Meeting.Where = s.where(b.Placed, b.Phase)
	if len(b.Questions) > 0 {
		v.First = beforePath(b.ID, "say/"+b.Questions[0].Name)
	}
	if b.Choice.How != "" {
		v.How = s.word("kiosk.how.h_" + string(b.Choice.How))
	}
	if b.Choice.Beside != "" {
		v.Beside = s.word("kiosk.beside.b_" + string(b.Choice.Beside))
	}
	if b.Choice.Name != "" {
		v.Beside = b.Choice.Name
	}
	if len(b.Said) > 0 {
		v.Said = s.saidState(b.Said[0])
	}
	return v
}

// saidState says how far what she said has come.
func (s shower) saidState(x flow.Said) string {
	words := s.word("kiosk.before.nobody_yet")
	if x.Progress != "" {
		words = s.progress(x.Progress, x.Checker)
	}
	if x.Late {
		words += " " + s.word("kiosk.before.late")
	}
	return words
}

// before is where she gets ready for a meeting.
func (k *Kiosk) before(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	b, l, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	v := show.before(b)
	v.Live, v.Speech, v.Sent = l, k.sound(show, b.ID, "before"), r.URL.Query().Has("sent")
	return k.pages.Render(w, r, http.StatusOK, "before", k.page(r, at, "kiosk.before.title", v))
}

type choiceOption struct {
	Name, Text string
	Chosen     bool
}

type chooseView struct {
	Live    live
	Meeting meetingItem
	Title   string
	At      string
	Speech  string
	Options []choiceOption
	Problem string
	// Of asking for somebody by name:
	Named bool
	Name  string
	Max   int
	Rows  [][]string
}

// how asks how she wants to take part, with pictures.
func (k *Kiosk) how(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderHow(w, r, at, http.StatusOK, "")
}

func (k *Kiosk) renderHow(w http.ResponseWriter, r *http.Request, at atKiosk, status int, problem string) error {
	b, l, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	if !b.MayChoose {
		return web.Redirect(w, r, beforePath(b.ID, "before"))
	}
	show := k.shower(r)
	v := chooseView{Live: l, Meeting: show.meeting(b.MeetingRow), Title: show.word("kiosk.how.title"), At: beforePath(b.ID, ""), Speech: k.sound(show, b.ID, "how"), Problem: problem}
	for _, h := range meetings.Hows {
		v.Options = append(v.Options, choiceOption{string(h), show.word("kiosk.how.h_" + string(h)), b.Choice.How == h})
	}
	return k.pages.Render(w, r, status, "how", k.page(r, at, "kiosk.how.title", v))
}

func (k *Kiosk) chooseHow(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	b, _, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	c := b.Choice
	c.How = meetings.How(form.Value("how"))
	switch err := k.flow.ChooseAttendance(r.Context(), at.Actor(), b.ID, c); {
	case ids.KindOf(err) == ids.Invalid:
		return k.renderHow(w, r, at, http.StatusUnprocessableEntity, k.shower(r).word("kiosk.how.choose"))
	case err != nil:
		return err
	case c.How == meetings.HowNotThere:
		return web.Redirect(w, r, beforePath(b.ID, "before"))
	}
	return web.Redirect(w, r, beforePath(b.ID, "beside"))
}

// beside asks who is to sit with her.
func (k *Kiosk) beside(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderBeside(w, r, at, http.StatusOK, chooseView{Named: r.URL.Query().Has("name")})
}

func (k *Kiosk) renderBeside(w http.ResponseWriter, r *http.Request, at atKiosk, status int, v chooseView) error {
	b, l, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	if !b.MayChoose || b.Choice.How == "" {
		return web.Redirect(w, r, beforePath(b.ID, "before"))
	}
	show := k.shower(r)
	v.Live, v.Meeting, v.Title, v.At, v.Speech = l, show.meeting(b.MeetingRow), show.word("kiosk.beside.title"), beforePath(b.ID, ""), k.sound(show, b.ID, "beside")
	v.Max, v.Rows = meetings.MaxBesideName, keyboard
	if v.Name == "" {
		v.Name = b.Choice.Name
	}
	for _, who := range meetings.Besides {
		v.Options = append(v.Options, choiceOption{string(who), show.word("kiosk.beside.b_" + string(who)), b.Choice.Beside == who})
	}
	return k.pages.Render(w, r, status, "beside", k.page(r, at, "kiosk.beside.title", v))
}

func (k *Kiosk) chooseBeside(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	b, _, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	c := b.Choice
	c.Beside, c.Name = meetings.Beside(form.Value("beside")), form.Value("name")
	if _, named := form.Values["name"]; c.Beside == meetings.BesideOther && !named {
		return web.Redirect(w, r, beforePath(b.ID, "beside?name"))
	}
	switch err := k.flow.ChooseAttendance(r.Context(), at.Actor(), b.ID, c); {
	case ids.KindOf(err) == ids.Invalid:
		v := chooseView{Named: c.Beside == meetings.BesideOther, Name: c.Name, Problem: k.shower(r).word("kiosk.beside.choose")}
		return k.renderBeside(w, r, at, http.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	}
	return web.Redirect(w, r, beforePath(b.ID, "before"))
}

type sayView struct {
	Live     live
	Meeting  meetingItem
	At       string
	Speech   string
	Question flow.Answered
	Number   int // from 1
	Of       int
	Before   string // address of the question before; "" = this is the first
	Problem  string
	Max      int
	Rows     [][]string
}

// sayPage asks one question.
func (k *Kiosk) sayPage(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderSay(w, r, at, http.StatusOK, "", nil)
}

func (k *Kiosk) renderSay(w http.ResponseWriter, r *http.Request, at atKiosk, status int, problem string, typed *string) error {
	b, l, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	i := questionAt(b, r.PathValue("question"))
	switch {
	case !b.MaySay || b.Stopped:
		return web.Redirect(w, r, beforePath(b.ID, "before"))
	case i < 0:
		return ids.ErrNotFound
	}
	show := k.shower(r)
	v := sayView{Live: l, Meeting: show.meeting(b.MeetingRow), At: beforePath(b.ID, ""), Question: b.Questions[i], Number: i + 1, Of: len(b.Questions), Problem: problem, Max: meetings.MaxAnswer,
		Rows: keyboard, Speech: k.sound(show, b.ID, "q_"+b.Questions[i].Name)}
	if typed != nil {
		v.Question.Answer = *typed
	}
	if i > 0 {
		v.Before = beforePath(b.ID, "say/"+b.Questions[i-1].Name)
	}
	return k.pages.Render(w, r, status, "say", k.page(r, at, "kiosk.before.tell", v))
}

func questionAt(b flow.KioskBefore, name string) int {
	return slices.IndexFunc(b.Questions, func(q flow.Answered) bool { return q.Name == name })
}

// sayKeep keeps an answer and goes on to the next question, or to the end.
func (k *Kiosk) sayKeep(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	b, _, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	i, body := questionAt(b, r.PathValue("question")), form.Value("body")
	if i < 0 {
		return ids.ErrNotFound
	}
	if utf8.RuneCountInString(body) > meetings.MaxAnswer {
		return k.renderSay(w, r, at, http.StatusUnprocessableEntity, k.shower(r).word("kiosk.errors.too_long"), &body)
	}
	if err := k.flow.SaveAnswer(r.Context(), at.Actor(), b.ID, b.Questions[i].Name, body); err != nil {
		if kind := ids.KindOf(err); kind == ids.Unavailable || kind == ids.TooLarge {
			return k.renderSay(w, r, at, web.Status(err), k.shower(r).problem(err), &body)
		}
		return err
	}
	if form.Value("go") == "before" && i > 0 {
		return web.Redirect(w, r, beforePath(b.ID, "say/"+b.Questions[i-1].Name))
	}
	if i+1 < len(b.Questions) {
		return web.Redirect(w, r, beforePath(b.ID, "say/"+b.Questions[i+1].Name))
	}
	return web.Redirect(w, r, beforePath(b.ID, "say"))
}

type sayCheckView struct {
	Live      live
	Meeting   meetingItem
	At        string
	Speech    string
	Questions []flow.Answered // those that she has answered
	First     string          // where she can change it
	Readers   readersView
	To        string // who runs the meeting; "" = that is not known yet
	Key       string
	Problem   string
}

// sayCheck reads back what she has answered, before anything is sent.
func (k *Kiosk) sayCheck(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderSayCheck(w, r, at, http.StatusOK, "")
}

func (k *Kiosk) renderSayCheck(w http.ResponseWriter, r *http.Request, at atKiosk, status int, problem string) error {
	b, l, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	if !b.MaySay || b.Stopped || len(b.Questions) == 0 {
		return web.Redirect(w, r, beforePath(b.ID, "before"))
	}
	show := k.shower(r)
	v := sayCheckView{Live: l, Meeting: show.meeting(b.MeetingRow), At: beforePath(b.ID, ""), Speech: k.sound(show, b.ID, "check"), First: beforePath(b.ID, "say/"+b.Questions[0].Name),
		Readers: show.readers(b.Reading, ""), To: b.Chair.Name, Key: ids.Secret(16), Problem: problem}
	v.Readers.Speech = k.sound(show, b.ID, "readers")
	for _, q := range b.Questions {
		if strings.TrimSpace(q.Answer) != "" {
			v.Questions = append(v.Questions, q)
		}
	}
	return k.pages.Render(w, r, status, "say_check", k.page(r, at, "kiosk.before.check", v))
}

// saySend sends what she confirmed.
func (k *Kiosk) saySend(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, key := r.PathValue("meeting"), form.Value("key")
	if !known(id) {
		return ids.ErrNotFound
	}
	if !frameID(key) {
		return ids.E(ids.Invalid, "The form is not whole.")
	}
	show := k.shower(r)
	_, err = k.flow.SendContribution(r.Context(), at.Actor(), flow.NewContribution{Meeting: ids.MeetingID(id), Lang: show.lang(), IdemKey: idemKey(key)})
	switch kind := ids.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, beforePath(ids.MeetingID(id), "before?sent"))
	case kind == ids.Invalid:
		return k.renderSayCheck(w, r, at, http.StatusUnprocessableEntity, show.word("kiosk.before.answer_one"))
	case kind == ids.Unavailable || kind == ids.Conflict:
		return k.renderSayCheck(w, r, at, web.Status(err), show.word("kiosk.errors.try_again"))
	}
	return err
}

type paperItem struct {
	Title   string
	Name    string
	Summary string
	Speech  string
	Open    string // address of its first page; "" = it is not shown
	Why     string // it is not
}

type papersView struct {
	Live    live
	Meeting meetingItem
	At      string
	Papers  []paperItem
}

func (s shower) paper(p flow.PaperView) paperItem {
	item := paperItem{Title: s.word("kiosk.paper.k_" + p.Kind), Name: p.Name, Summary: p.Summary}
	switch p.Verdict.State {
	case messages.FileShown:
		item.Open = "/kiosk/messages/" + string(p.Thread) + "/" + string(p.Message) + "/files/" + string(p.File)
	case messages.FileChecking:
		item.Why = s.word("kiosk.paper.checking")
	default:
		item.Why = s.word("kiosk.paper.ask")
	}
	return item
}

// papers lists the papers of a meeting that have come to her.
func (k *Kiosk) papers(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	b, l, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	v := papersView{Live: l, Meeting: show.meeting(b.MeetingRow), At: beforePath(b.ID, "")}
	for _, p := range b.Papers {
		item := show.paper(p)
		item.Speech = k.sound(show, b.ID, string(p.ID))
		v.Papers = append(v.Papers, item)
	}
	return k.pages.Render(w, r, http.StatusOK, "papers", k.page(r, at, "kiosk.paper.title", v))
}

// speakBefore reads aloud one part of what comes before a meeting.
func (k *Kiosk) speakBefore(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	b, _, err := k.loadBefore(r, at)
	if err != nil {
		return err
	}
	words := k.shower(r).spokenBefore(b, r.PathValue("what"))
	if words == "" {
		return ids.ErrNotFound
	}
	return k.sayAloud(w, r, words)
}

func (s shower) spokenBefore(b flow.KioskBefore, what string) string {
	lines := func(parts ...string) string {
		return strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ".\n")
	}
	switch what {
	case "before":
		v := s.before(b)
		return lines(v.Meeting.Title, v.Meeting.When, strings.TrimSuffix(v.Meeting.Where, "."), v.Said, v.How, v.Beside)
	case "how":
		out := []string{s.word("kiosk.how.title")}
		for _, h := range meetings.Hows {
			out = append(out, s.word("kiosk.how.h_"+string(h)))
		}
		return lines(out...)
	case "beside":
		out := []string{s.word("kiosk.beside.title")}
		for _, who := range meetings.Besides {
			out = append(out, s.word("kiosk.beside.b_"+string(who)))
		}
		return lines(out...)
	case "readers":
		return s.readers(b.Reading, "").said(s)
	case "check":
		var out []string
		for _, q := range b.Questions {
			if q.Answer != "" {
				out = append(out, q.Words, q.Answer)
			}
		}
		return lines(out...)
	}
	if i := questionAt(b, strings.TrimPrefix(what, "q_")); i >= 0 {
		return b.Questions[i].Words + "\n" + b.Questions[i].Answer
	}
	for _, p := range b.Papers {
		if string(p.ID) == what {
			return lines(s.word("kiosk.paper.k_"+p.Kind), p.Summary)
		}
	}
	return ""
}
