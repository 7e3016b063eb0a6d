package web

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
)

// monday is the time of every test: 23 November 2026, 14:00 in London.
var monday = time.Date(2026, time.November, 23, 14, 0, 0, 0, time.UTC)

func newSite(t *testing.T, log io.Writer) *Site {
	t.Helper()
	if log == nil {
		log = io.Discard
	}
	s, err := Load(slog.New(slog.NewTextHandler(log, nil)), prometheus.NewRegistry(), func() time.Time { return monday })
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

func newPages(t *testing.T, s *Site, f Face, files map[string]string) *Pages {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	p, err := s.Pages(PagesConfig{Face: f, Templates: fsys})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var faces = []Face{Staff, Kiosk, Guest}

func TestRenderEscapesAndTranslates(t *testing.T) {
	s := newSite(t, nil)
	for _, f := range faces {
		p := newPages(t, s, f, map[string]string{
			"_shared.html": `{{define "shared"}}<p>{{t "common.today"}}</p>{{end}}`,
			"one.html":     `{{define "content"}}<h1>{{.Data}}</h1>{{template "shared"}}{{end}}`,
		})
		r := httptest.NewRequest("GET", "/x?a=1", nil)
		r.AddCookie(&http.Cookie{Name: "lang", Value: "cy"})
		w := httptest.NewRecorder()
		if err := p.Render(w, r, 200, "one", Page{Title: "<script>", Data: `<img src=x onerror="alert(1)">`}); err != nil {
			t.Fatal(err)
		}
		body := w.Body.String()
		for _, want := range []string{`<html lang="cy"`, "Heddiw", "&lt;script&gt;", "&lt;img src=x"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing", f, want)
			}
		}
		for _, bad := range []string{"<script>", "<img src=x", "style=", "onclick", "<style"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: %q is there", f, bad)
			}
		}
	}
}

func TestTemplateFaults(t *testing.T) {
	s := newSite(t, nil)
	for name, text := range map[string]string{
		"no content":       `{{define "other"}}{{end}}`,
		"unknown function": `{{define "content"}}{{nowhere}}{{end}}`,
	} {
		if _, err := s.Pages(PagesConfig{Face: Staff, Templates: fstest.MapFS{"x.html": {Data: []byte(text)}}}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	p := newPages(t, s, Staff, map[string]string{
		"key.html":   `{{define "content"}}{{t "staff.nowhere"}}{{end}}`,
		"asset.html": `{{define "content"}}{{asset "nowhere.js"}}{{end}}`,
		"field.html": `{{define "content"}}{{template "input" (input .Form "a" "A" "nowhere" 1)}}{{end}}`,
	})
	for _, name := range []string{"key", "asset", "field", "missing"} {
		w := httptest.NewRecorder()
		if err := p.Render(w, httptest.NewRequest("GET", "/", nil), 200, name, Page{}); err == nil || w.Body.Len() > 0 {
			t.Errorf("%s: error %v and %d bytes sent", name, err, w.Body.Len())
		}
	}
}

func TestErrorPages(t *testing.T) {
	var log bytes.Buffer
	s := newSite(t, &log)
	for _, f := range faces {
		p := newPages(t, s, f, nil)
		for kind, want := range map[ids.Kind]int{ids.Invalid: 400, ids.Unauthenticated: 401, ids.Forbidden: 403, ids.NotFound: 404, ids.Conflict: 409,
			ids.TooLarge: 413, ids.TooMany: 429, ids.Internal: 500, ids.Unavailable: 503} {
			log.Reset()
			h := p.Wrap(p.Handle(func(http.ResponseWriter, *http.Request) error {
				return ids.Wrap(kind, errors.New("disk on fire"), "Public words.")
			}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/secret-token", nil))
			if w.Code != want {
				t.Errorf("%s %s: %d", f, kind, w.Code)
			}
			if strings.Contains(w.Body.String(), "disk on fire") {
				t.Errorf("%s %s shows the private cause", f, kind)
			}
			shown := strings.Contains(w.Body.String(), "Public words.")
			if want := kind == ids.Invalid || kind == ids.Conflict || kind == ids.TooMany || kind == ids.Forbidden; shown != want {
				t.Errorf("%s %s: public words shown: %v", f, kind, shown)
			}
			if ours := kind == ids.Internal || kind == ids.Unavailable; strings.Contains(log.String(), "disk on fire") != ours {
				t.Errorf("%s %s: log %s", f, kind, log.String())
			}
			if strings.Contains(log.String(), "secret-token") {
				t.Errorf("the log holds an address: %s", log.String())
			}
		}
	}
}

func TestUnauthenticatedGoesWhereTheFaceSays(t *testing.T) {
	s := newSite(t, nil)
	p, err := s.Pages(PagesConfig{Face: Staff, Templates: fstest.MapFS{}, OnUnauthenticated: func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	}})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	p.Error(w, httptest.NewRequest("GET", "/", nil), ids.E(ids.Unauthenticated, "no"))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/sign-in" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestPanicBecomesAPageAndKeepsQuiet(t *testing.T) {
	var log bytes.Buffer
	p := newPages(t, newSite(t, &log), Kiosk, nil)
	w := httptest.NewRecorder()
	p.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("her message") })).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || !strings.Contains(w.Body.String(), "<main") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if strings.Contains(log.String(), "her message") || !strings.Contains(log.String(), "panicked") {
		t.Errorf("log: %s", log.String())
	}
}

