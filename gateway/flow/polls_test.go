package flow_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/workdays"
)

// pollOf is a question about the first child, put to Anna, for two times next week.
func pollOf(w *flowtest.World, change ...func(*flow.NewPoll)) flow.NewPoll {
	at := inDays(w, 7)
	n := flow.NewPoll{Case: w.Case, Kind: meetings.CoreGroup, About: []ids.ChildID{w.Children[0].ID}, Minutes: 60, Starts: []time.Time{at.Add(24 * time.Hour), at}, Closes: inDays(w, 4),
		Asked: []ids.ContactID{w.Contacts.Anna}}
	for _, c := range change {
		c(&n)
	}
	return n
}

// both asks Anna and Bea about the whole family.
func both(w *flowtest.World) func(*flow.NewPoll) {
	return func(n *flow.NewPoll) {
		n.About, n.Asked, n.Across = []ids.ChildID{w.Children[0].ID, w.Children[1].ID}, []ids.ContactID{w.Contacts.Anna, w.Contacts.Bea}, true
	}
}

var pollLink = regexp.MustCompile(`https://kinbridge\.example/poll/([0-9a-z]{30,})`)

// pollMails takes the mail about polls that waits, by recipient.
func pollMails(t *testing.T, w *flowtest.World) map[string][]flow.OutMail {
	t.Helper()
	out := map[string][]flow.OutMail{}
	for _, it := range w.Take(t, outbox.MailPoll) {
		m, err := w.Flow.PollMail(t.Context(), it.Payload)
		if errors.Is(err, flow.ErrNothingToSend) {
			continue
		}
		must(t, err)
		again, err := w.Flow.PollMail(t.Context(), it.Payload)
		if err != nil || again.MessageID != m.MessageID {
			t.Fatalf("tried again it is another mail: %v", err)
		}
		must(t, w.Flow.PollMailDone(t.Context(), it.Payload, true, "250 ok"))
		if words := m.Subject + m.Text + m.HTML; strings.Contains(words, "Mair") || strings.Contains(words, "Tomos") || strings.Contains(words, "Fernhill") || strings.Contains(words, "KB-1001") || strings.Contains(words, "core_group") {
			t.Errorf("the mail names somebody: %s", words)
		}
		out[m.To] = append(out[m.To], m)
	}
	return out
}

func pollLinkIn(t *testing.T, ms []flow.OutMail) string {
	t.Helper()
	for _, m := range ms {
		if x := pollLink.FindStringSubmatch(m.Text); x != nil {
			return x[1]
		}
	}
	t.Fatal("no link was mailed")
	return ""
}

func votes(v ...polls.Vote) map[int]polls.Vote {
	out := map[int]polls.Vote{}
	for i, one := range v {
		out[i+1] = one
	}
	return out
}

