package i18n

import (
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func load(t *testing.T) *Bundle {
	t.Helper()
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLocales holds for the files of every face: both languages have the same keys, use the same placeholders and leave
// nothing blank.
func TestLocales(t *testing.T) {
	b := load(t)
	place := regexp.MustCompile(`\{\{\s*\.([A-Za-z]+)\s*\}\}`)
	places := func(text string) []string {
		var names []string
		for _, m := range place.FindAllStringSubmatch(text, -1) {
			names = append(names, m[1])
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	for _, key := range b.Keys(English, "") {
		en, _ := b.Message(English, key)
		cy, ok := b.Message(Welsh, key)
		if !ok {
			t.Errorf("%s is not in Welsh", key)
		}
		if strings.TrimSpace(en) == "" || strings.TrimSpace(cy) == "" {
			t.Errorf("%s is blank", key)
		}
		if !slices.Equal(places(en), places(cy)) {
			t.Errorf("%s has places %v in English and %v in Welsh", key, places(en), places(cy))
		}
	}
	if len(b.Keys(English, "common.")) < 20 {
		t.Error("the common words are not there")
	}
}

func TestWelshPlurals(t *testing.T) {
	toml := "[x]\n[x.cats]\nzero='dim cathod'\none='{{.Count}} gath'\ntwo='{{.Count}} gath (dwy)'\nfew='{{.Count}} cath (tair)'\nmany='{{.Count}} chath'\nother='{{.Count}} o gathod'\n"
	b, err := LoadFS(fstest.MapFS{"x.cy.toml": {Data: []byte(toml)}, "x.en.toml": {Data: []byte("[x]\n[x.cats]\none='{{.Count}} cat'\nother='{{.Count}} cats'\n")}})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "dim cathod", 1: "1 gath", 2: "2 gath (dwy)", 3: "3 cath (tair)", 6: "6 chath", 7: "7 o gathod"} {
		if got := b.Loc(Welsh).N("x.cats", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := b.Loc(English).N("x.cats", 1); got != "1 cat" {
		t.Error(got)
	}
}

func TestBadFiles(t *testing.T) {
	good := &fstest.MapFile{Data: []byte("[x]\na='A'\n")}
	for name, c := range map[string]struct {
		files fstest.MapFS
		says  string
	}{
		"key in one language only": {fstest.MapFS{"x.en.toml": good, "x.cy.toml": {Data: []byte("[x]\na='A'\nb='B'\n")}}, `"x.b"`},
		"another face's key":       {fstest.MapFS{"y.en.toml": good, "y.cy.toml": good}, `"y."`},
		"key named like a plural":  {fstest.MapFS{"x.en.toml": {Data: []byte("[x]\none='A'\nother='B'\n")}, "x.cy.toml": good}, "plural"},
		"unknown language":         {fstest.MapFS{"x.fr.toml": good}, `"fr"`},
		"odd name":                 {fstest.MapFS{"x.toml": good}, "FACE.LANGUAGE.toml"},
		"not TOML":                 {fstest.MapFS{"x.en.toml": {Data: []byte("[x")}}, "x.en.toml"},
	} {
		if _, err := LoadFS(c.files); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextErrors(t *testing.T) {
	loc := load(t).Loc(Welsh)
	if _, err := loc.Text("common.nowhere"); err == nil {
		t.Error("a key that is not there gave no error")
	}
	if got := loc.T("common.nowhere"); got != "[common.nowhere]" {
		t.Error(got)
	}
	if _, err := loc.Text("common.by", "Name"); err == nil {
		t.Error("half a pair gave no error")
	}
	if got := loc.T("common.by", "Name", "<b>Siân</b>"); got != "gan <b>Siân</b>" {
		t.Errorf("words must come out as they are, for the template to escape: %q", got)
	}
}

func TestFromAcceptLanguage(t *testing.T) {
	for header, want := range map[string]Lang{"": English, "cy": Welsh, "cy-GB,en;q=0.8": Welsh, "en-GB,cy;q=0.5": English, "fr, cy;q=0.3": Welsh, "fr": English, ";;;": English} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := FromAcceptLanguage(r); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}
