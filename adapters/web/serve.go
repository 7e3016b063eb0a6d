package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"kinbridge/gateway/ids"
)

// Handler answers a request or returns an error of package ids, which becomes a page.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Handle makes an http.Handler of h.
func (p *Pages) Handle(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			p.Error(w, r, err)
		}
	})
}

// Statuses of the kinds of error.
var statuses = map[ids.Kind]int{
	ids.Invalid: http.StatusBadRequest, ids.Unauthenticated: http.StatusUnauthorized, ids.NotFound: http.StatusNotFound,
	ids.Forbidden: http.StatusForbidden, ids.Conflict: http.StatusConflict, ids.TooMany: http.StatusTooManyRequests,
	ids.TooLarge: http.StatusRequestEntityTooLarge, ids.Unavailable: http.StatusServiceUnavailable, ids.Internal: http.StatusInternalServerError,
}

// Status returns the HTTP status of an error's kind.
func Status(err error) int {
	if s, ok := statuses[kindOf(err)]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// kindOf is ids.KindOf, which also knows the body limit that net/http enforces.
func kindOf(err error) ids.Kind {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return ids.TooLarge
	}
	return ids.KindOf(err)
}

// errorView is what the error page shows. Public words come from where the error arose, in English; the title and the
// general advice are in the reader's language.
type errorView struct {
	Title, Body, Public, Reference string
}

// Error is the one place where an error becomes a page. Faults of ours are logged with their cause; what a person did wrong
// is not.
func (p *Pages) Error(w http.ResponseWriter, r *http.Request, err error) {
	kind := kindOf(err)
	if kind == ids.Internal || kind == ids.Unavailable {
		if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
			return // the reader has gone
		}
		p.site.log.Error("request failed", "face", string(p.face), "request", RequestID(r.Context()), "pattern", r.Pattern, "kind", kind.String(), "err", err)
	}
	if kind == ids.Unauthenticated && p.onUnauthenticated != nil {
		p.onUnauthenticated(w, r)
		return
	}
	var public string
	if kind == ids.Invalid || kind == ids.Conflict || kind == ids.TooMany || kind == ids.Forbidden {
		public = ids.Public(err)
	}
	body := ""
	if code := ids.CodeOf(err); code != "" {
		body, public = "common.conflicts."+code, ""
	}
	p.renderError(w, r, Status(err), kind.String(), body, public)
}

// renderError shows the page of a kind of error; body is the key of a sentence that says more than the kind's own, public are words that are
// there in English only.
func (p *Pages) renderError(w http.ResponseWriter, r *http.Request, status int, key, body, public string) {
	loc := p.Loc(r)
	if body == "" {
		body = "common.errors." + key + ".body"
	}
	v := errorView{Title: loc.T("common.errors." + key + ".title"), Body: loc.T(body), Public: public}
	if status >= 500 {
		v.Reference = RequestID(r.Context())
	}
	page := Page{Title: v.Title, Data: v}
	if p.errorPage != nil {
		p.errorPage(r, &page)
	}
	if err := p.Render(w, r, status, "error", page); err != nil {
		p.site.log.Error("the error page failed", "request", RequestID(r.Context()), "err", err)
		http.Error(w, ids.Public(err), http.StatusInternalServerError)
	}
}

// Wrap puts around a face's route table what every request needs: an identifier, a log line without addresses (they may
// hold secrets), recovery from panics, the security headers, the language switch and the guard against forms from other
// sites.
func (p *Pages) Wrap(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.renderError(w, r, http.StatusForbidden, "cross_site", "", "")
	}))
	inner := guard.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := p.site.now()
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey, newRequestID()))
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if v := recover(); v != nil {
				p.recovered(rec, r, v)
			}
			p.site.log.Info("request", "face", string(p.face), "request", RequestID(r.Context()), "method", r.Method,
				"pattern", r.Pattern, "status", rec.code(), "ms", p.site.now().Sub(start).Milliseconds())
		}()
		setHeaders(rec.Header(), p.face, p.secure)
		if switchLanguage(rec, r, p.secure) {
			return
		}
		inner.ServeHTTP(rec, r)
	})
}

// recovered logs a panic and, when nothing was sent yet, shows the error page. net/http's own way to abort is let through.
func (p *Pages) recovered(w *recorder, r *http.Request, v any) {
	if v == http.ErrAbortHandler {
		panic(v)
	}
	p.site.log.Error("a handler panicked", "face", string(p.face), "request", RequestID(r.Context()), "pattern", r.Pattern,
		"panic", panicText(v), "stack", string(debug.Stack()))
	if w.status == 0 && !w.hijacked {
		p.renderError(w, r, http.StatusInternalServerError, ids.Internal.String(), "", "")
	}
}

// panicText says what went wrong without repeating a value that a handler put into panic: it may be somebody's words.
func panicText(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", v)
}

// recorder remembers the status for the log and passes hijacking through for WebSockets.
type recorder struct {
	http.ResponseWriter
	status   int
	hijacked bool
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Hijack implements http.Hijacker, which gorilla/websocket asks for by type.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	w.hijacked = err == nil
	return c, rw, err
}

// Flush implements http.Flusher.
func (w *recorder) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController reach the writer below.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	switch {
	case w.hijacked:
		return http.StatusSwitchingProtocols
	case w.status == 0:
		return http.StatusOK
	}
	return w.status
}

// RetryAfter says on a 429 answer how long to wait; call it before returning the error.
func RetryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
}
