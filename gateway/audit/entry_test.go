package audit

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
)

// everyEntry calls every constructor once.
func everyEntry() []Entry {
	const (
		c  = ids.CaseID("cas_1")
		t  = ids.ThreadID("thr_1")
		m  = ids.MessageID("msg_1")
		h  = ids.HoldID("hld_1")
		s  = ids.StaffID("stf_1")
		k  = ids.KioskID("ksk_1")
		mo = ids.MotherID("mth_1")
		in = ids.InboundID("inb_1")
		mt = ids.MeetingID("mtg_1")
	)
	d := Delivered{c, t, m, "dlv_1"}
	seat := Seat{c, mt, "par_1"}
	page := Reading{d, "pag_1"}
	return []Entry{
		StaffSignedIn(s), PersonSignedIn("per_1"), PersonSignedOut("per_1", "asked"), ActsIn(s), Appointed(s, "per_1", ids.RolePactWorker, "agy_1"), PersonDisabled("per_1"), StaffSignInFailed("", "password"), StaffSignedOut(s, "idle"), StaffLocked("per_1"),
		UserCreated(s, ids.RolePactWorker), UserChanged(s, "totp"), UserDisabled(s),
		TokenCreated("tok_1", ids.RoleAdministrator), TokenRevoked("tok_1"),
		AgencyCreated("agy_1"), WingCreated("wng_1", "agy_1"), MotherCreated(mo), MotherPINSet(mo),
		ChildAdded(c, "chd_1"), ContactAdded("con_1"), ContactVerified("con_1", "dmarc"),
		CaseCreated(c, mo), CaseChanged(c, "worker"), CaseRead(c), ThreadOpened(c, t, "official"), ThreadRead(c, t),
		PartyAdded(c, t, "con_1"), PartyRemoved(c, t, "con_1"), AuditRead(""), PersonLookedUp("lkp_1"), AttachmentRead(c, t, "att_1"), FileChecked(c, t, "att_1", "withheld", "macros"),
		MessageWritten(c, t, m), MessageHeld(c, t, m, h), MessageReleased(c, t, m, h), MessageWithheld(c, t, m, h),
		HoldClaimed(h), HoldReturned(h),
		MessageReturned(c, t, "msg_1", h), MessageAppealed(c, t, "msg_1", h), FileKept(c, t, "att_1", h), ReviewTold(c, t, h, "con_1"), ReviewNotTold(c, t, h, "con_1", "550"),
		ReviewSet("case", "cas_1", "to_mother", "pact_worker", ""), ReviewAimSet("agy_1", 2), FlagSet("flg_1", "person", "mth_1"), FlagEnded("flg_1", "estate", ""),
		DeliveryQueued(d, "con_1"), DeliveryKept(d, "together"), DeliverySent(d, 1), DeliveryAccepted(d, "250"), DeliveryDelayed(d, "451 4.7.1"),
		DeliveryFailed(d, "5.1.1"), DeliveryKiosk(d, k), DeliverySeen(d), DeliveryAgain(d), DeliveryHandled(d),
		DeliveryNotice(d, "no_tls"), PageNoticed(page), PageCodeAsked(page), PageCodeSent(page), PageCodeFailed(page, "wrong"), PageEntered(page), PageRead(page), PageLeft(page),
		MailAccepted(in, "00ff"), MailFiled(c, t, m, in), MailHeld(in, h, "unknown_sender"), MailRejected("size"),
		MailDiscarded(in, "loop"), MailRead(in), MailLeft("council", 7, "refused"), MailNoted(in, "away"), MailMoved(in, "hld_1"), MailTaken(in), NoticeSent(c, t, in), NoticeFailed(c, t, in, "550"),
		ContactAway("con_1", in), ContactLeft("con_1", in), HandoverProposed(c, t, "hov_1", "con_1", "left"), HandoverAccepted(c, t, "hov_1", "con_2", "replaced"),
		HandoverRefused(c, t, "hov_1"),
		RequestMade(Asked{c, t, "req_1"}, "school_trip", "msg_1"),
		RequestAnswered(Asked{c, t, "req_1"}, "yes", "msg_1", "ab"),
		RequestSettled(Asked{c, t, "req_1"}, "msg_1"),
		RequestWithdrawn(Asked{c, t, "req_1"}),
		RequestTalked(Asked{c, t, "req_1"}),
		RequestsRead(c),
		PrintAsked(c, "mth_1"),
		PrintGiven(c, "mth_1"),
		OwnRecordTaken(c, "mth_1"),
		KioskCodeMade(k), KioskEnrolled(k, "wng_1"), KioskRevoked(k), KioskUnlocked(k, mo), KioskPINFailed(k, mo),
		KioskThrottled(k, mo), KioskLocked(k, mo, "idle"),
		PollMade(c, "pol_1", 3), PollMailSent(Asking{c, "pol_1", "pin_1"}, "asked"), PollMailFailed(Asking{c, "pol_1", "pin_1"}, "asked", "550"), PollAnswered(Asking{c, "pol_1", "pin_1"}),
		PollReminded(c, "pol_1", "person", 2), PollClosed(c, "pol_1"), PollWithdrawn(c, "pol_1"), PollDecided(c, "pol_1", mt),
		MeetingCreated(c, mt), MeetingChanged(c, mt, "time"), MeetingCancelled(c, mt), MeetingPlaced(c, mt, "plc_1", true), RegimeSet("wng_1", "mon 08:15-11:45"), RegimeDaySet("wng_1", "2026-12-07", "", "lockdown"), PlaceAdded("plc_1", "kiosk"), PlaceWithdrawn("plc_1"), InvitationReceived(c, t, "inv_1", "new"), InvitationAnswered(c, t, "inv_1", "accepted"), InvitationMailSent(c, t, "inv_1", "accepted"), InvitationMailFailed(c, t, "inv_1", "550"), MeetingHeld(c, "els_1", "core_group", "2026-11-20", "none", "not_told"), HeldWithdrawn(c, "els_1"),
		MeetingStepped(c, mt, "video", "phone", "video_unavailable"), MeetingPartKept(c, mt, "phone", "video_unavailable", true), SaidThere(seat, "phone"), ViewsKept(c, mt, "minutes"),
		ViewsDisputed(c, mt), ViewsSettled(c, mt), MinutesKept(c, t, mt, m), MinutesTakenBack(c, t, mt, m), ActionSet(c, mt, "act_1", "contact", "2026-11-20"), ActionClosed(c, mt, "act_1"),
		DebriefKept(c, mt), DebriefRead(c, mt),
		ContributionGiven(c, mt, 1, s, true), ContributionSent(c, t, mt, 1, m), ChairChosen(c, mt, "con_1"), AttendanceChosen(c, mt, "video", "nobody"), AttendanceTalked(c, mt),
		PaperAdded(c, t, mt, "ppr_1", "att_1", "care_plan"), PaperSeen(c, t, mt, "ppr_1", 2), MeetingKiosk(c, mt, k), MeetingSeen(c, mt), NoticeRead(c, mt), GuestOpened(seat),
		GuestInvited(seat), GuestEntered(seat), GuestCodeFailed(seat), GuestMailSent(seat, "invited"), GuestMailFailed(seat, "invited", "550"), GuestLeft(seat), TicketIssued(seat, "tik_1"), TicketRefused("used"),
		RoomKnocked(seat), RoomAdmitted(seat, "par_2"), RoomRefused(seat, "par_2"), RoomJoined(seat), RoomLeft(seat, "left"),
		RoomRemoved(seat, "par_2"), RoomEnded(c, mt, "host"),
		TogetherMarked(c, t, m, "hint"), TogetherUnmarked(c, t, m), TogetherBooked(c, t, m, s), TogetherFreed(c, t, m, "moved"), TogetherCodeMade(c, t, m), TogetherCodeFailed(c, mo),
		TogetherBegun(c, t, m, s), TogetherOpened(c, t, m, s), TogetherRecorded(c, t, m, "calm"), ThreadShown(c, t), HintsChanged(),
		AlertRaised(c, "alt_1", true), AlertAgain(c, "alt_1"), AlertAcknowledged(c, "alt_1"), AlertMailSent(c, "alt_1"), AlertMailFailed(c, "alt_1", "550"), AlertList("agy_1"),
		MovementMarked(c, t, "mov_1", "called", "missed", "unwell"), MovementAcknowledged(c, t, "mov_1"), MovementChanged(c, t, "mov_1", "moved"), MovementUnseen(c, t, "mov_1"),
		MovementSeenTo(c, t, "mov_1", "missed"), MovementMailSent(c, t, "mov_1"), MovementMailFailed(c, t, "mov_1", "550"), MovementsListed(),
		PlanOpened(c, "pln_1"), PlanClosed(c, "pln_1"), PlanRead(c, mo),
		CustodyRecorded("cev_1", "received", "arrived", "csv"), CustodyForgotten("cev_1"), CustodyChanged(mo, "agy_1", "agy_2", "in"), CustodyRead(c), WingGiven(mo, "wng_1"),
		MotherMerged(mo, "mth_2"), NumberChanged(mo), MeetingFreed(c, mt, "moved"), MeetingReoffered(c, mt, "offered"), FollowOnAgreed(c), DeliveryGiven(d, "post"),
		RestrictionAdded(c, "rst_1", "no_contact", "court_order"), RestrictionChanged(c, "rst_1"), RestrictionReviewed(c, "rst_1", "2027-01-04"), RestrictionEnded(c, "rst_1"),
		RestrictionsRead(c), InvitationWithdrawn(c, mt, "con_1"), KeptLeft(d), WorkDone(c, mt), FileCleared(c, t, "att_1"), ChildChanged(c, "chd_1", "adopted"), GoalSet(c, "chd_1", "gol_1", "phone"), GoalEnded(c, "chd_1", "gol_1", "reached", "2026-11-28"),
		ReportRead("caseload", "2026-01-01", "2026-11-28", "94"),
		DayExamined("2026-11-28"),
		TeamChanged(c, s, "joined"), AgencyCodeSet("agy_1"),
		AskSet(c, t, "ask_1", "worker", "2026-12-04"), AskMoved(c, t, "ask_1", "2026-12-11"), AskPromised(c, t, "ask_1", m, "2026-12-11"), AskAnswered(c, t, "ask_1", m), AskStopped(c, t, "ask_1"), AskLooked(c, t, "ask_1"),
		AskStepReady(c, t, "stp_1", "ask_1", "worker"), AskStepSent(c, t, "stp_1", "team_manager", "thr_2", m), AskStepDismissed(c, t, "stp_1", "worker"),
		SummarySent(c, t, m, "con_2"), DutySet("agy_1"),
		RoomPrivateBegan(Seat{c, "mtg_1", "par_1"}, "par_2"), RoomPrivateEnded(Seat{c, "mtg_1", "par_1"}, "", "lost"), RoomBreakAsked(Seat{c, "mtg_1", "par_2"}),
		RoomBreakOver(Seat{c, "mtg_1", "par_2"}, "par_1", ""), RoomNotUnderstood(Seat{c, "mtg_1", "par_2"}), RoomHandRaised(Seat{c, "mtg_1", "par_2"}),
		RoomLocked(Seat{c, "mtg_1", "par_1"}), RoomUnlocked(Seat{c, "mtg_1", "par_1"}),
		GuestAnswered(Seat{c, "mtg_1", "par_1"}, "accepted", 2), GuestAnswerIgnored(Seat{c, "mtg_1", "par_1"}, "old"),
		CalendarFeedMade("stf_1"), CalendarFeedRevoked("stf_1"), CalendarSourceSet("stf_1"), CalendarSourceRemoved("stf_1"), CalendarRead("stf_1", "unreachable"),
		PolicyRefused("message.release", "msg_1").Because("Only the case's Pact worker may release."),
		MigrateApplied(1, 2), WorldSeeded(), KeyRewrapped("case:cas_1"), KeyDestroyed("case:cas_1"),
	}
}

