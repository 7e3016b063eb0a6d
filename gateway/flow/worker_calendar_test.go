package flow_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/flow/flowtest"
	"kinbridge/gateway/ids"
)

// published is a calendar elsewhere.
type published struct {
	slots []flow.TimeSlot
	err   error
	asked []string
	while func()
}

func (p *published) Busy(_ context.Context, url string, _, _ time.Time) ([]flow.TimeSlot, error) {
	p.asked = append(p.asked, url)
	if p.while != nil {
		p.while()
	}
	return p.slots, p.err
}

func TestHerPublishedCalendar(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, me, f := t.Context(), w.Staff.Worker.Actor, w.Flow
		now := w.Env.Clock.Now().Truncate(time.Second)
		p := &published{slots: []flow.TimeSlot{{Start: now.Add(time.Hour), End: now.Add(2 * time.Hour)}, {Start: now.Add(30 * time.Hour), End: now.Add(31 * time.Hour)}}}
		read := func(want int) {
			t.Helper()
			if n, err := f.ReadCalendars(ctx, p); err != nil || n != want {
				t.Fatalf("%d tried, want %d: %v", n, want, err)
			}
		}
		busy := func() int {
			t.Helper()
			list, err := w.Env.Store.WorkerBusy(ctx, w.Staff.Worker.ID, now, now.Add(24*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
		see := func() flow.WorkerCalendar {
			t.Helper()
			v, err := f.MyCalendar(ctx, me)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		read(0)
		for _, bad := range []string{"", "x", "http://cal.example/a.ics", "https://", "https://user:word@cal.example/a.ics", "file:///etc/passwd", "https://cal.example/" + strings.Repeat("a", 2000)} {
			wantProblem(t, f.SetCalendarSource(ctx, me, bad), ids.Invalid, "")
		}
		const secret = "webcal://cal.example/secret-1/a.ics"
		if err := f.SetCalendarSource(ctx, me, " "+secret); err != nil {
			t.Fatal(err)
		}
		if v := see(); !v.Named || v.Host != "cal.example" || !v.Tried.IsZero() || !v.Fetched.IsZero() {
			t.Errorf("%+v", v)
		}
		read(1)
		read(0) // not again before half an hour is over
		if busy() != 1 || p.asked[0] != "https"+strings.TrimPrefix(secret, "webcal") || see().Trouble != "" || see().Fetched.IsZero() {
			t.Errorf("%d, %v, %+v", busy(), p.asked, see())
		}
		p.err, p.slots = flow.CalendarForbidden, nil
		w.Env.Clock.Advance(31 * time.Minute)
		read(1)
		if busy() != 1 || see().Trouble != flow.CalendarForbidden || see().Fetched.IsZero() {
			t.Errorf("the last good one is not kept: %d %+v", busy(), see())
		}
		p.err, p.while = nil, func() { // she names another one while the first is being read
			if err := f.SetCalendarSource(ctx, me, "https://other.example/b.ics"); err != nil {
				t.Fatal(err)
			}
		}
		p.slots = []flow.TimeSlot{{Start: now, End: now.Add(time.Hour)}}
		w.Env.Clock.Advance(31 * time.Minute)
		read(1)
		if v := see(); busy() != 0 || v.Host != "other.example" || !v.Fetched.IsZero() {
			t.Errorf("what belongs to another calendar counts: %d %+v", busy(), v)
		}
		p.while = nil
		w.Env.Clock.Advance(time.Second)
		read(1)
		if busy() != 1 {
			t.Error("the new one was not read")
		}
		for range 2 {
			if err := f.RemoveCalendarSource(ctx, me); err != nil {
				t.Fatal(err)
			}
		}
		if v := see(); v.Named || busy() != 0 {
			t.Errorf("%+v", v)
		}
		if es := w.Entries(t, audit.CalendarReadKind); len(es) != 3 || es[1].Detail["trouble"] != "forbidden" {
			t.Errorf("%+v", es)
		}
		wantProblem(t, f.SetCalendarSource(ctx, w.MotherActor(), "https://cal.example/a.ics"), ids.NotFound, "")
	})
}

func TestHerFeed(t *testing.T) {
	flowtest.Each(t, func(t *testing.T, w *flowtest.World) {
		ctx, f := t.Context(), w.Flow
		id, _ := planned(t, w)
		feed := func(secret string) (out flowtest.Written) {
			t.Helper()
			raw, err := f.CalendarFeed(ctx, secret)
			if err != nil || json.Unmarshal(raw, &out) != nil {
				t.Fatal(err)
			}
			for _, private := range []string{"Mair", "Tomos", "Anna", "school", "core_group", "Fernhill"} {
				if strings.Contains(string(raw), private) {
					t.Errorf("the feed has %q", private)
				}
			}
			return out
		}
		mine, err := f.MakeCalendarFeed(ctx, w.Staff.Worker.Actor)
		if err != nil {
			t.Fatal(err)
		}
		others, err := f.MakeCalendarFeed(ctx, w.Staff.Manager.Actor) // of the team, and not in the meeting
		if err != nil {
			t.Fatal(err)
		}
		if got := feed(mine).Entries; len(got) != 1 || got[0].Title != "" || got[0].Cancelled || got[0].Link != "https://kinbridge.example/meetings/"+string(id) {
			t.Errorf("%+v", got)
		}
		if got := feed(others).Entries; len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if err := f.CancelMeeting(ctx, w.Staff.Worker.Actor, id); err != nil {
			t.Fatal(err)
		}
		if got := feed(mine).Entries; !got[0].Cancelled || got[0].Sequence != 1 {
			t.Errorf("%+v", got)
		}
		next, err := f.MakeCalendarFeed(ctx, w.Staff.Worker.Actor)
		if err != nil || next == mine {
			t.Fatal(err)
		}
		_, old := f.CalendarFeed(ctx, mine)
		_, never := f.CalendarFeed(ctx, "made up")
		_, empty := f.CalendarFeed(ctx, "")
		for range 2 {
			if err := f.RevokeCalendarFeed(ctx, w.Staff.Worker.Actor); err != nil {
				t.Fatal(err)
			}
		}
		_, revoked := f.CalendarFeed(ctx, next)
		for _, err := range []error{old, never, empty, revoked} {
			if ids.KindOf(err) != ids.NotFound || ids.Public(err) != ids.Public(never) {
				t.Errorf("%v", err)
			}
		}
		api := w.Staff.Worker.Actor
		api.Kind = ids.ActorAPI
		if _, err := f.MakeCalendarFeed(ctx, api); ids.KindOf(err) != ids.NotFound {
			t.Errorf("a program's token makes a secret: %v", err)
		}
	})
}
