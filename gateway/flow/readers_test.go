package flow_test

import (
	"slices"
	"testing"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

func readerNames(list []flow.KioskReader) (out []string) {
	for _, p := range list {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return out
}

// Before she writes she is told exactly those who will be able to read it: the answer is held against what each of them can read.
func TestWhoWillReadIt(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, her := t.Context(), w.MotherActor()
		staff := []struct {
			name string
			flowtest.Person
		}{{"Wendy Pryce", w.Staff.Worker}, {"Stella Marsh", w.Staff.StandIn}, {"Fay Dunn", w.Staff.Family}, {"Pat Moss", w.Staff.Manager}, {"Olive Grant", w.Staff.Officer},
			{"Nell Frost", w.Staff.OtherWorker}, {"Max Ford", w.Staff.OtherManager}, {"Ada Booth", w.Staff.Admin}}
		for th, to := range map[ids.ThreadID][]string{w.Threads.Official: {"Anna Quill"}, w.Threads.Brookshire: {"Bea Stone"}, w.Threads.Confidential: {"Wendy Pryce"}, w.Threads.Privileged: {"Lara Hale"}} {
			v, err := w.Flow.KioskReading(ctx, her, th)
			if err != nil || !slices.Equal(readerNames(v.To), to) {
				t.Fatalf("%s: %v %v", th, readerNames(v.To), err)
			}
			told := append(readerNames(v.To), readerNames(v.Staff)...)
			for _, p := range staff {
				_, err := w.Flow.Thread(ctx, p.Actor, th)
				if reads := err == nil; reads != slices.Contains(told, p.name) {
					t.Errorf("%s: she is told %v, and %s reads it: %v", th, told, p.name, reads)
				}
			}
			_, err = w.Flow.Thread(ctx, w.Staff.Protection.Actor, th)
			if reads := err == nil; reads != v.Protection {
				t.Errorf("%s: public protection reads it: %v, and she is told %v", th, reads, v.Protection)
			}
		}
		for _, a := range []ids.Actor{w.Staff.Worker.Actor, ids.MotherActor("mth_none"), ids.ContactActor(w.Contacts.Anna)} {
			_, err := w.Flow.KioskReading(ctx, a, w.Threads.Official)
			flowtest.Refused(t, err, ids.NotFound)
		}
	})
}

// Who reads it first is said by the setting that counts, and what then becomes of her message is what she was told.
func TestWhoReadsItFirst(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, her, th := t.Context(), w.MotherActor(), w.Threads.Official
		set := func(kind messages.ScopeKind, id string, s messages.ReviewSetting) {
			t.Helper()
			s.Scope, s.Direction = messages.Scope{Kind: kind, ID: id}, messages.FromHer
			by := w.Staff.Protection
			if kind == messages.Estate {
				by = w.Staff.Admin
			}
			if err := w.Flow.SetReview(ctx, by.Actor, s); err != nil {
				t.Fatal(err)
			}
		}
		check := func(what string, also bool, want ...ids.Role) {
			t.Helper()
			v, err := w.Flow.KioskReading(ctx, her, th)
			if err != nil || !slices.Equal(v.First, want) || v.Also != also {
				t.Errorf("%s: she is told %v %v %v, want %v", what, v.First, v.Also, err, want)
			}
			list, err := w.Flow.KioskThread(ctx, her, th)
			if err != nil || !slices.Equal(list.Reading.First, want) {
				t.Errorf("%s: the conversation says %v %v", what, list.Reading.First, err)
			}
			c := w.Say(t, her, th, what)
			m, err := w.Flow.KioskMessage(ctx, her, c.Message)
			if err != nil {
				t.Fatal(err)
			}
			first := ids.Role("")
			if len(want) > 0 {
				first = want[0]
			} else if also {
				first = ids.RolePublicProtection
			}
			if m.Checker != first || c.Checker != first || (c.State == messages.Held) != (first != "") {
				t.Errorf("%s: it waits for %q (%q, %s), want %q", what, m.Checker, c.Checker, c.State, first)
			}
		}
		check("without a setting", false, ids.RolePactWorker)
		set(messages.Estate, "", messages.ReviewSetting{First: ids.RoleOffenderManager})
		check("the estate's", false, ids.RoleOffenderManager)
		set(messages.Establishment, string(w.Agencies.Prison), messages.ReviewSetting{First: ids.RolePactWorker, Second: ids.RolePublicProtection})
		check("the prison's", false, ids.RolePactWorker, ids.RolePublicProtection)
		set(messages.OfCase, string(w.Case), messages.ReviewSetting{First: ids.RoleFamilyWorker})
		check("the case's", false, ids.RoleFamilyWorker)
		set(messages.OfThread, string(th), messages.ReviewSetting{Nobody: true})
		check("the conversation's", false)
		// A restriction of which she is not told has public protection read too. She is told that staff may, never of the restriction.
		if _, err := w.Flow.AddRestriction(ctx, w.Staff.Protection.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.Monitored, Source: "court_order", Contacts: []ids.ContactID{w.Contacts.Anna},
			From: w.Env.Store.Today(), Review: w.Env.Store.Today(), IdemKey: "1"}); err != nil {
			t.Fatal(err)
		}
		check("watched over", true)
		for _, quiet := range []ids.ThreadID{w.Threads.Confidential, w.Threads.Privileged} {
			v, err := w.Flow.KioskReading(ctx, her, quiet)
			if err != nil || len(v.First) > 0 || v.Also || v.Protection {
				t.Errorf("%+v %v", v, err)
			}
		}
	})
}
