package surface_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"kinbridge/adapters/api"
	"kinbridge/adapters/guest"
	"kinbridge/adapters/kiosk"
	"kinbridge/adapters/staff"
	"kinbridge/adapters/web"
	"kinbridge/adapters/web/assets"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"

	"kinbridge/gateway/audit"
)

var sprintf = fmt.Sprintf

// embedded compresses the scripts and style sheets once for all worlds.
var embedded = sync.OnceValues(assets.Load)

// behind are the use cases that each face is given: the real ones, or ones that a fault was put into.
type behind struct {
	staff staff.Flow
	kiosk kiosk.Flow
	guest guest.Flow
}

// faces is every face, mounted as the program mounts them.
type faces struct {
	mux    *http.ServeMux
	kiosk  *kiosk.Kiosk
	server *httptest.Server // for sockets
}

// mount puts the faces up.
func (w *world) mount(b behind) {
	quiet := slog.New(slog.DiscardHandler)
	site := must(web.New(web.Config{Assets: must(embedded())(w.t), Words: must(i18n.Load())(w.t), Log: quiet, Now: w.env.Clock.Now}))(w.t)
	s := must(staff.New(staff.Config{Site: site, Now: w.env.Clock.Now, Log: quiet}, b.staff))(w.t)
	k := must(kiosk.New(kiosk.Config{Site: site, Now: w.env.Clock.Now, Log: quiet}, b.kiosk))(w.t)
	g := must(guest.New(guest.Config{Site: site, Now: w.env.Clock.Now}, b.guest))(w.t)
	m := must(api.New(api.Config{RequestsPerSecond: 1e9, Burst: 1e9, Log: quiet, Now: w.env.Clock.Now}, w.f))(w.t)
	w.faces = &faces{mux: http.NewServeMux(), kiosk: k}
	site.Routes(w.faces.mux)
	w.faces.mux.Handle("/kiosk/", k.Handler())
	w.faces.mux.Handle("/guest/", g.Handler())
	w.faces.mux.Handle("/read/", g.Handler())
	w.faces.mux.Handle("/poll/", g.Handler())
	w.faces.mux.Handle("/api/", m.Handler())
	w.faces.mux.Handle("/", s.Handler())
	w.faces.server = httptest.NewServer(w.faces.mux)
	w.t.Cleanup(func() {
		s.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = k.Close(ctx)
		w.faces.server.Close()
	})
}

// visitor is a person with what lets her in.
type visitor struct {
	person
	cookies map[string]string
	bearer  string
	homes   []string
	socket  bool
}

// answer is what a face said, all of it.
type answer struct {
	status int
	header http.Header
	body   string
}

// whole is every word of an answer.
func (a answer) whole() string {
	var b strings.Builder
	fmt.Fprintln(&b, a.status)
	_ = a.header.Write(&b) // sorted by name
	b.WriteString(a.body)
	return b.String()
}

func (w *world) ask(v *visitor, method, path, kind, body string) answer {
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, publicURL+path, strings.NewReader(body))
	if body != "" || method == http.MethodPost {
		r.Header.Set("Content-Type", kind)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Accept-Language", "en")
	for name, value := range v.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if v.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+v.bearer)
	}
	rec := httptest.NewRecorder()
	w.faces.mux.ServeHTTP(rec, r)
	res := rec.Result()
	text, _ := io.ReadAll(res.Body) // of memory
	return answer{res.StatusCode, res.Header, string(text)}
}

// visitors are those who can look now, of whom the caller wants, each let in anew.
func (w *world) visitors(who func(person) bool) (out []*visitor) {
	session := func(s store.Session, by ids.Actor) string {
		token := ids.Secret(32)
		s.Expires = w.env.Clock.Now().Add(12 * time.Hour)
		err := w.env.Store.Write(w.t.Context(), by, func(tx *store.Tx) (audit.Entry, error) {
			return audit.StaffSignedIn(ids.StaffID(s.Subject)), tx.AddSession(people.HashToken(token), s)
		})
		if err != nil {
			w.t.Fatal(err)
		}
		return token
	}
	for _, p := range w.staff {
		if !who(*p) {
			continue
		}
		out = append(out, &visitor{person: *p, cookies: map[string]string{"kb_staff": session(store.Session{Kind: store.SessionStaff, Subject: p.ID}, p.Actor)}, homes: staffHomes})
		system := *p
		system.Kind = ids.ActorAPI
		out = append(out, &visitor{person: system, bearer: p.token, homes: apiHomes(w)})
	}
	for _, v := range append(w.atKiosks(), w.readers()...) {
		if who(v.person) {
			out = append(out, v)
		}
	}
	if nobody := (person{name: "nobody"}); !who(nobody) {
		return out
	}
	return append(out, &visitor{person: person{name: "nobody"}, homes: []string{"/", "/sign-in", "/kiosk/", "/guest/", "/privacy", "/api/v1/cases"}})
}

