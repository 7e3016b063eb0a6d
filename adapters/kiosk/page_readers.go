package kiosk

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// checkers are the roles that can read what she writes before it goes on, for which there are words.
var checkers = []ids.Role{ids.RolePactWorker, ids.RoleFamilyWorker, ids.RoleOffenderManager, ids.RolePublicProtection}

// readersView says who will read what she writes.
type readersView struct {
	To     []string // those it goes to: name, what she is, where
	Staff  []string // staff who can read it too
	First  string   // who reads it before it goes, or that nobody does
	Walls  string   // who does not read it; "" = nothing to say
	Speech string   // address of the sound of all that; "" = nobody can read it aloud
}

func (s shower) readers(v flow.KioskReading, thread ids.ThreadID) readersView {
	out := readersView{First: s.first(v)}
	for _, p := range v.To {
		out.To = append(out.To, s.reader(p))
	}
	for _, p := range v.Staff {
		out.Staff = append(out.Staff, s.reader(p))
	}
	if v.Protection {
		out.Staff = append(out.Staff, s.word("kiosk.readers.protection"))
	}
	switch {
	case v.Privileged:
		out.Walls = s.word("kiosk.readers.privileged")
	case !v.Official:
		out.Walls = s.word("kiosk.readers.confidential")
	}
	if s.speech.can(s.lang()) {
		out.Speech = "/kiosk/speech/readers/" + string(thread)
	}
	return out
}

// reader names somebody as she knows her.
func (s shower) reader(p flow.KioskReader) string {
	if p.Role != "" {
		return s.word("kiosk.readers.staff_person", "Name", p.Name, "Office", s.word("kiosk.role."+string(p.Role)))
	}
	return s.word("kiosk.readers.person", "Name", p.Name, "Office", s.word("kiosk.office."+string(p.Office)), "Body", p.Body)
}

// first says who reads what she writes before it goes on, by the settings in force.
func (s shower) first(v flow.KioskReading) string {
	order := withWords(v.First)
	var words []string
	switch {
	case len(order) == 0 && v.Also:
		words = append(words, s.word("kiosk.first.public_protection"))
	case len(order) == 0:
		return s.word("kiosk.first.nobody")
	default:
		words = append(words, s.word("kiosk.first."+string(order[0])))
		for _, r := range order[1:] {
			words = append(words, s.word("kiosk.second."+string(r)))
		}
		if v.Also {
			words = append(words, s.word("kiosk.first.also"))
		}
	}
	return strings.Join(append(words, s.word("kiosk.first.then")), " ")
}

func withWords(in []ids.Role) (out []ids.Role) {
	for _, r := range in {
		if slices.Contains(checkers, r) {
			out = append(out, r)
		}
	}
	return out
}

// channel says how private a conversation is, and who reviews it.
func (s shower) channel(t flow.KioskThread) string {
	words := []string{}
	for _, d := range []struct {
		key   string
		order []ids.Role
		also  bool
	}{{"kiosk.yours.", t.Reading.First, t.Reading.Also}, {"kiosk.theirs.", t.Reading.ToHer, false}} {
		if order := withWords(d.order); len(order) > 0 {
			words = append(words, s.word(d.key+string(order[0])))
		} else if d.also {
			words = append(words, s.word(d.key+string(ids.RolePublicProtection)))
		}
	}
	return strings.Join(append(words, s.word("kiosk.channel."+string(t.Channel))), " ")
}

// next says what happens with a message of hers now.
func (s shower) next(m flow.KioskMessage) string {
	switch {
	case m.Progress != flow.ProgressChecking:
		return s.word("kiosk.sent.gone")
	case slices.Contains(checkers, m.Checker):
		return s.word("kiosk.first."+string(m.Checker)) + " " + s.word("kiosk.first.then")
	}
	return s.word("kiosk.sent.checked")
}

// readers are who will read what she writes in a conversation.
func (k *Kiosk) readers(r *http.Request, at atKiosk, thread ids.ThreadID) (readersView, error) {
	v, err := k.flow.KioskReading(r.Context(), at.Actor(), thread)
	return k.shower(r).readers(v, thread), err
}

// said is the same in words to be read aloud.
func (v readersView) said(s shower) string {
	lines := []string{s.word("kiosk.readers.title") + "."}
	if len(v.To) > 0 {
		lines = append(lines, s.word("kiosk.readers.to")+": "+strings.Join(v.To, "; ")+".")
	}
	lines = append(lines, v.First)
	if len(v.Staff) > 0 {
		lines = append(lines, s.word("kiosk.readers.staff")+": "+strings.Join(v.Staff, "; ")+".")
	}
	return strings.TrimSpace(strings.Join(append(lines, v.Walls), "\n"))
}

// speakReaders reads aloud who will read what she writes.
func (k *Kiosk) speakReaders(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	id := r.PathValue("thread")
	if !known(id) {
		return ids.ErrNotFound
	}
	v, err := k.readers(r, at, ids.ThreadID(id))
	if err != nil {
		return err
	}
	return k.sayAloud(w, r, v.said(k.shower(r)))
}

// speakSent reads aloud what happens with a message that she sent.
func (k *Kiosk) speakSent(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	m, err := k.readMessage(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	return k.sayAloud(w, r, show.word("kiosk.sent.title")+".\n"+show.next(m))
}

// sayAloud answers with the sound of words that she may read, in her language.
func (k *Kiosk) sayAloud(w http.ResponseWriter, r *http.Request, words string) error {
	lang := k.shower(r).lang()
	if !k.speech.can(lang) {
		return ids.E(ids.Unavailable, "This kiosk cannot read aloud in this language.")
	}
	s, err := k.speech.speak(r.Context(), lang, Spoken(lang, words))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", s.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.audio))
	return nil
}