func TestEveryKindHasOneMeaningAndAConstructor(t *testing.T) {
	made := map[Kind]int{}
	for _, e := range everyEntry() {
		made[e.Kind]++
		if err := e.Validate(); err == nil {
			t.Errorf("%s: valid before it is stamped", e.Kind)
		}
		e = e.Stamp("aud_1", epoch, ids.System("test"))
		body, err := Encode(0, e)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if _, back, err := Decode(body); err != nil || !cmp.Equal(back, e) {
			t.Errorf("%s: %v\n%s", e.Kind, err, cmp.Diff(e, back))
		}
	}
	meanings := map[string]Kind{}
	for _, info := range Kinds() {
		if made[info.Kind] != 1 {
			t.Errorf("%s: made by %d constructors", info.Kind, made[info.Kind])
		}
		if other, ok := meanings[info.Meaning]; ok || len(info.Meaning) < 8 || len(info.Meaning) > 60 {
			t.Errorf("%s: meaning %q is no line of its own (%s)", info.Kind, info.Meaning, other)
		}
		meanings[info.Meaning] = info.Kind
		if info.Kind.Meaning() != info.Meaning || !info.Kind.Known() {
			t.Errorf("%s: not found again", info.Kind)
		}
	}
	if Kind("made.up").Known() || Kind("").Meaning() != "" {
		t.Error("an unknown kind is known")
	}
	if n := kindConstants(t); n != len(Kinds()) {
		t.Errorf("%d constants of Kind, %d rows in the table", n, len(Kinds()))
	}
}

