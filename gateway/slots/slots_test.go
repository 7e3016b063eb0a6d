package slots_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/workdays"
)

func day(s string) workdays.Day {
	d, err := workdays.Parse(s)
	if err != nil {
		panic(err)
	}
	return d
}

func windows(t testing.TB, s string) slots.Windows {
	t.Helper()
	ws, err := slots.ParseWindows(s)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

// usual is a prison's week: unlocked in the morning and the afternoon, less at the weekend.
func usual(t testing.TB) slots.Regime {
	r := slots.Regime{Entered: true, Days: map[workdays.Day]slots.Exception{}}
	for d := range r.Week {
		r.Week[d] = windows(t, "08:30-11:45, 13:45-16:45")
	}
	r.Week[time.Saturday], r.Week[time.Sunday] = windows(t, "09:00-11:30"), windows(t, "09:00-11:30")
	return r
}

var (
	room  = slots.Place{ID: "plc_room", Name: "Video room 1", Kind: slots.VideoRoom, Walk: 10 * time.Minute, Private: true, Beside: 3}
	kiosk = slots.Place{ID: "plc_kiosk", Name: "Kiosk on B wing", Kind: slots.KioskPlace, Wings: []ids.WingID{"b"}}
	phone = slots.Place{ID: "plc_phone", Name: "Phone room", Kind: slots.PhoneRoom, Private: true}
)

func ask(from, to string) slots.Ask {
	return slots.Ask{Need: slots.Need{Kind: meetings.CoreGroup, Wing: "b"}, Leads: slots.DefaultLeads(meetings.CoreGroup), Length: time.Hour, From: day(from), To: day(to)}
}

func at(d string, hour, minute int) time.Time { return day(d).At(hour, minute) }

func TestWindowsAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]string{
		"":                             "",
		" 8:15 - 11:45":                "08:15-11:45",
		"13.45–16.30, 8-9":             "08:00-09:00, 13:45-16:30",
		"08:00 to 09:00; 09:00-10:00":  "08:00-10:00",
		"00:00-24:00":                  "00:00-24:00",
		"08:15-11:45\n13:45-16:30, , ": "08:15-11:45, 13:45-16:30",
	} {
		if got := windows(t, in).String(); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"lunch":                    "“lunch” is not a time of unlock",
		"8":                        "is not a time of unlock",
		"8-25":                     "is not a time of unlock",
		"8:5-9":                    "is not a time of unlock",
		"8:60-9":                   "is not a time of unlock",
		"24:30-24:40":              "is not a time of unlock",
		"11-9":                     "must end after it begins",
		"8-10, 9-11":               "08:00-10:00 and 09:00-11:00 overlap",
		strings.Repeat("8-9,", 20): "12 times of unlock at most",
	} {
		if _, err := slots.ParseWindows(in); ids.KindOf(err) != ids.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzParseWindows(f *testing.F) {
	for _, s := range []string{"", "8-9", "08:15-11:45, 13:45–16:30", "24:00-24:00", "8 to 9 to 10", "-", ":-:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ws, err := slots.ParseWindows(s)
		if err != nil {
			return
		}
		again, err := slots.ParseWindows(ws.String())
		if err != nil || !slices.Equal(ws, again) {
			t.Fatalf("%q: %v, again %v, %v", s, ws, again, err)
		}
		for i, w := range ws {
			if w.From < 0 || w.To > 24*60 || w.From >= w.To || i > 0 && w.From <= ws[i-1].To {
				t.Fatalf("%q: %v", s, ws)
			}
		}
	})
}

