// Package web holds what the three faces' pages share: layouts, components, words in two languages, assets, security
// headers, cookies, errors and times. It knows no cases and no sign-in: a face brings its pages, its routes and its store
// of sessions.
//
// A face makes a Site once, then its Pages from an embedded folder of templates, and wraps its route table in Pages.Wrap.
// Handlers return errors of package ids; Pages.Handle turns them into pages.
package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	_ "time/tzdata" // Europe/London, on machines without a zone database too

	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/adapters/web/assets"
	"kinbridge/adapters/web/i18n"
)

// Face is one of the three kinds of page.
type Face string

// The faces of FACES.md.
const (
	Staff Face = "staff" // people who sign in
	Kiosk Face = "kiosk" // the mother's touch screen on the wing
	Guest Face = "guest" // somebody who opened an emailed link
)

// Config is what a Site needs.
type Config struct {
	Assets *assets.Assets        // from assets.Load
	Words  *i18n.Bundle          // from i18n.Load
	Log    *slog.Logger          // business log; nil means slog.Default
	Meter  prometheus.Registerer // where counters are registered; nil means nowhere
	Now    func() time.Time      // nil means time.Now
}

// Site is the common ground of all faces; it is safe for concurrent use.
type Site struct {
	assets *assets.Assets
	words  *i18n.Bundle
	log    *slog.Logger
	now    func() time.Time
	csp    *cspReports
}

// New checks the configuration and returns a Site.
func New(c Config) (*Site, error) {
	if c.Assets == nil || c.Words == nil {
		return nil, fmt.Errorf("web: a Site needs Assets and Words")
	}
	s := &Site{assets: c.Assets, words: c.Words, log: c.Log, now: c.Now}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	s.csp, err = newCSPReports(s.log, s.now, c.Meter)
	return s, err
}

// Load returns a Site with the embedded assets and words.
func Load(log *slog.Logger, meter prometheus.Registerer, now func() time.Time) (*Site, error) {
	a, err := assets.Load()
	if err != nil {
		return nil, err
	}
	w, err := i18n.Load()
	if err != nil {
		return nil, err
	}
	return New(Config{Assets: a, Words: w, Log: log, Meter: meter, Now: now})
}

// Routes registers what all faces share: the assets and the content-security-policy reports. The patterns carry methods,
// so that they stand beside a face's "GET /" without conflict.
func (s *Site) Routes(mux *http.ServeMux) {
	mux.Handle("GET "+assets.Prefix, s.assets)
	mux.Handle("POST "+cspReportPath, s.csp)
}

// Words returns the speaker of a language.
func (s *Site) Words(l i18n.Lang) i18n.Loc { return s.words.Loc(l) }

// Asset returns the content of an asset by name, for a face that serves one from a path of its own.
func (s *Site) Asset(name string) ([]byte, bool) { return s.assets.Bytes(name) }

// CSPReports says how many content-security-policy reports have come in since the start.
func (s *Site) CSPReports() int64 { return s.csp.total.Load() }
