package chase_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

var cal = workdays.EnglandAndWales()

func day(t testing.TB, s string) workdays.Day {
	t.Helper()
	d, err := workdays.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func planner(t testing.TB, c chase.Config) *chase.Planner {
	t.Helper()
	p, err := chase.New(c, cal)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// live runs the days from asking to the end, taking each action on its day, and writes what was done.
func live(t testing.TB, p *chase.Planner, s chase.State, until string, each func(workdays.Day, *chase.State)) string {
	t.Helper()
	var out []string
	for d := s.Asked; d <= day(t, until); d++ {
		if each != nil {
			each(d, &s)
		}
		if a := p.Next(d, s); a.Do != chase.Wait {
			out = append(out, d.Format("01-02")+" "+string(a.Rung))
			s = s.Took(a, d)
			if again := p.Next(d, s); again.Do != chase.Wait {
				t.Errorf("%s: twice in a day", d)
			}
		}
	}
	return strings.Join(out, ", ")
}

// Asked on Monday 30 November 2026, due on Monday 14 December: Christmas, Boxing Day's substitute and New Year's Day lie in the way.
func TestTheDefaultLadder(t *testing.T) {
	p := planner(t, chase.Default())
	s := chase.State{Asked: day(t, "2026-11-30"), Due: day(t, "2026-12-14")}
	got := live(t, p, s, "2027-02-28", nil)
	want := "12-10 worker, 12-15 worker, 12-17 worker, 12-21 team_manager, 12-30 service_manager, 01-07 reviewing_officer"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if n := p.Next(s.Asked, s); n.Next != day(t, "2026-12-10") {
		t.Errorf("looked at again on %s", n.Next)
	}
}

func TestAbsenceAnswersAndPromises(t *testing.T) {
	p := planner(t, chase.Default())
	s := chase.State{Asked: day(t, "2026-09-01"), Due: day(t, "2026-09-14")}
	for _, c := range []struct {
		what string
		away []chase.Away
		each func(workdays.Day, *chase.State)
		want string
	}{
		{"a week away", []chase.Away{{day(t, "2026-09-14"), day(t, "2026-09-21")}}, nil, "09-10 worker, 09-21 worker, 09-23 worker, 09-25 team_manager, 10-02 service_manager, 10-09 reviewing_officer"},
		{"away for ever", []chase.Away{{day(t, "2026-09-14"), day(t, "2027-09-21")}}, nil, "09-10 worker, 09-29 worker, 10-01 worker, 10-05 team_manager, 10-12 service_manager, 10-19 reviewing_officer"},
		{"away before", []chase.Away{{day(t, "2026-08-01"), day(t, "2026-09-01")}}, nil, "09-10 worker, 09-15 worker, 09-17 worker, 09-21 team_manager, 09-28 service_manager, 10-05 reviewing_officer"},
		{"answered", nil, func(d workdays.Day, s *chase.State) {
			if d == day(t, "2026-09-17") {
				s.Answered = d
			}
		}, "09-10 worker, 09-15 worker"},
		{"promised for later", nil, func(d workdays.Day, s *chase.State) {
			if d == day(t, "2026-09-18") {
				*s = s.Promised(day(t, "2026-09-30"))
			}
		}, "09-10 worker, 09-15 worker, 09-17 worker, 09-28 worker, 10-01 worker, 10-05 worker, 10-07 team_manager, 10-14 service_manager, 10-21 reviewing_officer"},
	} {
		in := s
		in.Away = c.away
		if got := live(t, p, in, "2026-12-31", c.each); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.what, got, c.want)
		}
	}
	short := chase.State{Asked: day(t, "2026-09-10"), Due: day(t, "2026-09-11")}
	if got := live(t, p, short, "2026-09-15", nil); got != "09-14 worker" {
		t.Errorf("asked for tomorrow: %s", got)
	}
}

// After days without anybody looking, one reminder makes up for several, and the ladder leaves out nobody.
func TestMakingUpForMissedSteps(t *testing.T) {
	p := planner(t, chase.Default())
	s := chase.State{Asked: day(t, "2026-09-01"), Due: day(t, "2026-09-14")}
	a := p.Next(day(t, "2026-09-17"), s)
	if a.Do != chase.Remind || a.After != 3 {
		t.Fatalf("%+v", a)
	}
	late := day(t, "2026-10-30")
	if a = p.Next(late, s); a.Do != chase.Draft || a.Rung != chase.TeamManager {
		t.Fatalf("%+v", a)
	}
	if sunday := p.Next(day(t, "2026-11-01"), s); sunday != a {
		t.Errorf("the draft is gone on Sunday: %+v", sunday)
	}
	s = s.Took(a, late)
	if a = p.Next(late, s); a.Do != chase.Wait || a.Next != cal.Add(late, 5) {
		t.Errorf("%+v", a)
	}
	if a = p.Next(cal.Add(late, 5), s); a.Rung != chase.ServiceManager {
		t.Errorf("%+v", a)
	}
	done := chase.State{Asked: s.Asked, Due: s.Due, Done: []chase.Done{{Due: s.Due, After: 15, Rung: chase.ReviewingOfficer, On: late}}}
	if a = p.Next(late.Plus(90), done); a.Do != chase.Wait || !a.Exhausted || a.Next != 0 {
		t.Errorf("%+v", a)
	}
	if a = p.Next(late, chase.State{}); a.Do != chase.Wait || a.Exhausted {
		t.Errorf("nothing is asked: %+v", a)
	}
}

func TestSchedulesThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		config chase.Config
		want   string
	}{
		{chase.Config{}, "between 1 and"}, {chase.Config{MaxPause: -1, Steps: []chase.Step{{1, chase.Worker}}}, "absence"}, {chase.Config{Steps: []chase.Step{{1, "boss"}}}, "“boss”"},
		{chase.Config{Steps: []chase.Step{{0, chase.TeamManager}}}, "before the answer is late"}, {chase.Config{Steps: []chase.Step{{3, chase.Worker}, {3, chase.TeamManager}}}, "Step 2"},
		{chase.Config{Steps: []chase.Step{{1, chase.ServiceManager}, {3, chase.TeamManager}}}, "goes up only"}, {chase.Config{Steps: []chase.Step{{999, chase.Worker}}}, "too many"},
	} {
		if _, err := chase.New(c.config, cal); ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), c.want) {
			t.Errorf("%+v: %v", c.config, err)
		}
	}
	if err := chase.Default().Check(); err != nil {
		t.Error(err)
	}
	if _, err := chase.New(chase.Default(), nil); err == nil {
		t.Error("no calendar, no error")
	}
}

func TestWordsForHer(t *testing.T) {
	p := planner(t, chase.Default())
	today := day(t, "2026-09-17") // a Thursday
	base := chase.State{Asked: day(t, "2026-09-01"), Due: day(t, "2026-09-14")}
	with := func(change func(*chase.State)) chase.State {
		s := base
		change(&s)
		return s
	}
	tuesday := day(t, "2026-09-15")
	reminded := chase.Done{Due: base.Due, After: 1, Rung: chase.Worker, On: tuesday}
	for _, c := range []struct {
		s      chase.State
		en, cy string
	}{
		{with(func(s *chase.State) { s.Done = []chase.Done{reminded} }), "We asked again on Tuesday. There is no answer yet. We are asking again.", "Gwnaethom ofyn eto ddydd Mawrth. Nid oes ateb eto. Rydym yn gofyn eto."},
		{with(func(s *chase.State) {
			s.Done = []chase.Done{reminded, {Due: base.Due, After: 3, Rung: chase.Worker, On: today}}
		}), "We asked again today. There is no answer yet. We will ask again on Monday if none has come.", "Gwnaethom ofyn eto heddiw. Nid oes ateb eto. Byddwn yn gofyn eto ddydd Llun os na ddaw un."},
		{with(func(s *chase.State) { s.Due = day(t, "2026-09-30") }), "We asked on Tuesday 1 September. We asked for an answer by Wednesday 30 September.", "Gwnaethom ofyn ddydd Mawrth 1 Medi. Gofynasom am ateb erbyn dydd Mercher 30 Medi."},
		{with(func(s *chase.State) { s.Answered = day(t, "2026-09-16") }), "They answered yesterday.", "Cafwyd ateb ddoe."},
		{with(func(s *chase.State) { s.Stopped = today }), "We stopped asking today.", "Rhoesom y gorau i ofyn heddiw."},
		{with(func(s *chase.State) { s.Away = []chase.Away{{tuesday, day(t, "2026-09-21")}} }), "We asked on Tuesday 1 September. The person we asked is away until Monday.",
			"Gwnaethom ofyn ddydd Mawrth 1 Medi. Mae’r sawl y gofynnwyd iddo i ffwrdd tan ddydd Llun."},
		{with(func(s *chase.State) {
			s.Done = []chase.Done{{Due: base.Due, After: 15, Rung: chase.ReviewingOfficer, On: tuesday}}
		}), "We asked the independent reviewing officer on Tuesday. There is no answer yet. Your worker is deciding what to do next.",
			"Gwnaethom ofyn i’r swyddog adolygu annibynnol ddydd Mawrth. Nid oes ateb eto. Mae eich gweithiwr yn penderfynu beth i’w wneud nesaf."},
		{chase.State{}, "", ""},
	} {
		if en, cy := p.ForHer(today, c.s, "en"), p.ForHer(today, c.s, "cy"); en != c.en || cy != c.cy {
			t.Errorf("%q\nwant %q\n%q\nwant %q", en, c.en, cy, c.cy)
		}
	}
}

