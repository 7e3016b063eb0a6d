package kiosk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/workdays"
)

// Answering is how a mother reads what she is asked, and answers it. Every method asks policy.
type Answering interface {
	OwnView(ctx context.Context, actor ids.Actor) (flow.OwnView, error)
	KioskRequest(ctx context.Context, actor ids.Actor, id ids.RequestID) (flow.KioskRequest, error)
	// ReadBack is what she is shown, and hears, before she confirms.
	ReadBack(ctx context.Context, actor ids.Actor, id ids.RequestID, s requests.Says, lang string) (string, error)
	Answer(ctx context.Context, actor ids.Actor, in flow.NewAnswer) (flow.Composed, error)
}

// Asking is how she asks for something herself.
type Asking interface {
	AskChoices(ctx context.Context, actor ids.Actor) ([]flow.AskChoice, error)
	Ask(ctx context.Context, actor ids.Actor, in flow.NewRequest) (flow.Asked, error)
	AskPrint(ctx context.Context, actor ids.Actor) error
}

// askedView is one request on a screen.
type askedView struct {
	ID      ids.RequestID
	Thread  ids.ThreadID
	Title   string // "A school trip for Tomos"
	With    string
	State   string
	Said    []string // her answers, oldest first
	Answers bool     // she can answer it
	Again   bool     // and has before
}

func (s shower) asked(k flow.KioskRequest) askedView {
	v := askedView{ID: k.ID, Thread: k.Thread, Title: upper(requests.For(k.Kind.Words(s.lang()), k.ChildName, s.lang())), With: k.With, Answers: k.MayAnswer, Again: len(k.Answers) > 0}
	day := s.dayOf(k.Due)
	switch key := "kiosk.mine.state_" + string(k.State); {
	case k.ByHer:
		v.State = s.word("kiosk.mine.hers_" + hersState(k.State))
	case k.State == requests.Open && k.Due != 0:
		v.State = s.word("kiosk.mine.state_by", "Day", day)
	default:
		v.State = s.word(key, "Day", day)
	}
	for _, a := range k.Answers {
		v.Said = append(v.Said, s.word("kiosk.mine.said_"+string(a.Says))+" "+s.at(a.At)+". "+strings.TrimSuffix(s.progress(a.Progress, ""), ".")+".")
	}
	return v
}

// hersState is what a state comes to for what she asked herself.
func hersState(st requests.State) string {
	if st == requests.Answered || st == requests.Withdrawn {
		return string(st)
	}
	return string(requests.Open)
}

func (s shower) dayOf(d workdays.Day) string {
	return workdays.Name(d, 0, s.lang())
}

func upper(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + text[n:]
}

type mineView struct {
	Live      live
	ToHer     []askedView
	ByHer     []askedView
	Waiting   []waitingView
	Told      []string // restrictions that she may be told of
	Appeals   []appealView
	Printing  bool
	PrintDone bool
}

type waitingView struct {
	Thread  ids.ThreadID
	Subject string
	Says    []string
}

// appealView is a message of hers that somebody else may look at.
type appealView struct{ Subject, When, Href string }