func TestEveryRefusalIsExplained(t *testing.T) {
	w := slots.World{Regime: usual(t), Places: []slots.Place{room, kiosk, phone}, Taken: map[ids.PlaceID][]slots.Span{}, Holiday: func(d workdays.Day) bool { return d == day("2026-12-25") }}
	w.Regime.Days[day("2026-12-09")] = slots.Exception{Day: day("2026-12-09"), Why: slots.Lockdown}
	w.Taken["plc_room"] = []slots.Span{{From: at("2026-12-08", 9, 0), To: at("2026-12-08", 11, 45)}}
	w.Taken["plc_kiosk"] = []slots.Span{{From: at("2026-12-08", 9, 0), To: at("2026-12-08", 11, 45)}}
	w.Her = []slots.Span{{From: at("2026-12-10", 14, 0), To: at("2026-12-10", 15, 0)}}
	w.Workers = []slots.Worker{{ID: "stf_1", Busy: []slots.Span{{From: at("2026-12-11", 9, 0), To: at("2026-12-11", 17, 0)}}}}
	a := ask("2026-12-07", "2026-12-25")
	a.Earliest = at("2026-12-08", 0, 0)
	for _, c := range []struct {
		day  string
		hour int
		want slots.Reason
	}{
		{"2026-12-07", 9, slots.TooSoon},
		{"2026-12-08", 9, slots.NoPlace},
		{"2026-12-08", 12, slots.LockedUp},
		{"2026-12-09", 9, slots.ClosedDay},
		{"2026-12-10", 14, slots.SheIsBusy},
		{"2026-12-11", 9, slots.WorkerIsBusy},
		{"2026-12-12", 10, slots.NoWorkingDay},
		{"2026-12-25", 9, slots.NoWorkingDay},
		{"2026-12-10", 9, ""},
	} {
		found := slots.Find(a, w)
		var got slots.Reason = "not told"
		start := at(c.day, c.hour, 0)
		for _, d := range found.Days {
			for _, s := range d.Slots {
				if s.Starts.Equal(start) {
					got = ""
				}
			}
			for _, r := range d.Refused {
				if !start.Before(r.From) && !start.After(r.To) {
					got = r.Verdict.Why
				}
			}
		}
		if got != c.want {
			t.Errorf("%s %d:00: %q, want %q", c.day, c.hour, got, c.want)
		}
	}
	v := slots.Judge(a, w, at("2026-12-08", 9, 15))
	why := map[ids.PlaceID]slots.Reason{}
	for _, r := range v.Refused {
		why[r.Place.ID] = r.Why
	}
	if want := (map[ids.PlaceID]slots.Reason{"plc_room": slots.Taken, "plc_kiosk": slots.Taken, "plc_phone": slots.NoVideo}); fmt.Sprint(why) != fmt.Sprint(want) {
		t.Error("each place's own reason", why)
	}
	// At 10:15 she is unlocked until 11:45: with the talk after it she is out until 11:30, and the walk back from the room would be too long by nothing; at 10:30 only the kiosk is near enough.
	v = slots.Judge(a, w, at("2026-12-10", 10, 30))
	if v.Why != "" || v.Place.ID != "plc_kiosk" || len(v.Refused) != 2 || !slices.ContainsFunc(v.Refused, func(r slots.PlaceRefusal) bool { return r.Place.ID == "plc_room" && r.Why == slots.WalkIsLocked }) {
		t.Errorf("%+v", v)
	}
	w.Regime = slots.Regime{}
	if v := slots.Judge(a, w, at("2026-12-10", 10, 0)); v.Why != slots.NoRegime {
		t.Error("a regime that nobody entered", v.Why)
	}
}

func TestAPlaceIsForSomeMeetingsOnly(t *testing.T) {
	visits := slots.Place{ID: "v", Kind: slots.VisitsRoom, Private: true, Beside: 2, Legal: true}
	for _, c := range []struct {
		place slots.Place
		need  slots.Need
		want  slots.Reason
	}{
		{room, slots.Need{Kind: meetings.CoreGroup, Wing: "a"}, ""},
		{kiosk, slots.Need{Kind: meetings.CoreGroup, Wing: "a"}, slots.OtherWing},
		{kiosk, slots.Need{Kind: meetings.LegalVisit, Wing: "b"}, slots.NotPrivate},
		{kiosk, slots.Need{Kind: meetings.PreBrief, Wing: "b"}, slots.NotPrivate},
		{kiosk, slots.Need{Kind: meetings.CoreGroup, Wing: "b", Beside: 1}, slots.TooSmall},
		{phone, slots.Need{Kind: meetings.CoreGroup, Wing: "b"}, slots.NoVideo},
		{phone, slots.Need{Kind: meetings.CoreGroup, Wing: "b", Audio: true}, ""},
		{visits, slots.Need{Kind: meetings.LegalVisit, Wing: "b", Beside: 2}, ""},
		{visits, slots.Need{Kind: meetings.CoreGroup, Wing: "b"}, slots.LegalOnly},
		{slots.Place{Kind: slots.VisitsRoom}, slots.Need{Kind: meetings.CoreGroup}, slots.NoVideo},
		{slots.Place{Kind: slots.VideoRoom, Withdrawn: time.Unix(1, 0)}, slots.Need{Kind: meetings.CoreGroup}, slots.Withdrawn},
	} {
		if got := c.place.Refuses(c.need); got != c.want {
			t.Errorf("%+v for %+v: %q, want %q", c.place, c.need, got, c.want)
		}
	}
}

