package staff

import (
	"net/http"
	"slices"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
)

type holdView struct {
	ID       ids.HoldID
	About    web.SummaryList
	Proof    *proofView     // of an email: what is known of its sender
	Messages *web.Messages  // of a message of a conversation
	Mail     *flow.HeldMail // of an email in none
	Sealed   bool
	Open     bool // waits for a decision
	Mine     bool
	Thread   string
	Reasons  []web.Option
	Sort     sortView    // of an email
	Invite   *inviteView // that an email brings
	Together *togetherPart
	Found    *pointedView
	Files    []web.Option // that can be kept back
	Claimed  bool         // by somebody
	MovedTo  string       // in a sentence: she whose address it came to seems to work elsewhere now
	Outside  bool         // its author is told by mail, without the explanation
}

// proofView is what is known of an email's sender, as the template "proof" shows it.
type proofView struct {
	Sender            web.SummaryList
	Warnings, Reasons []string
}

// sortView is how an email may be decided on.
type sortView struct {
	MayFile, MayMove bool
	WhyNot           string // why it cannot be filed
	Targets          []web.Option
	Unproven         bool
	Confirm          []web.Option
	Predecessor      string // whose reply address it came to, when somebody else wrote
}

// holdPage is one thing that waits: what it is, who sent it, how that was checked, and the ways to decide.
func (s *Staff) holdPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showHold(w, r, me, http.StatusOK, &web.Form{})
}

func (s *Staff) showHold(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form) error {
	loc := s.pages.Loc(r)
	h, err := s.flow.HoldView(r.Context(), me.Actor(), ids.HoldID(r.PathValue("hold")))
	if err != nil {
		return err
	}
	v := holdView{ID: h.ID, Mail: h.Mail, Sealed: h.Sealed, Open: h.Decided.IsZero(), Mine: h.ClaimedBy == me.ID, About: s.holdAbout(r, h), Reasons: withholdOptions(loc)}
	if h.Message != nil {
		m := *h.Message
		v.Together = s.togetherPart(r, m)
		m.Hold = nil // its link leads here
		item := s.messageItem(r, people.Mother{}, m)
		for i := range item.Files { // what she releases, she has had before her eyes
			item.Files[i].Open = true
		}
		s.reviewParts(loc, h, &v, &item)
		v.Messages = &web.Messages{Label: loc.T("staff.hold.message"), Items: []web.MessageItem{item}}
		v.Thread = "/threads/" + string(h.Thread)
	}
	if h.MovedTo != "" {
		v.MovedTo = loc.T("staff.hold.moved", "Name", h.Addressed, "Agency", h.MovedTo)
	}
	if h.Inbound != "" {
		v.Proof = &proofView{Sender: senderList(loc, h.Proof), Warnings: h.Proof.Warnings}
		if !h.Sealed { // what was found may name who wrote to whom
			v.Proof.Reasons = h.Proof.Reasons
		}
	}
	if h.Mail != nil {
		v.Sort = sortOf(loc, h)
		if h.Invitation != nil {
			if v.Invite, err = s.inviteView(r, me, h, form); err != nil {
				return err
			}
		}
	}
	p := s.page(r, me, s.holdTitle(r, h.HoldRow), v)
	p.Form, p.Back = form, backTo(loc, "queue", "/queue")
	return s.pages.Render(w, r, status, "hold", p)
}

// reviewParts adds what a reviewer is shown besides: the words that flags point out, and the files that she can keep back.
func (s *Staff) reviewParts(loc i18n.Loc, h flow.HoldView, v *holdView, item *web.MessageItem) {
	v.Claimed, v.Outside = h.ClaimedBy != "", h.Message.AuthorKind == messages.ByContact
	if v.Found = pointed(loc, h.Message.Body, h.Found); v.Found != nil {
		item.Marked = marked(h.Message.Body, h.Found.Marks)
	}
	for _, at := range h.Message.Attachments {
		if at.Ruling != messages.FileKept {
			v.Files = append(v.Files, web.Opt(string(at.ID), at.Name))
		}
	}
}

func (s *Staff) holdAbout(r *http.Request, h flow.HoldView) web.SummaryList {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	list := web.SummaryList{Rows: []web.SummaryRow{{Key: loc.T("staff.queue.why"), Lines: []string{reason(loc, h.Reason)}}}}
	add := func(key, value string) {
		if value != "" {
			list.Rows = append(list.Rows, web.Row(loc.T(key), value))
		}
	}
	add("staff.queue.from", h.From)
	if h.CaseReference != "" {
		add("staff.case.case", h.CaseReference+", "+h.MotherName)
		direction := "staff.queue.from_mother"
		if h.ToMother {
			direction = "staff.queue.to_mother"
		}
		add("staff.queue.direction", loc.T(direction))
	}
	add("staff.hold.since", when.DateTime(h.Opened)+" ("+working(loc, h.Waiting)+")")
	if h.Decided.IsZero() {
		due := web.Row(loc.T("staff.hold.due"), when.DateTime(h.Waiting.Due))
		if h.Waiting.Late {
			due = web.SummaryRow{Key: loc.T("staff.hold.due"), Tag: &web.Tag{Text: loc.T("staff.queue.late", "Time", when.DateTime(h.Waiting.Due)), Colour: "red"}}
		}
		list.Rows = append(list.Rows, due)
	}
	add("staff.hold.for", loc.T("staff.role."+string(h.ForRole)))
	if h.First != nil {
		add("staff.hold.first", loc.T("staff.outcome."+string(h.First.Outcome))+", "+when.DateTime(h.First.Decided))
		add("staff.hold.first_why", firstWhy(loc, *h.First))
	}
	add("staff.hold.claimed", h.ClaimedName)
	if !h.Decided.IsZero() {
		add("staff.hold.decided", loc.T("staff.outcome."+string(h.Outcome))+", "+when.DateTime(h.Decided))
		add("staff.hold.note", h.Note)
	}
	if h.Inbound != "" && !h.Sealed {
		list.Rows = append(list.Rows, web.SummaryRow{Key: loc.T("staff.hold.mail"), Link: &web.Link{Text: loc.T("staff.mail.how"), Href: "/mail/" + string(h.Inbound)}})
	}
	return list
}

