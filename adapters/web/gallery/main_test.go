package main

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/web"
)

// TestEveryComponentRenders fetches each face in each state and language: a slip in any component's template is an error
// here.
func TestEveryComponentRenders(t *testing.T) {
	site, err := web.Load(slog.New(slog.DiscardHandler), nil, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := routes(site)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, face := range []string{"staff", "kiosk", "guest"} {
		for _, path := range []string{"/", "/?state=error", "/?state=empty", "/?page=6", "/error/not_found", "/error/internal", "/error/panic", "/nowhere"} {
			for _, lang := range []string{"en", "cy"} {
				r, err := http.NewRequest("GET", server.URL+"/"+face+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				r.AddCookie(&http.Cookie{Name: "lang", Value: lang})
				res, err := server.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				text := string(body)
				if !strings.Contains(text, `<html lang="`+lang+`"`) || !strings.HasSuffix(strings.TrimSpace(text), "</html>") || strings.Contains(text, "ZgotmplZ") {
					t.Errorf("%s%s in %s: %d %s", face, path, lang, res.StatusCode, text)
				}
				if strings.Contains(text, "[common.") || strings.Contains(text, "["+face+".") {
					t.Errorf("%s%s in %s: a word is missing", face, path, lang)
				}
			}
		}
	}
}
