package kiosk

import (
	"context"
	"net/http"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// atKiosk is who is in front of which kiosk.
type atKiosk struct {
	flow.MotherSession
	kiosk flow.Kiosk
	token string
}

type whoKey struct{}

// deviceOf finds the enrolled kiosk a request comes from.
func (k *Kiosk) deviceOf(r *http.Request) (flow.Kiosk, error) {
	secret := k.cookie(r, deviceCookie)
	if secret == "" {
		return flow.Kiosk{}, ids.E(ids.Unauthenticated, "This kiosk is not set up.")
	}
	return k.flow.KioskBySecret(r.Context(), secret)
}

// whoIs finds the woman in front of the kiosk a request comes from.
func (k *Kiosk) whoIs(r *http.Request) (atKiosk, error) {
	device, err := k.deviceOf(r)
	if err != nil {
		return atKiosk{}, err
	}
	at := atKiosk{kiosk: device, token: k.cookie(r, sessionCookie)}
	if at.token == "" {
		return atKiosk{}, ids.E(ids.Unauthenticated, "The kiosk is locked.")
	}
	at.MotherSession, err = k.flow.MotherBySession(r.Context(), device.Actor(), at.token)
	return at, err
}

// device lets only an enrolled kiosk in.
func (k *Kiosk) device(h func(http.ResponseWriter, *http.Request, flow.Kiosk) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := k.deviceOf(r)
		if err != nil {
			return err
		}
		return h(w, r, d)
	}
}

// mother lets only a woman who has given her PIN in, and counts the request as a sign of her.
func (k *Kiosk) mother(h func(http.ResponseWriter, *http.Request, atKiosk) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		at, ok := r.Context().Value(whoKey{}).(atKiosk)
		if !ok {
			var err error
			if at, err = k.whoIs(r); err != nil {
				return err
			}
		}
		if k.now().Sub(at.LastSeen) > 2*time.Second {
			if err := k.flow.TouchMother(r.Context(), at.token); err != nil {
				return err
			}
		}
		return h(w, r, at)
	}
}

// language gives a request the language of the woman in front of the kiosk, unless somebody chose one at the screen.
func (k *Kiosk) language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie(langCookie); err != nil && k.cookie(r, sessionCookie) != "" && r.URL.Path != "/kiosk/ws" {
			if at, err := k.whoIs(r); err == nil {
				if lang, ok := i18n.Parse(at.Language); ok {
					r = web.WithLang(r, lang)
				}
				r = r.WithContext(context.WithValue(r.Context(), whoKey{}, at))
			}
		}
		next.ServeHTTP(w, r)
	})
}

// unauthenticated sends the browser to where the kiosk stands: to enrolment, or to the locked screen.
func (k *Kiosk) unauthenticated(w http.ResponseWriter, r *http.Request) {
	target := "/kiosk/locked"
	if _, err := k.deviceOf(r); err != nil {
		target = "/kiosk/enrol"
	} else {
		k.forgetHer(w)
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
}
