package web

import (
	"net/http"
	"regexp"
	"time"
)

// Cookie is the session cookie of a face. Its value is an opaque token of 256 random bits, ids.Secret(32), which a flow
// function makes anew at every sign-in; what is stored is only its hash, so a stolen store gives nobody a session.
type Cookie struct {
	name   string
	secure bool
	maxAge time.Duration
}

// NewCookie names a session cookie. With secure (the site is reached by TLS) it gets the __Host- prefix, which ties it to
// this host (RFC 6265bis section 4.1.3.2); without, for plain HTTP on a loopback address only, a plain name. maxAge zero
// makes it end with the browser.
func NewCookie(name string, secure bool, maxAge time.Duration) Cookie {
	if secure {
		name = "__Host-" + name
	}
	return Cookie{name: name, secure: secure, maxAge: maxAge}
}

// Set gives the browser a token.
func (c Cookie) Set(w http.ResponseWriter, token string) {
	http.SetCookie(w, c.cookie(token, int(c.maxAge.Seconds())))
}

// tokenShape is what ids.Secret(32) makes: 52 characters of lower-case base32.
var tokenShape = regexp.MustCompile(`^[0-9a-z]{52}$`)

// Token returns the token the request carries; false when there is none or it is not one we could have made.
func (c Cookie) Token(r *http.Request) (string, bool) {
	got, err := r.Cookie(c.name)
	if err != nil || !tokenShape.MatchString(got.Value) {
		return "", false
	}
	return got.Value, true
}

// Clear takes the cookie away from the browser.
func (c Cookie) Clear(w http.ResponseWriter) { http.SetCookie(w, c.cookie("", -1)) }

// Name is the cookie's name as browsers see it.
func (c Cookie) Name() string { return c.name }

// cookie is SameSite=Lax, not Strict: people arrive by links in emails, and should be signed in when they do.
func (c Cookie) cookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: c.name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: c.secure, SameSite: http.SameSiteLaxMode}
}
