package guest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/polls"
)

// The pages under /poll/ are where somebody says which of several times for a meeting suit her. The link in her email is all that she needs; it shows nothing of the family, the
// matter or what others say. Opening it changes nothing.

// Polls is what such a link can be used for. Each is NotFound for a link that leads to nothing now.
type Polls interface {
	PollPage(ctx context.Context, link string) (flow.PollPage, error)
	// CheckPollAnswer is Invalid for votes that are missing, TooLarge for a comment that cannot be kept, Forbidden when no answers are taken any more.
	CheckPollAnswer(ctx context.Context, link string, votes map[int]polls.Vote, comment string) error
	// AnswerPoll keeps the answer: it is durable when that returns nil. Its errors are the same.
	AnswerPoll(ctx context.Context, link string, votes map[int]polls.Vote, comment string) error
}

func (g *Guest) pollRoutes() map[string]web.Handler {
	return map[string]web.Handler{
		"GET /poll/{link}":        g.poll,
		"POST /poll/{link}":       g.limited(g.answerPoll),
		"GET /poll/{link}/thanks": g.pollThanks,
	}
}

// pollClosed names the page for a phase in which no answers are taken.
var pollClosed = map[polls.State]string{polls.Closed: "poll_closed", polls.Withdrawn: "poll_withdrawn", polls.Decided: "poll_decided"}

type pollView struct {
	Link  string
	About web.SummaryList
	Slots []pollSlot
	Hint  string
	Most  int              // characters of a comment
	Check *web.SummaryList // what she has chosen, before it is sent or after
	Keep  []web.Option     // fields of the step before, hidden
	Sent  bool
	Until string
	Send  string // what the button of the second step says
}

type pollSlot struct {
	Field, Label string
	Options      []web.Option
}

func voteField(n int) string { return fmt.Sprint("slot", n) }

// poll shows the times, with what she has answered already.
func (g *Guest) poll(w http.ResponseWriter, r *http.Request) error {
	return g.showPoll(w, r, http.StatusOK, nil, "ask")
}

// pollThanks says that we have her answer, and which.
func (g *Guest) pollThanks(w http.ResponseWriter, r *http.Request) error {
	return g.showPoll(w, r, http.StatusOK, nil, "thanks")
}

// showPoll shows one step: "ask", "check" or "thanks". form is nil for what is stored.
func (g *Guest) showPoll(w http.ResponseWriter, r *http.Request, status int, form *web.Form, step string) error {
	link, loc, when := r.PathValue("link"), g.pages.Loc(r), g.pages.When(r)
	p, err := g.flow.PollPage(r.Context(), link)
	if err != nil {
		return g.noPoll(w, r, err)
	}
	v := pollView{Link: link, Hint: loc.T("guest.poll.comment_hint"), Most: polls.MaxComment, Until: when.LongDate(p.Closes) + ", " + when.Clock(p.Closes), About: web.SummaryList{Rows: []web.SummaryRow{
		web.Row(loc.T("guest.poll.by"), p.Organisation), web.Row(loc.T("guest.poll.what"), loc.T("guest.poll.meeting")), web.Row(loc.T("guest.about.length"), loc.N("guest.minutes", p.Minutes)),
		web.Row(loc.T("guest.poll.until"), when.LongDate(p.Closes)+", "+when.Clock(p.Closes))}}}
	if page := pollClosed[p.Phase]; page != "" {
		closed := closedView{Title: loc.T("guest.closed." + page + ".title"), Body: loc.T("guest.closed." + page + ".body")}
		return g.renderPoll(w, r, status, "closed", web.Page{Title: closed.Title, Data: closed})
	}
	if form == nil {
		form = &web.Form{Values: url.Values{"comment": {p.Comment}}}
		for n, vote := range p.Votes {
			form.Values.Set(voteField(n), string(vote))
		}
	}
	if step == "thanks" && p.Answered.IsZero() {
		return web.Redirect(w, r, "/poll/"+link)
	}
	title := "guest.poll.title"
	if step != "ask" {
		v.Check, v.Sent, title = g.pollSummary(r, p, form), step == "thanks", "guest.poll."+step+"_title"
		v.Send = loc.T("guest.poll.send")
	}
	for _, s := range p.Slots {
		one := pollSlot{Field: voteField(s.N), Label: when.Span(s.Start, s.Start.Add(p.Length()))}
		for _, vote := range polls.Votes {
			one.Options = append(one.Options, web.Opt(string(vote), loc.T("guest.poll."+string(vote))))
		}
		v.Slots, v.Keep = append(v.Slots, one), append(v.Keep, web.Option{Text: one.Field, Value: form.Value(one.Field)})
	}
	v.Keep = append(v.Keep, web.Option{Text: "comment", Value: form.Value("comment")})
	return g.renderPoll(w, r, status, "poll", web.Page{Title: loc.T(title), Form: form, Data: v})
}

