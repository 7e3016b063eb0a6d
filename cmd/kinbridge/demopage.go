package main

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pquerna/otp/totp"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

// demoPage is the page a newcomer starts from: where to click, and sign-ins with codes that work now. It is the demo's alone: a real
// Kinbridge has no such page.
type demoPage struct {
	ready atomic.Pointer[ready]
	pages *web.Pages
}

//go:embed templates/demo.html
var demoTemplates embed.FS

func (d *demoPage) routes(mux *http.ServeMux, site *web.Site) error {
	files, err := fs.Sub(demoTemplates, "templates")
	if err != nil {
		return err
	}
	if d.pages, err = site.Pages(web.PagesConfig{Face: web.Guest, Templates: files, Paths: web.Paths{Home: "/demo", Accessibility: "/accessibility"}}); err != nil {
		return err
	}
	mux.Handle("/demo", d.pages.Wrap(d.pages.Handle(d.show)))
	return nil
}

// signIn is a member of staff with the code of her authenticator app at this moment.
type signIn struct {
	readyStaff
	Code string
}

func (d *demoPage) show(w http.ResponseWriter, r *http.Request) error {
	world := d.ready.Load()
	if world == nil {
		return ids.E(ids.Unavailable, "The demo's world is still being made. Look again in a moment.")
	}
	now := time.Now()
	data := struct {
		*ready
		SignIns []signIn
		Left    int // seconds for which the codes are good
	}{ready: world, Left: 30 - int(now.Unix()%30)}
	for _, s := range world.Staff {
		code, err := totp.GenerateCode(s.TOTPSecret, now)
		if err != nil {
			return err
		}
		s.Role, s.Also = strings.ReplaceAll(s.Role, "_", " "), strings.ReplaceAll(s.Also, "_", " ")
		data.SignIns = append(data.SignIns, signIn{s, code})
	}
	w.Header().Set("Refresh", "15") // the codes change
	return d.pages.Render(w, r, http.StatusOK, "demo", web.Page{Title: "Kinbridge demo: where to click", Data: data})
}