func TestAPollIsAskedAnsweredAndDecided(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		n := pollOf(w, both(w), func(n *flow.NewPoll) { n.Required, n.IdemKey = []ids.ContactID{w.Contacts.Bea}, "form-1" })
		id, err := w.Flow.MakePoll(ctx, worker, n)
		must(t, err)
		if again, err := w.Flow.MakePoll(ctx, worker, n); err != nil || again != id {
			t.Fatalf("sent twice: %s %v, want %s", again, err, id)
		}
		mails := pollMails(t, w)
		if len(mails[flowtest.AnnaAddress]) != 1 || len(mails[flowtest.BeaAddress]) != 1 || len(mails) != 2 {
			t.Fatalf("%+v", mails)
		}
		anna, bea := pollLinkIn(t, mails[flowtest.AnnaAddress]), pollLinkIn(t, mails[flowtest.BeaAddress])
		page, err := w.Flow.PollPage(ctx, anna)
		if err != nil || page.Organisation != "Pact" || page.Phase != polls.Open || len(page.Slots) != 2 || !page.Slots[0].Start.Before(page.Slots[1].Start) || !page.Answered.IsZero() {
			t.Fatalf("%v %+v", err, page)
		}
		must(t, w.Flow.AnswerPoll(ctx, anna, votes(polls.Yes, polls.IfNeedBe), "Not after 4pm."))
		must(t, w.Flow.AnswerPoll(ctx, anna, votes(polls.Yes, polls.IfNeedBe), "Not after 4pm.")) // a retry
		must(t, w.Flow.AnswerPoll(ctx, bea, votes(polls.No, polls.Yes), ""))
		if page, err = w.Flow.PollPage(ctx, bea); err != nil || page.Comment != "" || page.Votes[1] != polls.No {
			t.Errorf("she sees %+v, %v", page, err)
		}
		must(t, w.Flow.AnswerPoll(ctx, anna, votes(polls.Yes, polls.No), "I can do only the first.")) // she changes it
		if got := len(w.Entries(t, audit.PollAnsweredKind)); got != 3 {
			t.Errorf("%d entries of answers", got)
		}
		for _, e := range w.Entries(t, audit.PollAnsweredKind) {
			if strings.Contains(fmt.Sprint(e), "only the first") {
				t.Error("the audit log has her words")
			}
		}
		v, err := w.Flow.Poll(ctx, w.Staff.Family.Actor, id)
		must(t, err)
		if v.Answered != 2 || v.Best[0].N != 2 || len(v.Best[1].Without) != 1 || v.People[0].Comment != "I can do only the first." || v.People[0].Mail != polls.MailSent || v.People[1].Agency != "Brookshire Council" {
			t.Errorf("%+v", v)
		}
		// What leads to the planning form: at the second time Anna says no, so she is not among the guests.
		plan, err := w.Flow.PlanOf(ctx, worker, id, 2)
		must(t, err)
		if !slices.Equal(plan.Guests, []ids.ContactID{w.Contacts.Bea}) || !plan.Starts.Equal(page.Slots[1].Start) || plan.Ends.Sub(plan.Starts) != time.Hour || !plan.AcrossAuthorities {
			t.Errorf("%+v", plan)
		}
		made, err := w.Flow.ChooseSlot(ctx, worker, id, plan)
		must(t, err)
		if again, err := w.Flow.ChooseSlot(ctx, worker, id, plan); err != nil || again != made {
			t.Errorf("chosen twice: %s %v", again, err)
		}
		if guests := guestMails(t, w); len(guests) != 1 || guests[0].To != flowtest.BeaAddress {
			t.Errorf("invited: %+v", guests)
		}
		mails = pollMails(t, w)
		if len(mails) != 1 || len(mails[flowtest.AnnaAddress]) != 1 || mails[flowtest.AnnaAddress][0].Subject != "The time of a meeting is decided" || pollLink.MatchString(mails[flowtest.AnnaAddress][0].Text) {
			t.Errorf("told: %+v", mails)
		}
		if page, err = w.Flow.PollPage(ctx, anna); err != nil || page.Phase != polls.Decided {
			t.Errorf("afterwards: %v %+v", err, page)
		}
		flowtest.Refused(t, w.Flow.AnswerPoll(ctx, anna, votes(polls.Yes, polls.Yes), ""), ids.Forbidden)
		if v, err = w.Flow.Poll(ctx, worker, id); err != nil || v.Chosen != 2 || v.Meeting != made {
			t.Errorf("%v %+v", err, v.PollRow)
		}
		flowtest.Refused(t, w.Flow.CancelPoll(ctx, worker, id), ids.Conflict)
		w.VerifyAudit(t)
	})
}

