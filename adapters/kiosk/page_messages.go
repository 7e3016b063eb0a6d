package kiosk

import (
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/threads"
)

// live is what a page tells the script about itself.
type live struct {
	Cursor int64
	Thread ids.ThreadID // the conversation that is open; "" on other pages
	Idle   int          // seconds
	Warn   int
}

// page makes a page for a woman who is there.
func (k *Kiosk) page(r *http.Request, at atKiosk, titleKey string, data any) web.Page {
	return web.Page{Title: k.pages.Loc(r).T(titleKey), User: &web.User{Name: at.Name, SignOut: "/kiosk/lock"}, Data: data}
}

// live takes the cursor, which must be done before anything that the page shows is read: what comes in between is then sent again, and shown
// once.
func (k *Kiosk) live(r *http.Request, at atKiosk) (live, error) {
	cursor, err := k.flow.FeedCursor(r.Context(), at.Actor())
	return live{Cursor: cursor, Idle: int(k.cfg.Idle.Seconds()), Warn: int(k.cfg.Warn.Seconds())}, err
}

type homeView struct {
	Live live
	Name string
	New  int
	Next string // when her next meeting is; "" = none
	Now  bool   // it is open
	// Tell is the meeting before which she is reminded to say what she thinks; nil = none.
	Tell *meetingItem
	// Asked counts what she is asked and has not answered.
	Asked int
}

