package staff

import (
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

type mailView struct {
	ID        ids.InboundID
	About     web.SummaryList
	Sender    web.SummaryList
	Reasons   []string // what the checks found, in sentences
	Warnings  []string
	Technical web.SummaryList
	Text      string
	Quoted    string
	Size      string
}

// mail is how an email came: who it says it is from and what that proves, what was trimmed of it, and its original.
func (s *Staff) mail(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	m, err := s.flow.MailDetails(r.Context(), me.Actor(), ids.InboundID(r.PathValue("mail")))
	if err != nil {
		return err
	}
	v := mailView{ID: m.ID, About: s.mailAbout(r, m), Sender: senderList(loc, m.Proof), Reasons: m.Proof.Reasons, Warnings: m.Proof.Warnings,
		Text: m.Mail.Text, Quoted: m.Mail.Quoted, Size: size(loc.T, m.Size)}
	for _, row := range [][2]string{{"staff.mail.rcpt", m.Envelope.Rcpt}, {"staff.mail.envelope_from", m.Envelope.MailFrom}, {"staff.mail.server", m.Envelope.RemoteIP},
		{"staff.mail.helo", m.Envelope.Helo}, {"staff.mail.source", m.Proof.Source}} {
		if row[1] != "" {
			v.Technical.Rows = append(v.Technical.Rows, web.Row(loc.T(row[0]), row[1]))
		}
	}
	key := "staff.mail.tls_no"
	if m.Envelope.TLS {
		key = "staff.mail.tls_yes"
	}
	v.Technical.Rows = append(v.Technical.Rows, web.Row(loc.T("staff.mail.tls"), loc.T(key)))
	p := s.page(r, me, loc.T("staff.mail.title"), v)
	switch {
	case m.Hold != "":
		p.Back = backTo(loc, "queue", "/queue/"+string(m.Hold))
	case m.Thread != "":
		p.Back = backTo(loc, "thread", "/threads/"+string(m.Thread))
	}
	return s.pages.Render(w, r, http.StatusOK, "mail", p)
}

func (s *Staff) mailAbout(r *http.Request, m flow.MailView) web.SummaryList {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	list := web.SummaryList{Rows: []web.SummaryRow{{Key: loc.T("staff.queue.from"), Lines: lines(m.Mail.FromName, m.Mail.From)}}}
	add := func(key string, words ...string) {
		if words = lines(words...); len(words) > 0 {
			list.Rows = append(list.Rows, web.SummaryRow{Key: loc.T(key), Lines: words})
		}
	}
	add("staff.thread.subject", m.Mail.Subject)
	add("staff.hold.received", when.DateTime(m.Received))
	add("staff.mail.kind", mailKind(loc, m.Mail.Kind, m.Auto.Form))
	add("staff.mail.became", loc.T("staff.mail.s_"+string(m.State)))
	if m.Thread != "" {
		list.Rows = append(list.Rows, web.SummaryRow{Key: loc.T("staff.mail.thread"), Link: &web.Link{Text: m.ThreadSubject, Href: "/threads/" + string(m.Thread)}})
	}
	add("staff.case.case", m.CaseReference)
	add("staff.hold.problem", m.Mail.Problem)
	add("staff.hold.files", m.Mail.Files...)
	if m.Signed != "" {
		add("staff.mail.signed", loc.T("staff.mail.signed_"+m.Signed))
	}
	add("staff.mail.told", absenceLines(loc, when, people.Absence{Until: m.Auto.Until, Left: m.Auto.Form == flow.AutoLeft, Colleagues: m.Auto.Colleagues}, m.Auto.Form)...)
	return list
}

// lines are the words that are not empty.
func lines(words ...string) []string {
	var out []string
	for _, w := range words {
		if strings.TrimSpace(w) != "" {
			out = append(out, w)
		}
	}
	return out
}

// mailKind says what sort of email it is.
func mailKind(loc i18n.Loc, k flow.MailKind, form string) string {
	if form != "" && k == flow.MailAutoReply {
		return loc.T("staff.mail.f_" + form)
	}
	if k == "" {
		return ""
	}
	return loc.T("staff.mail.k_" + string(k))
}

// absenceLines says what a mailbox told of somebody, a line for each fact.
func absenceLines(loc i18n.Loc, when web.When, a people.Absence, form string) []string {
	var out []string
	switch {
	case a.Left:
		out = append(out, loc.T("staff.away.left"))
	case form != flow.AutoAway:
	case a.Until.IsZero():
		out = append(out, loc.T("staff.away.away"))
	default:
		out = append(out, loc.T("staff.away.until", "Day", when.Date(noon(a.Until))))
	}
	for _, c := range a.Colleagues {
		if who := strings.Join(lines(c.Name, c.Email, c.Phone), ", "); who != "" {
			out = append(out, loc.T("staff.away.ask", "Who", who))
		}
	}
	return out
}

// noon keeps a day the same day in London, whatever the season.
func noon(day time.Time) time.Time { return day.Add(12 * time.Hour) }

// original hands out the bytes of an email to be saved; like a file, it is never shown in the site's own name.
func (s *Staff) original(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := ids.InboundID(r.PathValue("mail"))
	raw, err := s.flow.MailOriginal(r.Context(), me.Actor(), id)
	if err != nil {
		return err
	}
	web.Download(w, string(id)+".eml", raw)
	return nil
}

// mailNotes lists the email of a conversation that is nobody's words in it.
func (s *Staff) mailNotes(r *http.Request, notes []flow.MailNote) *web.Table {
	if len(notes) == 0 {
		return nil
	}
	loc := s.pages.Loc(r)
	t := &web.Table{Caption: loc.T("staff.mail.beside"), Columns: []web.Column{{Title: loc.T("staff.mail.kind")}, {Title: loc.T("staff.hold.received")}, {Title: loc.T("staff.mail.became")}}}
	for _, n := range notes {
		kind := mailKind(loc, n.Kind, n.Form)
		if kind == "" {
			kind = loc.T("staff.mail.k_message")
		}
		t.Rows = append(t.Rows, []web.Cell{{Text: kind, Href: "/mail/" + string(n.ID)}, {At: n.At}, {Text: loc.T("staff.mail.s_" + string(n.State))}})
	}
	return t
}

// mailLink leads from a message to how its email came.
func mailLink(loc i18n.Loc, m messages.Message) web.Link {
	return web.Link{Text: loc.T("staff.mail.how"), Href: "/mail/" + string(m.Inbound)}
}