// Who can be asked is who could be invited, and only those who plan meetings may ask or look.
func TestWhoMayAskAndBeAsked(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		for name, c := range map[string]struct {
			change func(*flow.NewPoll)
			kind   ids.Kind
		}{
			"who has to do with another child": {func(n *flow.NewPoll) { n.Asked = append(n.Asked, w.Contacts.Bea) }, ids.Forbidden},
			"who is required only":             {func(n *flow.NewPoll) { n.Required = []ids.ContactID{w.Contacts.Bea} }, ids.Forbidden},
			"a lawyer of nothing about him":    {func(n *flow.NewPoll) { n.Asked = []ids.ContactID{w.Contacts.Lara} }, ids.Forbidden},
			"two authorities, unconfirmed":     {func(n *flow.NewPoll) { both(w)(n); n.Across = false }, ids.Forbidden},
			"nobody":                           {func(n *flow.NewPoll) { n.Asked = nil }, ids.Invalid},
			"a legal visit":                    {func(n *flow.NewPoll) { n.Kind = meetings.LegalVisit }, ids.Forbidden},
			"a debrief":                        {func(n *flow.NewPoll) { n.Kind = meetings.Debrief }, ids.Invalid},
			"no kind":                          {func(n *flow.NewPoll) { n.Kind = "" }, ids.Invalid},
			"no time":                          {func(n *flow.NewPoll) { n.Starts = nil }, ids.Invalid},
			"another family's child":           {func(n *flow.NewPoll) { n.About = []ids.ChildID{"chd_other"} }, ids.Forbidden},
		} {
			if _, err := w.Flow.MakePoll(ctx, worker, pollOf(w, c.change)); ids.KindOf(err) != c.kind || err == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if mails := pollMails(t, w); len(mails) != 0 {
			t.Errorf("mailed all the same: %+v", mails)
		}
		id, err := w.Flow.MakePoll(ctx, w.Staff.Family.Actor, pollOf(w))
		must(t, err)
		for name, c := range map[string]struct {
			who  ids.Actor
			kind ids.Kind
		}{"the prison": {w.Staff.Manager.Actor, ids.Forbidden}, "an officer": {w.Staff.Officer.Actor, ids.NotFound}, "a stranger": {w.Staff.OtherWorker.Actor, ids.NotFound},
			"the mother": {w.MotherActor(), ids.Forbidden}, "who is asked": {ids.ContactActor(w.Contacts.Anna), ids.NotFound}} {
			if _, err := w.Flow.MakePoll(ctx, c.who, pollOf(w)); ids.KindOf(err) != c.kind || err == nil {
				t.Errorf("%s asks: %v", name, err)
			}
			_, err := w.Flow.Poll(ctx, c.who, id)
			flowtest.Refused(t, err, c.kind)
			flowtest.Refused(t, w.Flow.RemindPoll(ctx, c.who, id), c.kind)
			flowtest.Refused(t, w.Flow.CancelPoll(ctx, c.who, id), c.kind)
			_, err = w.Flow.ChooseSlot(ctx, c.who, id, flow.NewMeeting{Case: w.Case})
			flowtest.Refused(t, err, c.kind)
			for _, list := range []func() ([]flow.PollRow, error){func() ([]flow.PollRow, error) { return w.Flow.CasePolls(ctx, c.who, w.Case) }, func() ([]flow.PollRow, error) { return w.Flow.OpenPolls(ctx, c.who) }} {
				if rows, err := list(); err != nil || len(rows) != 0 {
					t.Errorf("%s is listed %d, %v", name, len(rows), err)
				}
			}
		}
		for _, list := range []func() ([]flow.PollRow, error){func() ([]flow.PollRow, error) { return w.Flow.CasePolls(ctx, worker, w.Case) }, func() ([]flow.PollRow, error) { return w.Flow.OpenPolls(ctx, worker) }} {
			if rows, err := list(); err != nil || len(rows) != 1 || rows[0].CaseReference != "KB-1001" {
				t.Errorf("her worker is listed %+v, %v", rows, err)
			}
		}
		_, err = w.Flow.Poll(ctx, worker, "pol_nothing")
		flowtest.Refused(t, err, ids.NotFound)
	})
}