// worlds draws a world, and what is looked for in it, around the days when the clocks change and others.
func worlds(t *rapid.T) (slots.Ask, slots.World) {
	minute := func(name string) int { return 5 * rapid.IntRange(0, 287).Draw(t, name) }
	someWindows := func(name string) (ws slots.Windows) {
		cuts := rapid.SliceOfNDistinct(rapid.IntRange(0, 96), 0, 6, rapid.ID[int]).Draw(t, name)
		slices.Sort(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			ws = append(ws, slots.Window{From: cuts[i] * 15, To: cuts[i+1] * 15})
		}
		return ws
	}
	from := day(rapid.SampledFrom([]string{"2026-03-27", "2026-10-23", "2026-12-07", "2027-02-26"}).Draw(t, "from"))
	a := slots.Ask{Need: slots.Need{Kind: rapid.SampledFrom(meetings.Kinds).Draw(t, "kind"), Wing: "b", Beside: rapid.IntRange(0, 2).Draw(t, "beside")},
		Length: time.Duration(rapid.IntRange(1, 16).Draw(t, "length")) * 15 * time.Minute, From: from, To: from.Plus(rapid.IntRange(0, 6).Draw(t, "days")),
		AllDays: rapid.Bool().Draw(t, "weekends"), Earliest: from.At(rapid.IntRange(0, 30).Draw(t, "earliest"), 0)}
	a.Leads = slots.DefaultLeads(a.Kind)
	if hours := (slots.Window{From: minute("hours from"), To: minute("hours to")}); hours.From < hours.To {
		a.Hours = hours
	}
	w := slots.World{Regime: slots.Regime{Entered: true, Days: map[workdays.Day]slots.Exception{}}, Taken: map[ids.PlaceID][]slots.Span{}}
	for d := range w.Regime.Week {
		w.Regime.Week[d] = someWindows("week")
	}
	for range rapid.IntRange(0, 3).Draw(t, "exceptions") {
		d := from.Plus(rapid.IntRange(0, 6).Draw(t, "exception"))
		w.Regime.Days[d] = slots.Exception{Day: d, Windows: someWindows("its windows"), Why: slots.Lockdown}
	}
	spans := func(name string) (out []slots.Span) {
		for range rapid.IntRange(0, 5).Draw(t, name) {
			s := from.Start().Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(t, name+" starts")) * time.Minute)
			out = append(out, slots.Span{From: s, To: s.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, name+" lasts")) * time.Minute)})
		}
		return out
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "places") {
		p := slots.Place{ID: ids.PlaceID(fmt.Sprintf("plc_%d", i)), Kind: rapid.SampledFrom(slots.PlaceKinds).Draw(t, "place kind"), Walk: time.Duration(rapid.IntRange(0, 30).Draw(t, "walk")) * time.Minute,
			Private: rapid.Bool().Draw(t, "private"), Beside: rapid.IntRange(0, 3).Draw(t, "seats"), Legal: rapid.Bool().Draw(t, "legal")}
		w.Places = append(w.Places, p)
		w.Taken[p.ID] = spans("taken")
	}
	w.Her = spans("her")
	w.Workers = []slots.Worker{{ID: "stf_1", Busy: spans("worker")}}
	return a, w
}

func overlap(a, b slots.Span) bool { return a.From.Before(b.To) && b.From.Before(a.To) }

