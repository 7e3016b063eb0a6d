package flow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

func lookedUp(t testing.TB, w *flowtest.World, p flowtest.Person, words string) []string {
	t.Helper()
	got, err := w.Flow.LookUp(t.Context(), p.Actor, words)
	if err != nil {
		t.Fatalf("%q by %s: %v", words, p.Email, err)
	}
	out := []string{}
	for _, f := range got.People {
		out = append(out, string(f.Kind)+" "+f.Name)
	}
	return out
}

// A person is found by any part of what is known of her, by those alone whose case she has to do with.
func TestLookUp(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		far, _, err := w.Flow.CreateMother(ctx, flowtest.Operator, flow.NewMother{Name: "Mair Llŷr-O’Dŵr", PrisonerNumber: "A9876ZZ", Establishment: w.Agencies.OtherPrison,
			Wing: given(w.Flow.CreateWing(ctx, flowtest.Operator, w.Agencies.OtherPrison, "B wing"))(t), Language: "cy"})
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := w.Flow.CreateCase(ctx, flowtest.Operator, flow.NewCase{Reference: "KB-2002", Mother: far, Worker: w.Staff.OtherWorker.ID,
			Children: []cases.Child{{Name: "Tomos Llŷr", Authority: w.Agencies.Brookshire}}}); err != nil {
			t.Fatal(err)
		}
		hers, pact := w.Staff.OtherWorker, w.Staff.Worker
		for _, test := range []struct {
			by    flowtest.Person
			words string
			want  []string
		}{
			{pact, "mair", []string{"mother Mair Hughes"}},
			{pact, "MÂIR  hugh", []string{"mother Mair Hughes"}},
			{pact, "a1234bc", []string{"mother Mair Hughes"}},
			{pact, "234B", []string{"mother Mair Hughes"}},
			{pact, "kb-1001", []string{"mother Mair Hughes", "child Elin", "child Tomos"}},
			{pact, "tomo", []string{"child Tomos"}},
			{pact, "brookshire", []string{"child Elin", "contact Bea Stone"}},
			{pact, "anna@anytown", []string{"contact Anna Quill"}},
			{pact, "lara", []string{}}, // the lawyer, of a privileged conversation
			{pact, "llyr", []string{}},
			{pact, "A9876ZZ", []string{}},
			{pact, "KB-2002", []string{}},
			{w.Staff.StandIn, "mair", []string{"mother Mair Hughes"}},
			{w.Staff.Family, "quill", []string{"contact Anna Quill"}},
			{w.Staff.Manager, "elin", []string{"child Elin"}},
			{w.Staff.Protection, "mair", []string{"mother Mair Hughes"}},
			{w.Staff.OtherManager, "mair", []string{}}, // of her prison, on no team
			{hers, "llyr", []string{"mother Mair Llŷr-O’Dŵr", "child Tomos Llŷr"}},
			{hers, "LLŶR odwr", []string{"mother Mair Llŷr-O’Dŵr"}},
			{hers, "o'dŵr", []string{"mother Mair Llŷr-O’Dŵr"}},
			{hers, "hughes", []string{}},
			{hers, "anna", []string{}},
			{hers, "stone", []string{"contact Bea Stone"}},
			{w.Staff.Admin, "mair", []string{}}, // keeps the directory of people outside, and knows of no case
			{w.Staff.Admin, "tomos", []string{}},
			{w.Staff.Admin, "hale", []string{"contact Lara Hale"}},
		} {
			if got := lookedUp(t, w, test.by, test.words); !slices.Equal(got, test.want) {
				t.Errorf("%q by %s: %q, want %q", test.words, test.by.Email, got, test.want)
			}
		}
		for _, of := range given(w.Flow.LookUp(ctx, pact.Actor, "stone"))(t).People[0].Cases {
			if of.ID != w.Case {
				t.Errorf("Bea is shown with %+v, which is not hers to know", of)
			}
		}
		if got := given(w.Flow.LookUp(ctx, w.Staff.Admin.Actor, "stone"))(t).People[0]; len(got.Cases) != 0 {
			t.Errorf("an administrator is shown cases: %+v", got)
		}
		w.VerifyAudit(t)
	})
}

