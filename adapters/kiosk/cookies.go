package kiosk

import (
	"net/http"
	"time"
)

// The kiosk's two cookies. PROTOCOL.md says why they are cookies, and what each opens.
const (
	deviceCookie  = "kiosk_device"
	sessionCookie = "kiosk_session"
	langCookie    = "lang" // set by package web's language switch
)

// deviceLife is the longest that browsers keep a cookie; each visit of the start page begins it anew.
const deviceLife = 400 * 24 * time.Hour

func (k *Kiosk) cookieName(name string) string {
	if k.cfg.Secure {
		return "__Host-" + name
	}
	return name
}

// setCookie sets one of ours; life zero ends it with the browser, below zero at once.
func (k *Kiosk) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: k.cookieName(name), Value: value, Path: "/", HttpOnly: true, Secure: k.cfg.Secure, SameSite: http.SameSiteStrictMode}
	switch {
	case life < 0:
		c.MaxAge = -1
	case life > 0:
		c.MaxAge = int(life.Seconds())
	}
	http.SetCookie(w, c)
}

// cookie returns what the browser sent, "" when there is none or it cannot be a secret of ours.
func (k *Kiosk) cookie(r *http.Request, name string) string {
	c, err := r.Cookie(k.cookieName(name))
	if err != nil || len(c.Value) != 52 || !known(c.Value) { // 32 bytes in base32
		return ""
	}
	return c.Value
}

// forgetHer takes from the browser what belonged to the woman who was there: her session and her language.
func (k *Kiosk) forgetHer(w http.ResponseWriter) {
	k.setCookie(w, sessionCookie, "", -1)
	http.SetCookie(w, &http.Cookie{Name: langCookie, Path: "/", MaxAge: -1, HttpOnly: true, Secure: k.cfg.Secure, SameSite: http.SameSiteLaxMode})
}