// kindConstants counts the constants of type Kind in the source, so that one without a row is found.
func kindConstants(t *testing.T) (n int) {
	files, err := filepath.Glob("of_*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files with kinds, %v", len(files), err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(node ast.Node) bool {
			if v, ok := node.(*ast.ValueSpec); ok {
				if typ, ok := v.Type.(*ast.Ident); ok && typ.Name == "Kind" {
					n++
				}
			}
			return true
		})
	}
	return n
}

func TestNoEntryCannotBeWritten(t *testing.T) {
	if _, err := Encode(0, Entry{}); err == nil {
		t.Error("the zero entry was encoded")
	}
	if _, err := Encode(0, Entry{}.Stamp("aud_1", epoch, ids.System("test"))); err == nil {
		t.Error("a stamped zero entry was encoded")
	}
	if _, err := Encode(-1, sample(1)); err == nil {
		t.Error("a negative place was encoded")
	}
}

func TestValidateRefuses(t *testing.T) {
	whole := sample(0)
	for name, spoil := range map[string]func(*Entry){
		"unknown kind":            func(e *Entry) { e.Kind = "message.eaten" },
		"no identifier":           func(e *Entry) { e.ID = "" },
		"identifier with a space": func(e *Entry) { e.ID = "aud 1" },
		"local time":              func(e *Entry) { e.At = e.At.In(time.FixedZone("BST", 3600)) },
		"nanoseconds":             func(e *Entry) { e.At = e.At.Add(1) },
		"year 10000":              func(e *Entry) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"zero time":               func(e *Entry) { e.At = time.Time{} },
		"no actor":                func(e *Entry) { e.Actor = ids.Actor{} },
		"actor with a name":       func(e *Entry) { e.Actor.ID = "Rhian Example" },
		"no case":                 func(e *Entry) { e.Case = "" },
		"no subject":              func(e *Entry) { e.Subject = "" },
		"subject not ASCII":       func(e *Entry) { e.Subject = "ŵ" },
		"no outcome":              func(e *Entry) { e.Outcome = "" },
		"made-up outcome":         func(e *Entry) { e.Outcome = "maybe" },
		"empty reason":            func(e *Entry) { *e = e.Because("") },
		"two-line reason":         func(e *Entry) { *e = e.Because("a\nb") },
		"separator in a reason":   func(e *Entry) { *e = e.Because("a\u2028b") },
		"reason not UTF-8":        func(e *Entry) { *e = e.Because("\xff") },
		"long reason":             func(e *Entry) { *e = e.Because(strings.Repeat("a", 401)) },
		"33 reasons":              func(e *Entry) { *e = e.Because(strings.Split(strings.Repeat("a ", 33), " ")...) },
		"detail with words":       func(e *Entry) { *e = e.With("subject", "Your daughter's review") },
		"detail named in capital": func(e *Entry) { *e = e.With("Code", "1") },
		"long detail":             func(e *Entry) { *e = e.With("code", strings.Repeat("a", 257)) },
	} {
		e := whole
		spoil(&e)
		err := e.Validate()
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), "Rhian") || strings.Contains(err.Error(), "daughter") {
			t.Errorf("%s: the error quotes the entry: %v", name, err)
		}
	}
	if err := whole.Validate(); err != nil {
		t.Error(err)
	}
}

