package staff_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kinbridge/adapters/staff"
	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// BenchmarkHome is the home page of a Pact social worker with 200 cases on SQLite: 400 conversations, in each fifth case a message that waits for
// her, in each tenth an email that did not arrive and a proposed handover, in each fourth a meeting; of each a child is looked after. It is to take less than 20 ms.
func BenchmarkHome(b *testing.B) {
	w := flowtest.New(b, store.SQLite, flowtest.Mail{})
	busy(b, w, 199)
	get := signedInSite(b, w)
	for _, page := range []string{"/", "/cases"} {
		b.Run(page, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				get(b.Context(), page)
			}
		})
	}
}

// signedInSite returns what fetches a page as the world's Pact social worker, without a network.
func signedInSite(tb testing.TB, w *flowtest.World) func(ctx context.Context, page string) {
	tb.Helper()
	must := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	words, err := i18n.Load()
	must(err)
	built, err := embedded()
	must(err)
	site, err := web.New(web.Config{Assets: built, Words: words, Log: slog.New(slog.DiscardHandler), Now: w.Env.Clock.Now})
	must(err)
	face, err := staff.New(staff.Config{Site: site, Now: w.Env.Clock.Now, Log: slog.New(slog.DiscardHandler)}, w.Flow)
	must(err)
	code, err := totp.GenerateCode(w.Staff.Worker.TOTPSecret, w.Env.Clock.Now())
	must(err)
	token, _, err := w.Flow.SignIn(tb.Context(), w.Staff.Worker.Email, flowtest.Password, code)
	must(err)
	handler := face.Handler()
	return func(ctx context.Context, page string) {
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, page, nil)
		r.AddCookie(&http.Cookie{Name: "kb_staff", Value: token})
		rec := httptest.NewRecorder()
		if handler.ServeHTTP(rec, r); rec.Code != http.StatusOK {
			tb.Fatalf("%s: %d %s", page, rec.Code, rec.Body)
		}
	}
}

// What a page asks the database does not grow with what is on it: ten times the cases, each with all that waits for somebody, cost no more statements.
func TestPagesAskNoMoreForMoreCases(t *testing.T) {
	w := flowtest.New(t, store.SQLite, flowtest.Mail{})
	ctx, worker := t.Context(), w.Staff.Worker.Actor
	get := signedInSite(t, w)
	more := func(n, from int) {
		t.Helper()
		busyFrom(t, w, from, n)
		for i := range n / 4 { // one case grows as well
			in, err := w.Flow.OpenThread(ctx, worker, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: fmt.Sprintf("Number %d", from+i),
				Contacts: []ids.ContactID{w.Contacts.Anna}, Children: []ids.ChildID{w.Children[0].ID}})
			if err != nil {
				t.Fatal(err)
			}
			w.Say(t, ids.MotherActor(w.Mother), in, "How is he?")
		}
	}
	pages := map[string]int64{"/": 60, "/cases": 30, "/queue": 40, "/undelivered": 40, "/handovers": 40, "/asks": 40, "/meetings": 40, "/cases/" + string(w.Case): 60}
	count := func(page string) int64 {
		var n atomic.Int64
		get(store.CountStatements(ctx, &n), page)
		return n.Load()
	}
	more(20, 0)
	few := map[string]int64{}
	for page, most := range pages {
		if few[page] = count(page); few[page] == 0 || few[page] > most {
			t.Errorf("%s: %d statements for twenty cases, %d at most", page, few[page], most)
		}
	}
	more(180, 20)
	for page := range pages {
		if n := count(page); n > few[page]+4 {
			t.Errorf("%s: %d statements for two hundred cases, %d for twenty", page, n, few[page])
		}
	}
	t.Log(few)
}

// busy adds cases to a world's worker, with what happens in them.
func busy(b testing.TB, w *flowtest.World, more int) {
	b.Helper()
	busyFrom(b, w, 0, more)
}

// busyFrom numbers the cases from one on.
func busyFrom(b testing.TB, w *flowtest.World, from, more int) {
	b.Helper()
	ctx, worker := b.Context(), w.Staff.Worker.Actor
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := from; i < from+more; i++ {
		mother, _, err := w.Flow.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: fmt.Sprintf("Mother %d", i), PrisonerNumber: fmt.Sprintf("B%04dAB", i),
			Establishment: w.Agencies.Prison, Wing: w.Wing, Language: "en"})
		must(err)
		id, kids, err := w.Flow.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: fmt.Sprintf("KB-2%03d", i), Mother: mother, Worker: w.Staff.Worker.ID,
			Team: []ids.StaffID{w.Staff.Family.ID}, Children: []cases.Child{{Name: "Ann", Authority: w.Agencies.Anytown}, {Name: "Ben", Authority: w.Agencies.Brookshire}}})
		must(err)
		var first ids.ThreadID
		for j, c := range []ids.ContactID{w.Contacts.Anna, w.Contacts.Bea} {
			t, err := w.Flow.OpenThread(ctx, worker, flow.NewThread{Case: id, Channel: threads.Official, Subject: "About " + kids[j].Name, Contacts: []ids.ContactID{c},
				Children: []ids.ChildID{kids[j].ID}})
			must(err)
			if j == 0 {
				first = t
			}
		}
		if i%5 == 0 {
			w.Say(b, ids.MotherActor(mother), first, "How is she?")
		}
		if i%10 == 1 {
			said := w.Say(b, worker, first, "She has asked how Ann is.")
			ds, err := w.Env.Store.DeliveriesOfMessage(ctx, said.Message)
			must(err)
			for _, d := range ds {
				if d.RecipientKind == messages.ToContact {
					_, err := w.Flow.MailFailed(ctx, d.ID, 1, flow.MailFailure{Permanent: true, Answer: "550 5.1.1 no such user"})
					must(err)
				}
			}
			_, err = w.Flow.AskHandover(ctx, worker, first, w.Contacts.Anna)
			must(err)
		}
		must(w.Flow.SetChild(ctx, worker, id, kids[0].ID, flow.ChildFacts{Authority: w.Agencies.Anytown, Care: cases.Care{LookedAfter: workdays.Of(w.Env.Clock.Now()).Plus(-i)}}))
		if i%4 == 0 {
			at := w.Env.Clock.Now().Add(time.Duration(24+i) * time.Hour).Truncate(15 * time.Minute)
			_, err := w.Flow.CreateMeeting(ctx, worker, flow.NewMeeting{Case: id, Kind: meetings.LookedAfterReview, Starts: at, Ends: at.Add(time.Hour), Guests: []ids.ContactID{w.Contacts.Anna},
				About: []ids.ChildID{kids[0].ID}})
			must(err)
		}
	}
}