// pollSummary lists what she says of each time.
func (g *Guest) pollSummary(r *http.Request, p flow.PollPage, form *web.Form) *web.SummaryList {
	loc, when := g.pages.Loc(r), g.pages.When(r)
	var list web.SummaryList
	for _, s := range p.Slots {
		list.Rows = append(list.Rows, web.Row(when.Span(s.Start, s.Start.Add(p.Length())), loc.T("guest.poll."+form.Value(voteField(s.N)))))
	}
	if said := form.Value("comment"); said != "" {
		list.Rows = append(list.Rows, web.Row(loc.T("guest.poll.comment"), said))
	}
	return &list
}

// answerPoll takes a step: what is entered is checked and shown once more, then sent.
func (g *Guest) answerPoll(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	link, loc := r.PathValue("link"), g.pages.Loc(r)
	if form.Value("do") == "change" {
		return g.showPoll(w, r, http.StatusOK, form, "ask")
	}
	votes := map[int]polls.Vote{}
	for n := range polls.MaxSlots {
		votes[n+1] = polls.Vote(form.Value(voteField(n + 1)))
	}
	use := g.flow.CheckPollAnswer
	if form.Value("do") == "send" {
		use = g.flow.AnswerPoll
	}
	switch err := use(r.Context(), link, votes, form.Value("comment")); {
	case ids.KindOf(err) == ids.Invalid && err != nil:
		p, err := g.flow.PollPage(r.Context(), link)
		if err != nil {
			return g.noPoll(w, r, err)
		}
		for _, s := range p.Slots {
			if !votes[s.N].Valid() {
				form.Fail(voteField(s.N), loc.T("guest.poll.missing", "Time", g.pages.When(r).Span(s.Start, s.Start.Add(p.Length()))))
			}
		}
	case ids.KindOf(err) == ids.TooLarge && err != nil:
		form.Fail("comment", loc.T("guest.poll.comment_error", "Most", fmt.Sprint(polls.MaxComment)))
	case ids.KindOf(err) == ids.Forbidden && err != nil, ids.KindOf(err) == ids.Conflict && err != nil:
		return g.showPoll(w, r, http.StatusConflict, form, "ask") // the page says what has become of it
	case err != nil:
		return g.noPoll(w, r, err)
	case form.Value("do") == "send":
		return web.Redirect(w, r, "/poll/"+link+"/thanks")
	default:
		return g.showPoll(w, r, http.StatusOK, form, "check")
	}
	return g.showPoll(w, r, http.StatusUnprocessableEntity, form, "ask")
}

// noPoll answers for a link that leads to nothing. Whoever tries many such links is slowed down, however different they are.
func (g *Guest) noPoll(w http.ResponseWriter, r *http.Request, err error) error {
	if ids.KindOf(err) != ids.NotFound {
		return err
	}
	loc := g.pages.Loc(r)
	if ok, wait := g.tries.Allow(web.ClientIP(r) + " unknown poll"); !ok {
		web.RetryAfter(w, wait)
		return ids.E(ids.TooMany, "%s", loc.T("guest.too_many"))
	}
	v := closedView{Title: loc.T("guest.closed.poll_unknown.title"), Body: loc.T("guest.closed.poll_unknown.body")}
	return g.renderPoll(w, r, http.StatusNotFound, "closed", web.Page{Title: v.Title, Data: v})
}

func (g *Guest) renderPoll(w http.ResponseWriter, r *http.Request, status int, name string, page web.Page) error {
	page.Service = g.pages.Loc(r).T("guest.poll.service")
	return g.pages.Render(w, r, status, name, page)
}