func (k *Kiosk) mine(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	own, err := k.flow.OwnView(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	show := k.shower(r)
	v := mineView{Live: l, Printing: !own.Printing.IsZero(), PrintDone: r.URL.Query().Has("printing")}
	for _, q := range own.Requests {
		if q.ByHer {
			v.ByHer = append(v.ByHer, show.asked(q))
		} else {
			v.ToHer = append(v.ToHer, show.asked(q))
		}
	}
	for _, x := range own.Waiting {
		v.Waiting = append(v.Waiting, waitingView{x.Thread, x.Subject, show.waits(x, k.now())})
	}
	for _, kind := range own.Told {
		v.Told = append(v.Told, show.word("kiosk.mine.rule_"+string(kind)))
	}
	return k.pages.Render(w, r, http.StatusOK, "mine", k.page(r, at, "kiosk.mine.title", v))
}

// waits says on whom a conversation waits, and whether they were asked again.
func (s shower) waits(x flow.WaitingOn, now time.Time) (out []string) {
	switch x.Progress {
	case "":
	case flow.ProgressSent, flow.ProgressArrived, flow.ProgressRead:
		out = append(out, s.word("kiosk.mine.has_it", "Name", x.With, "When", workdays.On(workdays.Of(x.Since), workdays.Of(now), s.lang())))
	default:
		out = append(out, s.progress(x.Progress, x.Checker))
	}
	for _, w := range x.Asked {
		out = append(out, w.In(s.lang()))
	}
	return out
}

func (k *Kiosk) rights(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	own, err := k.flow.OwnView(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	show, v := k.shower(r), mineView{Live: l}
	for _, x := range own.Appeals {
		v.Appeals = append(v.Appeals, appealView{x.Subject, show.at(x.Written), "/kiosk/messages/" + string(x.Thread)})
	}
	return k.pages.Render(w, r, http.StatusOK, "rights", k.page(r, at, "kiosk.rights.title", v))
}

func (k *Kiosk) askPrint(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	if err := k.flow.AskPrint(r.Context(), at.Actor()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/kiosk/mine?printing")
}

type questionView struct {
	Live     live
	Readers  readersView
	Request  askedView
	Question MessageView
	Yes      bool // yes or no are answers; else her own words are
	Ready    []readyReply
	Reason   string
	Problem  string
	Max      int
	Rows     [][]string
}

// readyReasons are the ready-made reasons: kiosk.reason.NAME in the locale files.
var readyReasons = []string{"fine", "safe", "worried", "ask_child", "more"}

func (k *Kiosk) request(r *http.Request, at atKiosk) (flow.KioskRequest, error) {
	id := r.PathValue("request")
	if !known(id) {
		return flow.KioskRequest{}, ids.ErrNotFound
	}
	return k.flow.KioskRequest(r.Context(), at.Actor(), ids.RequestID(id))
}

func (k *Kiosk) question(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderQuestion(w, r, at, http.StatusOK, questionView{})
}

func (k *Kiosk) renderQuestion(w http.ResponseWriter, r *http.Request, at atKiosk, status int, v questionView) error {
	var err error
	if v.Live, err = k.live(r, at); err != nil {
		return err
	}
	q, err := k.request(r, at)
	if err != nil {
		return err
	}
	m, err := k.flow.KioskMessage(r.Context(), at.Actor(), q.Message)
	if err != nil {
		return err
	}
	show := k.shower(r)
	v.Live.Thread = q.Thread
	if v.Readers, err = k.readers(r, at, q.Thread); err != nil {
		return err
	}
	v.Request, v.Question, v.Yes, v.Max, v.Rows = show.asked(q), show.message(m), q.Kind.Consents(), maxReasonRunes, keyboard
	if v.Yes {
		for _, name := range readyReasons {
			v.Ready = append(v.Ready, readyReply{name, show.word("kiosk.reason." + name)})
		}
	}
	return k.pages.Render(w, r, status, "question", k.page(r, at, "kiosk.mine.question", v))
}

// maxReasonRunes is how much she can write with an answer: in any letters it fits what flow takes.
const maxReasonRunes = 1000

type readBackView struct {
	Live    live
	Request askedView
	Says    requests.Says
	Shown   string
	Reason  string
	Key     string
	Speech  string
	Back    string
}

// readBack shows what she is about to say, before anything is sent.
func (k *Kiosk) readBack(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	q, err := k.request(r, at)
	if err != nil {
		return err
	}
	show, reason := k.shower(r), form.Value("reason")
	if ready := form.Value("ready"); slices.Contains(readyReasons, ready) {
		return k.renderQuestion(w, r, at, http.StatusOK, questionView{Reason: show.word("kiosk.reason." + ready)})
	}
	says := requests.Says(form.Value("says"))
	switch {
	case utf8.RuneCountInString(reason) > maxReasonRunes:
		return k.renderQuestion(w, r, at, http.StatusUnprocessableEntity, questionView{Reason: reason, Problem: show.word("kiosk.errors.too_long")})
	case !says.Fits(q.Kind):
		return k.renderQuestion(w, r, at, http.StatusUnprocessableEntity, questionView{Reason: reason, Problem: show.word("kiosk.mine.choose")})
	case says == requests.Told && strings.TrimSpace(reason) == "":
		return k.renderQuestion(w, r, at, http.StatusUnprocessableEntity, questionView{Reason: reason, Problem: show.word("kiosk.errors.write_first")})
	}
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	v := readBackView{Live: l, Request: show.asked(q), Says: says, Reason: strings.TrimSpace(reason), Key: ids.Secret(16), Back: "/kiosk/mine/" + string(q.ID)}
	if v.Shown, err = k.flow.ReadBack(r.Context(), at.Actor(), q.ID, says, show.lang()); err != nil {
		return err
	}
	if k.speech.can(show.lang()) {
		v.Speech = v.Back + "/speech/" + string(says)
	}
	return k.pages.Render(w, r, http.StatusOK, "readback", k.page(r, at, "kiosk.mine.check", v))
}

// heardCookie holds a digest of the words that were last read back aloud, so that the record can say so.
const heardCookie = "kb_heard"

func heard(id ids.RequestID, words string) string {
	sum := sha256.Sum256([]byte(string(id) + "\x00" + words))
	return hex.EncodeToString(sum[:16])
}

// speakBack reads the words aloud that she is about to confirm.
func (k *Kiosk) speakBack(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	q, err := k.request(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	words, err := k.flow.ReadBack(r.Context(), at.Actor(), q.ID, requests.Says(r.PathValue("says")), show.lang())
	if err != nil {
		return err
	}
	if !k.speech.can(show.lang()) {
		return ids.E(ids.Unavailable, "This kiosk cannot read aloud in this language.")
	}
	s, err := k.speech.speak(r.Context(), show.lang(), Spoken(show.lang(), words))
	if err != nil {
		return err
	}
	k.setCookie(w, heardCookie, heard(q.ID, words), 0)
	w.Header().Set("Content-Type", s.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.audio))
	return nil
}

// answer takes what she confirmed.
func (k *Kiosk) answer(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	q, err := k.request(r, at)
	if err != nil {
		return err
	}
	key, shown := form.Value("key"), form.Value("shown")
	if !frameID(key) {
		return ids.E(ids.Invalid, "The form is not whole.")
	}
	show := k.shower(r)
	c, err := k.flow.Answer(r.Context(), at.Actor(), flow.NewAnswer{Request: q.ID, Says: requests.Says(form.Value("says")), Reason: form.Value("reason"), Lang: show.lang(), Shown: shown,
		Heard: k.cookie(r, heardCookie) == heard(q.ID, shown), Kiosk: at.kiosk.ID, IdemKey: idemKey(key)})
	switch kind := ids.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, sentPath(string(q.Thread), c.Message))
	case kind == ids.Conflict || kind == ids.Invalid || kind == ids.Unavailable:
		return k.renderQuestion(w, r, at, web.Status(err), questionView{Reason: form.Value("reason"), Problem: show.word("kiosk.errors.try_again")})
	}
	return err
}

// askKinds are what she can ask for with one press.
var askKinds = []requests.Kind{requests.Report, requests.Minutes, requests.Update, requests.Photo}

type askView struct {
	Live    live
	Choices []choiceView
	Kinds   []readyReply
	About   string // the chosen conversation and child
	Body    string
	Key     string
	Problem string
	Max     int
	Rows    [][]string
}

type choiceView struct{ Value, Text, With, First string }

func (k *Kiosk) askPage(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderAsk(w, r, at, http.StatusOK, askView{Key: ids.Secret(16)})
}

func (k *Kiosk) renderAsk(w http.ResponseWriter, r *http.Request, at atKiosk, status int, v askView) error {
	var err error
	if v.Live, err = k.live(r, at); err != nil {
		return err
	}
	list, err := k.flow.AskChoices(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	show := k.shower(r)
	for _, c := range list {
		if len(c.Children) == 0 {
			v.Choices = append(v.Choices, choiceView{Value: string(c.Thread) + "/", Text: c.Subject, With: c.With, First: show.first(c.Reading)})
		}
		for _, child := range c.Children {
			v.Choices = append(v.Choices, choiceView{Value: string(c.Thread) + "/" + string(child.ID), Text: child.Name, With: c.With + ", " + c.Subject, First: show.first(c.Reading)})
		}
	}
	if len(v.Choices) == 1 || v.About == "" && len(v.Choices) > 0 {
		v.About = v.Choices[0].Value
	}
	for _, kind := range askKinds {
		v.Kinds = append(v.Kinds, readyReply{string(kind), show.word("kiosk.ask." + string(kind))})
	}
	v.Max, v.Rows = maxReasonRunes, keyboard
	return k.pages.Render(w, r, status, "ask", k.page(r, at, "kiosk.ask.title", v))
}

func (k *Kiosk) ask(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	v := askView{About: form.Value("about"), Body: form.Value("body"), Key: form.Value("key")}
	if !frameID(v.Key) {
		v.Key = ids.Secret(16)
	}
	thread, child, _ := strings.Cut(v.About, "/")
	show := k.shower(r)
	switch {
	case !known(thread) || child != "" && !known(child):
		v.Problem = show.word("kiosk.ask.choose")
		return k.renderAsk(w, r, at, http.StatusUnprocessableEntity, v)
	case utf8.RuneCountInString(v.Body) > maxReasonRunes:
		v.Problem = show.word("kiosk.errors.too_long")
		return k.renderAsk(w, r, at, http.StatusUnprocessableEntity, v)
	}
	out, err := k.flow.Ask(r.Context(), at.Actor(), flow.NewRequest{Thread: ids.ThreadID(thread), Kind: requests.Kind(form.Value("kind")), Child: ids.ChildID(child), Body: v.Body,
		Lang: show.lang(), IdemKey: idemKey(v.Key)})
	switch kind := ids.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, sentPath(thread, out.Message))
	case kind == ids.Invalid || kind == ids.TooLarge || kind == ids.Unavailable:
		v.Problem = show.word("kiosk.ask.choose")
		return k.renderAsk(w, r, at, web.Status(err), v)
	}
	return err
}
