// Package guest is the pages of somebody who was emailed a link to a meeting: she opens the link, gives her name and a one-time code,
// reads the rules, checks her devices, waits in the lobby and takes part. Everything before the room works without JavaScript.
//
// Opening a link changes nothing: mail filters open it too. What is shown before the code says nothing about the family, the matter or
// the others. The session that follows the code is a cookie, so that she can come back without another code.
package guest

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"time"

	"golang.org/x/time/rate"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

//go:embed templates
var templates embed.FS

// Links is what a link can be used for. Reading it changes nothing.
type Links interface {
	GuestLanding(ctx context.Context, link string) (flow.GuestLanding, error)
	// LinkOpened notes that the link was opened, the first time. It is a hint: what looks into mail opens links too.
	LinkOpened(ctx context.Context, link string) error
	// SendGuestCode mails a new code to the invited address; TooMany when that was asked too often.
	SendGuestCode(ctx context.Context, link string) error
	// GuestEnter returns a session's token for the right code; flow.ErrWrongCode or flow.ErrDeadCode for another.
	GuestEnter(ctx context.Context, link, name, code string) (token string, g flow.Guest, err error)
}

// Sessions is what a guest can do who gave the right code.
type Sessions interface {
	GuestBySession(ctx context.Context, token string) (flow.Guest, error)
	GuestLeave(ctx context.Context, token string) error
	RoomTicket(ctx context.Context, actor ids.Actor, m ids.MeetingID) (flow.RoomTicket, error)
}

// Pages is what a link in a notice can be used for: read.go. Opening it changes nothing.
type Pages interface {
	// PageLanding is NotFound for a link that leads to nothing, flow.ErrPageExpired for one whose time is over.
	PageLanding(ctx context.Context, link string) (flow.PageLanding, error)
	// SendPageCode mails a code that works in the browser that holds asker; TooMany when that was asked too often.
	SendPageCode(ctx context.Context, link, asker string) error
	// PageEnter returns a session's token for the right code; flow.ErrWrongCode or flow.ErrDeadCode for another.
	PageEnter(ctx context.Context, link, asker, code string) (token string, err error)
}

// Readers is what somebody can do who gave the right code for a page. Each is NotFound when her session has ended.
type Readers interface {
	PageOfSession(ctx context.Context, token string) (ids.PageID, error)
	ReadPage(ctx context.Context, token string) (flow.PageMessage, error)
	PageFile(ctx context.Context, token string, file ids.AttachmentID) (flow.FileView, error)
	PageAnswer(ctx context.Context, token, body, key string) (flow.Composed, error)
	LeavePage(ctx context.Context, token string) error
}

// Flow is the use cases these pages need.
type Flow interface {
	Links
	Sessions
	Pages
	Readers
	Polls
}

// Config is what the pages need besides the use cases.
type Config struct {
	Site   *web.Site
	Secure bool             // the site is reached by TLS only
	Now    func() time.Time // nil = time.Now
}

// Guest is the pages.
type Guest struct {
	flow   Flow
	pages  *web.Pages
	cookie web.Cookie
	asker  web.Cookie   // what a browser is known by that asked for a page's code
	reader web.Cookie   // the session of a reader
	tries  *web.Limiter // of forms and tickets
	noise  []byte       // what the network test downloads
}

// sessionAge bounds the cookie; the session itself ends with the meeting.
const sessionAge = 12 * time.Hour

// New parses the pages.
func New(c Config, f Flow) (*Guest, error) {
	if c.Site == nil || f == nil {
		return nil, errors.New("guest: a Guest needs a Site and the use cases")
	}
	sub, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	g := &Guest{flow: f, cookie: web.NewCookie("kb_guest", c.Secure, sessionAge), asker: web.NewCookie("kb_asker", c.Secure, 0), reader: web.NewCookie("kb_reader", c.Secure, 0),
		tries: web.NewLimiter(rate.Every(2*time.Second), 30, 10_000, c.Now), noise: noise()}
	g.pages, err = c.Site.Pages(web.PagesConfig{Face: web.Guest, Templates: sub, Paths: web.Paths{Home: "/guest/"}, Secure: c.Secure,
		OnUnauthenticated: g.askForLink})
	return g, err
}

// Handler serves everything under /guest/, /read/ and /poll/.
func (g *Guest) Handler() http.Handler {
	mux := http.NewServeMux()
	for _, routes := range []map[string]web.Handler{g.readRoutes(), g.pollRoutes()} {
		for pattern, h := range routes {
			mux.Handle(pattern, g.pages.Handle(h))
		}
	}
	for pattern, h := range map[string]web.Handler{
		"GET /guest/{$}":             g.start,
		"GET /guest/{link}":          g.landing,
		"POST /guest/{link}":         g.limited(g.enter),
		"POST /guest/{link}/code":    g.limited(g.sendCode),
		"GET /guest/meeting/rules":   g.entered(g.rules),
		"GET /guest/meeting/room":    g.entered(g.room),
		"POST /guest/meeting/ticket": g.limited(g.ticket),
		"GET /guest/meeting/ping":    g.entered(g.ping),
		"GET /guest/meeting/speed":   g.entered(g.limited(g.speed)),
		"GET /guest/meeting/left":    g.entered(g.left),
		"POST /guest/meeting/finish": g.finish,
		"GET /guest/meeting/done":    g.done,
	} {
		mux.Handle(pattern, g.pages.Handle(h))
	}
	return g.pages.Wrap(mux)
}

// limited answers 429 to whoever sends too many forms for one link or in one session: a code has a million values, and guessing it must not
// even load the database. The address is only a part of the key: many guests can share one, an office's or a proxy's.
func (g *Guest) limited(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token, _ := g.cookie.Token(r)
		reader, _ := g.reader.Token(r)
		if ok, wait := g.tries.Allow(web.ClientIP(r) + " " + r.PathValue("link") + " " + token + " " + reader); !ok {
			web.RetryAfter(w, wait)
			return ids.E(ids.TooMany, "%s", g.pages.Loc(r).T("guest.too_many"))
		}
		return next(w, r)
	}
}

type guestKey struct{}

// entered lets through whoever has a session and puts her into the request.
func (g *Guest) entered(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who, err := g.who(r)
		if err != nil {
			return err
		}
		return next(w, r.WithContext(context.WithValue(r.Context(), guestKey{}, who)))
	}
}

// who returns the guest of the request's session; Unauthenticated when it has none.
func (g *Guest) who(r *http.Request) (flow.Guest, error) {
	token, ok := g.cookie.Token(r)
	if !ok {
		return flow.Guest{}, errNoSession
	}
	who, err := g.flow.GuestBySession(r.Context(), token)
	if ids.KindOf(err) == ids.NotFound {
		return flow.Guest{}, errNoSession
	}
	return who, err
}

var errNoSession = ids.E(ids.Unauthenticated, "Open the link in your invitation again.")

func guestOf(r *http.Request) flow.Guest {
	who, _ := r.Context().Value(guestKey{}).(flow.Guest)
	return who
}

// askForLink answers whoever has no session: she needs the link in her email.
func (g *Guest) askForLink(w http.ResponseWriter, r *http.Request) {
	if err := g.closed(w, r, http.StatusUnauthorized, "no_session", nil); err != nil {
		g.pages.Error(w, r, ids.Wrap(ids.Internal, err, "The page failed."))
	}
}
