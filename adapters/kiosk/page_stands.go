package kiosk

import (
	"net/http"
	"strings"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// stands says how a conversation stands: who answers in it now instead of somebody else, and what is waited for.
func (s shower) stands(t flow.KioskThread) (out []string) {
	if n := t.Newcomer; n != nil {
		key := "kiosk.stands.newcomer"
		switch {
		case n.Role == people.DutyTeam:
			key = "kiosk.stands.duty"
		case n.Role == people.AllocatedWorker && n.Whose:
			key = "kiosk.stands.social_worker"
		}
		words := s.word(key, "Name", n.Name, "Body", t.With)
		if n.Told {
			words += " " + s.word("kiosk.stands.told")
		}
		out = append(out, words)
	}
	for _, w := range t.Waiting {
		out = append(out, w.In(s.lang()))
	}
	return out
}

// speakThread reads aloud how a conversation stands that she may see.
func (k *Kiosk) speakThread(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	v, err := k.openThread(r, at)
	if err != nil {
		return err
	}
	if len(v.Thread.Stands) == 0 {
		return ids.E(ids.Unavailable, "This kiosk cannot read aloud in this language.")
	}
	return k.sayAloud(w, r, strings.Join(v.Thread.Stands, "\n"))
}
