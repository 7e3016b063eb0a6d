package kiosk

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// digits are the keys of a number pad in their fixed order.
var digits = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}

// padView is a page with a number pad.
type padView struct {
	Name   string // of the woman; "" on the enrolment page
	Digits []string
	Notice string // what went wrong, calmly
	Wait   int    // seconds until another try is looked at
}

// attract is the start page: language, or where the kiosk stands.
func (k *Kiosk) attract(w http.ResponseWriter, r *http.Request) error {
	if _, err := k.deviceOf(r); err != nil {
		return err
	}
	if _, err := k.whoIs(r); err == nil {
		return web.Redirect(w, r, "/kiosk/home")
	}
	k.setCookie(w, deviceCookie, k.cookie(r, deviceCookie), deviceLife)
	return k.pages.Render(w, r, http.StatusOK, "attract", web.Page{Title: k.pages.Loc(r).T("kiosk.attract.title")})
}

func (k *Kiosk) enrolPage(w http.ResponseWriter, r *http.Request) error {
	return k.renderEnrol(w, r, http.StatusOK, "")
}

func (k *Kiosk) renderEnrol(w http.ResponseWriter, r *http.Request, status int, notice string) error {
	page := web.Page{Title: k.pages.Loc(r).T("kiosk.enrol.title"), Data: padView{Digits: digits, Notice: notice}}
	return k.pages.Render(w, r, status, "enrol", page)
}

// enrol spends the code that staff typed and makes a kiosk of this device.
func (k *Kiosk) enrol(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	loc := k.pages.Loc(r)
	if ok, wait := k.tries.Allow("enrol " + web.ClientIP(r)); !ok {
		web.RetryAfter(w, wait)
		return k.renderEnrol(w, r, http.StatusTooManyRequests, loc.T("kiosk.enrol.too_many"))
	}
	cred, err := k.flow.EnrolKiosk(r.Context(), form.Value("code"))
	switch ids.KindOf(err) {
	case ids.Invalid:
		return k.renderEnrol(w, r, http.StatusUnprocessableEntity, loc.T("kiosk.enrol.wrong"))
	case ids.TooMany:
		return k.renderEnrol(w, r, http.StatusTooManyRequests, loc.T("kiosk.enrol.too_many"))
	}
	if err != nil {
		return err
	}
	k.setCookie(w, deviceCookie, cred.Secret, deviceLife)
	k.forgetHer(w)
	return web.Redirect(w, r, "/kiosk/")
}

func (k *Kiosk) choose(w http.ResponseWriter, r *http.Request, d flow.Kiosk) error {
	mothers, err := k.flow.KioskMothers(r.Context(), d.Actor())
	if err != nil {
		return err
	}
	return k.pages.Render(w, r, http.StatusOK, "choose", web.Page{Title: k.pages.Loc(r).T("kiosk.choose.title"), Data: mothers})
}

// offered finds a woman among those this kiosk serves.
func (k *Kiosk) offered(r *http.Request, d flow.Kiosk) (flow.KioskMother, error) {
	mothers, err := k.flow.KioskMothers(r.Context(), d.Actor())
	if err != nil {
		return flow.KioskMother{}, err
	}
	for _, m := range mothers {
		if string(m.ID) == r.PathValue("mother") {
			return m, nil
		}
	}
	return flow.KioskMother{}, ids.ErrNotFound
}

func (k *Kiosk) pinPage(w http.ResponseWriter, r *http.Request, d flow.Kiosk) error {
	m, err := k.offered(r, d)
	if err != nil {
		return err
	}
	return k.renderPIN(w, r, http.StatusOK, m, "", 0)
}

func (k *Kiosk) renderPIN(w http.ResponseWriter, r *http.Request, status int, m flow.KioskMother, notice string, wait time.Duration) error {
	v := padView{Name: m.Name, Digits: digits, Notice: notice}
	if wait > 0 {
		v.Wait = int(wait.Round(time.Second).Seconds())
		web.RetryAfter(w, wait)
	}
	return k.pages.Render(w, r, status, "pin", web.Page{Title: k.pages.Loc(r).T("kiosk.pin.title"), Data: v})
}

