package guest_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/polls"
	"kinbridge/gateway/store/storetest"
)

var pollIn = regexp.MustCompile(`/poll/([0-9a-z]+)`)

// asked has the worker ask Anna about two times and returns the poll and the link that she was mailed.
func (s *site) asked() (ids.PollID, string) {
	s.t.Helper()
	ctx := s.t.Context()
	cs, err := s.f.Cases(ctx, s.worker.Actor())
	if err != nil {
		s.t.Fatal(err)
	}
	guests, err := s.f.GuestChoices(ctx, s.worker.Actor(), cs[0].ID, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	at := time.Date(s.e.Clock.Now().Year()+1, 1, 12, 14, 0, 0, 0, time.UTC) // winter: GMT
	if at.Sub(s.e.Clock.Now()) > 300*24*time.Hour {
		at = at.AddDate(-1, 0, 0)
	}
	if until := at.Sub(s.e.Clock.Now()); until < 10*24*time.Hour {
		at = at.AddDate(0, 1, 0)
	}
	id, err := s.f.MakePoll(ctx, s.worker.Actor(), flow.NewPoll{Case: cs[0].ID, Kind: meetings.CoreGroup, Minutes: 60, Starts: []time.Time{at, at.Add(24 * time.Hour)},
		Closes: s.e.Clock.Now().Add(48 * time.Hour), Asked: []ids.ContactID{guests[0].ID}})
	if err != nil {
		s.t.Fatal(err)
	}
	m, err := s.f.PollMail(ctx, s.take(outbox.MailPoll).Payload)
	if err != nil {
		s.t.Fatal(err)
	}
	return id, pollIn.FindStringSubmatch(m.Text)[1]
}

func TestTimesAreChosenByALink(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		id, link := s.asked()
		at := "/poll/" + link
		for range 3 { // mail filters look first
			a := s.browser().get(at)
			s.browser().want(a, 200, "Which of these times suit you?", "Pact", "A video meeting", "60 minutes", "2pm to 3pm (GMT)", "If need be")
			for _, private := range []string{"Mair", "Tomos", "Wendy", "KB-1001", "Anna", "Fernhill", "Core group", "core_group", "Anytown"} {
				if strings.Contains(a.body, private) {
					t.Errorf("the page says %q", private)
				}
			}
			if a.header.Get("Cache-Control") != "no-store" || len(a.header.Values("Set-Cookie")) != 0 || strings.Contains(a.body, "<script>") || a.header.Get("Content-Security-Policy") == "" || a.header.Get("Referrer-Policy") == "" {
				t.Errorf("headers %v", a.header)
			}
		}
		answered := func() polls.Invitee {
			t.Helper()
			v, err := s.f.Poll(t.Context(), s.worker.Actor(), id)
			if err != nil {
				t.Fatal(err)
			}
			return v.People[0].Invitee
		}
		b := s.browser()
		if a := b.get(at + "/thanks"); a.status != http.StatusSeeOther || a.to != at {
			t.Errorf("before her answer: %+v", a)
		}
		b.want(b.post(at, url.Values{"do": {"check"}, "slot1": {"yes"}}), 422, "Error: ", "Say whether you could take part", `value="yes" checked`)
		b.want(b.post(at, url.Values{"do": {"send"}, "slot1": {"yes"}, "slot2": {"nonsense"}}), 422, "Say whether you could take part")
		long := strings.Repeat("ŵ", polls.MaxComment+1)
		b.want(b.post(at, url.Values{"do": {"check"}, "slot1": {"yes"}, "slot2": {"no"}, "comment": {long}}), 422, "300 characters or fewer", long)
		full := url.Values{"do": {"check"}, "slot1": {"yes"}, "slot2": {"if_need_be"}, "comment": {"<b>From 2pm</b>"}}
		b.want(b.post(at, full), 200, "Check your answer", "&lt;b&gt;From 2pm&lt;/b&gt;", `name="slot2" value="if_need_be"`)
		full.Set("do", "change")
		b.want(b.post(at, full), 200, "Which of these times", `value="if_need_be" checked`)
		if got := answered(); !got.Answered.IsZero() {
			t.Fatalf("kept before it was sent: %+v", got)
		}
		full.Set("do", "send")
		if a := b.post(at, full); a.status != http.StatusSeeOther || a.to != at+"/thanks" {
			t.Fatalf("%+v", a)
		}
		if got := answered(); got.Votes[1] != polls.Yes || got.Votes[2] != polls.IfNeedBe || got.Comment != "<b>From 2pm</b>" {
			t.Fatalf("%+v", got)
		}
		b.want(b.get(at+"/thanks"), 200, "We have your answer", "If need be")
		b.want(b.get(at), 200, `value="if_need_be" checked`)
		b.get(at + "?lang=cy")
		b.want(b.get(at), 200, "Pa rai o’r amserau hyn", "2pm tan 3pm (GMT)")
		if err := s.f.ClosePoll(t.Context(), s.worker.Actor(), id); err != nil {
			t.Fatal(err)
		}
		full.Set("slot1", "no")
		b.want(s.browser().post(at, full), 409, "The time for answers is over")
		b.want(s.browser().get(at), 200, "The time for answers is over")
		if err := s.f.CancelPoll(t.Context(), s.worker.Actor(), id); err != nil {
			t.Fatal(err)
		}
		b.want(s.browser().get(at), 200, "This is no longer asked")
		if got := answered(); got.Votes[1] != polls.Yes {
			t.Errorf("an answer counted after the end: %+v", got)
		}
	})
}

// Whoever tries links is slowed down, and told nothing.
func TestPollLinksCannotBeTried(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		s := newSite(t, e)
		b := s.browser()
		b.want(b.get("/poll/0000000000"), 404, "does not lead to a question")
		b.want(b.post("/poll/0000000000", url.Values{"do": {"send"}, "slot1": {"yes"}}), 404)
		slowed := false
		for range 60 {
			a := b.get("/poll/" + ids.Secret(20))
			slowed = slowed || a.status == http.StatusTooManyRequests && a.header.Get("Retry-After") != ""
		}
		if !slowed {
			t.Error("sixty guesses are answered like one")
		}
	})
}
