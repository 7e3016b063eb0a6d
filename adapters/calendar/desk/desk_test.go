package desk

import (
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/calendar"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

var (
	now     = time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)
	start   = time.Date(2026, 10, 20, 13, 0, 0, 0, time.UTC)
	me      = flow.CalendarPerson{Name: "Kinbridge", Address: "kb@in.kinbridge.example"}
	invited = flow.CalendarInvitation{UID: "abc", Sequence: 4, Organizer: flow.CalendarPerson{Name: "Jo", Address: "jo@la.example"}, Start: start, End: start.Add(time.Hour), RecurrenceID: start}
	ours    = flow.CalendarMeeting{UID: "u@in.kinbridge.example", Sequence: 1, Start: start, End: start.Add(time.Hour), Organizer: me, Guest: flow.CalendarPerson{Name: "Anna", Address: "anna@la.example"},
		Link: "https://kinbridge.example/guest/x", Number: "020 7946 0000", PIN: "1234"}
)

// What is written reads back as what was meant.
func TestWhatIsWrittenReadsBack(t *testing.T) {
	for name, c := range map[string]struct {
		write func() (flow.CalendarPart, error)
		want  func(calendar.Event) bool
	}{
		"REPLY": {func() (flow.CalendarPart, error) {
			return Desk{}.Reply(invited, me, flow.AnswerTentative, "By Friday.", now)
		}, func(e calendar.Event) bool {
			return e.UID == "abc" && e.Sequence == 4 && e.RecurrenceID.Equal(start) && e.Organizer.Addr == "jo@la.example" && e.Attendees[0].Addr == me.Address && e.Attendees[0].Status == "TENTATIVE" && e.Comment == "By Friday."
		}},
		"COUNTER": {func() (flow.CalendarPart, error) {
			return Desk{}.Counter(invited, me, []flow.TimeSlot{{Start: start.Add(24 * time.Hour), End: start.Add(25 * time.Hour)}}, "", now)
		}, func(e calendar.Event) bool { return e.Start.Equal(start.Add(24*time.Hour)) && e.UID == "abc" }},
		"REQUEST": {func() (flow.CalendarPart, error) { return Desk{}.Request(ours, now) }, func(e calendar.Event) bool {
			return e.Sequence == 1 && e.Attendees[0].Addr == "anna@la.example" && strings.Contains(e.Description, ours.Link) && strings.Contains(e.Description, "020 7946 0000") && strings.Contains(e.Description, "1234")
		}},
		"CANCEL": {func() (flow.CalendarPart, error) { return Desk{}.Cancel(ours, now) }, func(e calendar.Event) bool { return e.Cancelled() && e.Description == "" && e.UID == ours.UID }},
	} {
		p, err := c.write()
		if err != nil || p.Method != name {
			t.Fatalf("%s: %v %s", name, err, p.Method)
		}
		ev, err := calendar.Parse(p.ICS)
		if err != nil || len(ev) != 1 || ev[0].Method != name || !ev[0].Stamp.Equal(now) || !c.want(ev[0]) {
			t.Errorf("%s: %v %+v", name, err, ev)
		}
	}
	raw, err := Desk{}.Feed("Kinbridge", []flow.CalendarEntry{{UID: "1", Start: start, End: start.Add(time.Hour), Changed: now}, {UID: "2", Start: start, End: start.Add(time.Hour), Changed: now, Cancelled: true}})
	busy, _, bad := calendar.Busy(raw, calendar.Window{From: now, To: now.AddDate(0, 1, 0)})
	if err != nil || bad != nil || len(busy) != 1 || !busy[0].Start.Equal(start) {
		t.Errorf("%v %v %v", err, bad, busy)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	nobody, backwards := invited, ours
	nobody.Organizer, backwards.End = flow.CalendarPerson{}, start.Add(-time.Hour)
	for name, f := range map[string]func() (flow.CalendarPart, error){
		"no answer":      func() (flow.CalendarPart, error) { return Desk{}.Reply(invited, me, flow.AnswerAwaited, "", now) },
		"no organiser":   func() (flow.CalendarPart, error) { return Desk{}.Reply(nobody, me, flow.AnswerAccepted, "", now) },
		"no other time":  func() (flow.CalendarPart, error) { return Desk{}.Counter(invited, me, nil, "", now) },
		"ends too early": func() (flow.CalendarPart, error) { return Desk{}.Request(backwards, now) },
	} {
		if p, err := f(); ids.KindOf(err) != ids.Invalid || p.ICS != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