// firstWhy is why the decision that an appeal is against was made.
func firstWhy(loc i18n.Loc, h messages.Hold) string {
	words := h.Note
	if h.ReasonCode != "" {
		words = loc.T("staff.withhold.r_" + h.ReasonCode)
		if h.Note != "" {
			words += ". " + h.Note
		}
	}
	return words
}

// checkWords are the results of the checks of a sender that have words of ours; others are shown as the mail system says them.
var checkWords = []string{"pass", "fail", "none", "softfail", "neutral", "temperror", "permerror"}

// sortOf says which decisions about an email the page offers.
func sortOf(loc i18n.Loc, h flow.HoldView) sortView {
	v := sortView{MayMove: h.MayMove, Unproven: !h.Proof.Verified, Confirm: []web.Option{web.Opt("yes", loc.T("staff.sort.confirm"))}}
	switch {
	case h.Automatic:
		v.WhyNot = loc.T("staff.sort.automatic")
	case h.Mail.Kind == flow.MailRejected || h.Mail.From == "":
		v.WhyNot = loc.T("staff.sort.unreadable")
	case len(h.MayFile) == 0 || h.MovedTo != "" && len(h.MayFile) == 1 && h.MayFile[0].ID == h.Thread:
		v.WhyNot = loc.T("staff.sort.nowhere")
	default:
		v.MayFile = true
	}
	for _, t := range h.MayFile {
		if h.MovedTo != "" && t.ID == h.Thread { // what she writes from elsewhere is not this organisation's
			continue
		}
		v.Targets = append(v.Targets, web.Option{Value: string(t.ID), Text: t.Subject, Hint: t.AgencyName, Checked: t.ID == h.Thread})
	}
	if h.Colleague {
		v.Predecessor = h.Addressed
	}
	return v
}

// senderList says how far an email proves where it comes from.
func senderList(loc i18n.Loc, proof flow.SenderProof) web.SummaryList {
	tag := &web.Tag{Text: loc.T("staff.sender.unproven"), Colour: "red"}
	if proof.Verified {
		tag = &web.Tag{Text: loc.T("staff.sender.proven"), Colour: "green"}
	}
	list := web.SummaryList{Rows: []web.SummaryRow{{Key: loc.T("staff.sender.origin"), Tag: tag}}}
	for _, check := range []string{"spf", "dkim", "dmarc", "arc"} {
		result := strings.ToLower(proof.Results[check])
		if result == "" || check == "arc" && result == "none" { // only what was forwarded has a chain
			continue
		}
		words := result
		if check == "dkim" && result == "none" {
			words = loc.T("staff.sender.unsigned")
		} else if slices.Contains(checkWords, result) {
			words = loc.T("staff.sender.r_" + result)
		}
		list.Rows = append(list.Rows, web.Row(strings.ToUpper(check), words))
	}
	return list
}

// claim marks a hold as taken.
func (s *Staff) claim(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := r.PathValue("hold")
	if err := s.flow.Claim(r.Context(), me.Actor(), ids.HoldID(id)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/queue/"+id+"?done=claimed")
}

// release lets a message go.
func (s *Staff) release(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	var keep []ids.AttachmentID
	for _, id := range form.Values["keep"] {
		keep = append(keep, ids.AttachmentID(id))
	}
	if err := s.flow.ReleaseWithout(r.Context(), me.Actor(), ids.HoldID(r.PathValue("hold")), form.Value("release_note"), keep); err != nil {
		return s.decideAgain(w, r, me, form, "", err)
	}
	return web.Redirect(w, r, "/queue?done=released")
}

// checkWithhold notes what a withholding lacks.
func (s *Staff) checkWithhold(r *http.Request, form *web.Form) {
	loc := s.pages.Loc(r)
	if _, ok := messages.ReasonOf(form.Value("reason")); !ok {
		form.Fail("reason", loc.T("staff.withhold.missing"))
	}
	if form.Value("reason") == "other" && strings.TrimSpace(form.Value("note")) == "" {
		form.Fail("note", loc.T("staff.withhold.note_missing"))
	}
}

// withhold decides that a message or email goes no further. It needs a reason.
func (s *Staff) withhold(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	if s.checkWithhold(r, form); form.Bad() {
		return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
	}
	if err := s.flow.Withhold(r.Context(), me.Actor(), ids.HoldID(r.PathValue("hold")), form.Value("reason"), form.Value("note")); err != nil {
		return s.decideAgain(w, r, me, form, "reason", err)
	}
	done := "withheld"
	if form.Value("what") == "mail" {
		done = "set_aside"
	}
	return web.Redirect(w, r, "/queue?done="+done)
}

// decideAgain shows the page again with what is wrong. When somebody else was first, that is the page's own news.
func (s *Staff) decideAgain(w http.ResponseWriter, r *http.Request, me people.Staff, form *web.Form, field string, err error) error {
	if ids.KindOf(err) == ids.Conflict {
		return err
	}
	if err := form.FailWith(field, err); err != nil {
		return err
	}
	return s.showHold(w, r, me, http.StatusUnprocessableEntity, form)
}