// What is asked for is within limits, by somebody who may ask, and recorded where administrators alone read it.
func TestLookUpIsRecorded(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx := t.Context()
		for _, words := range []string{"", " ", "m", "-- '", string(make([]byte, 101)), fmt.Sprintf("%0101d", 1)} {
			_, err := w.Flow.LookUp(ctx, w.Staff.Worker.Actor, words)
			flowtest.Refused(t, err, ids.Invalid)
		}
		for _, a := range []ids.Actor{w.Staff.Officer.Actor, w.MotherActor(), ids.ContactActor(w.Contacts.Anna)} {
			_, err := w.Flow.LookUp(ctx, a, "mair")
			flowtest.Refused(t, err, ids.NotFound)
		}
		if got := lookedUp(t, w, w.Staff.Worker, "Mair H"); len(got) != 1 {
			t.Fatal(got)
		}
		rows, err := w.Flow.LookUps(ctx, w.Staff.Admin.Actor)
		if err != nil || len(rows) != 1 || rows[0].Words != "Mair H" || rows[0].Found != 1 || rows[0].Name != "Wendy Pryce" {
			t.Errorf("%+v %v", rows, err)
		}
		for _, p := range []flowtest.Person{w.Staff.Worker, w.Staff.Officer, w.Staff.Protection} {
			if _, err := w.Flow.LookUps(ctx, p.Actor); err == nil {
				t.Errorf("%s reads who looked for whom", p.Email)
			}
		}
		page, err := w.Flow.AuditTimeline(ctx, w.Staff.Admin.Actor, "", 0, 50)
		seen := 0
		for _, row := range page.Rows {
			if row.Kind == audit.PersonLookedUpKind && row.Subject == string(rows[0].ID) {
				seen++
			}
		}
		if err != nil || seen != 1 {
			t.Errorf("%d entries: %v", seen, err)
		}
		w.VerifyAudit(t)
	})
}

// BenchmarkLookUp looks among ten thousand people for one of the worker's own, for a stranger and for nobody: the last two should take as long
// as each other, or the time would tell that there is somebody.
func BenchmarkLookUp(b *testing.B) {
	w := flowtest.New(b, store.SQLite, flowtest.Mail{})
	manyPeople(b, w)
	for _, words := range []string{"hughes", "stranger 4999", "nobodyatall"} {
		b.Run(strings.ReplaceAll(words, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				if _, err := w.Flow.LookUp(b.Context(), w.Staff.Worker.Actor, words); err != nil {
					b.Fatal(err)
				}
				w.Env.Clock.Advance(time.Minute) // so that the limit of searches is never met
			}
		})
	}
}

// manyPeople adds five thousand women with a case each, none of them the worker's, and five thousand people outside.
func manyPeople(t testing.TB, w *flowtest.World) {
	t.Helper()
	wing, err := w.Flow.CreateWing(t.Context(), flowtest.Operator, w.Agencies.OtherPrison, "C wing")
	if err != nil {
		t.Fatal(err)
	}
	err = w.Env.Store.Write(t.Context(), ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
		for i := range 5000 {
			m := people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: fmt.Sprintf("Stranger %d", i), PrisonerNumber: fmt.Sprintf("B%04dCD", i), Establishment: w.Agencies.OtherPrison, Wing: wing, Language: "en"}
			if err := tx.AddMother(m, ""); err != nil {
				return audit.Entry{}, err
			}
			c := cases.Case{ID: ids.New[ids.CaseID](ids.Case), Reference: fmt.Sprintf("KB-X%d", i), Mother: m.ID, Worker: w.Staff.OtherWorker.ID}
			if err := tx.AddCase(c); err != nil {
				return audit.Entry{}, err
			}
			if err := tx.AddContact(people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: w.Agencies.Firm, Name: fmt.Sprintf("Outsider %d", i), Email: fmt.Sprintf("o%d@hale.example", i),
				Role: people.Solicitor}); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.CaseChanged(w.Case, "seeded"), nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// given is the value of a call that must not fail.
func given[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
