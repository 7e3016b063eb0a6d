package flow_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/store/storetest"
	"kinbridge/gateway/threads"
)

// meetingWorld is one mother with two authorities around her, and people who have nothing to do with her.
type meetingWorld struct {
	t       *testing.T
	e       storetest.Env
	f       *flow.Flow
	tickets *ticketRecorder
	c       cases.Case
	mother  people.Mother
	worker  people.Staff   // holds the case
	family  people.Staff   // on the team, may plan
	pom     people.Staff   // on the team, may not
	other   people.Staff   // a Pact worker of other cases
	anna    people.Contact // works for authority A
	bea     people.Contact // works for authority B
	lawyer  people.Contact // only in the privileged thread
	nobody  people.Contact // of another authority
	seen    map[string]bool
}

// ticketRecorder is the media server's signer as the tests have it: it writes the ticket down.
type ticketRecorder struct{ got []meetings.Ticket }

func (r *ticketRecorder) SignTicket(t meetings.Ticket) (string, error) {
	r.got = append(r.got, t)
	return "signed-" + t.ID, nil
}

func newMeetingWorld(t *testing.T, e storetest.Env) *meetingWorld {
	t.Helper()
	storetest.Twice(t, e)
	w := &meetingWorld{t: t, e: e, tickets: &ticketRecorder{}, seen: map[string]bool{}}
	w.f = flow.New(e.Store, flow.NewBus(), flow.Config{MailDomain: "in.kinbridge.example", PublicURL: "https://kinbridge.example",
		AddressKey: make([]byte, 32), SessionKey: []byte("a session key of thirty-two bytes"), Tickets: w.tickets, Now: e.Clock.Now})
	pact := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Charity, Name: "Pact"}
	prison := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Establishment, Name: "HMP Fernhill"}
	a := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Authority, Name: "Anytown Council", Domain: "anytown.example"}
	b := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Authority, Name: "Brookshire Council", Domain: "brookshire.example"}
	far := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Authority, Name: "Farshire Council", Domain: "farshire.example"}
	firm := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.LawFirm, Name: "Hale & Co"}
	wing := people.Wing{ID: ids.New[ids.WingID](ids.Wing), Establishment: prison.ID, Name: "A"}
	staff := func(name string, role ids.Role, of people.Agency) people.Staff {
		return people.Staff{ID: ids.New[ids.StaffID](ids.Staff), Name: name, Email: strings.ToLower(strings.Fields(name)[0]) + "@pact.example", Role: role, Agency: of.ID}
	}
	contact := func(name string, role people.ContactRole, of people.Agency, email string) people.Contact {
		return people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: of.ID, Name: name, Email: email, Role: role, Verified: "test"}
	}
	w.worker, w.family = staff("Wendy Pryce", ids.RolePactWorker, pact), staff("Fay Dunn", ids.RoleFamilyWorker, pact)
	w.pom, w.other = staff("Pat Moss", ids.RoleOffenderManager, prison), staff("Olive Grant", ids.RolePactWorker, pact)
	w.anna = contact("Anna Quill", people.AllocatedWorker, a, "anna@anytown.example")
	w.bea = contact("Bea Stone", people.ReviewingOfficer, b, "bea@brookshire.example")
	w.lawyer = contact("Lara Hale", people.Solicitor, firm, "lara@hale.example")
	w.nobody = contact("Nora Far", people.AllocatedWorker, far, "nora@farshire.example")
	w.mother = people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: "Mair Hughes", PrisonerNumber: "A1234BC", Establishment: prison.ID, Wing: wing.ID, Language: "cy"}
	w.c = cases.Case{ID: ids.New[ids.CaseID](ids.Case), Reference: "KB-1001", Mother: w.mother.ID, Worker: w.worker.ID}
	err := e.Store.Write(t.Context(), ids.System("test"), func(tx *store.Tx) (audit.Entry, error) {
		var errs []error
		for _, x := range []people.Agency{pact, prison, a, b, far, firm} {
			errs = append(errs, tx.AddAgency(x))
		}
		errs = append(errs, tx.AddWing(wing), tx.AddMother(w.mother, "x"))
		for _, s := range []people.Staff{w.worker, w.family, w.pom, w.other} {
			errs = append(errs, tx.AddStaff(s, store.StaffSecret{PasswordHash: "x"}))
		}
		for _, c := range []people.Contact{w.anna, w.bea, w.lawyer, w.nobody} {
			errs = append(errs, tx.AddContact(c))
		}
		errs = append(errs, tx.AddCase(w.c), tx.AddToTeam(w.c.ID, w.family.ID), tx.AddToTeam(w.c.ID, w.pom.ID),
			tx.AddChild(cases.Child{ID: ids.New[ids.ChildID](ids.Child), Case: w.c.ID, Name: "Tomos", Authority: a.ID}),
			tx.AddThread(threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: w.c.ID, Channel: threads.Official, Agency: b.ID, Subject: "Review"},
				[]threads.Party{{Kind: threads.PartyMother, ID: string(w.mother.ID)}, {Kind: threads.PartyContact, ID: string(w.bea.ID)}}),
			tx.AddThread(threads.Thread{ID: ids.New[ids.ThreadID](ids.Thread), Case: w.c.ID, Channel: threads.Privileged, Agency: firm.ID, Subject: "Appeal"},
				[]threads.Party{{Kind: threads.PartyMother, ID: string(w.mother.ID)}, {Kind: threads.PartyContact, ID: string(w.lawyer.ID)}}))
		return audit.CaseCreated(w.c.ID, w.mother.ID), errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *meetingWorld) plan() flow.NewMeeting {
	now := w.e.Clock.Now()
	return flow.NewMeeting{Case: w.c.ID, Kind: meetings.LookedAfterReview, Title: "Review for Tomos", Starts: now.Add(time.Hour), Ends: now.Add(2 * time.Hour),
		Guests: []ids.ContactID{w.anna.ID}}
}