func (k *Kiosk) home(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	v := homeView{Live: l, Name: at.Name}
	list, err := k.flow.KioskThreads(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	for _, t := range list {
		v.New += t.New
	}
	own, err := k.flow.OwnView(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	for _, q := range own.Requests {
		if q.MayAnswer && q.State.Waits() {
			v.Asked++
		}
	}
	ms, err := k.flow.MeetingsOf(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	if len(ms) > 0 && (ms[0].Phase == meetings.Open || ms[0].Phase == meetings.TooEarly) {
		v.Next, v.Now = k.shower(r).at(ms[0].Starts), ms[0].Phase == meetings.Open
	}
	if v.Tell, err = k.toTell(r, at, ms); err != nil {
		return err
	}
	return k.pages.Render(w, r, http.StatusOK, "home", k.page(r, at, "kiosk.home.title", v))
}

// threadView is a conversation in the list or open.
type threadView struct {
	ID       ids.ThreadID
	With     string
	Subject  string
	Channel  string // in words
	New      int
	Stopped  bool // she cannot write here at the moment
	Newest   *MessageView
	Stands   []string      // how it stands: who answers now, and what is waited for
	SpeakIt  string        // address of the sound of that; "" = it cannot be read aloud
	Messages []MessageView // newest first, so that what arrives is in sight
}

type messagesView struct {
	Live    live
	Threads []threadView
}

func (k *Kiosk) messages(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	list, err := k.flow.KioskThreads(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	v := messagesView{Live: l}
	for _, t := range list {
		v.Threads = append(v.Threads, k.shower(r).thread(t))
	}
	return k.pages.Render(w, r, http.StatusOK, "messages", k.page(r, at, "kiosk.messages.title", v))
}

func (s shower) thread(t flow.KioskThread) threadView {
	v := threadView{ID: t.ID, With: t.With, Subject: t.Subject, Channel: s.channel(t), New: t.New, Stopped: t.Stopped}
	for _, m := range slices.Backward(t.Parts) {
		v.Messages = append(v.Messages, s.message(m))
	}
	if v.Stands = s.stands(t); len(v.Stands) > 0 && s.speech.can(s.lang()) {
		v.SpeakIt = "/kiosk/speech/conversation/" + string(t.ID)
	}
	if t.Newest != nil {
		m := s.message(*t.Newest)
		v.Newest = &m
	}
	return v
}

type openView struct {
	Live   live
	Thread threadView
	Asked  []askedView // what she is asked in it and has not answered
}

func (k *Kiosk) thread(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	v, err := k.openThread(r, at)
	if err != nil {
		return err
	}
	return k.pages.Render(w, r, http.StatusOK, "thread", k.page(r, at, "kiosk.thread.title", v))
}

// openThread reads the conversation of the address; one that cannot be ours is not looked for.
func (k *Kiosk) openThread(r *http.Request, at atKiosk) (openView, error) {
	id := r.PathValue("thread")
	if !known(id) {
		return openView{}, ids.ErrNotFound
	}
	l, err := k.live(r, at)
	if err != nil {
		return openView{}, err
	}
	l.Thread = ids.ThreadID(id)
	t, err := k.flow.KioskThread(r.Context(), at.Actor(), l.Thread)
	if err != nil {
		return openView{}, err
	}
	v := openView{Live: l, Thread: k.shower(r).thread(t)}
	own, err := k.flow.OwnView(r.Context(), at.Actor())
	if err != nil {
		return openView{}, err
	}
	for _, q := range own.Requests {
		if q.Thread == t.ID && q.MayAnswer && q.State.Waits() {
			v.Asked = append(v.Asked, k.shower(r).asked(q))
		}
	}
	return v, nil
}

// readyReplies are the ready-made replies: kiosk.ready.NAME in the locale files.
var readyReplies = []string{"thanks", "agree", "disagree", "explain", "talk", "come"}

type readyReply struct{ Name, Text string }

type replyView struct {
	openView
	Readers readersView
	Ready   []readyReply
	Body    string
	Key     string // names this act of writing, so that a form sent twice is one message
	Problem string
	Max     int
	Rows    [][]string // of the keyboard
}

// keyboard is the on-screen keyboard's rows: a British layout, with the letters that Welsh has besides at the right.
var keyboard = [][]string{
	{"1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "â", "ê"},
	{"q", "w", "e", "r", "t", "y", "u", "i", "o", "p", "î", "ô"},
	{"a", "s", "d", "f", "g", "h", "j", "k", "l", "'", "û", "ŵ"},
	{"z", "x", "c", "v", "b", "n", "m", ",", ".", "?", "ŷ", "ï"},
}

func (k *Kiosk) replyPage(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	body, err := k.oldWords(r, at)
	if err != nil {
		return err
	}
	return k.renderReply(w, r, at, http.StatusOK, replyView{Key: ids.Secret(16), Body: body})
}

func (k *Kiosk) renderReply(w http.ResponseWriter, r *http.Request, at atKiosk, status int, v replyView) error {
	var err error
	if v.openView, err = k.openThread(r, at); err != nil {
		return err
	}
	if v.Readers, err = k.readers(r, at, v.Thread.ID); err != nil {
		return err
	}
	show := k.shower(r)
	for _, name := range readyReplies {
		v.Ready = append(v.Ready, readyReply{name, show.word("kiosk.ready." + name)})
	}
	v.Max, v.Rows = maxBody, keyboard
	return k.pages.Render(w, r, status, "reply", k.page(r, at, "kiosk.reply.title", v))
}

// reply takes the form: a ready-made reply is put into the box, so that nothing is sent by a slip; "send" sends.
func (k *Kiosk) reply(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	v := replyView{Body: form.Value("body"), Key: form.Value("key")}
	if !frameID(v.Key) {
		v.Key = ids.Secret(16)
	}
	if ready := form.Value("ready"); slices.Contains(readyReplies, ready) {
		v.Body = k.pages.Loc(r).T("kiosk.ready." + ready)
		return k.renderReply(w, r, at, http.StatusOK, v)
	}
	show := k.shower(r)
	if utf8.RuneCountInString(v.Body) > maxBody {
		v.Problem = show.word("kiosk.errors.too_long")
		return k.renderReply(w, r, at, http.StatusUnprocessableEntity, v)
	}
	thread := r.PathValue("thread")
	if !known(thread) {
		return ids.ErrNotFound
	}
	c, err := k.flow.Compose(r.Context(), at.Actor(), flow.NewMessage{Thread: ids.ThreadID(thread), Body: v.Body, IdemKey: idemKey(v.Key)})
	switch kind := ids.KindOf(err); {
	case err == nil:
		return web.Redirect(w, r, sentPath(thread, c.Message))
	case kind == ids.Invalid || kind == ids.TooLarge || kind == ids.Unavailable:
		v.Problem = show.problem(err)
		return k.renderReply(w, r, at, web.Status(err), v)
	}
	return err
}

func sentPath(thread string, m ids.MessageID) string {
	return fmt.Sprintf("/kiosk/messages/%s/sent/%s", thread, m)
}

type sentView struct {
	Live   live
	Thread ids.ThreadID
	Status string
	Next   string // what happens with it now: who reads it first, or that it is on its way
	Speech string // address of the sound of both; "" = nobody can read them aloud
}

func (k *Kiosk) sent(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	m, err := k.readMessage(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	v := sentView{Live: l, Thread: m.Thread, Status: show.progress(m.Progress, m.Checker), Next: show.next(m)}
	if k.speech.can(show.lang()) {
		v.Speech = "/kiosk/speech/sent/" + string(m.ID)
	}
	return k.pages.Render(w, r, http.StatusOK, "sent", k.page(r, at, "kiosk.sent.title", v))
}

func (k *Kiosk) readMessage(r *http.Request, at atKiosk) (flow.KioskMessage, error) {
	id := r.PathValue("message")
	if !known(id) {
		return flow.KioskMessage{}, ids.ErrNotFound
	}
	return k.flow.KioskMessage(r.Context(), at.Actor(), ids.MessageID(id))
}

type helpView struct {
	Live    live
	Threads []threadView
}

func (k *Kiosk) help(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	list, err := k.flow.KioskThreads(r.Context(), at.Actor())
	if err != nil {
		return err
	}
	v := helpView{Live: l}
	for _, t := range list {
		if t.Channel == threads.Confidential { // with Pact alone: officers cannot read it, as the page says
			v.Threads = append(v.Threads, k.shower(r).thread(t))
		}
	}
	return k.pages.Render(w, r, http.StatusOK, "help", k.page(r, at, "kiosk.help.title", v))
}