func TestDrafts(t *testing.T) {
	today := day(t, "2026-09-21")
	s := chase.State{Asked: day(t, "2026-09-01"), Due: day(t, "2026-09-14"), Done: []chase.Done{{On: day(t, "2026-09-10")}, {On: day(t, "2026-09-15")}, {On: day(t, "2026-09-17")}}}
	for _, c := range []struct {
		rung       chase.Rung
		lang, want string
	}{
		{chase.TeamManager, "en", "We asked a colleague of yours for an answer on Tuesday 1 September, by Monday 14 September. We asked again on Thursday 10 September, on Tuesday and on Thursday. We have not"},
		{chase.TeamManager, "cy", "Gofynasom i gydweithiwr i chi am ateb ddydd Mawrth 1 Medi, erbyn dydd Llun 14 Medi. Gwnaethom ofyn eto ddydd Iau 10 Medi, ddydd Mawrth a ddydd Iau."},
		{chase.Worker, "en", "We asked you for an answer on Tuesday 1 September, by Monday 14 September, and have not had one yet. If you cannot"},
		{chase.Worker, "cy", "Gofynasom i chi am ateb ddydd Mawrth 1 Medi, erbyn dydd Llun 14 Medi, ac nid ydym"},
	} {
		if got := chase.DraftFor(c.rung, today, s, c.lang); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s", got)
		}
	}
	s.Due, s.Done = day(t, "2026-09-25"), nil
	if got := chase.DraftFor(chase.Worker, today, s, "en"); !strings.HasPrefix(got, "This is a reminder that we asked you on Tuesday 1 September for an answer by Friday.") {
		t.Error(got)
	}
}

func drawConfig(t *rapid.T) chase.Config {
	c := chase.Config{MaxPause: rapid.IntRange(0, 15).Draw(t, "pause")}
	after, rung := rapid.IntRange(-5, 2).Draw(t, "first"), 0
	for range rapid.IntRange(1, 7).Draw(t, "steps") {
		if after > 0 {
			rung = min(3, rung+rapid.IntRange(0, 1).Draw(t, "up"))
		}
		c.Steps = append(c.Steps, chase.Step{After: after, Rung: chase.Rungs[rung]})
		after += rapid.IntRange(1, 6).Draw(t, "gap")
	}
	return c
}

// Whatever the schedule, the absences and how late people are: no rung is left out or comes early, nothing happens twice in a day, on a day off or after
// the answer, an absence puts off by MaxPause at most, and Wait names the very day of what comes next.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := drawConfig(t)
		p, err := chase.New(config, cal)
		if err != nil {
			t.Fatal(err)
		}
		s := chase.State{Asked: workdays.Date(2026, 11, 1).Plus(rapid.IntRange(0, 90).Draw(t, "asked"))}
		s.Due = cal.Add(s.Asked, rapid.IntRange(1, 15).Draw(t, "due"))
		for range rapid.IntRange(0, 3).Draw(t, "absences") {
			from := s.Asked.Plus(rapid.IntRange(-10, 60).Draw(t, "from"))
			s.Away = append(s.Away, chase.Away{From: from, Back: from.Plus(rapid.IntRange(0, 40).Draw(t, "days"))})
		}
		prompt := rapid.Bool().Draw(t, "prompt")
		answered := s.Asked.Plus(rapid.IntRange(1, 400).Draw(t, "answered"))
		var looked workdays.Day // not expected before this day
		var drafts []chase.Rung
		for d := s.Asked; d < s.Asked.Plus(300); d++ {
			if d == answered {
				s.Answered = d
			}
			a := p.Next(d, s)
			switch {
			case s.Answered != 0 && a != chase.Action{Do: chase.Wait}:
				t.Fatalf("answered, and %+v", a)
			case a.Do == chase.Wait:
				if a.Next != 0 && a.Next <= d {
					t.Fatalf("wait until %s on %s", a.Next, d)
				}
				looked = a.Next
				continue
			case looked > d:
				t.Fatalf("%s was to be waited for, and on %s there is %+v", looked, d, a)
			case a.Do == chase.Remind && !cal.IsWorkingDay(d):
				t.Fatalf("a reminder on %s", d)
			case a.Do == chase.Remind && a.Rung != chase.Worker || a.Do == chase.Draft && a.Rung == chase.Worker:
				t.Fatalf("%+v", a)
			case d < cal.Add(s.Due, a.After):
				t.Fatalf("%+v on %s, due %s", a, d, s.Due)
			case prompt && d > cal.Add(s.Due, a.After+config.MaxPause):
				t.Fatalf("%+v as late as %s, due %s", a, d, s.Due)
			}
			if !prompt && rapid.IntRange(0, 2).Draw(t, "later") > 0 {
				continue
			}
			if a.Do == chase.Draft {
				drafts = append(drafts, a.Rung)
			}
			s = s.Took(a, d)
			if p.Next(d, s).Do != chase.Wait {
				t.Fatalf("twice on %s", d)
			}
			for _, lang := range []string{"en", "cy"} {
				if s.Answered == 0 && (p.ForHer(d, s, lang) == "" || chase.DraftFor(a.Rung, d, s, lang) == "") {
					t.Fatal("no words")
				}
			}
		}
		i := 0
		for _, step := range config.Steps {
			if step.Rung != chase.Worker && i < len(drafts) {
				if drafts[i] != step.Rung {
					t.Fatalf("%v of %v", drafts, config.Steps)
				}
				i++
			}
		}
	})
}