// atKiosks are the mothers who can unlock a kiosk, and the kiosks while they are locked.
func (w *world) atKiosks() (out []*visitor) {
	for _, k := range w.kiosks {
		locked := person{Actor: k.actor, name: "a locked kiosk", wing: k.wing, prison: k.prison}
		out = append(out, &visitor{person: locked, cookies: map[string]string{"kiosk_device": k.secret}, homes: []string{"/kiosk/choose", "/kiosk/"}})
		for _, f := range w.families {
			if c := w.m.cases[f.id]; c.mother.Establishment != k.prison || c.mother.Wing != k.wing {
				continue
			}
			token, _, err := w.f.Unlock(w.t.Context(), k.actor, f.mother, f.pin)
			if err != nil {
				w.said(locked, err)
				continue
			}
			out = append(out, &visitor{person: w.herself(f), cookies: map[string]string{"kiosk_device": k.secret, "kiosk_session": token}, socket: true,
				homes: []string{"/kiosk/home", "/kiosk/messages", "/kiosk/meetings", "/kiosk/mine", "/kiosk/limits", "/kiosk/ask", "/kiosk/help", "/kiosk/together", "/kiosk/mine/rights"}})
			break // the next unlocking at this kiosk would end it
		}
	}
	return out
}

// readers are people outside who follow a link from an email, and give the code that was mailed to them.
func (w *world) readers() (out []*visitor) {
	ctx := w.t.Context()
	for link, c := range w.links.guests {
		v := &visitor{person: contactPerson(c), homes: []string{"/guest/" + link}, cookies: map[string]string{}}
		delete(w.links.codes, c)
		if w.f.SendGuestCode(ctx, link) == nil {
			w.work()
			if token, _, err := w.f.GuestEnter(ctx, link, "Somebody", w.links.codes[c]); err == nil {
				v.cookies["kb_guest"] = token
				v.homes = append(v.homes, "/guest/meeting/rules", "/guest/meeting/room", "/guest/meeting/left", "/guest/meeting/done")
			}
		}
		if out = append(out, v); len(out) > 1 {
			break
		}
	}
	for link, c := range w.links.pages {
		v := &visitor{person: contactPerson(c), homes: []string{"/read/" + link}, cookies: map[string]string{"kb_asker": ids.Secret(32)}}
		delete(w.links.codes, c)
		if w.f.SendPageCode(ctx, link, v.cookies["kb_asker"]) == nil {
			w.work()
			if token, err := w.f.PageEnter(ctx, link, v.cookies["kb_asker"], w.links.codes[c]); err == nil {
				v.cookies["kb_reader"] = token
				v.homes = append(v.homes, "/read/message", "/read/sent")
			}
		}
		if out = append(out, v); len(out) > 3 {
			break
		}
	}
	for link, c := range w.links.polls {
		out = append(out, &visitor{person: contactPerson(c), homes: []string{"/poll/" + link, "/poll/" + link + "/thanks"}, cookies: map[string]string{}})
		break
	}
	return out
}

// listen opens a mother's socket and reads what it brings.
func (w *world) listen(v *visitor) (frames string) {
	header := http.Header{}
	for name, value := range v.cookies {
		header.Add("Cookie", name+"="+value)
	}
	header.Set("Origin", w.faces.server.URL)
	u, _ := url.Parse(w.faces.server.URL)
	conn, res, err := websocket.DefaultDialer.DialContext(w.t.Context(), "ws://"+u.Host+"/kiosk/ws", header)
	if err != nil {
		w.report("%s could not open the socket: %v", v.name, err)
		return ""
	}
	_ = res.Body.Close()
	defer conn.Close()
	_ = conn.WriteJSON(map[string]any{"type": "hello", "v": 1, "cursor": 0})
	_ = conn.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			return frames
		}
		frames += string(raw) + "\n"
	}
}

// real are the use cases as they are.
func real(f *flow.Flow) behind { return behind{f, f, f} }
