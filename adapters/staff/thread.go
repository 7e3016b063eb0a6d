package staff

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

type threadView struct {
	Bar      web.IdentityBar
	About    web.SummaryList
	Messages web.Messages
	ID       ids.ThreadID
	Mark     string // what the page shows, for the live connection
	MayWrite bool
	ToMother bool // what is written here can be marked to be read with her
	WhyNot   string
	Key      string // of the act of writing
	MaxBody  int
	Absences []absenceView
	Mail     *web.Table // email of the conversation that is nobody's words in it
	HandOver []threads.Party
	Ask      string // where something is asked in it; "" when she may not
	Asks     threadAsks
	Stopped  []stoppedView
}

// absenceView is a contact whose mailbox says that she is away or gone.
type absenceView struct {
	Name  string
	Lines []string
	Href  string // how that was learnt; "" when she may not look it up
}

// threadPage is a conversation with its messages, oldest first, and the form to write in it.
func (s *Staff) threadPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showThread(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showThread(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	v, t, err := s.loadThread(r, me)
	if err != nil {
		return err
	}
	if v.Asks, err = s.threadAsks(r, me, t.ID); err != nil {
		return err
	}
	if form.Values == nil {
		form.Values = map[string][]string{"body": {startOf(t, r.URL.Query().Get("again"))}, "due": {v.Asks.Day}}
	}
	if v.Key = form.Value("key"); v.Key == "" {
		v.Key = newKey()
	}
	p := s.page(r, me, t.Subject, v)
	p.Form, p.Back = form, backTo(s.pages.Loc(r), "case", "/cases/"+string(t.Case))
	return s.pages.Render(w, r, status, "thread", p)
}

// startOf is what the box for writing holds at first: the draft, or the words of a message that came back, to be written again.
func startOf(t flow.ThreadView, again string) string {
	for _, m := range t.Messages {
		if string(m.ID) == again && m.Stopped != nil && m.Stopped.Returned && t.Draft == "" {
			return m.Body
		}
	}
	return t.Draft
}

// threadPart is the messages alone, for the script that keeps the page up to date.
func (s *Staff) threadPart(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	v, _, err := s.loadThread(r, me)
	if err != nil {
		return err
	}
	return s.pages.RenderPart(w, r, http.StatusOK, "thread", "thread-messages", web.Page{Data: v})
}

func (s *Staff) loadThread(r *http.Request, me people.Staff) (threadView, flow.ThreadView, error) {
	loc, id := s.pages.Loc(r), ids.ThreadID(r.PathValue("thread"))
	// The mark is taken first: what changes between the two is told again, not missed.
	mark, err := s.flow.ThreadMark(r.Context(), me.Actor(), id)
	if err != nil && ids.KindOf(err) != ids.NotFound {
		return threadView{}, flow.ThreadView{}, err
	}
	t, err := s.flow.Thread(r.Context(), me.Actor(), id) // records a refusal
	if err != nil {
		return threadView{}, t, err
	}
	v := threadView{ID: t.ID, Mark: mark, MayWrite: t.MayWrite, WhyNot: t.WhyNot, MaxBody: flow.MaxBody,
		Bar: web.IdentityBar{Title: t.Mother.Name, Lines: []string{t.Mother.PrisonerNumber, t.CaseReference}}}
	v.ToMother = t.Channel != threads.Privileged && slices.ContainsFunc(t.Parties, func(p threads.Party) bool { return p.Kind == threads.PartyMother && p.Until.IsZero() })
	with := []string{}
	for _, p := range t.Parties {
		if p.Until.IsZero() {
			with = append(with, p.Name)
		}
	}
	v.About.Rows = append(v.About.Rows, web.SummaryRow{Key: loc.T("staff.thread.channel"), Tag: channelTag(loc, t.Channel)},
		web.SummaryRow{Key: loc.T("staff.thread.people"), Lines: with})
	if t.AgencyName != "" {
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.thread.with"), t.AgencyName))
	}
	if len(t.ChildNames) > 0 {
		v.About.Rows = append(v.About.Rows, web.Row(loc.T("staff.thread.children"), strings.Join(t.ChildNames, ", ")))
	}
	s.aroundThread(r, t, &v)
	if t.MayAsk {
		v.Ask = "/threads/" + string(t.ID) + "/ask"
	}
	v.Messages.Label = loc.T("staff.thread.messages")
	for _, m := range t.Messages {
		v.Messages.Items = append(v.Messages.Items, s.messageItem(r, t.Mother, m))
	}
	return v, t, nil
}

// aroundThread shows what staff see beside the messages: who is away, what else came by email, and whom somebody else may follow.
func (s *Staff) aroundThread(r *http.Request, t flow.ThreadView, v *threadView) {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	for _, a := range t.Absences {
		item := absenceView{Name: a.Name, Lines: absenceLines(loc, when, a.Absence, flow.AutoAway)}
		if a.Inbound != "" {
			item.Href = "/mail/" + string(a.Inbound)
		}
		v.Absences = append(v.Absences, item)
	}
	v.Mail = s.mailNotes(r, t.Mail)
	v.Stopped = stoppedOf(loc, when, t)
	if len(t.Review) > 0 {
		row := web.SummaryRow{Key: loc.T("staff.review.who"), Lines: reviewLines(loc, t.Review)}
		if t.MaySetReview {
			row.Actions = []web.Link{{Text: loc.T("staff.review.change"), Href: "/review?thread=" + string(t.ID)}}
		}
		v.About.Rows = append(v.About.Rows, row)
	}
	for _, p := range t.Parties {
		if t.MayHandOver && p.Kind == threads.PartyContact && p.Until.IsZero() {
			v.HandOver = append(v.HandOver, p)
		}
	}
}

// messageItem writes a message with how far it has come.
func (s *Staff) messageItem(r *http.Request, mother people.Mother, m flow.MessageView) web.MessageItem {
	loc := s.pages.Loc(r)
	item := web.MessageItem{ID: string(m.ID), Sender: m.AuthorName, Sent: m.Own, At: m.Written, Body: m.Body, Quoted: m.Quoted, QuotedLabel: loc.T("staff.thread.quoted")}
	if m.AuthorKind == messages.ByMother {
		item.Lang = langOf(loc, mother.Language)
	}
	for _, a := range m.Attachments {
		item.Files = append(item.Files, fileItem(loc, a))
	}
	if m.State != messages.Withheld && m.MayAsk {
		item.Links = append(item.Links, web.Link{Text: loc.T("staff.request.make"), Href: "/messages/" + string(m.ID) + "/request"})
	}
	if m.Minutes {
		item.Links = append(item.Links, web.Link{Text: loc.T("staff.after.minutes_link"), Href: "/messages/" + string(m.ID) + "/minutes"})
	}
	if m.Together.Required() && m.MayMark {
		item.Links = append(item.Links, web.Link{Text: loc.T("staff.together.link"), Href: "/together/" + string(m.ID)})
	}
	if m.HowItCame {
		item.Links = append(item.Links, mailLink(loc, m.Message))
	}
	switch m.State {
	case messages.Held:
		item.Status = []web.Tag{{Text: loc.T("staff.delivery.held"), Colour: "yellow"}}
		if m.Hold != nil && m.Hold.Decided.IsZero() {
			item.Links = append(item.Links, web.Link{Text: loc.T("staff.thread.check"), Href: "/queue/" + string(m.Hold.ID)})
		}
	case messages.Withheld:
		item.Status = []web.Tag{{Text: loc.T("staff.delivery.withheld"), Colour: "red"}}
	case messages.Returned:
		item.Status = []web.Tag{{Text: loc.T("staff.delivery.returned"), Colour: "orange"}}
	case messages.Released:
		item.Status, item.Note = s.deliveryStates(r, m.Deliveries)
	}
	if m.Together.Due() {
		item.Status = append(item.Status, web.Tag{Text: loc.T("staff.together.tag"), Colour: "purple"})
	}
	return item
}

// deliveryStates says each recipient's state, and under it when it was reached.
func (s *Staff) deliveryStates(r *http.Request, ds []messages.Delivery) (tags []web.Tag, note string) {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	var notes []string
	for _, d := range ds {
		tag := deliveryWords(loc, d)
		tag.Text = d.RecipientName + ": " + tag.Text
		line := loc.T("staff.delivery.line", "Name", d.RecipientName, "Time", when.DateTime(reached(d)))
		if note := deliveryNote(loc, d); note != "" {
			line += " (" + note + ")"
		}
		tags, notes = append(tags, tag), append(notes, line)
	}
	return tags, strings.Join(notes, " · ")
}

// size writes a number of bytes as a person reads it.
func size(t func(string, ...any) string, n int64) string {
	switch {
	case n >= 1<<20:
		return t("staff.file.mb", "N", fmt.Sprintf("%.1f", float64(n)/(1<<20)))
	case n >= 1<<10:
		return t("staff.file.kb", "N", fmt.Sprint((n+1<<9)>>10))
	}
	return t("staff.file.bytes", "N", fmt.Sprint(n))
}