func TestWithAndBecauseDoNotShareMemory(t *testing.T) {
	a := sample(0)
	b, c := a.Because("b").With("x", "1"), a.Because("c").With("y", "2")
	if b.Reasons[2] != "b" || c.Reasons[2] != "c" || c.Detail["x"] != "" || a.Detail["x"] != "" || len(a.Reasons) != 2 {
		t.Fatalf("%v %v %v", a, b, c)
	}
	if d := a.With("z", ""); len(d.Detail) != len(a.Detail) {
		t.Error("an empty detail was added")
	}
}

func TestStampKeepsAnActorOfItsOwn(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 123456789, time.FixedZone("BST", 3600))
	e := CaseRead("cas_1").By(ids.Unknown("smtp")).Stamp("aud_1", at, ids.System("x"))
	if e.Actor.Kind != ids.ActorUnknown || e.At.Format(time.RFC3339Nano) != "2026-06-01T11:00:00.123456Z" {
		t.Fatalf("%+v", e)
	}
}

func TestCodeIsAlwaysPermitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if c := Code(rapid.String().Draw(t, "s")); c != "" && !permitted(c) {
			t.Fatalf("%q", c)
		}
	})
	if got := Code("550 5.1.1  no ŵ mailbox"); got != "550_5.1.1_no_mailbox" {
		t.Error(got)
	}
	if len(Code(strings.Repeat("x", 1000))) != maxToken {
		t.Error("not cut")
	}
}

