package surface_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"kinbridge/gateway/ids"
)

var (
	identifier = regexp.MustCompile(`(?:cas|mth|chd|con|thr|msg|att|hld|hov|rst|dlv|inb|mtg|par|req|ask|stp|alt|mov|pol|pin|gol|plc)_[0-9a-z]{26}\b`)
	hrefs      = regexp.MustCompile(`(?:href|src)="(/[^"#]*)"`)
)

// scan looks for words and identifiers that somebody may not see in something that she is shown. What she asked for herself is no news to her.
func (w *world) scan(who person, where, text string, asked []string) {
	for _, word := range unique(marker.FindAllString(text, -1)) {
		if word == planName {
			if !who.staff() {
				w.report("%s is shown what a support plan is called, at %s", who.name, where)
			}
			continue
		}
		w.judge(who, where, word, w.m.words[word])
	}
	for _, id := range unique(identifier.FindAllString(text, -1)) {
		if slices.Contains(asked, id) {
			continue
		}
		if p, ok := w.m.things[id]; ok {
			w.judge(who, where, id, []place{p})
		}
	}
}

func unique(found []string) []string {
	for i, s := range found {
		found[i] = lower(s)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (w *world) judge(who person, where, word string, places []place) {
	for _, p := range places {
		if p.may(who) {
			w.seen[who.name+" "+word] = true
			return
		}
	}
	what := "something that is nowhere"
	if len(places) > 0 {
		what = places[0].what
	}
	w.report("%s (%s) is shown %s (%s) at %s", who.name, who.Kind, what, word, where)
}

// visit asks for a page and scans the answer.
func (w *world) visit(v *visitor, path string) answer {
	a := w.ask(v, http.MethodGet, path, "", "")
	if a.status >= 500 && a.status != http.StatusServiceUnavailable {
		w.report("%s is answered %d at %s", v.name, a.status, path)
	}
	w.scan(v.person, "GET "+path, a.whole(), identifier.FindAllString(path, -1))
	return a
}

// stays are links that are not followed: they end a session, or hold nothing of anybody.
var stays = regexp.MustCompile(`/live$|^/(assets/|kiosk/(locked|sw\.js|ws)|lang)|[?&]lang=`)

// crawl follows links from the homes, at most so many pages, and returns what was shown at each.
func (w *world) crawl(v *visitor, most int) map[string]answer {
	shown, next := map[string]answer{}, slices.Clone(v.homes)
	known := map[string]bool{}
	for len(next) > 0 && len(shown) < most {
		i := w.pick(len(next))
		path := next[i]
		next = slices.Delete(next, i, i+1)
		if known[path] || stays.MatchString(path) {
			continue
		}
		known[path] = true
		a := w.visit(v, path)
		shown[path] = a
		for _, m := range hrefs.FindAllStringSubmatch(a.body, -1) {
			next = append(next, html.UnescapeString(m[1]))
		}
		if to := a.header.Get("Location"); strings.HasPrefix(to, "/") {
			next = append(next, to)
		}
		if v.bearer != "" {
			next = append(next, w.apiLinks(a.body)...)
		}
	}
	if v.socket && (most > 20 || w.chance(3)) {
		w.scan(v.person, "the kiosk's socket", w.listen(v), nil)
	}
	return shown
}

// apiLinks are the addresses of what an answer of the API names.
func (w *world) apiLinks(body string) (out []string) {
	for _, id := range unique(identifier.FindAllString(body, -1)) {
		for _, r := range w.apiAll {
			if r.method == http.MethodGet && len(r.params) == 1 && r.prefix(0) != "" && strings.HasPrefix(id, r.prefix(0)+"_") {
				out = append(out, strings.Replace(r.path, "{"+r.params[0]+"}", id, 1))
			}
		}
	}
	return out
}

// prefix is of the identifiers that the pattern takes there; "" = it takes nothing of anybody's.
func (r route) prefix(i int) string { return kindOf[r.params[i]] }

// theirs reports whether a route is of the face that a visitor stands before.
func (r route) theirs(v *visitor) bool {
	switch {
	case v.bearer != "":
		return strings.HasPrefix(r.path, "/api/")
	case v.cookies["kiosk_device"] != "":
		return strings.HasPrefix(r.path, "/kiosk/") && !stays.MatchString(r.path)
	case v.outside():
		return outsidePath(r.path)
	}
	return !strings.HasPrefix(r.path, "/api/") && !strings.HasPrefix(r.path, "/kiosk/") && !outsidePath(r.path)
}

// outsidePath reports whether a path is of the pages that people outside are mailed links to.
func outsidePath(path string) bool {
	return strings.HasPrefix(path, "/guest/") || strings.HasPrefix(path, "/read/") || strings.HasPrefix(path, "/poll/")
}

// form is what is sent to every form: a value for each name that there is.
var form = url.Values{"body": {"some words"}, "reason": {"other"}, "note": {"some words"}, "explanation": {"some words"}, "key": {"0123456789abcdef"}, "why": {"some words"}, "do": {"claim"},
	"act": {"accept"}, "pin": {"000000"}, "kind": {"trip"}, "says": {"yes"}, "due": {"2030-01-07"}, "what": {"open"}, "confirm": {"yes"}}.Encode()

// guess puts identifiers of the world into a pattern. Of what she may not know of, the answer must be the same, byte for byte, as of what does not
// exist.
func (w *world) guess(v *visitor, r route) {
	if !r.theirs(v) || len(r.params) == 0 {
		return
	}
	real, none, asked, hidden := r.path, r.path, []string{}, false
	for i, name := range r.params {
		id := fillers[name]
		other := id
		if p := r.prefix(i); p != "" {
			of := w.idsOf(p)
			if len(of) == 0 {
				return
			}
			id = choose(w, of)
			other = id
			if !w.m.things[id].may(v.person) {
				hidden = true
				other = ids.New[string](p)
			}
		}
		asked = append(asked, id)
		real, none = strings.Replace(real, "{"+name+"}", id, 1), strings.Replace(none, "{"+name+"}", other, 1)
	}
	if !hidden && strings.HasSuffix(real, "/live") {
		return // a stream that stays open
	}
	kind, body := "application/x-www-form-urlencoded", ""
	if r.method != http.MethodGet {
		if !hidden {
			return // it would be done
		}
		if body = form; v.bearer != "" {
			kind, body = "application/json", r.body
		}
	}
	a := w.ask(v, r.method, real, kind, body)
	where := r.method + " " + real
	if a.status >= 500 && a.status != http.StatusServiceUnavailable {
		w.report("%s is answered %d at %s", v.name, a.status, where)
	}
	w.scan(v.person, where, a.whole(), asked)
	if !hidden {
		return
	}
	w.guesses++
	b := w.ask(v, r.method, none, kind, body)
	if x, y := nameless(a), nameless(b); x != y {
		w.report("%s (%s) can tell what exists: %s is answered\n%s\nand %s\n%s", v.name, v.Kind, where, short(beside(x, y)), none, short(beside(y, x)))
	}
}

// nameless is an answer without the identifiers that were asked for.
func nameless(a answer) string { return identifier.ReplaceAllString(a.whole(), "ID") }

// beside are the lines of a text that another has not.
func beside(a, b string) (out string) {
	for line := range strings.Lines(a) {
		if !strings.Contains(b, line) {
			out += line
		}
	}
	return out
}

func short(s string) string { return s[:min(len(s), 700)] }

func (w *world) idsOf(prefix string) (out []string) {
	for id := range w.m.things {
		if strings.HasPrefix(id, prefix+"_") {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// lookAround has everybody look: so many pages each, and so many guesses.
func (w *world) lookAround(pages, guesses int) {
	w.lookWho(anybody, pages, guesses, false)
	who := choose(w, w.staff).name
	w.lookWho(func(p person) bool { return p.name == who || p.Kind == ids.ActorMother && w.chance(2) }, pages, 0, true)
}

// lookWho has some look; still is whether they only watch whether something moves.
func (w *world) lookWho(who func(person) bool, pages, guesses int, still bool) {
	w.look()
	all := append(slices.Clone(w.pages), w.apiAll...)
	vs := w.visitors(who)
	w.look() // letting somebody in can have sent mail
	for _, v := range vs {
		if still {
			w.remains(v, pages)
			continue
		}
		w.crawl(v, pages)
		for n := 0; n < guesses; {
			if r := choose(w, all); r.theirs(v) {
				w.guess(v, r)
				n++
			}
		}
	}
}
