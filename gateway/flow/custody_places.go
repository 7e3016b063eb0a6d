package flow

import (
	"context"
	"slices"
	"strings"

	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store"
)

// places are the establishments that can be meant by an event.
type places struct{ list []store.Prison }

func placesOf(ctx context.Context, r store.Reader) (places, error) {
	list, err := r.Prisons(ctx)
	return places{list}, err
}

// here is an establishment of ours as package custody compares places.
func (p places) here(id ids.AgencyID) custody.Place { return custody.Place{Code: string(id)} }

// find returns the establishment that a report means: by its code, or by its name, whatever titles stand before it; "" when it is none of ours.
func (p places) find(at custody.Place) ids.AgencyID {
	for _, one := range p.list {
		if at.Code != "" && (one.Code == at.Code || string(one.ID) == at.Code) {
			return one.ID
		}
	}
	names := []string{bareName(at.Name), bareName(custody.WomensPrisons[at.Code])}
	i := slices.IndexFunc(p.list, func(one store.Prison) bool {
		name := bareName(one.Name)
		return (one.Code == "" || at.Code == "") && name != "" && slices.Contains(names, name)
	})
	if i < 0 {
		return ""
	}
	return p.list[i].ID
}

// canonical names an event's places by our own establishments, where they are ours.
func (p places) canonical(e custody.Event) custody.Event {
	for _, at := range []*custody.Place{&e.At, &e.From} {
		if id := p.find(*at); id != "" {
			*at = p.here(id)
		}
	}
	return e
}

// bareName is an establishment's name without HMP, YOI and punctuation.
func bareName(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return r == ' ' || r == '/' || r == '&' || r == ',' || r == '.' || r == '-' || r == '(' || r == ')'
	})
	return strings.Join(slices.DeleteFunc(words, func(w string) bool {
		return w == "hmp" || w == "yoi" || w == "hmpyoi" || w == "and" || w == "prison" || w == "hm"
	}), " ")
}
