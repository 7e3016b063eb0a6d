package surface_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// moving is what differs between two looks at one page though nothing has happened: times of day and spans of time, and the keys of forms.
var moving = regexp.MustCompile(`\d{1,2}[:.]\d{2}|\d+ (?:seconds?|minutes?|hours?|munud|eiliad|awr)|value="[0-9a-z]{16,}"|datetime="[^"]*"|T\d\d:\d\d:[\d.]+Z|data-[a-z]+="[^"]*"`)

// logs tell who has looked at what, and her own look is in them.
var logs = regexp.MustCompile(`/audit|/api/v1/audit|/live$`)

// remains has something happen that a visitor may know nothing of, and compares all that she is shown before and after: a count, an order or a time
// that moves tells her that there is something. It is what no look for words finds.
func (w *world) remains(v *visitor, pages int) {
	acts := w.unawareOf(v.person)
	if len(acts) == 0 {
		return
	}
	w.crawl(v, pages) // what is seen for the first time is marked as seen
	var paths []string
	for path := range w.crawl(v, pages) {
		if !logs.MatchString(path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	shown := func() (out []string) {
		for _, path := range paths {
			out = append(out, moving.ReplaceAllString(w.ask(v, http.MethodGet, path, "", "").whole(), "…"))
		}
		return out
	}
	readable := func() (n int) {
		for _, s := range w.m.says {
			if s.knownTo(v.person) {
				n++
			}
		}
		return n
	}
	before, could := shown(), readable()
	choose(w, acts)()
	w.work()
	w.look()
	if readable() != could {
		return // it was passed on at once, to her too
	}
	w.stills++
	for i, now := range shown() {
		if now != before[i] {
			w.report("%s (%s) sees something move at %s, of which she may know nothing:\n%s\nbecame\n%s", v.name, v.Kind, paths[i], short(beside(before[i], now)), short(beside(now, before[i])))
		}
	}
}

// mustSee is the other side: what somebody may see is shown to her. Without it empty pages would pass.
func (w *world) mustSee(most int) {
	w.look()
	for _, v := range w.visitors(anybody) {
		worker := ""
		for _, f := range w.families {
			if w.pactOf(f).name == v.name && v.bearer == "" || v.Kind == ids.ActorMother && v.ID == string(f.mother) {
				worker = string(f.id)
				break
			}
		}
		if worker == "" {
			continue
		}
		w.look()
		w.crawl(v, most)
		for _, s := range w.m.says {
			if string(s.Case) == worker && s.readBy(v.person) && (s.State == messages.Released || s.wroteIt(v.person)) {
				w.wants(v, "the words of a message", s.Body)
				w.wants(v, "a conversation's subject", s.in.Subject)
			}
		}
		for id, c := range w.m.cases {
			if string(id) != worker || !v.staff() {
				continue
			}
			w.wants(v, "a mother's name and reference", c.mother.Name+" "+c.Reference)
			for _, k := range c.kids {
				w.wants(v, "a child's name", k.Name)
			}
			for _, r := range c.limits {
				w.wants(v, "the note of a restriction", r.Note)
			}
		}
	}
	for _, s := range w.m.says { // what was mailed was in the mail
		for _, d := range must(w.env.Store.DeliveriesOfMessage(w.t.Context(), s.ID))(w.t) {
			if d.RecipientKind == messages.ToContact && d.State == messages.Sent && !d.Way.Notice {
				w.wants(&visitor{person: contactPerson(ids.ContactID(d.RecipientID))}, "the words of a message mailed to her", s.Body)
			}
		}
	}
}

func (w *world) wants(v *visitor, what, text string) {
	for _, word := range unique(marker.FindAllString(text, -1)) {
		if !w.seen[v.name+" "+word] {
			w.report("%s (%s) is nowhere shown %s (%s), which is hers to see", v.name, v.Kind, what, strings.ToLower(word))
		}
		w.wanted++
	}
}
