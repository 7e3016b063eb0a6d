package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"sync"

	"kinbridge/adapters/web/i18n"
)

//go:embed templates
var templates embed.FS

// Page is what a handler hands to the layout. Only Title is required.
type Page struct {
	Service string    // names the service in the title, instead of the face's own
	Title   string    // of the document, without the service's name; the layout adds "Error: " when Form has errors
	Back    *Link     // shown above the content
	Nav     []NavItem // service navigation; the layout marks none itself
	User    *User     // who is signed in
	Banner  *Banner   // result of the step before, or something everybody must know
	Form    *Form     // when it has errors the layout shows their summary
	Acting  string    // every form that is posted says for what it was filled in; "" = nothing. See FormActing
	Wide    bool      // use the whole width, for tables and rooms
	Data    any       // what the page's own template reads as .Data
}

// NavItem is one link of the service navigation.
type NavItem struct {
	Text, Href string
	Current    bool // this very page
	Active     bool // a page under it
	Count      int  // shown as a notification badge when above zero
	CountText  string
}

// User is the signed-in person as the header shows her: what she acts as, and where (Place). Signing out is a POST to SignOut; Switch is where
// who can act as something else chooses ("" = she cannot).
type User struct{ Name, Role, Place, Switch, SignOut string }

// view is what templates see as the dot.
type view struct {
	Page
	Face  Face
	Lang  i18n.Lang
	Path  string // path and query, for the language switch
	Paths Paths
}

// Home is where the product's name in the header leads.
func (v view) Home() string { return v.Paths.Home }

// Accessibility is where the accessibility statement is.
func (v view) Accessibility() string { return v.Paths.Accessibility }

// Paths are the addresses a face's layout links to.
type Paths struct{ Home, Accessibility string }

// LangLink is one entry of the language switch.
type LangLink struct {
	Lang    i18n.Lang
	Name    string // the language's name in that language
	Href    string
	Current bool
}

// langNames are what each language calls itself.
var langNames = map[i18n.Lang]string{i18n.English: "English", i18n.Welsh: "Cymraeg"}

// LangLinks lists the languages with the address of this page in each.
func (v view) LangLinks() []LangLink {
	u, err := url.Parse(v.Path)
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	links := make([]LangLink, 0, len(i18n.Langs))
	for _, l := range i18n.Langs {
		query := u.Query()
		query.Set(langParam, string(l))
		links = append(links, LangLink{Lang: l, Name: langNames[l], Href: localTarget(u.Path, query), Current: l == v.Lang})
	}
	return links
}

// Pages are the parsed templates of one face, in every language.
type Pages struct {
	site   *Site
	face   Face
	secure bool
	paths  Paths
	byLang map[i18n.Lang]map[string]*pageTemplate
	// onUnauthenticated answers a page request of somebody who is not signed in; nil shows the error page.
	onUnauthenticated http.HandlerFunc
	errorPage         func(r *http.Request, p *Page)
}

// PagesConfig says where a face's templates are and how it is reached.
type PagesConfig struct {
	Face Face
	// Templates holds *.html files. A file whose name begins with "_" is shared by all pages of the face; every other is a page,
	// named by the file without ".html", and defines at least the template "content".
	Templates fs.FS
	// Paths are the addresses the layout links to; Home is "/" when empty, Accessibility "/accessibility".
	Paths Paths
	// Secure says that the site is reached by TLS only.
	Secure bool
	// OnUnauthenticated answers instead of the error page when nobody is signed in, such as by a redirect to the sign-in page.
	OnUnauthenticated http.HandlerFunc
	// ErrorPage may add the face's navigation to an error page; it must not fail.
	ErrorPage func(r *http.Request, p *Page)
}

// Pages parses the templates of a face. An error names the file and line.
func (s *Site) Pages(c PagesConfig) (*Pages, error) {
	p := &Pages{site: s, face: c.Face, secure: c.Secure, paths: c.Paths, byLang: map[i18n.Lang]map[string]*pageTemplate{},
		onUnauthenticated: c.OnUnauthenticated, errorPage: c.ErrorPage}
	if p.paths.Home == "" {
		p.paths.Home = "/"
	}
	if p.paths.Accessibility == "" {
		p.paths.Accessibility = "/accessibility"
	}
	for _, l := range i18n.Langs {
		set, err := s.parse(c.Face, c.Templates, l)
		if err != nil {
			return nil, fmt.Errorf("web: %s pages: %w", c.Face, err)
		}
		p.byLang[l] = set
	}
	return p, nil
}

