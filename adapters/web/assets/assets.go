// Package assets serves the style sheets, scripts and fonts that package build has bundled into dist.
//
// Every file is hashed and compressed once, when Load runs. URL gives the address with the hash in it, and such an address
// may be kept by browsers for a year, because a changed file has another address.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed all:dist
var dist embed.FS

// Prefix is the path under which Assets serves.
const Prefix = "/assets/"

// ErrNotBuilt is what Load returns when the binary was built without the pages' assets.
var ErrNotBuilt = errors.New(`the pages' style sheets and scripts are not in this binary: run "make assets" and build again ("make build" does both)`)

// required are the files without which no face can be shown.
var required = []string{"staff.css", "staff.js", "kiosk.css", "kiosk.js", "guest.css", "guest.js"}

// fingerprinted matches the names the bundler gives to files that nobody asks for by name: chunks and fonts, whose names
// hold a hash of their content.
var fingerprinted = regexp.MustCompile(`-[A-Z0-9]{8}\.[a-z0-9]+$`)

// file is one asset, ready to send.
type file struct {
	plain       []byte
	gzipped     []byte // nil when compressing gains nothing
	hash        string // first 16 hexadecimal digits of the SHA-256
	contentType string
}

// Assets is a set of files loaded once; it is safe for concurrent use.
type Assets struct{ files map[string]file }

// Load returns the embedded files, or fails with ErrNotBuilt. They are compressed once in a process.
func Load() (*Assets, error) { return embedded() }

var embedded = sync.OnceValues(func() (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	return LoadFS(sub)
})

// LoadFS reads the files of fsys, which must hold at least the style sheet and the script of each face.
func LoadFS(fsys fs.FS) (*Assets, error) {
	a := &Assets{files: map[string]file{}}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		content, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		a.files[name], err = prepare(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	for _, name := range required {
		if _, ok := a.files[name]; !ok {
			return nil, ErrNotBuilt
		}
	}
	return a, nil
}

func prepare(name string, content []byte) (file, error) {
	sum := sha256.Sum256(content)
	f := file{plain: content, hash: hex.EncodeToString(sum[:8]), contentType: contentType(name)}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return file{}, err
	}
	if _, err := w.Write(content); err != nil {
		return file{}, err
	}
	if err := w.Close(); err != nil {
		return file{}, err
	}
	if b.Len() < len(content)*9/10 {
		f.gzipped = b.Bytes()
	}
	return f, nil
}

// contentType names the types we have ourselves: the table of package mime depends on files of the machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// URL returns the address of an asset, such as "/assets/staff.css?v=0123456789abcdef". A name that is not there gives an
// error: it is a slip in a template.
func (a *Assets) URL(name string) (string, error) {
	f, ok := a.files[name]
	if !ok {
		return "", fmt.Errorf("assets: there is no %q", name)
	}
	return Prefix + name + "?v=" + f.hash, nil
}

// Bytes returns the content of an asset; a kiosk's service worker, for one, is served from another path. The caller must
// not change the slice.
func (a *Assets) Bytes(name string) ([]byte, bool) {
	f, ok := a.files[name]
	return f.plain, ok
}

// Names returns the names of all assets, in no order.
func (a *Assets) Names() []string {
	names := make([]string, 0, len(a.files))
	for name := range a.files {
		names = append(names, name)
	}
	return names
}

// ServeHTTP answers GET and HEAD under Prefix.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, Prefix)
	f, ok := a.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are answered here.", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.URL.Query().Get("v") == f.hash || fingerprinted.MatchString(name) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	etag, body := `"`+f.hash+`"`, f.plain
	if f.gzipped != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		etag, body = `"`+f.hash+`-gz"`, f.gzipped
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		// The reader may have gone; there is nobody left to tell.
		_, _ = w.Write(body)
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110 section 12.5.3) as far as gzip is concerned.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			weight = strings.ReplaceAll(weight, " ", "")
			return weight != "q=0" && weight != "q=0.0" && weight != "q=0.00" && weight != "q=0.000"
		}
	}
	return false
}
