package staff_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
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
	words, err := i18n.Load()
	if err != nil {
		b.Fatal(err)
	}
	built, err := embedded()
	if err != nil {
		b.Fatal(err)
	}
	site, err := web.New(web.Config{Assets: built, Words: words, Log: slog.New(slog.DiscardHandler), Now: w.Env.Clock.Now})
	if err != nil {
		b.Fatal(err)
	}
	face, err := staff.New(staff.Config{Site: site, Now: w.Env.Clock.Now, Log: slog.New(slog.DiscardHandler)}, w.Flow)
	if err != nil {
		b.Fatal(err)
	}
	code, err := totp.GenerateCode(w.Staff.Worker.TOTPSecret, w.Env.Clock.Now())
	if err != nil {
		b.Fatal(err)
	}
	token, _, err := w.Flow.SignIn(b.Context(), w.Staff.Worker.Email, flowtest.Password, code)
	if err != nil {
		b.Fatal(err)
	}
	handler := face.Handler()
	for _, page := range []string{"/", "/cases"} {
		b.Run(page, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, page, nil)
				r.AddCookie(&http.Cookie{Name: "kb_staff", Value: token})
				rec := httptest.NewRecorder()
				if handler.ServeHTTP(rec, r); rec.Code != http.StatusOK {
					b.Fatalf("%d %s", rec.Code, rec.Body)
				}
			}
		})
	}
}

// busy adds cases to a world's worker, with what happens in them.
func busy(b *testing.B, w *flowtest.World, more int) {
	b.Helper()
	ctx, worker := b.Context(), w.Staff.Worker.Actor
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	for i := range more {
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
