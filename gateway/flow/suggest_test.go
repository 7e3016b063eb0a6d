package flow_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

// outsiders adds to the world a school of each child, and a carer of each, both registered with Anytown: only the child's record tells them apart.
type outsiders struct{ tomosSchool, elinSchool, tomosCarer, otherCarer ids.ContactID }

func addOutsiders(t *testing.T, w *flowtest.World) (o outsiders) {
	t.Helper()
	ctx := t.Context()
	contact := func(of ids.AgencyID, name, email string, r people.ContactRole) ids.ContactID {
		id, err := w.Flow.CreateContact(ctx, flowtest.Operator, of, name, email, r, "directory")
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	school := func(name, domain string) ids.AgencyID {
		id, err := w.Flow.CreateAgency(ctx, flowtest.Operator, people.School, name, domain)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ash, beech := school("Ash Lane School", "ashlane.example"), school("Beech Road School", "beechroad.example")
	o.tomosSchool = contact(ash, "Sian Ash", "sian@ashlane.example", people.SchoolLead)
	o.elinSchool = contact(beech, "Beth Beech", "beth@beechroad.example", people.SchoolLead)
	o.tomosCarer = contact(w.Agencies.Anytown, "Carrie Field", "carrie@anytown.example", people.Carer)
	o.otherCarer = contact(w.Agencies.Anytown, "Orla Field", "orla@anytown.example", people.Carer)
	for child, facts := range map[ids.ChildID]flow.ChildFacts{
		w.Children[0].ID: {Authority: w.Agencies.Anytown, Concerned: []string{string(ash), string(o.tomosCarer)}},
		w.Children[1].ID: {Authority: w.Agencies.Brookshire, Concerned: []string{string(beech)}},
	} {
		if err := w.Flow.SetChild(ctx, w.Staff.Worker.Actor, w.Case, child, facts); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func idsOf(list []people.Contact) (out []ids.ContactID) {
	for _, c := range list {
		out = append(out, c.ID)
	}
	slices.Sort(out)
	return out
}

func sameIDs(a []people.Contact, want ...ids.ContactID) bool {
	slices.Sort(want)
	return slices.Equal(idsOf(a), want)
}

// Once children are chosen, a conversation is offered to those alone who have to do with every one of them.
func TestSuggestionsByChildren(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, o, tomos, elin := t.Context(), addOutsiders(t, w), w.Children[0].ID, w.Children[1].ID
		for name, test := range map[string]struct {
			channel threads.Channel
			about   []ids.ChildID
			want    []ids.ContactID
		}{
			"one of Anytown":                     {threads.Official, []ids.ChildID{tomos}, []ids.ContactID{w.Contacts.Anna, o.tomosSchool, o.tomosCarer}},
			"one of Brookshire":                  {threads.Official, []ids.ChildID{elin}, []ids.ContactID{w.Contacts.Bea, o.elinSchool}},
			"both: nobody has to do with both":   {threads.Official, []ids.ChildID{tomos, elin}, nil},
			"none, where the family is parted":   {threads.Official, nil, nil},
			"a child of nobody":                  {threads.Official, []ids.ChildID{"chd_none"}, nil},
			"her lawyer, whomever it is about":   {threads.Privileged, []ids.ChildID{tomos}, []ids.ContactID{w.Contacts.Lara}},
			"nobody outside in a confidential 1": {threads.Confidential, []ids.ChildID{tomos}, nil},
		} {
			list, err := w.Flow.ContactsFor(ctx, w.Staff.Worker.Actor, w.Case, test.channel, test.about)
			if err != nil || !sameIDs(list, test.want...) {
				t.Errorf("%s: %v %v, want %v", name, idsOf(list), err, test.want)
			}
		}
		if _, err := w.Flow.AddRestriction(ctx, w.Staff.Protection.Actor, flow.NewRestriction{Case: w.Case, Kind: cases.NoContact, Source: "court_order", Contacts: []ids.ContactID{o.tomosCarer},
			From: w.Env.Store.Today(), Review: w.Env.Store.Today(), IdemKey: "1"}); err != nil {
			t.Fatal(err)
		}
		if list, err := w.Flow.ContactsFor(ctx, w.Staff.Worker.Actor, w.Case, threads.Official, []ids.ChildID{tomos}); err != nil || !sameIDs(list, w.Contacts.Anna, o.tomosSchool) {
			t.Errorf("somebody whom a restriction forbids is offered: %v %v", list, err)
		}
	})
}

// A form that was edited gets one answer, whomever it names: it names nobody, and is recorded.
func TestEditedFormOpensNothing(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, o, tomos := t.Context(), addOutsiders(t, w), w.Children[0].ID
		answers := map[string]bool{}
		for _, who := range []ids.ContactID{w.Contacts.Bea, o.elinSchool, o.otherCarer, w.Contacts.Lara, "con_00000000000000000000000000"} {
			for _, about := range [][]ids.ChildID{{tomos}, nil} {
				_, err := w.Flow.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "S", Contacts: []ids.ContactID{who}, Children: about})
				flowtest.Refused(t, err, ids.Invalid)
				answers[ids.Public(err)] = true
			}
		}
		if len(answers) != 1 {
			t.Errorf("the answers tell them apart: %v", answers)
		}
		for a := range answers {
			for _, marker := range []string{"Bea", "Brookshire", "Elin", "Beech", "Orla", "authority"} {
				if strings.Contains(a, marker) {
					t.Errorf("%q names %s", a, marker)
				}
			}
		}
		if _, err := w.Flow.OpenThread(ctx, w.Staff.Worker.Actor, flow.NewThread{Case: w.Case, Channel: threads.Official, Subject: "S", Contacts: []ids.ContactID{o.tomosCarer, w.Contacts.Anna},
			Children: []ids.ChildID{tomos}}); err != nil {
			t.Error(err)
		}
		page, err := w.Flow.AuditTimeline(ctx, w.Staff.Admin.Actor, w.Case, 0, 50)
		refused := 0
		for _, row := range page.Rows {
			if row.Kind == "policy.refused" {
				refused++
			}
		}
		if err != nil || refused < 8 {
			t.Errorf("%d refusals are recorded: %v", refused, err)
		}
		w.VerifyAudit(t)
	})
}

