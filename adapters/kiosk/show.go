package kiosk

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// shower turns what flow knows into what a screen shows, in one language.
type shower struct {
	loc    i18n.Loc
	when   web.When
	speech *speechCache
}

func (k *Kiosk) shower(r *http.Request) shower {
	return shower{loc: k.pages.Loc(r), when: k.pages.When(r), speech: k.speech}
}

// MessageView is one message on a screen, rendered by the server or sent in a frame.
type MessageView struct {
	ID     string `json:"id"`
	Thread string `json:"thread"`
	Mine   bool   `json:"mine"`
	From   string `json:"from"`
	Body   string `json:"body"`
	At     string `json:"at"`
	When   string `json:"when"`
	New    bool   `json:"new"`
	Status string `json:"status"` // how far one of hers has come; what is with one of others'
	Speech string `json:"speech"` // address of its sound; "" when nobody can read it aloud

	Files []FileView `json:"files"` // that came with it
	// Again is where she writes one of hers again that came back, Appeal where she asks somebody else to look; "" = she cannot. Pages alone have them.
	Again  string `json:"-"`
	Appeal string `json:"-"`
	// Gone: somebody wrote to her and it was not passed on; there is nothing else to show.
	Gone bool `json:"-"`
}

func (s shower) message(m flow.KioskMessage) MessageView {
	v := MessageView{ID: string(m.ID), Thread: string(m.Thread), Mine: m.Mine, From: m.AuthorName, Body: m.Body,
		At: s.when.ISO(m.Written), When: s.at(m.Written), New: m.New}
	switch {
	case m.NotPassedOn:
		v.Gone, v.From, v.Status = true, "", s.word("kiosk.message.not_passed")
		return v
	case m.Mine:
		v.From = s.word("kiosk.message.you")
		v.Status = s.progress(m.Progress, m.Checker)
		s.stopped(m, &v)
	case len(m.Attachments) > 0:
		v.Status = s.loc.N("kiosk.message.files", len(m.Attachments))
	}
	if m.FilesKept > 0 {
		v.Status = strings.TrimSpace(v.Status + " " + s.loc.N("kiosk.message.kept", m.FilesKept))
	}
	v.Files = s.files(m)
	if s.speech.can(s.lang()) {
		v.Speech = "/kiosk/speech/" + v.ID
	}
	return v
}

// stopped says what became of one of hers that was not passed on, and what she can do.
func (s shower) stopped(m flow.KioskMessage, v *MessageView) {
	if m.Stopped == nil {
		return
	}
	if m.Stopped.Returned {
		v.Status += "\n" + m.Stopped.Words
		v.Again = "/kiosk/messages/" + v.Thread + "/reply?again=" + v.ID
	} else if m.Stopped.Why != messages.TellGeneral {
		v.Status = s.word("kiosk.stopped.w_"+string(m.Stopped.Why)) + " " + v.Status
	}
	if m.Stopped.MayAppeal {
		v.Appeal = "/kiosk/messages/" + v.Thread + "/" + v.ID + "/appeal"
	}
}

// at writes a time as it is said: "Today, 2pm".
func (s shower) at(t time.Time) string {
	return s.loc.T("common.date_time", "Date", s.when.Day(t), "Time", s.when.Clock(t))
}

// progress says how far one of hers has come; by is who reads it first, while somebody does.
func (s shower) progress(p flow.Progress, by ids.Role) string {
	if p == flow.ProgressChecking && slices.Contains(checkers, by) {
		return s.word("kiosk.checking." + string(by))
	}
	return s.word("kiosk.progress." + string(p))
}

// state is how far a message has come that was sent this moment.
func (s shower) state(c flow.Composed) string {
	if c.State == messages.Held {
		return s.progress(flow.ProgressChecking, c.Checker)
	}
	return s.progress(flow.ProgressSending, "")
}

// problem is what to tell her of an error. What flow says is English and written for staff, so she gets words of the kiosk's own.
func (s shower) problem(err error) string {
	switch ids.KindOf(err) {
	case ids.Invalid:
		return s.word("kiosk.errors.write_first")
	case ids.TooLarge:
		return s.word("kiosk.errors.too_long")
	case ids.Forbidden, ids.NotFound, ids.Conflict, ids.Unauthenticated:
		return s.word("kiosk.errors.not_allowed")
	}
	return s.word("kiosk.errors.try_again")
}

func (s shower) word(key string, pairs ...any) string { return s.loc.T(key, pairs...) }

func (s shower) lang() string { return string(s.loc.Lang()) }
