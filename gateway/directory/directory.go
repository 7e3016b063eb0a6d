// Package directory names the local authorities with children's services: 153 in England, 22 in Wales. It finds one by whatever people call
// it, and reads a deployment's own file of duty addresses; no address is part of the program. It is pure.
package directory

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"kinbridge/gateway/table"
	"kinbridge/gateway/wording"
)

// Country is a part of the United Kingdom whose authorities the directory names.
type Country string

// The countries.
const (
	England Country = "england"
	Wales   Country = "wales"
)

// Kind is the kind of authority.
type Kind string

// The kinds. Children's services of an area with two tiers are the county's; districts are not named.
const (
	County        Kind = "county"
	Unitary       Kind = "unitary"
	Metropolitan  Kind = "metropolitan"
	LondonBorough Kind = "london_borough"
	CityOfLondon  Kind = "city_of_london"
	Isles         Kind = "isles"          // the Isles of Scilly
	PrincipalArea Kind = "principal_area" // in Wales
)

// Authority is one local authority with children's services.
type Authority struct {
	Slug      string // stable: "kensington-and-chelsea"
	Name      string // without "Council": "Kensington and Chelsea"
	WelshName string // "" in England
	Country   Country
	Kind      Kind
	Also      []string // what else people call it, and the trust that provides its children's services
}

// In is the name in a language: the Welsh one where there is one and the language is "cy".
func (a Authority) In(lang string) string {
	if lang == "cy" && a.WelshName != "" {
		return a.WelshName
	}
	return a.Name
}

//go:embed authorities.csv
var authoritiesCSV []byte

// entry is an authority with its names as searched for.
type entry struct {
	Authority
	names [][]string
}

var entries = sync.OnceValue(func() []entry {
	rows, faults, err := table.Read(authoritiesCSV, []table.Column{{Name: "slug", Required: true}, {Name: "name", Required: true}, {Name: "welsh_name", Required: true},
		{Name: "country", Required: true}, {Name: "kind", Required: true}, {Name: "also", Required: true}})
	if err == nil {
		err = faults.Err()
	}
	if err != nil {
		panic("directory: authorities.csv: " + err.Error())
	}
	out := make([]entry, 0, len(rows))
	for _, r := range rows {
		a := Authority{Slug: r.Get("slug"), Name: r.Get("name"), WelshName: r.Get("welsh_name"), Country: Country(r.Get("country")), Kind: Kind(r.Get("kind"))}
		if also := r.Get("also"); also != "" {
			a.Also = strings.Split(also, ";")
		}
		e := entry{Authority: a}
		for _, n := range append([]string{a.Name, a.WelshName}, a.Also...) {
			if n != "" {
				e.names = append(e.names, key(n))
			}
		}
		out = append(out, e)
	}
	return out
})

// All lists the authorities: England's, then Wales's, each by name.
func All() []Authority {
	out := make([]Authority, 0, len(entries()))
	for _, e := range entries() {
		out = append(out, e.Authority)
	}
	return out
}

// BySlug finds an authority by its slug.
func BySlug(slug string) (Authority, bool) {
	for _, e := range entries() {
		if e.Slug == slug {
			return e.Authority, true
		}
	}
	return Authority{}, false
}

// noise are words that name no place: "London Borough of Camden" is Camden. Of a name of nothing else they are kept (City of London).
var noise = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`council councils county city borough metropolitan district royal london corporation unitary authority local la lbc lb
		mbc mdc cbc bc cc dc ucc children childrens services service social care team department safeguarding trust
		cyngor sirol sir bwrdeistref dinas gwasanaethau plant cymdeithasol awdurdod lleol`) {
		m[w] = true
	}
	return m
}()

// joiners say nothing either way.
var joiners = map[string]bool{"of": true, "the": true, "and": true, "in": true, "for": true, "a": true, "y": true, "yr": true, "ar": true}

// key takes a name apart into the words that count, folded.
func key(name string) []string {
	var all, city, some []string
	for _, w := range wording.Words(strings.NewReplacer("'", "", "’", "", "‘", "", "`", "").Replace(name)) {
		text := w.Text
		switch text {
		case "saint", "sant":
			text = "st"
		case "helen":
			text = "helens" // St Helen's and St Helen
		}
		if joiners[text] {
			continue
		}
		all = append(all, text)
		if text == "city" || text == "london" {
			city = append(city, text)
		}
		if !noise[text] {
			some = append(some, text)
		}
	}
	switch {
	case len(some) > 0:
		return some
	case len(city) > 0:
		return city
	}
	return all
}

// Named finds the one authority that a name stands for, all of it and in any order of its words: "LB Barking & Dagenham", "Cyngor Sir Ynys Môn".
// A name that stands for several (or none) is not found.
func Named(name string) (Authority, bool) {
	want := key(name)
	slices.Sort(want)
	found, n := Authority{}, 0
	for _, e := range entries() {
		if slices.ContainsFunc(e.names, func(have []string) bool {
			have = slices.Clone(have)
			slices.Sort(have)
			return len(want) > 0 && slices.Equal(have, want)
		}) {
			found = e.Authority
			n++
		}
	}
	return found, n == 1
}

// maxQuery bounds what is looked for.
const maxQuery = 200

// Search finds authorities as somebody types: every word must begin a word of one of the names. Names that are what was typed come first,
// then those that begin with it, then the others; within each in the order of All. At most limit are returned.
func Search(query string, limit int) []Authority {
	if len(query) > maxQuery {
		query = query[:maxQuery]
	}
	want := key(query)
	if len(want) == 0 {
		return nil
	}
	type found struct {
		a    Authority
		rank int
	}
	var out []found
	for _, e := range entries() {
		best := noMatch
		for _, have := range e.names {
			best = min(best, rank(want, have))
		}
		if best < noMatch {
			out = append(out, found{e.Authority, best})
		}
	}
	slices.SortStableFunc(out, func(a, b found) int { return a.rank - b.rank })
	all := make([]Authority, 0, min(max(limit, 0), len(out)))
	for _, f := range out[:min(max(limit, 0), len(out))] {
		all = append(all, f.a)
	}
	return all
}

const noMatch = 3

// rank is 0 for the same words, 1 for a name that begins so, 2 when every word begins one of the name's, each another.
func rank(want, have []string) int {
	if slices.Equal(want, have) {
		return 0
	}
	if strings.HasPrefix(strings.Join(have, " "), strings.Join(want, " ")) {
		return 1
	}
	used := make([]bool, len(have))
	for _, w := range want {
		i := -1
		for j, h := range have {
			// The shortest word that fits, so that it does not take the only one that fits another.
			if !used[j] && strings.HasPrefix(h, w) && (i < 0 || len(h) < len(have[i])) {
				i = j
			}
		}
		if i < 0 {
			return noMatch
		}
		used[i] = true
	}
	return 2
}
