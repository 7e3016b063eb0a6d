// Package staff is the staff site: what people who sign in read and do. One file holds one page or action, routes.go the table of all
// addresses. Every page works without JavaScript but the meeting room; the script adds live delivery states and saved drafts.
//
// Addresses hold identifiers only, never a name or a word that somebody wrote. Who may is decided in flow; these pages offer what flow
// says is allowed, and show its refusals.
package staff

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"kinbridge/adapters/web"
)

//go:embed all:templates
var templates embed.FS

// Config is what the pages need besides the use cases.
type Config struct {
	Site   *web.Site
	Secure bool             // the site is reached by TLS only
	Log    *slog.Logger     // nil = slog.Default
	Now    func() time.Time // nil = time.Now
}

// Staff is the staff site. It is safe for concurrent use.
type Staff struct {
	flow   Flow
	pages  *web.Pages
	cookie web.Cookie
	log    *slog.Logger
	now    func() time.Time
	tries  *web.Limiter // sign-ins, by address
	finds  *web.Limiter // searches for a person, by who looks
	feeds  *web.Limiter // readings of a feed of meetings, by address
	secure bool
	hashes chan struct{} // sign-ins being computed: each takes 19 MiB for a moment

	alive context.Context // ends when Close is called
	stop  context.CancelFunc
}

// New parses the pages.
func New(c Config, f Flow) (*Staff, error) {
	if c.Site == nil || f == nil {
		return nil, errors.New("staff: a Staff needs a Site and the use cases")
	}
	sub, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	// The cookie ends with the browser; the session itself ends in the store.
	s := &Staff{flow: f, cookie: web.NewCookie("kb_staff", c.Secure, 0), log: c.Log, now: c.Now, tries: web.NewLimiter(rate.Every(6*time.Second), 20, 10_000, c.Now),
		finds: web.NewLimiter(rate.Every(3*time.Second), 20, 10_000, c.Now), feeds: web.NewLimiter(rate.Every(2*time.Second), 60, 10_000, c.Now), secure: c.Secure, hashes: make(chan struct{}, 4)}
	s.alive, s.stop = context.WithCancel(context.Background())
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	s.pages, err = c.Site.Pages(web.PagesConfig{Face: web.Staff, Templates: sub, Secure: c.Secure, Paths: web.Paths{Home: "/", Accessibility: "/accessibility"},
		OnUnauthenticated: s.toSignIn, ErrorPage: s.errorPage})
	return s, err
}

// Close ends the event streams of open pages, so that a server can shut down without waiting for them; new ones end at once. Everything
// else goes on working.
func (s *Staff) Close() { s.stop() }

// Handler serves the staff site, at the root.
func (s *Staff) Handler() http.Handler { return s.pages.Wrap(s.routes()) }
