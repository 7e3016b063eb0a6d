package web

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kinbridge/adapters/web/i18n"
)

type contextKey int

const (
	requestIDKey contextKey = iota
	langKey
)

// RequestID returns the identifier that Wrap gave the request; it is in the log line and on error pages. Identifiers that
// come from outside are not taken over: they would let a stranger write into our log.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

func newRequestID() string {
	var b [10]byte
	rand.Read(b[:]) // never fails (Go 1.24 and later)
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// langCookie keeps the reader's choice; it holds "en" or "cy" and says nothing about her.
const langCookie = "lang"

// langParam is the query parameter of the language switch: any page's address with ?lang=cy.
const langParam = "lang"

// LangOf returns the language of the request: what WithLang said, else the cookie, else the browser's wish.
func LangOf(r *http.Request) i18n.Lang {
	if l, ok := r.Context().Value(langKey).(i18n.Lang); ok {
		return l
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if l, ok := i18n.Parse(c.Value); ok {
			return l
		}
	}
	return i18n.FromAcceptLanguage(r)
}

// WithLang returns the request with its language fixed, for a kiosk where the language belongs to the woman in front of it.
func WithLang(r *http.Request, l i18n.Lang) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), langKey, l))
}

// switchLanguage answers ?lang=… on a page: it sets the cookie and sends the reader to the same address without the
// parameter. It reports whether it answered.
func switchLanguage(w http.ResponseWriter, r *http.Request, secure bool) bool {
	if r.Method != http.MethodGet || r.URL.RawQuery == "" {
		return false
	}
	query := r.URL.Query()
	l, ok := i18n.Parse(query.Get(langParam))
	if !ok {
		return false
	}
	http.SetCookie(w, &http.Cookie{
		Name: langCookie, Value: string(l), Path: "/", MaxAge: int((365 * 24 * time.Hour).Seconds()),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
	query.Del(langParam)
	http.Redirect(w, r, localTarget(r.URL.Path, query), http.StatusSeeOther)
	return true
}

// localTarget builds an address on this site. A path that begins with two slashes (or a slash and a backslash, which
// browsers read alike) would name another host.
func localTarget(path string, query url.Values) string {
	u := url.URL{Path: "/" + strings.TrimLeft(path, "/\\"), RawQuery: query.Encode()}
	return u.String()
}

// LocalPath returns target when it is an address on this site, else fallback: for "where to go after signing in".
func LocalPath(target, fallback string) string {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(target, "//") || strings.ContainsAny(target, "\\\r\n\t") || strings.HasPrefix(u.Path, "//") {
		return fallback
	}
	return target
}