// A link is good as long as she could be invited: a restriction, another authority for the child, the closing of the case each end it.
func TestALinkStopsWithWhatItRestedOn(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		id, err := w.Flow.MakePoll(ctx, worker, pollOf(w))
		must(t, err)
		link := pollLinkIn(t, pollMails(t, w)[flowtest.AnnaAddress])
		works := func(want bool) {
			t.Helper()
			_, err := w.Flow.PollPage(ctx, link)
			said := w.Flow.AnswerPoll(ctx, link, votes(polls.Yes, polls.Yes), ids.Secret(5))
			v, view := w.Flow.Poll(ctx, worker, id)
			must(t, view)
			if want != (err == nil) || want != (said == nil) || want == v.People[0].Gone || !want && (ids.KindOf(err) != ids.NotFound || ids.KindOf(said) != ids.NotFound) {
				t.Fatalf("works: %v, want %v: %v, %v, %+v", err == nil, want, err, said, v.People[0])
			}
		}
		works(true)
		rule, err := w.Flow.AddRestriction(ctx, w.Staff.Protection.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.NoContact, Source: "court_order", Contacts: []ids.ContactID{w.Contacts.Anna}})
		must(t, err)
		works(false)
		must(t, w.Flow.CancelPoll(ctx, worker, id))
		if mails := pollMails(t, w); len(mails) != 0 {
			t.Errorf("she is mailed in spite of the restriction: %+v", mails)
		}
		must(t, w.Flow.EndRestriction(ctx, w.Staff.Protection.Actor, rule))
		if page, err := w.Flow.PollPage(ctx, link); err != nil || page.Phase != polls.Withdrawn {
			t.Errorf("%v %+v", err, page)
		}
		// The child is another authority's now.
		if id, err = w.Flow.MakePoll(ctx, worker, pollOf(w)); err != nil {
			t.Fatal(err)
		}
		link = pollLinkIn(t, pollMails(t, w)[flowtest.AnnaAddress])
		works(true)
		must(t, w.Flow.SetChild(ctx, worker, w.Case, w.Children[0].ID, flow.ChildFacts{Authority: w.Agencies.Brookshire}))
		works(false)
		flowtest.Refused(t, func() error { _, err := w.Flow.PollPage(ctx, "nothing"); return err }(), ids.NotFound)
	})
}

func TestReminders(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		id, err := w.Flow.MakePoll(ctx, worker, pollOf(w, both(w)))
		must(t, err)
		mails := pollMails(t, w)
		bea := pollLinkIn(t, mails[flowtest.BeaAddress])
		must(t, w.Flow.AnswerPoll(ctx, bea, votes(polls.Yes, polls.Yes), ""))
		for range 2 {
			must(t, w.Flow.RemindPoll(ctx, worker, id))
		}
		if mails = pollMails(t, w); len(mails) != 1 || len(mails[flowtest.AnnaAddress]) != 1 || !strings.HasPrefix(mails[flowtest.AnnaAddress][0].Subject, "Reminder") {
			t.Fatalf("reminded: %+v", mails)
		}
		// Half way whoever was reminded by a person is left in peace.
		due := func() {
			t.Helper()
			for _, it := range w.Take(t, outbox.PollDue) {
				must(t, w.Flow.HandlePollDue(ctx, it))
				must(t, w.Flow.HandlePollDue(ctx, it)) // tried again
			}
		}
		due()
		if mails = pollMails(t, w); len(mails) != 0 {
			t.Errorf("before its time: %+v", mails)
		}
		second, err := w.Flow.MakePoll(ctx, worker, pollOf(w))
		must(t, err)
		pollMails(t, w)
		w.Env.Clock.Advance(50 * time.Hour)
		due()
		if mails = pollMails(t, w); len(mails) != 1 || len(mails[flowtest.AnnaAddress]) != 1 {
			t.Errorf("half way: %+v", mails)
		}
		// One that she answers before it leaves is not sent.
		must(t, w.Flow.RemindPoll(ctx, worker, id))
		v, err := w.Flow.Poll(ctx, worker, id)
		must(t, err)
		if v.People[0].Reminded.IsZero() || workdays.Of(v.People[0].Reminded) != workdays.Of(w.Env.Clock.Now()) {
			t.Errorf("reminded %v", v.People[0].Reminded)
		}
		must(t, w.Flow.AnswerPoll(ctx, pollLinkIn(t, mails[flowtest.AnnaAddress]), votes(polls.No, polls.Yes), "")) // the second's link
		must(t, w.Flow.RemindPoll(ctx, worker, second))                                                             // nobody is left
		if mails = pollMails(t, w); len(mails[flowtest.AnnaAddress]) != 1 {
			t.Errorf("%+v", mails)
		}
		must(t, w.Flow.ClosePoll(ctx, worker, id))
		must(t, w.Flow.ClosePoll(ctx, worker, id))
		flowtest.Refused(t, w.Flow.RemindPoll(ctx, worker, id), ids.Conflict)
		flowtest.Refused(t, w.Flow.AnswerPoll(ctx, bea, votes(polls.No, polls.No), ""), ids.Forbidden)
	})
}

