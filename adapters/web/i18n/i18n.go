// Package i18n holds every word the pages show, in English and in Welsh, one pair of files per face under locales.
//
// A key is dotted and begins with the name of its file ("kiosk.home.title" is in kiosk.en.toml and kiosk.cy.toml), so the
// faces cannot take each other's keys. A key that is missing, in either language, is an error and not a blank.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"sort"
	"strings"
	"sync"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

//go:embed locales/*.toml
var locales embed.FS

// Lang is a language the pages speak, as an HTML lang attribute writes it.
type Lang string

// The two languages. English is what a page is in when nobody has chosen.
const (
	English Lang = "en"
	Welsh   Lang = "cy"
)

// Langs lists the languages in the order the language switch shows them.
var Langs = []Lang{English, Welsh}

// Parse returns the language a code names, and whether it is one of ours.
func Parse(code string) (Lang, bool) {
	for _, l := range Langs {
		if string(l) == code {
			return l, true
		}
	}
	return English, false
}

// FromAcceptLanguage picks a language from the header of RFC 9110 section 12.5.4; English when it names neither.
func FromAcceptLanguage(r *http.Request) Lang {
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil {
		return English
	}
	for _, tag := range tags {
		base, _ := tag.Base()
		if l, ok := Parse(base.String()); ok {
			return l
		}
	}
	return English
}

// Bundle holds all messages of both languages; it is safe for concurrent use.
type Bundle struct {
	localizers map[Lang]*goi18n.Localizer
	keys       map[Lang]map[string]*goi18n.Message
}

// Load returns the embedded files' messages. They are read once in a process.
func Load() (*Bundle, error) { return embedded() }

var embedded = sync.OnceValues(func() (*Bundle, error) {
	sub, err := fs.Sub(locales, "locales")
	if err != nil {
		return nil, err
	}
	return LoadFS(sub)
})

// LoadFS reads every NAME.LANG.toml of fsys. It fails when a file names another language, a key does not begin with its
// file's name, a key is there twice, or the two languages do not have the same keys.
func LoadFS(fsys fs.FS) (*Bundle, error) {
	names, err := fs.Glob(fsys, "*.toml")
	if err != nil {
		return nil, err
	}
	source := goi18n.NewBundle(language.English)
	source.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	b := &Bundle{localizers: map[Lang]*goi18n.Localizer{}, keys: map[Lang]map[string]*goi18n.Message{}}
	for _, l := range Langs {
		b.keys[l] = map[string]*goi18n.Message{}
	}
	for _, name := range names {
		if err := b.loadFile(source, fsys, name); err != nil {
			return nil, fmt.Errorf("i18n: %s: %w", name, err)
		}
	}
	for _, l := range Langs {
		b.localizers[l] = goi18n.NewLocalizer(source, string(l))
	}
	if problems := b.differences(); len(problems) > 0 {
		return nil, fmt.Errorf("i18n: %s", strings.Join(problems, "; "))
	}
	return b, nil
}

func (b *Bundle) loadFile(source *goi18n.Bundle, fsys fs.FS, name string) error {
	parts := strings.Split(path.Base(name), ".")
	if len(parts) != 3 {
		return fmt.Errorf("the name must be FACE.LANGUAGE.toml")
	}
	lang, ok := Parse(parts[1])
	if !ok {
		return fmt.Errorf("%q is not a language of ours", parts[1])
	}
	f, err := source.LoadMessageFileFS(fsys, name)
	if err != nil {
		return err
	}
	for _, m := range f.Messages {
		if !strings.HasPrefix(m.ID, parts[0]+".") {
			return fmt.Errorf("the key %q does not begin with %q (or a key is named like a plural form: id, description, zero, one, two, few, many, other)", m.ID, parts[0]+".")
		}
		if b.keys[lang][m.ID] != nil {
			return fmt.Errorf("the key %q is there twice", m.ID)
		}
		b.keys[lang][m.ID] = m
	}
	return nil
}

// differences lists keys that one language has and the other has not, and keys that one has with plural forms only.
func (b *Bundle) differences() []string {
	var problems []string
	for _, pair := range [][2]Lang{{English, Welsh}, {Welsh, English}} {
		for key := range b.keys[pair[0]] {
			if b.keys[pair[1]][key] == nil {
				problems = append(problems, fmt.Sprintf("%s has %q and %s has not", pair[0], key, pair[1]))
			}
		}
	}
	sort.Strings(problems)
	return problems
}

// Keys returns the keys of a language that begin with prefix, sorted.
func (b *Bundle) Keys(l Lang, prefix string) []string {
	var keys []string
	for key := range b.keys[l] {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}

// Message returns the raw text of a key (its "other" form), for checks of the words themselves.
func (b *Bundle) Message(l Lang, key string) (string, bool) {
	m := b.keys[l][key]
	if m == nil {
		return "", false
	}
	return m.Other, true
}

// Loc speaks one language.
type Loc struct {
	lang   Lang
	bundle *Bundle
}

// Loc returns the speaker of a language.
func (b *Bundle) Loc(l Lang) Loc { return Loc{lang: l, bundle: b} }

// Lang says which language it speaks.
func (l Loc) Lang() Lang { return l.lang }

// Text returns the words of a key, with its {{.Name}} places filled from pairs: "Name", value, "Other", value.
func (l Loc) Text(key string, pairs ...any) (string, error) {
	data, err := pairData(pairs)
	if err != nil {
		return "", fmt.Errorf("i18n: %s: %w", key, err)
	}
	return l.localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: data})
}

// Count returns the words of a key in the plural form for n, with {{.Count}} and the pairs filled in.
func (l Loc) Count(key string, n int, pairs ...any) (string, error) {
	data, err := pairData(pairs)
	if err != nil {
		return "", fmt.Errorf("i18n: %s: %w", key, err)
	}
	data["Count"] = n
	return l.localize(&goi18n.LocalizeConfig{MessageID: key, PluralCount: n, TemplateData: data})
}

// T is Text for handlers: a missing key gives the key itself in brackets, which tests look for.
func (l Loc) T(key string, pairs ...any) string {
	s, err := l.Text(key, pairs...)
	if err != nil {
		return "[" + key + "]"
	}
	return s
}

// N is Count for handlers, as T is Text.
func (l Loc) N(key string, n int, pairs ...any) string {
	s, err := l.Count(key, n, pairs...)
	if err != nil {
		return "[" + key + "]"
	}
	return s
}

func (l Loc) localize(c *goi18n.LocalizeConfig) (string, error) {
	if l.bundle.keys[l.lang][c.MessageID] == nil {
		return "", fmt.Errorf("i18n: there is no %q in %s", c.MessageID, l.lang)
	}
	return l.bundle.localizers[l.lang].Localize(c)
}

func pairData(pairs []any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("names and values must come in pairs")
	}
	data := make(map[string]any, len(pairs)/2+1)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("a name must be a string, not %T", pairs[i])
		}
		data[name] = pairs[i+1]
	}
	return data, nil
}