func TestHeaders(t *testing.T) {
	s := newSite(t, nil)
	for _, f := range faces {
		p := newPages(t, s, f, map[string]string{"one.html": `{{define "content"}}x{{end}}`})
		w := httptest.NewRecorder()
		p.Wrap(p.Handle(func(w http.ResponseWriter, r *http.Request) error { return p.Render(w, r, 200, "one", Page{}) })).
			ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		csp := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self';", "style-src 'self';", "frame-ancestors 'none'", "base-uri 'none'", "report-uri /csp-report"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: %q is not in %q", f, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "require-trusted-types-for") != (f != Staff) {
			t.Errorf("%s: %q", f, csp)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s: %q", f, name, got)
			}
		}
		if w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: a page that may hold secrets is compressed", f)
		}
	}
}

func TestFormsFromOtherSites(t *testing.T) {
	p := newPages(t, newSite(t, nil), Staff, nil)
	reached := false
	h := p.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { reached = true; w.WriteHeader(http.StatusNoContent) }))
	for _, c := range []struct {
		name, method string
		header       map[string]string
		want         int
	}{
		{"own form", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
		{"typed address", "POST", map[string]string{"Sec-Fetch-Site": "none"}, 204},
		{"other site", "POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"sister site", "POST", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"other site that also forges Origin", "POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://example.com"}, 403},
		{"old browser, own form", "POST", map[string]string{"Origin": "http://example.com"}, 204},
		{"old browser, other site", "POST", map[string]string{"Origin": "http://evil.example"}, 403},
		{"null origin", "POST", map[string]string{"Origin": "null"}, 403},
		{"reading from another site", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 204},
		{"deleting from another site", "DELETE", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"no browser", "POST", nil, 204},
	} {
		reached = false
		r := httptest.NewRequest(c.method, "http://example.com/", strings.NewReader("a=b"))
		for k, v := range c.header {
			r.Header.Set(k, v)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.want || reached != (c.want == 204) {
			t.Errorf("%s: %d, handler reached: %v", c.name, w.Code, reached)
		}
	}
}

func TestLanguageSwitch(t *testing.T) {
	p := newPages(t, newSite(t, nil), Guest, map[string]string{"one.html": `{{define "content"}}x{{end}}`})
	h := p.Wrap(p.Handle(func(w http.ResponseWriter, r *http.Request) error {
		return p.Render(w, r, 200, "one", Page{Title: "T"})
	}))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/join/abc?step=2&lang=cy", nil))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/join/abc?step=2" {
		t.Fatalf("%d to %q", w.Code, w.Header().Get("Location"))
	}
	r := httptest.NewRequest("GET", "/join/abc?step=2", nil)
	for _, c := range w.Result().Cookies() {
		r.AddCookie(c)
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if body := w.Body.String(); !strings.Contains(body, `<html lang="cy"`) || !strings.Contains(body, `href="/join/abc?lang=en&amp;step=2"`) {
		t.Errorf("no Welsh page with a way back: %s", body)
	}
	for _, target := range []string{"//evil.example/?lang=cy", "/\\evil.example/?lang=cy"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: strings.Split(target, "?")[0], RawQuery: "lang=cy"}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		to, err := url.Parse(w.Header().Get("Location"))
		if err != nil || to.Host != "" || strings.HasPrefix(w.Header().Get("Location"), "//") {
			t.Errorf("%q leads to %q", target, w.Header().Get("Location"))
		}
	}
	r = WithLang(httptest.NewRequest("GET", "/", nil), i18n.Welsh)
	r.AddCookie(&http.Cookie{Name: "lang", Value: "en"})
	if LangOf(r) != i18n.Welsh {
		t.Error("WithLang does not win over the cookie")
	}
}

func TestLocalPath(t *testing.T) {
	for target, want := range map[string]string{
		"/cases?sort=name": "/cases?sort=name", "": "/", "//evil.example": "/", "https://evil.example/": "/", "/\\evil.example": "/",
		"\\\\evil.example": "/", "cases": "/", "javascript:alert(1)": "/", "/a\r\nSet-Cookie: x": "/", "///evil.example": "/", "/%2F/evil.example": "/",
	} {
		if got := LocalPath(target, "/"); got != want {
			t.Errorf("%q: %q", target, got)
		}
	}
}

func TestReadForm(t *testing.T) {
	post := func(body string) (*Form, error) {
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return ReadForm(httptest.NewRecorder(), r)
	}
	f, err := post("body=one%0D%0Atwo%00%FF&flag=a&flag=b")
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Value("body"); got != "one\ntwo\uFFFD" {
		t.Errorf("%q", got)
	}
	if !f.Has("flag", "b") || f.Has("flag", "c") {
		t.Error("several values are not kept")
	}
	if _, err := post("body=" + strings.Repeat("x", MaxForm)); ids.KindOf(err) != ids.TooLarge {
		t.Errorf("too large: %v", err)
	}
	if _, err := post("body=%zz"); ids.KindOf(err) != ids.Invalid {
		t.Errorf("malformed: %v", err)
	}
	if err := f.FailWith("body", ids.E(ids.Invalid, "Write less.")); err != nil || f.Error("body") != "Write less." || !f.Bad() {
		t.Errorf("%v %v", err, f.Errors)
	}
	if err := f.FailWith("body", ids.E(ids.Unavailable, "down")); ids.KindOf(err) != ids.Unavailable {
		t.Errorf("%v", err)
	}
	var none *Form
	if none.Bad() || none.Value("x") != "" || none.Has("x", "y") || none.Error("x") != "" {
		t.Error("a nil form must be an empty one")
	}
}

func TestNewField(t *testing.T) {
	form := &Form{Values: url.Values{"password": {"secret"}, "kind": {"b"}}}
	form.Fail("kind", "Choose one")
	f, err := NewField(form, "password", "Password", "type", "password")
	if err != nil || f.Value != "" {
		t.Errorf("a password comes back: %+v %v", f, err)
	}
	f, err = NewField(form, "kind", "Kind", "options", []Option{{Value: "a", Checked: true}, {Value: "b"}}, "hint", "One of them")
	if err != nil || f.Options[0].Checked || !f.Options[1].Checked || f.Notes() != "kind-hint kind-error" {
		t.Errorf("%+v %v", f, err)
	}
	for _, pairs := range [][]any{{"hint"}, {"nowhere", "x"}, {"rows", "5"}, {3, "x"}} {
		if _, err := NewField(nil, "a", "A", pairs...); err == nil {
			t.Errorf("%v: no error", pairs)
		}
	}
}