func TestAPollEndsByItself(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		id, err := w.Flow.MakePoll(ctx, worker, pollOf(w))
		must(t, err)
		link := pollLinkIn(t, pollMails(t, w)[flowtest.AnnaAddress])
		w.Env.Clock.Advance(5 * 24 * time.Hour)
		if page, err := w.Flow.PollPage(ctx, link); err != nil || page.Phase != polls.Closed {
			t.Errorf("%v %+v", err, page)
		}
		flowtest.Refused(t, w.Flow.AnswerPoll(ctx, link, votes(polls.Yes, polls.Yes), ""), ids.Forbidden)
		// A time can be chosen all the same, also another than was offered.
		plan, err := w.Flow.PlanOf(ctx, worker, id, 1)
		must(t, err)
		plan.Starts, plan.Ends = plan.Starts.Add(30*time.Minute), plan.Ends.Add(30*time.Minute)
		_, err = w.Flow.ChooseSlot(ctx, worker, id, plan)
		must(t, err)
		if v, err := w.Flow.Poll(ctx, worker, id); err != nil || v.Chosen != 0 || v.Phase != polls.Decided {
			t.Errorf("%v %+v", err, v.PollRow)
		}
	})
}

// Many answers by one link at once, and a time chosen by two at once: the last answer is kept whole, one meeting is made, and nobody gets an error.
func TestTwoAtOnceInAPoll(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, worker := t.Context(), w.Staff.Worker.Actor
		id, err := w.Flow.MakePoll(ctx, worker, pollOf(w))
		must(t, err)
		link := pollLinkIn(t, pollMails(t, w)[flowtest.AnnaAddress])
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				v := polls.Votes[i%3]
				errs[i] = w.Flow.AnswerPoll(ctx, link, votes(v, v), string(v))
			})
		}
		wg.Wait()
		for _, err := range errs {
			must(t, err)
		}
		page, err := w.Flow.PollPage(ctx, link)
		if err != nil || page.Votes[1] != page.Votes[2] || string(page.Votes[1]) != page.Comment {
			t.Errorf("%v %+v", err, page)
		}
		plan, err := w.Flow.PlanOf(ctx, worker, id, 0)
		must(t, err)
		plan.Starts, plan.Ends = page.Slots[0].Start, page.Slots[0].Start.Add(time.Hour)
		made := make([]ids.MeetingID, 4)
		for i := range made {
			wg.Go(func() { made[i], errs[i] = w.Flow.ChooseSlot(ctx, worker, id, plan) })
		}
		wg.Wait()
		for i := range made {
			must(t, errs[i])
			if made[i] != made[0] {
				t.Errorf("%v", made)
			}
		}
		if ms, err := w.Env.Store.MeetingsOfCase(ctx, w.Case); err != nil || len(ms) != 1 {
			t.Errorf("%d meetings, %v", len(ms), err)
		}
	})
}

func TestAPollsMailThatIsRefused(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		id, err := w.Flow.MakePoll(t.Context(), w.Staff.Worker.Actor, pollOf(w))
		must(t, err)
		for _, it := range w.Take(t, outbox.MailPoll) {
			must(t, w.Flow.PollMailDone(t.Context(), it.Payload, false, "550 5.1.1 no anna@anytown.example here"))
		}
		v, err := w.Flow.Poll(t.Context(), w.Staff.Worker.Actor, id)
		if err != nil || v.People[0].Mail != polls.MailFailed {
			t.Errorf("%v %+v", err, v.People)
		}
		if e := w.Entries(t, audit.PollMailFailedKind); len(e) != 1 || strings.Contains(fmt.Sprint(e), "anna@") {
			t.Errorf("%v", e)
		}
	})
}
