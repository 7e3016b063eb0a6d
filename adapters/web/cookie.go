package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"time"
)

// Cookie is the session cookie of a face: an opaque token of 256 random bits. The face keeps HashToken(token) in its store
// with what the session means; a stolen store gives nobody a session.
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

// Issue makes a token, sets the cookie and returns the token. Call it anew at every sign-in, so that a token somebody planted
// beforehand is worth nothing.
func (c Cookie) Issue(w http.ResponseWriter) string {
	var b [32]byte
	rand.Read(b[:]) // never fails (Go 1.24 and later)
	token := base64.RawURLEncoding.EncodeToString(b[:])
	http.SetCookie(w, c.cookie(token, int(c.maxAge.Seconds())))
	return token
}

// Token returns the token the request carries; false when there is none or it is not one we could have made.
func (c Cookie) Token(r *http.Request) (string, bool) {
	got, err := r.Cookie(c.name)
	if err != nil {
		return "", false
	}
	if b, err := base64.RawURLEncoding.Strict().DecodeString(got.Value); err != nil || len(b) != 32 {
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

// HashToken is what a store keeps of a token: its SHA-256 in hexadecimal. The token has 256 random bits, so a plain hash is
// enough.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