func (w *meetingWorld) create(n flow.NewMeeting) ids.MeetingID {
	w.t.Helper()
	id, err := w.f.CreateMeeting(w.t.Context(), w.worker.Actor(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// items returns what has newly come into the outbox of a kind.
func (w *meetingWorld) items(kind outbox.Kind) []outbox.Item {
	w.t.Helper()
	var fresh []outbox.Item
	for {
		now := w.e.Clock.Now().Add(time.Second)
		items, err := w.e.Store.Outbox().Lease(w.t.Context(), []outbox.Kind{kind}, 10, now, now.Add(time.Minute))
		if err != nil {
			w.t.Fatal(err)
		}
		for _, it := range items {
			fresh = append(fresh, it)
			if err := w.e.Store.Outbox().Settle(w.t.Context(), it.ID, outbox.Result{Done: true}); err != nil {
				w.t.Fatal(err)
			}
		}
		if len(items) == 0 {
			return fresh
		}
	}
}

// mail returns the new mails to guests.
func (w *meetingWorld) mail() []flow.OutMail {
	w.t.Helper()
	var out []flow.OutMail
	for _, it := range w.items(outbox.MailGuest) {
		m, err := w.f.GuestMail(w.t.Context(), it.Payload)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

var (
	linkIn = regexp.MustCompile(`https://kinbridge\.example/guest/([0-9a-z]+)`)
	codeIn = regexp.MustCompile(`(?m)^    (\d{6})$`)
)

// letter returns the link's token and the code in a mail.
func letter(t *testing.T, m flow.OutMail) (link, code string) {
	t.Helper()
	l, c := linkIn.FindStringSubmatch(m.Text), codeIn.FindStringSubmatch(m.Text)
	if l == nil || c == nil || !strings.Contains(m.HTML, l[0]) || !strings.Contains(m.HTML, c[1]) {
		t.Fatalf("no link or code in\n%s\n%s", m.Text, m.HTML)
	}
	return l[1], c[1]
}

func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func (w *meetingWorld) entries(kind audit.Kind) []audit.Entry {
	w.t.Helper()
	all, _, err := w.e.Store.AuditEntries(w.t.Context(), store.AuditQuery{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(e audit.Entry) bool { return e.Kind != kind })
}

func wantProblem(t *testing.T, err error, k ids.Kind, words string) {
	t.Helper()
	if err == nil || ids.KindOf(err) != k || !strings.Contains(ids.Public(err), words) {
		t.Fatalf("got %v (%s), want %s with %q", err, ids.KindOf(err), k, words)
	}
}

func TestMeetingIsPlannedOnceAndEverybodyIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		n := w.plan()
		n.IdemKey, n.Staff = "form-1", []ids.StaffID{w.family.ID, w.pom.ID, w.worker.ID, w.pom.ID}
		id := w.create(n)
		if again := w.create(n); again != id {
			t.Fatalf("the same request made %s and %s", id, again)
		}
		if got := w.entries(audit.MeetingCreatedKind); len(got) != 1 || got[0].Subject != string(id) {
			t.Fatalf("audit: %+v", got)
		}
		v, err := w.f.Meeting(ctx, w.worker.Actor(), id)
		if err != nil {
			t.Fatal(err)
		}
		roles := map[string]meetings.Role{}
		for _, p := range v.Participants {
			roles[p.Name] = p.Role
		}
		want := map[string]meetings.Role{"Wendy Pryce": meetings.RoleHost, "Fay Dunn": meetings.RoleHost, "Pat Moss": meetings.RoleSupporter,
			"Mair Hughes": meetings.RoleMother, "Anna Quill": meetings.RoleGuest}
		if len(v.Participants) != len(want) || v.Title != "Review for Tomos" || v.Phase != meetings.TooEarly || !v.MayCancel || v.MayJoin {
			t.Fatalf("%+v", v)
		}
		for name, r := range want {
			if roles[name] != r {
				t.Errorf("%s is %q, want %q", name, roles[name], r)
			}
		}
		orders := w.items(outbox.RoomOrder)
		if len(orders) != 1 {
			t.Fatalf("%d room orders", len(orders))
		}
		o, err := flow.RoomOrderOf(orders[0].Payload)
		if err != nil || o.Room != id || len(o.Members) != 5 || o.Language != "cy" || o.Ended {
			t.Fatalf("%+v %v", o, err)
		}
		for _, m := range o.Members {
			if m.Lobby != (m.Role == meetings.RoleGuest) || m.Rights.Admit != (m.Role == meetings.RoleHost) {
				t.Errorf("%+v", m)
			}
		}
		feed, err := w.e.Store.Feed(ctx, w.mother.ID, 0, 10)
		if err != nil || len(feed) != 1 || feed[0].Kind != store.FeedMeeting || feed[0].Ref != string(id) {
			t.Fatalf("feed %+v %v", feed, err)
		}
	})
}

func TestInvitationSaysNothingPrivate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w := newMeetingWorld(t, e)
		id := w.create(w.plan())
		items := w.items(outbox.MailGuest)
		if len(items) != 1 {
			t.Fatalf("%d mails", len(items))
		}
		m, err := w.f.GuestMail(t.Context(), items[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		link, code := letter(t, m)
		for _, private := range []string{"Mair", "Hughes", "Tomos", "Fernhill", "Wendy", "Anna", "A1234BC", "KB-1001", "review", "Review", "prison"} {
			if strings.Contains(m.Subject+m.Text+m.HTML+m.FromName, private) {
				t.Errorf("the mail says %q", private)
			}
		}
		if m.To != "anna@anytown.example" || m.Subject != "An invitation to a meeting" || !strings.HasSuffix(m.From, "@in.kinbridge.example") || m.MessageID == "" {
			t.Errorf("%+v", m)
		}
		again, err := w.f.GuestMail(t.Context(), items[0].Payload)
		if err != nil || again.Text != m.Text || again.MessageID != m.MessageID {
			t.Errorf("a second try is another mail: %v", err)
		}
		for _, c := range []struct {
			sent bool
			want meetings.MailState
		}{{false, meetings.MailFailed}, {true, meetings.MailSent}} {
			if err := w.f.GuestMailDone(t.Context(), items[0].Payload, c.sent, "550 5.1.1 anna@anytown.example is unknown here"); err != nil {
				t.Fatal(err)
			}
			v, err := w.f.Meeting(t.Context(), w.worker.Actor(), id)
			if err != nil || v.Participants[len(v.Participants)-1].Mail != c.want {
				t.Fatalf("%+v %v", v.Participants, err)
			}
		}
		if got := w.entries(audit.GuestMailFailedKind); len(got) != 1 || got[0].Detail["code"] != "550" || got[0].Detail["purpose"] != "invited" {
			t.Errorf("%+v", got)
		}
		if p := string(items[0].Payload); strings.Contains(p, link) || strings.Contains(p, code) {
			t.Error("the outbox holds the link or the code")
		}
	})
}

func TestPlanningIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		for name, c := range map[string]struct {
			actor  ids.Actor
			change func(*flow.NewMeeting)
			kind   ids.Kind
			words  string
		}{
			"ends first":       {w.worker.Actor(), func(n *flow.NewMeeting) { n.Ends = n.Starts }, ids.Invalid, "end after"},
			"too long":         {w.worker.Actor(), func(n *flow.NewMeeting) { n.Ends = n.Starts.Add(5 * time.Hour) }, ids.Invalid, "4 hours"},
			"yesterday":        {w.worker.Actor(), func(n *flow.NewMeeting) { n.Starts = n.Starts.AddDate(0, 0, -1); n.Ends = n.Starts.Add(time.Hour) }, ids.Invalid, "future"},
			"no kind":          {w.worker.Actor(), func(n *flow.NewMeeting) { n.Kind = "party" }, ids.Invalid, "kind"},
			"a long title":     {w.worker.Actor(), func(n *flow.NewMeeting) { n.Title = strings.Repeat("x", 121) }, ids.Invalid, "title"},
			"a stranger":       {w.worker.Actor(), func(n *flow.NewMeeting) { n.Guests = []ids.ContactID{"con_nobody"} }, ids.Forbidden, "nothing to do with this case"},
			"another's worker": {w.worker.Actor(), func(n *flow.NewMeeting) { n.Guests = []ids.ContactID{w.nobody.ID} }, ids.Forbidden, "nothing to do with this case"},
			"known by a privileged thread only": {w.worker.Actor(), func(n *flow.NewMeeting) { n.Guests = []ids.ContactID{w.lawyer.ID} }, ids.Forbidden,
				"nothing to do with this case"},
			"two authorities": {w.worker.Actor(), func(n *flow.NewMeeting) { n.Guests = append(n.Guests, w.bea.ID) }, ids.Forbidden, "more than one local authority"},
			"outside staff":   {w.worker.Actor(), func(n *flow.NewMeeting) { n.Staff = []ids.StaffID{w.other.ID} }, ids.Forbidden, "not on the case's team"},
			"a legal visit":   {w.worker.Actor(), func(n *flow.NewMeeting) { n.Kind = meetings.LegalVisit }, ids.Forbidden, "lawyer"},
			"by the prison":   {w.pom.Actor(), func(*flow.NewMeeting) {}, ids.Forbidden, "Pact social worker"},
			"by a stranger":   {w.other.Actor(), func(*flow.NewMeeting) {}, ids.NotFound, ""},
			"by the mother":   {ids.MotherActor(w.mother.ID), func(*flow.NewMeeting) {}, ids.Forbidden, "Pact social worker"},
			"in no case":      {w.worker.Actor(), func(n *flow.NewMeeting) { n.Case = "cas_none" }, ids.NotFound, ""},
		} {
			t.Run(name, func(t *testing.T) {
				n := w.plan()
				c.change(&n)
				_, err := w.f.CreateMeeting(ctx, c.actor, n)
				wantProblem(t, err, c.kind, c.words)
			})
		}
		if got := w.items(outbox.MailGuest); len(got) != 0 {
			t.Errorf("%d mails came of refused plans", len(got))
		}
		n := w.plan()
		n.Guests, n.AcrossAuthorities = append(n.Guests, w.bea.ID), true
		w.create(n)
		if got := len(w.mail()); got != 2 {
			t.Errorf("%d mails when both authorities are meant to come", got)
		}
		choices, err := w.f.GuestChoices(ctx, w.worker.Actor(), w.c.ID, nil)
		if err != nil || len(choices) != 2 || choices[0].ID != w.anna.ID || choices[1].ID != w.bea.ID {
			t.Errorf("choices %+v %v", choices, err)
		}
		_, err = w.f.GuestChoices(ctx, w.pom.Actor(), w.c.ID, nil)
		wantProblem(t, err, ids.Forbidden, "")
	})
}

