package web

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
)

func TestWhen(t *testing.T) {
	s := newSite(t, nil)
	en, cy := When{Loc: s.Words(i18n.English), Now: s.now}, When{Loc: s.Words(i18n.Welsh), Now: s.now}
	at := func(y int, m time.Month, d, h, min int) time.Time { return time.Date(y, m, d, h, min, 0, 0, London) }
	for _, c := range []struct{ got, want string }{
		{en.Clock(at(2026, 11, 23, 14, 0)), "2pm (GMT)"},
		{en.Clock(at(2026, 6, 1, 9, 5)), "9:05am (BST)"},
		{en.Clock(at(2026, 6, 1, 12, 0)), "midday (BST)"},
		{en.Clock(at(2026, 6, 1, 12, 30)), "12:30pm (BST)"},
		{en.Clock(at(2026, 12, 1, 0, 0)), "midnight (GMT)"},
		// The clocks go back on 25 October 2026: 1:30am is twice, and the zone tells which.
		{en.Clock(time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)), "1:30am (BST)"},
		{en.Clock(time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC)), "1:30am (GMT)"},
		// Just before midnight in summer UTC is the next day in London.
		{en.Date(time.Date(2026, 5, 31, 23, 30, 0, 0, time.UTC)), "1 June 2026"},
		{en.LongDate(at(2026, 11, 23, 14, 0)), "Monday 23 November 2026"},
		{cy.LongDate(at(2026, 11, 23, 14, 0)), "dydd Llun 23 Tachwedd 2026"},
		{en.DateTime(at(2026, 11, 23, 14, 0)), "23 November 2026, 2pm (GMT)"},
		{en.Day(monday), "Today"}, {en.Day(monday.AddDate(0, 0, -1)), "Yesterday"}, {cy.Day(monday.AddDate(0, 0, -2)), "21 Tachwedd 2026"},
		{en.ISO(at(2026, 6, 1, 9, 5)), "2026-06-01T09:05:00+01:00"},
		{en.Clock(time.Time{}) + en.Date(time.Time{}) + en.DateTime(time.Time{}) + en.Day(time.Time{}) + en.ISO(time.Time{}), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestLimiter(t *testing.T) {
	now := monday
	l := NewLimiter(rate.Every(10*time.Second), 2, 100, func() time.Time { return now })
	for i, want := range []bool{true, true, false, false} {
		ok, wait := l.Allow("a")
		if ok != want || (!ok && wait != 10*time.Second) {
			t.Errorf("try %d: %v, wait %v", i+1, ok, wait)
		}
	}
	if ok, _ := l.Allow("b"); !ok {
		t.Error("one key's tries count against another")
	}
	now = now.Add(10 * time.Second)
	if ok, _ := l.Allow("a"); !ok {
		t.Error("waiting does not help")
	}
	for i := range 10_000 {
		l.Allow(fmt.Sprint(i))
	}
	if n := len(l.cur) + len(l.old); n > 200 {
		t.Errorf("it remembers %d keys", n)
	}
}

func TestClientIP(t *testing.T) {
	for remote, want := range map[string]string{"192.0.2.1:5": "192.0.2.1", "[2001:db8:1:2:3:4:5:6]:7": "2001:db8:1:2::", "odd": "odd"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = remote
		r.Header.Set("X-Forwarded-For", "203.0.113.9")
		if got := ClientIP(r); got != want {
			t.Errorf("%s: %s", remote, got)
		}
	}
}

func TestCookie(t *testing.T) {
	for _, secure := range []bool{true, false} {
		c := NewCookie("staff", secure, time.Hour)
		w := httptest.NewRecorder()
		token := ids.Secret(32)
		c.Set(w, token)
		set := w.Result().Cookies()[0]
		if strings.HasPrefix(set.Name, "__Host-") != secure || set.Secure != secure || !set.HttpOnly || set.Path != "/" || set.Domain != "" ||
			set.SameSite != http.SameSiteLaxMode || set.MaxAge != 3600 {
			t.Errorf("%+v", set)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.AddCookie(set)
		if got, ok := c.Token(r); !ok || got != token {
			t.Errorf("%q %v", got, ok)
		}
		w = httptest.NewRecorder()
		c.Clear(w)
		if gone := w.Result().Cookies()[0]; gone.MaxAge >= 0 || gone.Value != "" || gone.Name != c.Name() {
			t.Errorf("%+v", gone)
		}
	}
	c := NewCookie("staff", false, 0)
	for _, value := range []string{"", "x", strings.Repeat("a", 51), strings.Repeat("a", 53), strings.Repeat("A", 52), strings.Repeat("%", 52)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "staff="+value)
		if _, ok := c.Token(r); ok {
			t.Errorf("%q passes for a token", value)
		}
	}
}

func TestCSPReports(t *testing.T) {
	var log bytes.Buffer
	now := monday
	s, err := Load(slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry(), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	s.Routes(mux)
	post := func(body string) int {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", "/csp-report", strings.NewReader(body)))
		return w.Code
	}
	if code := post(`{"csp-report":{"document-uri":"http://x/join/SECRET","effective-directive":"script-src-elem","blocked-uri":"https://evil.example/SECRET?x"}}`); code != 204 {
		t.Error(code)
	}
	if code := post(`[{"type":"csp-violation","url":"http://x/SECRET","body":{"effectiveDirective":"made-up SECRET","blockedURL":"inline"}},{"type":"other"}]`); code != 204 {
		t.Error(code)
	}
	if got := s.CSPReports(); got != 2 {
		t.Errorf("%d reports counted", got)
	}
	if strings.Contains(log.String(), "SECRET") || !strings.Contains(log.String(), "https://evil.example") {
		t.Errorf("log: %s", log.String())
	}
	for _, body := range []string{"", "x", "3", "{}", `"x"`, "[3]"} {
		if code := post(body); code != http.StatusBadRequest {
			t.Errorf("%q: %d", body, code)
		}
	}
	if code := post(strings.Repeat(" ", maxCSPReport+1)); code != http.StatusRequestEntityTooLarge {
		t.Error(code)
	}
	last := 0
	for range 40 {
		last = post("{}")
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("a flood of reports: %d", last)
	}
}

func TestPaginateAndSort(t *testing.T) {
	r := httptest.NewRequest("GET", "/cases?q=a+b&page=5&sort=name", nil)
	p := Paginate(r, PageOf(r), 10)
	var shape []string
	for _, item := range p.Items {
		shape = append(shape, fmt.Sprint(item.Number))
	}
	if got := strings.Join(shape, " "); got != "1 0 4 5 6 0 10" {
		t.Error(got)
	}
	if p.Previous != "/cases?page=4&q=a+b&sort=name" || p.Next != "/cases?page=6&q=a+b&sort=name" {
		t.Errorf("%+v", p)
	}
	if len(Paginate(r, 1, 1).Items) != 0 {
		t.Error("one page needs no links")
	}
	c := SortColumn(r, "name", "Name")
	if c.Sorted != "ascending" || c.SortHref != "/cases?q=a+b&sort=-name" {
		t.Errorf("%+v", c)
	}
	for query, want := range map[string]string{"": "name false", "sort=-since": "since true", "sort=since": "since false", "sort=drop+table": "name false", "sort=-": "name false"} {
		key, desc := SortOf(httptest.NewRequest("GET", "/?"+query, nil), "name", "since")
		if got := fmt.Sprint(key, " ", desc); got != want {
			t.Errorf("%q: %s", query, got)
		}
	}
	for query, want := range map[string]int{"page=3": 3, "page=-1": 1, "page=x": 1, "page=99999999999999999999": 1} {
		if got := PageOf(httptest.NewRequest("GET", "/?"+query, nil)); got != want {
			t.Errorf("%s: %d", query, got)
		}
	}
}

func TestParagraphs(t *testing.T) {
	got := fmt.Sprintf("%q", Paragraphs("\n one\ntwo  \n\n \n three\n"))
	if got != `[["one" "two"] [" three"]]` {
		t.Error(got)
	}
	if Paragraphs("") != nil {
		t.Error("nothing gives a paragraph")
	}
}