// pin unlocks the kiosk, or says calmly that it stays locked.
func (k *Kiosk) pin(w http.ResponseWriter, r *http.Request, d flow.Kiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	m, err := k.offered(r, d)
	if err != nil {
		return err
	}
	loc := k.pages.Loc(r)
	pin := form.Value("pin")
	if ok, wait := k.tries.Allow("pin " + string(d.ID)); !ok {
		return k.renderPIN(w, r, http.StatusTooManyRequests, m, loc.T("kiosk.pin.slow_down"), wait)
	}
	if len(pin) < 4 || len(pin) > 12 || strings.Trim(pin, "0123456789") != "" {
		return k.renderPIN(w, r, http.StatusUnprocessableEntity, m, loc.T("kiosk.pin.numbers"), 0)
	}
	select {
	case k.pinSlots <- struct{}{}:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	token, _, err := k.flow.Unlock(r.Context(), d.Actor(), m.ID, pin)
	<-k.pinSlots
	var refused *flow.PINRefused
	switch {
	case errors.As(err, &refused) && refused.Wait > 0:
		return k.renderPIN(w, r, http.StatusTooManyRequests, m, loc.T("kiosk.pin.wait", "Time", k.shower(r).span(refused.Wait)), refused.Wait)
	case errors.As(err, &refused):
		return k.renderPIN(w, r, http.StatusUnprocessableEntity, m, loc.T("kiosk.pin.wrong"), 0)
	case err != nil:
		return err
	}
	if c, err := r.Cookie(langCookie); err == nil { // she chose it on the start page
		if err := k.flow.MotherLanguage(r.Context(), m.ID, c.Value); err != nil && ids.KindOf(err) != ids.Invalid {
			return err
		}
	}
	k.setCookie(w, sessionCookie, token, 0)
	return web.Redirect(w, r, "/kiosk/home")
}

// span writes a wait in words, rounded up.
func (s shower) span(d time.Duration) string {
	if sec := int((d + time.Second - 1) / time.Second); sec < 60 {
		return s.loc.N("kiosk.span.seconds", sec)
	}
	return s.loc.N("kiosk.span.minutes", int((d+time.Minute-1)/time.Minute))
}

// lock ends her session. It works whatever state the session is in: the screen is never left open because of an error.
func (k *Kiosk) lock(w http.ResponseWriter, r *http.Request) error {
	if token := k.cookie(r, sessionCookie); token != "" {
		why := "left"
		if form, err := web.ReadForm(w, r); err == nil && form.Value("why") == "idle" {
			why = "idle"
		}
		if err := k.flow.LockKiosk(r.Context(), token, why); err != nil {
			k.log.Error("a kiosk could not end a session", "err", err)
		}
	}
	k.forgetHer(w)
	return web.Redirect(w, r, "/kiosk/locked")
}

// locked is the screen of a locked kiosk. It is never shown over a living session: whoever gets here, by whatever way (a page that locked
// itself while the server could not be reached), ends it.
func (k *Kiosk) locked(w http.ResponseWriter, r *http.Request) error {
	if token := k.cookie(r, sessionCookie); token != "" {
		if err := k.flow.LockKiosk(r.Context(), token, "left"); err != nil {
			return err
		}
		k.forgetHer(w)
	}
	return k.pages.Render(w, r, http.StatusOK, "locked", web.Page{Title: k.pages.Loc(r).T("kiosk.locked.title")})
}

// offline is what the service worker shows when the server cannot be reached. It holds nothing of anybody.
func (k *Kiosk) offline(w http.ResponseWriter, r *http.Request) error {
	return k.pages.Render(w, r, http.StatusOK, "offline", web.Page{Title: k.pages.Loc(r).T("kiosk.offline.title")})
}

// serviceWorker serves the worker from a path above the pages it watches over.
func (k *Kiosk) serviceWorker(w http.ResponseWriter, r *http.Request) {
	script, ok := k.site.Asset("kiosk-sw.js")
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, _ = w.Write(script) // the reader may have gone
}