// TestNoTimeOutsideTheRegimeIsOffered checks what is offered against the regime minute by minute, by wall clock, and not as the package reckons.
func TestNoTimeOutsideTheRegimeIsOffered(t *testing.T) {
	offered := 0
	rapid.Check(t, func(t *rapid.T) {
		a, w := worlds(t)
		found := slots.Find(a, w)
		days := 0
		for _, d := range found.Days {
			days++
			for _, s := range d.Slots {
				offered++
				for m := s.Times.PickUp; m.Before(s.Times.Back); m = m.Add(time.Minute) {
					wall := m.In(a.From.Start().Location())
					ws, _ := w.Regime.On(workdays.Of(m))
					minute := wall.Hour()*60 + wall.Minute()
					if !slices.ContainsFunc(ws, func(x slots.Window) bool { return x.From <= minute && minute < x.To }) {
						t.Fatalf("offered %s in %s, and at %s she is locked up (%s)", s.Starts, s.Place.ID, wall, ws)
					}
				}
				for _, busy := range w.Her {
					if overlap(busy, s.Times.Away()) {
						t.Fatalf("offered %s though she is somewhere else", s.Starts)
					}
				}
				for _, busy := range w.Workers[0].Busy {
					if overlap(busy, s.Times.There) {
						t.Fatalf("offered %s though the worker is busy", s.Starts)
					}
				}
				for _, p := range append([]slots.Place{s.Place}, s.Others...) {
					there := a.Around(s.Starts, s.Ends, p.Walk).There
					for _, taken := range w.Taken[p.ID] {
						if overlap(taken, there) {
							t.Fatalf("offered %s in %s, which is taken", s.Starts, p.ID)
						}
					}
					if why := p.Refuses(a.Need); why != "" {
						t.Fatalf("offered %s, which is %s", p.ID, why)
					}
				}
				if s.Starts.Before(a.Earliest) || s.Ends.Sub(s.Starts) != a.Length {
					t.Fatalf("offered %s to %s", s.Starts, s.Ends)
				}
			}
			// Every quarter of an hour is either offered or explained, once.
			told := map[int64]int{}
			for _, s := range d.Slots {
				told[s.Starts.Unix()]++
			}
			for _, r := range d.Refused {
				if r.Verdict.Why == "" || r.To.Before(r.From) {
					t.Fatalf("%+v", r)
				}
				for s := r.From; !s.After(r.To); s = s.Add(slots.Step) {
					told[s.Unix()]++
				}
			}
			for s, n := range told {
				if n != 1 {
					t.Fatalf("%s is told %d times", time.Unix(s, 0), n)
				}
			}
		}
		if days != int(a.To-a.From)+1 {
			t.Fatalf("%d days of %d", days, a.To-a.From+1)
		}
		for i, b := range found.Best {
			if i > 0 && b.Penalty < found.Best[i-1].Penalty {
				t.Fatal("the best do not come first")
			}
		}
	})
	if offered == 0 {
		t.Error("nothing was ever offered")
	}
}

// What may be booked side by side never shares a cell, and what overlaps always does.
func TestCellsSayWhatOverlaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := func(name string) slots.Span {
			from := time.Unix(int64(rapid.IntRange(-100000, 100000).Draw(t, name)), int64(rapid.IntRange(0, 1).Draw(t, name+" nanoseconds")))
			return slots.Span{From: from, To: from.Add(time.Duration(rapid.IntRange(1, 20000).Draw(t, name+" lasts")) * time.Second)}
		}
		a, b := span("a"), span("b")
		a1, a2 := a.Cells()
		b1, b2 := b.Cells()
		if a2 <= a1 || b2 <= b1 {
			t.Fatal("no cell")
		}
		if overlap(a, b) && (a2 <= b1 || b2 <= a1) {
			t.Fatalf("%v and %v overlap and share no cell", a, b)
		}
		whole := func(s slots.Span) bool {
			return s.From.UnixNano()%int64(slots.CellLength) == 0 && s.To.UnixNano()%int64(slots.CellLength) == 0
		}
		if whole(a) && whole(b) && !overlap(a, b) && a1 < b2 && b1 < a2 {
			t.Fatalf("%v and %v do not overlap and share a cell", a, b)
		}
	})
}

