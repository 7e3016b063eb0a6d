// Command gallery serves one page per face with every component of adapters/web on it, in its ordinary, empty and faulty
// states. It is for looking at (make gallery) and for the harness of deploy/e2e to test itself against; the product does
// not contain it. Its sample words are in English only, marked as such.
package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

//go:embed templates
var templates embed.FS

func main() {
	addr := flag.String("http", "127.0.0.1:0", "listen on this `address`")
	ready := flag.String("ready-file", "", "when listening, write {\"http\": ADDRESS} to this `file`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *addr, *ready); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr, ready string) error {
	site, err := web.Load(slog.Default(), prometheus.NewRegistry(), time.Now)
	if err != nil {
		return err
	}
	handler, err := routes(site)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	log.Printf("the gallery is at http://%s", l.Addr())
	if ready != "" {
		if err := writeReady(ready, l.Addr().String()); err != nil {
			return err
		}
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err = <-done:
	case <-ctx.Done():
		err = errors.Join(server.Shutdown(context.WithoutCancel(ctx)), <-done)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// writeReady renames the file into place, so that whoever waits for it never reads half of it.
func writeReady(name, addr string) error {
	text, err := json.Marshal(map[string]string{"http": addr})
	if err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

func routes(site *web.Site) (http.Handler, error) {
	mux := http.NewServeMux()
	site.Routes(mux)
	for _, face := range []web.Face{web.Staff, web.Kiosk, web.Guest} {
		own, err := fs.Sub(templates, "templates/"+string(face))
		if err != nil {
			return nil, err
		}
		base := "/" + string(face)
		pages, err := site.Pages(web.PagesConfig{Face: face, Templates: own, Paths: web.Paths{Home: base + "/", Accessibility: base + "/"}})
		if err != nil {
			return nil, err
		}
		inner := http.NewServeMux()
		inner.Handle("GET "+base+"/{$}", pages.Handle(gallery(pages)))
		inner.Handle("POST "+base+"/{$}", pages.Handle(func(w http.ResponseWriter, r *http.Request) error {
			if _, err := web.ReadForm(w, r); err != nil {
				return err
			}
			return web.Redirect(w, r, base+"/")
		}))
		inner.Handle("GET "+base+"/error/{kind}", pages.Handle(func(w http.ResponseWriter, r *http.Request) error {
			return fault(r.PathValue("kind"))
		}))
		inner.Handle(base+"/", pages.Handle(func(http.ResponseWriter, *http.Request) error { return ids.ErrNotFound }))
		mux.Handle(base+"/", pages.Wrap(inner))
	}
	return mux, nil
}

// fault gives each kind of error an address, so that its page can be looked at.
func fault(kind string) error {
	for k := ids.Internal; k <= ids.Unavailable; k++ {
		if k.String() == kind {
			return ids.E(k, "These are the words of an error of the kind %s.", kind)
		}
	}
	if kind == "panic" {
		panic("the gallery was asked to")
	}
	return ids.ErrNotFound
}