// Guests of a meeting: who has to do with one of the children it is about, and nobody else, whatever a form says.
func TestGuestsByChildren(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, o, tomos, elin, me := t.Context(), addOutsiders(t, w), w.Children[0].ID, w.Children[1].ID, w.Staff.Worker.Actor
		for name, test := range map[string]struct {
			about, want any
		}{
			"Tomos": {[]ids.ChildID{tomos}, []ids.ContactID{w.Contacts.Anna, o.tomosSchool, o.tomosCarer}},
			"Elin":  {[]ids.ChildID{elin}, []ids.ContactID{w.Contacts.Bea, o.elinSchool}},
			"both":  {[]ids.ChildID{tomos, elin}, []ids.ContactID{w.Contacts.Anna, o.tomosSchool, o.tomosCarer, w.Contacts.Bea, o.elinSchool}},
		} {
			list, err := w.Flow.GuestChoices(ctx, me, w.Case, test.about.([]ids.ChildID))
			if err != nil || !sameIDs(list, test.want.([]ids.ContactID)...) {
				t.Errorf("%s: %v %v", name, list, err)
			}
		}
		begin := w.Env.Clock.Now().Add(24 * time.Hour)
		plan := func(about []ids.ChildID, guest ids.ContactID) error {
			_, err := w.Flow.CreateMeeting(ctx, me, flow.NewMeeting{Case: w.Case, Kind: meetings.CoreGroup, Starts: begin, Ends: begin.Add(time.Hour), About: about, Guests: []ids.ContactID{guest}})
			return err
		}
		flowtest.Refused(t, plan([]ids.ChildID{tomos}, w.Contacts.Bea), ids.Forbidden)
		flowtest.Refused(t, plan([]ids.ChildID{tomos}, o.otherCarer), ids.Forbidden)
		flowtest.Refused(t, plan([]ids.ChildID{"chd_none"}, w.Contacts.Anna), ids.Forbidden)
		if a, b := ids.Public(plan([]ids.ChildID{tomos}, w.Contacts.Bea)), ids.Public(plan([]ids.ChildID{tomos}, "con_none")); a != b {
			t.Errorf("the answers tell them apart: %q %q", a, b)
		}
		if err := plan([]ids.ChildID{tomos}, o.tomosSchool); err != nil {
			t.Error(err)
		}
	})
}

// Who can be said to have to do with a child: schools, courts, and carers. The worker says it.
func TestWhoHasToDoWithAChild(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, o, tomos := t.Context(), addOutsiders(t, w), w.Children[0].ID
		list, err := w.Flow.ConcernChoices(ctx, w.Staff.Worker.Actor, w.Case, tomos)
		set := 0
		for _, c := range list {
			if c.Set {
				set++
			}
		}
		if err != nil || len(list) != 4 || set != 2 {
			t.Errorf("%+v %v", list, err)
		}
		for _, wrong := range []string{string(w.Contacts.Anna), string(w.Agencies.Brookshire), string(w.Agencies.Firm), "agy_none", "con_00000000000000000000000000", ""} {
			flowtest.Refused(t, w.Flow.SetChild(ctx, w.Staff.Worker.Actor, w.Case, tomos, flow.ChildFacts{Authority: w.Agencies.Anytown, Concerned: []string{wrong}}), ids.Invalid)
		}
		_, err = w.Flow.ConcernChoices(ctx, w.Staff.OtherWorker.Actor, w.Case, tomos)
		flowtest.Refused(t, err, ids.NotFound)
		if err := w.Flow.SetChild(ctx, w.Staff.Worker.Actor, w.Case, tomos, flow.ChildFacts{Authority: w.Agencies.Anytown, Concerned: []string{string(o.tomosCarer)}}); err != nil {
			t.Fatal(err)
		}
		if list, err := w.Flow.ContactsFor(context.Background(), w.Staff.Worker.Actor, w.Case, threads.Official, []ids.ChildID{tomos}); err != nil || !sameIDs(list, w.Contacts.Anna, o.tomosCarer) {
			t.Errorf("%v %v", list, err)
		}
	})
}
