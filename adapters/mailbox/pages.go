package mailbox

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"html"
	"html/template"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
)

//go:embed all:templates
var templates embed.FS

// routes is the mailbox's route table.
func (m *Mailbox) routes() (http.Handler, error) {
	own, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	if m.pages, err = m.cfg.Site.Pages(web.PagesConfig{Face: web.Staff, Templates: own}); err != nil {
		return nil, err
	}
	inner := http.NewServeMux()
	for pattern, h := range map[string]web.Handler{
		"GET /{$}":                     m.inbox,
		"GET /messages.json":           m.json,
		"GET /messages/{id}":           m.show,
		"POST /messages/{id}":          m.reply,
		"GET /messages/{id}/raw":       m.raw,
		"GET /messages/{id}/files/{n}": m.file,
		"GET /write":                   m.write,
		"POST /write":                  m.post,
		"/":                            func(http.ResponseWriter, *http.Request) error { return ids.ErrNotFound },
	} {
		inner.Handle(pattern, m.pages.Handle(h))
	}
	mux := http.NewServeMux()
	m.cfg.Site.Routes(mux)
	mux.Handle("/", m.pages.Wrap(inner))
	return m.guardHost(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, web.WithLang(r, i18n.English))
	})), nil
}

// guardHost refuses requests for other names than this machine's while the mailbox listens on a loopback address: nobody signs in here, so a
// page elsewhere must not reach it by pointing a name of its own at 127.0.0.1.
func (m *Mailbox) guardHost(next http.Handler) http.Handler {
	host, _, _ := net.SplitHostPort(m.cfg.HTTPAddr) // Start reports an address that cannot be read
	ip := net.ParseIP(host)
	if host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Host
		if h, _, err := net.SplitHostPort(name); err == nil {
			name = h
		}
		if name = strings.Trim(name, "[]"); name != "localhost" && net.ParseIP(name) == nil {
			http.Error(w, "This is the demo's mailbox: open it by its number, such as http://127.0.0.1.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// nav is the pages' navigation.
func nav(r *http.Request) []web.NavItem {
	return []web.NavItem{{Text: "Received", Href: "/", Current: r.URL.Path == "/"}, {Text: "Write a mail", Href: "/write", Current: r.URL.Path == "/write"}}
}

const perPage = 50

type inboxView struct {
	Table     web.Table
	Pages     web.Pagination
	Addresses web.SubNavigation
	Gateway   string
	SMTP      string
}

// inbox lists what was received, the newest first, for everybody or for one address.
func (m *Mailbox) inbox(w http.ResponseWriter, r *http.Request) error {
	who := strings.ToLower(r.URL.Query().Get("address"))
	list := m.box.list(who)
	slices.Reverse(list)
	pages := (len(list) + perPage - 1) / perPage
	page := min(web.PageOf(r), max(pages, 1))
	v := inboxView{Pages: web.Paginate(r, page, pages), Gateway: m.gatewayAddr(), Table: web.Table{Caption: "Received mail", CaptionHidden: true,
		Columns: []web.Column{{Title: "Subject"}, {Title: "From"}, {Title: "To"}, {Title: "Received"}},
		Empty:   "No mail has come yet. When a message is released on the staff site, its email arrives here. Then load this page again."}}
	if m.smtpL != nil {
		v.SMTP = m.SMTPAddr()
	}
	for _, one := range list[(page-1)*perPage : min(page*perPage, len(list))] {
		v.Table.Rows = append(v.Table.Rows, []web.Cell{{Text: cmp.Or(one.Subject, "(no subject)"), Href: "/messages/" + one.ID},
			{Text: cmp.Or(one.FromName, one.From)}, {Text: strings.Join(one.To, ", ")}, {At: one.Received}})
	}
	v.Addresses = web.SubNavigation{Label: "Whose mail", Items: []web.NavItem{{Text: "Everybody", Href: "/", Current: who == ""}}}
	for _, a := range m.addresses() {
		v.Addresses.Items = append(v.Addresses.Items, web.NavItem{Text: a.Address, Href: "/?address=" + url.QueryEscape(a.Address), Current: who == a.Address})
	}
	return m.pages.Render(w, r, http.StatusOK, "inbox", web.Page{Title: "Received mail", Nav: nav(r), Banner: sentBanner(r), Data: v})
}

func sentBanner(r *http.Request) *web.Banner {
	if r.URL.Query().Get("sent") == "" {
		return nil
	}
	return &web.Banner{Kind: "success", Heading: "Your mail was sent", Text: "The gateway has taken it. What it makes of it is seen on the staff site."}
}

// addresses are those who can write here: the demo's people, and whoever received a mail.
func (m *Mailbox) addresses() []mail.Address {
	var out []mail.Address
	for _, p := range m.cfg.People {
		out = append(out, mail.Address{Name: p.Name, Address: strings.ToLower(p.Email)})
	}
	for _, one := range m.box.list("") {
		for _, to := range one.To {
			if !slices.ContainsFunc(out, func(a mail.Address) bool { return a.Address == to }) {
				out = append(out, mail.Address{Address: to})
			}
		}
	}
	return out
}

// json lists the mails for tests and scripts, the oldest first; ?address= restricts it to one recipient.
func (m *Mailbox) json(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(m.box.list(strings.ToLower(r.URL.Query().Get("address"))))
}

type showView struct {
	Mail     Mail
	Summary  web.SummaryList
	Text     template.HTML // plain text with its links
	HTML     template.HTML // cleaned by bluemonday
	Files    []web.Link
	Header   []Line
	Identity []web.Option
	Quotings []web.Option
}

func (m *Mailbox) show(w http.ResponseWriter, r *http.Request) error {
	one, err := m.box.get(r.PathValue("id"))
	if err != nil {
		return err
	}
	return m.renderMail(w, r, http.StatusOK, one, nil)
}

func (m *Mailbox) renderMail(w http.ResponseWriter, r *http.Request, status int, one Mail, form *web.Form) error {
	formatted := strings.ReplaceAll(one.CleanHTML(), "<a href=", `<a class="govuk-link" href=`) // in cleaned HTML a "<" begins a tag
	v := showView{Mail: one, Text: linked(one.PlainText()), HTML: template.HTML(formatted), Header: one.header, Quotings: quotings()}
	v.Summary.Rows = []web.SummaryRow{web.Row("From", one.FromLine()), web.Row("To", strings.Join(one.To, ", ")),
		web.Row("Received", m.pages.When(r).DateTime(one.Received))}
	for i, f := range one.Files {
		v.Files = append(v.Files, web.Link{Text: f.Name + ", " + size(f.Size), Href: "/messages/" + one.ID + "/files/" + strconv.Itoa(i)})
	}
	for _, a := range m.addresses() {
		if slices.Contains(one.To, a.Address) {
			v.Identity = append(v.Identity, web.Option{Value: a.Address, Text: nameLine(a.Name, a.Address), Checked: len(v.Identity) == 0})
		}
	}
	return m.pages.Render(w, r, status, "mail", web.Page{Title: cmp.Or(one.Subject, "(no subject)"), Back: &web.Link{Href: "/", Text: "Received mail"},
		Nav: nav(r), Form: form, Data: v})
}

var webAddress = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// linked shows plain text with its web addresses as links, as mail programs do.
func linked(text string) template.HTML {
	var b strings.Builder
	for _, lines := range web.Paragraphs(text) {
		b.WriteString(`<p class="kb-prose">`)
		for i, line := range lines {
			if i > 0 {
				b.WriteString("<br>")
			}
			from := 0
			for _, at := range webAddress.FindAllStringIndex(line, -1) {
				address := html.EscapeString(line[at[0]:at[1]])
				b.WriteString(html.EscapeString(line[from:at[0]]) + `<a class="govuk-link" rel="noreferrer" href="` + address + `">` + address + `</a>`)
				from = at[1]
			}
			b.WriteString(html.EscapeString(line[from:]))
		}
		b.WriteString("</p>\n")
	}
	return template.HTML(b.String())
}

func quotings() []web.Option {
	return []web.Option{
		{Value: string(QuoteBlock), Text: "Below a line, as Outlook does", Checked: true},
		{Value: string(QuoteSigns), Text: "With > before each line"},
		{Value: string(QuoteNone), Text: "Not at all"},
	}
}

func size(n int) string {
	switch {
	case n < 1000:
		return strconv.Itoa(n) + " bytes"
	case n < 1_000_000:
		return strconv.Itoa((n+500)/1000) + " KB"
	}
	return strconv.Itoa((n+500_000)/1_000_000) + " MB"
}

func (m *Mailbox) raw(w http.ResponseWriter, r *http.Request) error {
	one, err := m.box.get(r.PathValue("id"))
	if err != nil {
		return err
	}
	return download(w, one.ID+".eml", "message/rfc822", one.raw)
}

func (m *Mailbox) file(w http.ResponseWriter, r *http.Request) error {
	one, err := m.box.get(r.PathValue("id"))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(one.Files) {
		return ids.ErrNotFound
	}
	return download(w, one.Files[n].Name, one.Files[n].Type, one.Files[n].data)
}

func download(w http.ResponseWriter, name, kind string, data []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, err := w.Write(data)
	if err != nil {
		return nil // the reader has gone
	}
	return nil
}

// readForm reads a form that may carry a file.
func readForm(w http.ResponseWriter, r *http.Request) (*web.Form, *File, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		form, err := web.ReadForm(w, r)
		return form, nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, nil, ids.Wrap(ids.TooLarge, err, "The mail with its file is larger than 30 MB.")
		}
		return nil, nil, ids.Wrap(ids.Invalid, err, "We could not read the form.")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }() // temporary files
	form := &web.Form{Values: url.Values{}}
	for name, list := range r.MultipartForm.Value {
		for _, v := range list {
			form.Values.Add(name, tidy(v))
		}
	}
	file, err := formFile(r)
	return form, file, err
}

// reply answers a mail as one of those who received it.
func (m *Mailbox) reply(w http.ResponseWriter, r *http.Request) error {
	one, err := m.box.get(r.PathValue("id"))
	if err != nil {
		return err
	}
	form, file, err := readForm(w, r)
	if err != nil {
		return err
	}
	from, ok := m.identity(cmp.Or(form.Value("from"), strings.Join(one.To[:min(1, len(one.To))], "")))
	if !ok || !slices.Contains(one.To, from.Address) {
		form.Fail("from", "Choose one of those who received this mail")
	}
	d := answer(one, from)
	d.Text, d.File = strings.TrimSpace(form.Value("text")), file
	switch q := Quoting(form.Value("quoting")); q {
	case QuoteBlock, QuoteSigns, QuoteNone:
		d.Quoting = q
	}
	if d.Text == "" {
		form.Fail("text", "Write your answer")
	}
	if d.To.Address == "" {
		form.Fail("", "This mail does not say whom to answer")
	}
	m.sendDraft(r, d, form)
	if form.Bad() {
		return m.renderMail(w, r, http.StatusUnprocessableEntity, one, form)
	}
	return web.Redirect(w, r, "/?sent=yes")
}

// sendDraft sends a draft whose form is in order and notes on the form what went wrong.
func (m *Mailbox) sendDraft(r *http.Request, d draft, form *web.Form) {
	if form.Bad() {
		return
	}
	raw, err := d.compose(m.now())
	if err == nil {
		err = m.send(r.Context(), d.From.Address, []string{d.To.Address}, raw)
	}
	var refused *smtp.SMTPError
	switch {
	case errors.As(err, &refused):
		form.Fail("text", "The gateway refused the mail: "+strconv.Itoa(refused.Code)+" "+tidy(refused.Message))
	case err != nil:
		m.log.Warn("a mail could not be sent to the gateway", "err", err)
		form.Fail("text", "The gateway cannot be reached. Your words are kept on this page: try again in a moment")
	}
}

func (m *Mailbox) identity(addr string) (mail.Address, bool) {
	addr = strings.ToLower(addr)
	list := m.addresses()
	i := slices.IndexFunc(list, func(a mail.Address) bool { return a.Address == addr })
	if i < 0 {
		return mail.Address{}, false
	}
	return list[i], true
}

type writeView struct{ Identity []web.Option }

func (m *Mailbox) write(w http.ResponseWriter, r *http.Request) error {
	return m.renderWrite(w, r, http.StatusOK, nil)
}

func (m *Mailbox) renderWrite(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	v := writeView{Identity: []web.Option{web.Opt("", "Choose who writes")}}
	for _, a := range m.addresses() {
		v.Identity = append(v.Identity, web.Opt(a.Address, nameLine(a.Name, a.Address)))
	}
	return m.pages.Render(w, r, status, "write", web.Page{Title: "Write a mail", Nav: nav(r), Form: form, Data: v})
}

// post sends a new mail. Its writer may be anybody, "other" too: what the gateway makes of a stranger is worth seeing.
func (m *Mailbox) post(w http.ResponseWriter, r *http.Request) error {
	form, file, err := readForm(w, r)
	if err != nil {
		return err
	}
	d := draft{Subject: strings.Join(strings.Fields(form.Value("subject")), " "), Text: strings.TrimSpace(form.Value("text")), File: file}
	var ok bool
	if d.From, ok = m.identity(form.Value("from")); !ok {
		form.Fail("from", "Choose who writes")
	}
	if other := strings.TrimSpace(form.Value("other")); other != "" {
		a, err := address(other)
		if form.Errors = nil; err != nil {
			form.Fail("other", "Enter a whole email address, like name@council.example")
		} else {
			d.From = *a
		}
	}
	if to, err := address(strings.TrimSpace(form.Value("to"))); err != nil {
		form.Fail("to", "Enter a whole email address, like name@council.example")
	} else {
		d.To = *to
	}
	if d.Text == "" {
		form.Fail("text", "Write the mail")
	}
	m.sendDraft(r, d, form)
	if form.Bad() {
		return m.renderWrite(w, r, http.StatusUnprocessableEntity, form)
	}
	return web.Redirect(w, r, "/?sent=yes")
}