func TestWhoSeesWhichMeeting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		n := w.plan()
		n.Guests, n.AcrossAuthorities = append(n.Guests, w.bea.ID), true
		later, review := w.plan(), w.create(n)
		later.Kind, later.Guests, later.Starts, later.Ends = meetings.PreBrief, nil, later.Starts.Add(30*time.Minute), later.Ends.Add(30*time.Minute)
		brief := w.create(later)
		for name, c := range map[string]struct {
			actor ids.Actor
			want  []ids.MeetingID
		}{
			"worker": {w.worker.Actor(), []ids.MeetingID{review, brief}}, "family worker": {w.family.Actor(), []ids.MeetingID{review}},
			"prison": {w.pom.Actor(), []ids.MeetingID{review}}, "mother": {ids.MotherActor(w.mother.ID), []ids.MeetingID{review, brief}},
			"guest": {ids.ContactActor(w.anna.ID), []ids.MeetingID{review}}, "stranger": {w.other.Actor(), nil}, "lawyer": {ids.ContactActor(w.lawyer.ID), nil},
		} {
			rows, err := w.f.MeetingsOf(ctx, c.actor)
			var got []ids.MeetingID
			for _, r := range rows {
				got = append(got, r.ID)
			}
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s sees %v (%v), want %v", name, got, err, c.want)
			}
		}
		v, err := w.f.Meeting(ctx, ids.ContactActor(w.anna.ID), review)
		if err != nil {
			t.Fatal(err)
		}
		all, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, private := range []string{"Bea", "Brookshire", "Mair", "Tomos", "KB-1001", "anna@"} {
			if strings.Contains(string(all), private) {
				t.Errorf("before the meeting a guest is told %q", private)
			}
		}
		if !strings.Contains(string(all), "Wendy Pryce") || !strings.Contains(string(all), "Anna Quill") {
			t.Errorf("a guest knows neither herself nor the host: %s", all)
		}
		_, err = w.f.Meeting(ctx, w.other.Actor(), review)
		wantProblem(t, err, ids.NotFound, "")
		_, err = w.f.Meeting(ctx, w.pom.Actor(), brief)
		wantProblem(t, err, ids.NotFound, "")
	})
}

func TestStandInIsSeenToBeOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		id := w.create(w.plan())
		link, code := letter(t, w.mail()[0])
		_ = w.items(outbox.RoomOrder)
		e.Clock.Advance(time.Hour)
		if _, _, err := w.f.GuestEnter(ctx, link, "Sam Reed", code); err != nil {
			t.Fatal(err)
		}
		orders := w.items(outbox.RoomOrder)
		if len(orders) != 1 || !strings.Contains(string(orders[0].Payload), "Anna Quill (“Sam Reed”)") {
			t.Fatalf("%+v", orders)
		}
		o, err := flow.RoomOrderOf(orders[0].Payload)
		if err != nil || o.Revision != 2 {
			t.Fatalf("%+v %v", o, err)
		}
		v, err := w.f.Meeting(ctx, w.worker.Actor(), id)
		if err != nil || v.Participants[len(v.Participants)-1].TypedName != "Sam Reed" {
			t.Fatalf("%+v %v", v, err)
		}
	})
}

func TestCancelledMeetingLetsNobodyIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, e storetest.Env) {
		w, ctx := newMeetingWorld(t, e), t.Context()
		id := w.create(w.plan())
		invited := w.items(outbox.MailGuest)
		first, err := w.f.GuestMail(ctx, invited[0].Payload)
		if err != nil {
			t.Fatal(err)
		}
		link, code := letter(t, first)
		_ = w.items(outbox.RoomOrder)
		wantProblem(t, w.f.CancelMeeting(ctx, w.pom.Actor(), id), ids.Forbidden, "")
		wantProblem(t, w.f.CancelMeeting(ctx, w.other.Actor(), id), ids.NotFound, "")
		wantProblem(t, w.f.CancelMeeting(ctx, ids.ContactActor(w.anna.ID), id), ids.NotFound, "")
		if err := w.f.CancelMeeting(ctx, w.worker.Actor(), id); err != nil {
			t.Fatal(err)
		}
		wantProblem(t, w.f.CancelMeeting(ctx, w.worker.Actor(), id), ids.Conflict, "already")
		o, err := flow.RoomOrderOf(w.items(outbox.RoomOrder)[0].Payload)
		if err != nil || !o.Ended || len(o.Members) != 0 || o.Revision != 2 {
			t.Fatalf("%+v %v", o, err)
		}
		mails := w.mail()
		if len(mails) != 1 || mails[0].Subject != "A meeting is cancelled" {
			t.Fatalf("%+v", mails)
		}
		if _, err := w.f.GuestMail(ctx, invited[0].Payload); !errors.Is(err, flow.ErrNothingToSend) {
			t.Errorf("an invitation still in the queue is sent after all: %v", err)
		}
		e.Clock.Advance(time.Hour)
		if l, err := w.f.GuestLanding(ctx, link); err != nil || l.State != meetings.CalledOff {
			t.Fatalf("%+v %v", l, err)
		}
		_, _, err = w.f.GuestEnter(ctx, link, "Anna Quill", code)
		wantProblem(t, err, ids.Conflict, "cancelled")
		_, err = w.f.RoomTicket(ctx, w.worker.Actor(), id)
		wantProblem(t, err, ids.Forbidden, "cancelled")
		open, err := w.f.OpenRoomOrders(ctx)
		if err != nil || len(open) != 0 {
			t.Fatalf("%+v %v", open, err)
		}
		feed, err := w.e.Store.Feed(ctx, w.mother.ID, 1, 10)
		if err != nil || len(feed) != 1 {
			t.Fatalf("the mother is not told: %+v %v", feed, err)
		}
	})
}