func TestTheWeekInWhichTheClocksChange(t *testing.T) {
	r := slots.Regime{Entered: true}
	for d := range r.Week {
		r.Week[d] = windows(t, "00:30-03:00, 09:00-12:00")
	}
	w := slots.World{Regime: r, Places: []slots.Place{{ID: "p", Kind: slots.VideoRoom, Private: true}}}
	a := slots.Ask{Need: slots.Need{Kind: meetings.CoreGroup}, Length: time.Hour, AllDays: true, Hours: slots.Window{From: 0, To: 24 * 60}}
	for d, want := range map[string]int{"2026-03-28": 7 + 9, "2026-03-29": 3 + 9, "2026-10-24": 7 + 9, "2026-10-25": 11 + 9} {
		a.From, a.To = day(d), day(d)
		found := slots.Find(a, w)
		if len(found.Days[0].Slots) != want {
			t.Errorf("%s: %d slots, want %d", d, len(found.Days[0].Slots), want)
		}
		if first := found.Days[0].Slots[len(found.Days[0].Slots)-9]; first.Starts.In(day(d).Start().Location()).Format("15:04") != "09:00" {
			t.Errorf("%s: the morning begins at %s", d, first.Starts)
		}
	}
}

func TestTheBestComesFirst(t *testing.T) {
	w := slots.World{Regime: usual(t), Places: []slots.Place{kiosk, room}}
	a := ask("2026-12-07", "2026-12-11")
	a.Due = day("2026-12-08")
	found := slots.Find(a, w)
	if len(found.Best) != 6 || found.Best[0].Place.ID != "plc_room" || workdays.Of(found.Best[0].Starts) != day("2026-12-07") || found.Best[0].Late {
		t.Fatalf("%+v", found.Best)
	}
	perDay := map[workdays.Day]int{}
	for i, b := range found.Best {
		perDay[workdays.Of(b.Starts)]++
		if b.Late != (workdays.Of(b.Starts) > a.Due) || b.Late && i < 4 {
			t.Errorf("%s: late %v", b.Starts, b.Late)
		}
	}
	for d, n := range perDay {
		if n > 2 {
			t.Errorf("%s: %d of the best are on one day", d, n)
		}
	}
	if times := found.Best[0].Times; found.Best[0].Starts.Sub(times.PickUp) != 25*time.Minute || times.Back.Sub(found.Best[0].Ends) != 25*time.Minute {
		t.Errorf("%+v", times)
	}
}

func TestAPlaceIsEnteredWithWhatTheListNeeds(t *testing.T) {
	wings := []ids.WingID{"a", "b"}
	p, err := slots.Place{Name: "  Video   room 2 ", Kind: slots.VideoRoom, Wings: []ids.WingID{"b"}, Walk: 10 * time.Minute, Beside: 2}.Check(wings)
	if err != nil || p.Name != "Video room 2" {
		t.Fatal(p, err)
	}
	for _, bad := range []slots.Place{{Kind: slots.VideoRoom}, {Name: strings.Repeat("x", 61), Kind: slots.VideoRoom}, {Name: "x"}, {Name: "x", Kind: "cell"}, {Name: "x", Kind: slots.VideoRoom, Walk: time.Hour},
		{Name: "x", Kind: slots.VideoRoom, Walk: -1}, {Name: "x", Kind: slots.VideoRoom, Beside: 13}, {Name: "x", Kind: slots.VideoRoom, Wings: []ids.WingID{"c"}}, {Name: "\xff", Kind: slots.VideoRoom}} {
		if _, err := bad.Check(wings); ids.KindOf(err) != ids.Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// BenchmarkFindAMonthOverFortyRooms is the search that a page waits for: a month, 40 rooms, each with eight bookings a day.
func BenchmarkFindAMonthOverFortyRooms(b *testing.B) {
	w := slots.World{Regime: usual(b), Taken: map[ids.PlaceID][]slots.Span{}}
	for i := range 40 {
		p := room
		p.ID = ids.PlaceID(fmt.Sprintf("plc_%02d", i))
		p.Walk = time.Duration(i%4*5) * time.Minute
		w.Places = append(w.Places, p)
		for d := range 31 {
			for n := range 8 {
				from := day("2026-12-01").Plus(d).At(8+n, (i*7+n*11)%60)
				w.Taken[p.ID] = append(w.Taken[p.ID], slots.Span{From: from, To: from.Add(35 * time.Minute)})
			}
		}
	}
	a := ask("2026-12-01", "2026-12-31")
	b.ReportAllocs()
	for b.Loop() {
		if found := slots.Find(a, w); len(found.Days) != 31 {
			b.Fatal(len(found.Days))
		}
	}
}
