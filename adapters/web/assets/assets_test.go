package assets

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func sampleFS() fstest.MapFS {
	fsys := fstest.MapFS{".gitkeep": {}, "font-ABCD1234.woff2": {Data: []byte("font")}}
	for _, name := range required {
		fsys[name] = &fstest.MapFile{Data: []byte(strings.Repeat(name+" ", 200))}
	}
	return fsys
}

func TestLoadSaysWhatIsMissing(t *testing.T) {
	for _, gone := range required {
		fsys := sampleFS()
		delete(fsys, gone)
		if _, err := LoadFS(fsys); !errors.Is(err, ErrNotBuilt) {
			t.Errorf("without %s: %v", gone, err)
		}
	}
	if !strings.Contains(ErrNotBuilt.Error(), "make assets") {
		t.Errorf("the error does not name the make target: %v", ErrNotBuilt)
	}
}

func get(t *testing.T, a *Assets, url string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func TestServe(t *testing.T) {
	a, err := LoadFS(sampleFS())
	if err != nil {
		t.Fatal(err)
	}
	url, err := a.URL("staff.css")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.URL("nowhere.css"); err == nil {
		t.Error("an asset that is not there got an address")
	}

	res := get(t, a, url, "Accept-Encoding", "br, gzip;q=0.8")
	if got := res.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("hashed address: Cache-Control %q", got)
	}
	if res.Header.Get("Content-Type") != "text/css; charset=utf-8" || res.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("headers %v", res.Header)
	}
	zr, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := io.ReadAll(zr)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(get(t, a, url, "Accept-Encoding", "gzip;q=0").Body)
	if err != nil {
		t.Fatal(err)
	}
	if string(zipped) != string(plain) || len(plain) == 0 {
		t.Error("compressed and plain differ")
	}

	if got := get(t, a, Prefix+"staff.css?v=0000000000000000").Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("an address with an old hash: Cache-Control %q", got)
	}
	if got := get(t, a, Prefix+"font-ABCD1234.woff2").Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("a file named by its hash: Cache-Control %q", got)
	}
	if res := get(t, a, url, "If-None-Match", `"`+strings.TrimPrefix(url[strings.Index(url, "=")+1:], "")+`"`); res.StatusCode != http.StatusNotModified {
		t.Errorf("If-None-Match: %d", res.StatusCode)
	}
	for _, name := range []string{"", ".gitkeep", "../assets.go", "nowhere.js"} {
		if res := get(t, a, Prefix+name); res.StatusCode != http.StatusNotFound {
			t.Errorf("%q: %d", name, res.StatusCode)
		}
	}
}

// TestBuilt looks at what "make assets" left, which the pages' own tests and the product need.
func TestBuilt(t *testing.T) {
	a, err := Load()
	if err != nil {
		t.Fatalf("%v", err)
	}
	// What a page of each face may load at first, compressed, in bytes (FACES.md: kiosk 100 kB, guest lobby 80 kB, staff
	// 130 kB, for everything together).
	limits := map[string]int{"staff": 100_000, "kiosk": 70_000, "guest": 60_000}
	for face, limit := range limits {
		total := 0
		for _, name := range []string{face + ".css", face + ".js"} {
			f := a.files[name]
			if f.gzipped != nil {
				total += len(f.gzipped)
			} else {
				total += len(f.plain)
			}
			if strings.Contains(strings.ToLower(string(f.plain)), "gds transport") {
				t.Errorf("%s names GDS Transport", name)
			}
		}
		if total > limit {
			t.Errorf("%s: style sheet and script are %d bytes compressed, over %d", face, total, limit)
		}
	}
}
