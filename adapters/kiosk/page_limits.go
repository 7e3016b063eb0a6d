package kiosk

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Limits is what a mother may ask about her own restrictions. It asks policy.
type Limits interface {
	// OwnRestrictions returns those that she may be told of.
	OwnRestrictions(ctx context.Context, actor ids.Actor) (flow.OwnRestrictionsView, error)
}

type limitsView struct {
	Live  live
	Lines []string // what she may not do, one sentence or two each
	Ask   string
	// Speech is the address of the page's sound; "" when nobody can read it aloud.
	Speech string
}

// limits says in plain words what she may and may not do, with whom, and whom to ask. It does not say why.
func (k *Kiosk) limits(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	v, err := k.limitsOf(r, at)
	if err != nil {
		return err
	}
	v.Live = l
	return k.pages.Render(w, r, http.StatusOK, "limits", k.page(r, at, "kiosk.limits.title", v))
}

func (k *Kiosk) limitsOf(r *http.Request, at atKiosk) (v limitsView, err error) {
	own, err := k.flow.OwnRestrictions(r.Context(), at.Actor())
	if err != nil {
		return v, err
	}
	show := k.shower(r)
	for _, x := range own.Rows {
		names := strings.Join(x.Names, ", ")
		line := show.word("kiosk.limits.k_"+string(kindShown(x.Kind)), "Names", names)
		if x.To != 0 {
			line += " " + show.word("kiosk.limits.until", "Day", x.To.Format("2/1/2006"))
		}
		v.Lines = append(v.Lines, line)
	}
	v.Ask = show.word("kiosk.limits.ask", "Name", own.Ask)
	if k.speech.can(show.lang()) {
		v.Speech = "/kiosk/limits/speech"
	}
	return v, nil
}

// kindShown is the kind for which there are words; one that is new here is told as the strictest.
func kindShown(kind cases.RestrictionKind) cases.RestrictionKind {
	if kind.Valid() {
		return kind
	}
	return cases.NoContact
}

// speakLimits answers with the sound of the page.
func (k *Kiosk) speakLimits(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	v, err := k.limitsOf(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	if !k.speech.can(show.lang()) {
		return ids.E(ids.Unavailable, "This kiosk cannot read aloud in this language.")
	}
	lines := v.Lines
	if len(lines) == 0 {
		lines = []string{show.word("kiosk.limits.none")}
	}
	s, err := k.speech.speak(r.Context(), show.lang(), Spoken(show.lang(), strings.Join(append(append([]string(nil), lines...), v.Ask), "\n")))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", s.kind)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(s.audio))
	return nil
}