// The canonical form is frozen: a log written today must verify in ten years.
func TestEncodeGolden(t *testing.T) {
	e := MessageHeld("cas_1", "thr_1", "msg_1", "hld_1").Because(`She said "ŵ" \ more`).With("a", "1").
		Stamp("aud_1", time.Date(2026, 3, 2, 9, 0, 0, 1000, time.UTC), ids.Actor{Kind: ids.ActorMother, ID: "mth_1", Agency: "agy_1"})
	const want = `{"v":1,"seq":7,"id":"aud_1","at":"2026-03-02T09:00:00.000001Z",` +
		`"actor":{"kind":"mother","id":"mth_1","role":"","agency":"agy_1"},"kind":"message.held","case":"cas_1","thread":"thr_1",` +
		`"subject":"msg_1","outcome":"held","reasons":["She said \"ŵ\" \\ more"],"detail":{"a":"1","hold":"hld_1"}}`
	got, err := Encode(7, e)
	if err != nil || string(got) != want {
		t.Fatalf("%v\n%s\n%s", err, got, want)
	}
}

func TestDecodeIsStrict(t *testing.T) {
	body, err := Encode(3, sample(0))
	if err != nil {
		t.Fatal(err)
	}
	s := string(body)
	for name, bad := range map[string]string{
		"empty":            "",
		"null":             "null",
		"space":            " " + s,
		"trailing":         s + "\n",
		"two values":       s + s,
		"other version":    strings.Replace(s, `"v":1`, `"v":2`, 1),
		"unknown member":   strings.Replace(s, `"v":1`, `"v":1,"x":1`, 1),
		"member twice":     strings.Replace(s, `"v":1`, `"v":1,"v":1`, 1),
		"member in case":   strings.Replace(s, `"seq"`, `"Seq"`, 1),
		"member missing":   strings.Replace(s, `"v":1,`, ``, 1),
		"number as 3.0":    strings.Replace(s, `"seq":3`, `"seq":3.0`, 1),
		"escaped letter":   strings.Replace(s, `"held"`, `"\u0068eld"`, 1),
		"negative":         strings.Replace(s, `"seq":3`, `"seq":-3`, 1),
		"null reasons":     strings.Replace(s, `"reasons":[`, `"reasons":null,"x":[`, 1),
		"time in the zone": strings.Replace(s, `000000Z`, `000000+00:00`, 1),
		"no such day":      strings.Replace(s, `2026-03-02`, `2026-02-30`, 1),
		"raw control":      strings.Replace(s, `reviews`, "rev\x01iews", 1),
		"not UTF-8":        strings.Replace(s, `reviews`, "rev\xffiews", 1),
	} {
		if bad == s {
			t.Fatalf("%s: nothing was changed", name)
		}
		if _, _, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// drawEntry makes any valid entry.
func drawEntry(t *rapid.T) Entry {
	tok := rapid.StringMatching(`[!-~]{1,40}`)
	e := Entry{
		ID:      tok.Draw(t, "id"),
		At:      time.UnixMicro(rapid.Int64Range(0, 253402300799999999).Draw(t, "at")).UTC(),
		Actor:   ids.Actor{Kind: ids.ActorKind(tok.Draw(t, "akind")), ID: tok.Draw(t, "aid"), Role: ids.Role(rapid.SampledFrom([]string{"", "wing_officer"}).Draw(t, "role"))},
		Kind:    rapid.SampledFrom(Kinds()).Draw(t, "kind").Kind,
		Case:    ids.CaseID(tok.Draw(t, "case")),
		Thread:  ids.ThreadID(rapid.SampledFrom([]string{"", "thr_1"}).Draw(t, "thread")),
		Subject: tok.Draw(t, "subject"),
		Outcome: rapid.SampledFrom([]Outcome{Done, Refused, Held, Failed}).Draw(t, "outcome"),
	}
	for _, r := range rapid.SliceOfN(rapid.StringMatching(`[ -~ŵŷé’😀"\\]{1,40}`), 0, 4).Draw(t, "reasons") {
		e = e.Because(r)
	}
	for k, v := range rapid.MapOfN(rapid.StringMatching(`[a-z_][a-z0-9_]{0,10}`), tok, 0, 4).Draw(t, "detail") {
		e = e.With(k, v)
	}
	return e
}

func TestDecodeIsTheInverseOfEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seq, e := rapid.Int64Min(0).Draw(t, "seq"), drawEntry(t)
		body, err := Encode(seq, e)
		if err != nil {
			t.Fatal(err)
		}
		gotSeq, got, err := Decode(body)
		if err != nil || gotSeq != seq || !cmp.Equal(got, e) {
			t.Fatalf("%v\n%s\n%s", err, body, cmp.Diff(e, got))
		}
	})
}

func FuzzDecode(f *testing.F) {
	for i := range 4 {
		b, err := Encode(int64(i), sample(i))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"v":1,"seq":1e3}`))
	f.Add([]byte(`{"reasons":[["`))
	f.Fuzz(func(t *testing.T, body []byte) {
		seq, e, err := Decode(body)
		if err != nil {
			return
		}
		again, err := Encode(seq, e)
		if err != nil || !bytes.Equal(again, body) {
			t.Fatalf("%v\n%q\n%q", err, body, again)
		}
	})
}