// pageTemplate is one page in one language. It is joined to what its face shares when it is first shown: doing so for every page takes longer than all else of a
// start.
type pageTemplate struct {
	base *template.Template // layout, components and the face's shared files; never executed, so that it can be cloned
	own  *template.Template
	once sync.Once
	all  *template.Template
	err  error
}

// joined is the page with all that its face shares. What it defines itself is in the place of what is shared under the same name.
func (p *pageTemplate) joined() (*template.Template, error) {
	p.once.Do(func() {
		if p.all, p.err = p.base.Clone(); p.err != nil {
			return
		}
		for _, t := range p.own.Templates() {
			if t.Tree == nil { // nothing but the name of the set
				continue
			}
			if _, p.err = p.all.AddParseTree(t.Name(), t.Tree); p.err != nil {
				return
			}
		}
		p.base, p.own = nil, nil
	})
	return p.all, p.err
}

// parse reads each page of a face and what its pages share.
func (s *Site) parse(f Face, own fs.FS, l i18n.Lang) (map[string]*pageTemplate, error) {
	base := template.New("layout").Funcs(s.funcs(l)).Option("missingkey=error")
	base, err := base.ParseFS(templates, "templates/components/*.html", "templates/layout_"+string(f)+".html", "templates/parts/*.html")
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(own, "*.html")
	if err != nil {
		return nil, err
	}
	set := map[string]*pageTemplate{}
	add := func(fsys fs.FS, name string) error {
		t, err := template.New("").Funcs(s.funcs(l)).ParseFS(fsys, name)
		if err != nil {
			return err
		}
		if t.Lookup("content") == nil {
			return fmt.Errorf(`%s defines no template "content"`, name)
		}
		set[strings.TrimSuffix(path.Base(name), ".html")] = &pageTemplate{base: base, own: t}
		return nil
	}
	if err := add(templates, "templates/error.html"); err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasPrefix(name, "_") {
			if _, err := base.ParseFS(own, name); err != nil {
				return nil, err
			}
		} else if err := add(own, name); err != nil {
			return nil, err
		}
	}
	return set, nil
}

// Names returns the names of the face's pages.
func (p *Pages) Names() []string {
	var names []string
	for name := range p.byLang[i18n.English] {
		names = append(names, name)
	}
	return names
}

// Loc returns the speaker of the request's language.
func (p *Pages) Loc(r *http.Request) i18n.Loc { return p.site.words.Loc(LangOf(r)) }

// When writes times in the request's language.
func (p *Pages) When(r *http.Request) When { return When{Loc: p.Loc(r), Now: p.site.now} }

// Render writes a page. It is rendered whole before the first byte is sent, so an error is still an error page.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, status int, name string, page Page) error {
	return p.execute(w, r, status, name, "layout", page)
}

// RenderPart writes one template of a page ("content", or any the page defines) without the layout, for scripts that replace
// a part of the page.
func (p *Pages) RenderPart(w http.ResponseWriter, r *http.Request, status int, name, part string, page Page) error {
	return p.execute(w, r, status, name, part, page)
}

func (p *Pages) execute(w http.ResponseWriter, r *http.Request, status int, name, part string, page Page) error {
	lang := LangOf(r)
	found := p.byLang[lang][name]
	if found == nil {
		return fmt.Errorf("web: the %s pages have no %q", p.face, name)
	}
	t, err := found.joined()
	if err != nil {
		return fmt.Errorf("web: page %q: %w", name, err)
	}
	var b bytes.Buffer
	v := view{Page: page, Face: p.face, Lang: lang, Path: r.URL.RequestURI(), Paths: p.paths}
	if err := t.ExecuteTemplate(&b, part, v); err != nil {
		return fmt.Errorf("web: page %q: %w", name, err)
	}
	out := b.Bytes()
	if page.Acting != "" {
		out = bindForms(out, page.Acting)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		// The reader may have gone; there is nobody left to tell.
		_, _ = w.Write(out)
	}
	return nil
}

// FormActing is the field in which every form of a page says for what it was filled in (Page.Acting): whoever has begun to act as something else in
// another tab must not send it as that.
const FormActing = "acting_as"

var postForm = regexp.MustCompile(`<form method="post"[^>]*>`)

// bindForms puts the field into every form. Nothing that a person wrote can look like one: templates escape it.
func bindForms(page []byte, acting string) []byte {
	return postForm.ReplaceAll(page, []byte(`$0<input type="hidden" name="`+FormActing+`" value="`+html.EscapeString(strings.ReplaceAll(acting, "$", "$$"))+`">`))
}

// Redirect sends the reader on after a form (303). The target must be on this site.
func Redirect(w http.ResponseWriter, r *http.Request, target string) error {
	if LocalPath(target, "") == "" {
		return errors.New("web: a redirect must stay on this site")
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}
