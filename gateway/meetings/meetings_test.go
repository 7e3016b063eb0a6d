package meetings

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kinbridge/gateway/ids"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestPhaseFollowsTheClockAndTheHost(t *testing.T) {
	m := Meeting{Starts: noon, Ends: noon.Add(time.Hour), State: Planned}
	for _, c := range []struct {
		at   time.Time
		want Phase
	}{
		{noon.Add(-OpensBefore - time.Nanosecond), TooEarly}, {noon.Add(-OpensBefore), Open}, {noon, Open},
		{m.RoomCloses().Add(-time.Nanosecond), Open}, {m.RoomCloses(), Over},
	} {
		if got := m.PhaseAt(c.at); got != c.want {
			t.Errorf("at %v: %s, want %s", c.at, got, c.want)
		}
	}
	m.State = Ended
	if got := m.PhaseAt(noon); got != Over {
		t.Errorf("a meeting the host ended is %s", got)
	}
	m.State = Cancelled
	if got := m.PhaseAt(noon.Add(100 * time.Hour)); got != CalledOff {
		t.Errorf("a cancelled meeting is %s", got)
	}
}

func TestTimesAreChecked(t *testing.T) {
	for name, c := range map[string]struct {
		starts, ends time.Time
		words        string // "" = fine
	}{
		"fine":               {noon.Add(time.Hour), noon.Add(2 * time.Hour), ""},
		"begun just now":     {noon.Add(-LatestPlan), noon.Add(time.Hour), ""},
		"four hours":         {noon, noon.Add(LongestTime), ""},
		"no times":           {time.Time{}, noon, "Enter when"},
		"ends at its start":  {noon, noon, "end after"},
		"ends before":        {noon, noon.Add(-time.Hour), "end after"},
		"too long":           {noon, noon.Add(LongestTime + time.Second), "4 hours"},
		"in the past":        {noon.Add(-LatestPlan - time.Second), noon.Add(time.Hour), "future"},
		"wrong year":         {noon.AddDate(10, 0, 0), noon.AddDate(10, 0, 0).Add(time.Hour), "year"},
		"ends but no begins": {noon, time.Time{}, "Enter when"},
	} {
		err := CheckTimes(c.starts, c.ends, noon)
		if (err == nil) != (c.words == "") || err != nil && (!strings.Contains(ids.Public(err), c.words) || ids.KindOf(err) != ids.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesAreOfLettersOnly(t *testing.T) {
	for in, want := range map[string]string{
		"  Siân   Ŵyn-O’Neill ": "Siân Ŵyn-O’Neill", "Dr. J. Okonjo": "Dr. J. Okonjo", "李小龍": "李小龍",
	} {
		if got, err := CleanName(in); err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"", "  ", "...", "<b>Jo</b>", "Jo\x00", "Jo\u202egnp", "Jo 😀", "+44 20 7946 0000", strings.Repeat("x", maxName+1)} {
		if got, err := CleanName(in); err == nil {
			t.Errorf("%q accepted as %q", in, got)
		}
	}
}

func TestDisplayNameShowsAStandIn(t *testing.T) {
	for typed, want := range map[string]string{"": "Jo Park", "jo  PARK": "Jo Park", "Sam Reed": "Jo Park (“Sam Reed”)"} {
		if got := (Participant{Name: "Jo Park", TypedName: typed}).DisplayName(); got != want {
			t.Errorf("typed %q: %q", typed, got)
		}
	}
}

func TestOnlyGuestsWaitAndOnlyHostsAdmit(t *testing.T) {
	for _, r := range []Role{RoleHost, RoleMother, RoleSupporter, RoleGuest, "stranger"} {
		got, lobby := RightsOf(r)
		host := r == RoleHost
		if got.Admit != host || got.Moderate != host || got.End != host || got.Publish != (r != "stranger") || lobby != (r == RoleGuest || r == "stranger") {
			t.Errorf("%s: %+v, lobby %v", r, got, lobby)
		}
		if got.Ask != (r == RoleMother) || got.Support != (host || r == RoleSupporter) {
			t.Errorf("%s stands by her, or is she: %+v", r, got)
		}
	}
}

func TestOrderLeavesOutWhoIsNoLongerInvited(t *testing.T) {
	m := Meeting{ID: "mtg_1", Starts: noon, Ends: noon.Add(time.Hour), State: Planned, Revision: 3}
	ps := []Participant{{ID: "par_1", Role: RoleHost, Name: "H"}, {ID: "par_2", Role: RoleGuest, Name: "G", Removed: noon}}
	o := OrderFor(m, ps, "cy")
	if len(o.Members) != 1 || o.Members[0].ID != "par_1" || o.Revision != 3 || !o.Until.Equal(m.Ends) || !o.Ends.After(o.Until) || o.Language != "cy" || o.Ended {
		t.Errorf("%+v", o)
	}
	m.State = Cancelled
	if o = OrderFor(m, ps, "cy"); !o.Ended || len(o.Members) != 0 {
		t.Errorf("a cancelled meeting's order has members: %+v", o)
	}
}

func TestPresence(t *testing.T) {
	at := func(min int) time.Time { return noon.Add(time.Duration(min) * time.Minute) }
	events := []Attendance{
		{Kind: Knocked, Participant: "a", At: at(0)}, {Kind: Joined, Participant: "b", At: at(1)},
		{Kind: Admitted, Participant: "a", By: "b", At: at(2)}, {Kind: Joined, Participant: "a", At: at(2)},
		{Kind: Left, Participant: "a", At: at(10)}, {Kind: Joined, Participant: "a", At: at(11)},
	}
	if s := PresenceOf(events[:1], "a"); !s.Waiting || s.Present {
		t.Errorf("in the lobby: %+v", s)
	}
	if s := PresenceOf(events, "a"); !s.Present || s.Waiting || !s.Joined.Equal(at(2)) || !s.Left.IsZero() {
		t.Errorf("back again: %+v", s)
	}
	events = append(events, Attendance{Kind: RoomEnded, At: at(30)})
	if s := PresenceOf(events, "b"); s.Present || !s.Left.Equal(at(30)) {
		t.Errorf("after the end: %+v", s)
	}
}

func TestTitlesAreOneCleanLine(t *testing.T) {
	if got, err := CleanTitle("  Review\n for\tTomos "); err != nil || got != "Review for Tomos" {
		t.Errorf("%q %v", got, err)
	}
	for _, in := range []string{"a\x00b", "a\u202eb", "a\xffb", strings.Repeat("ŵ", maxTitle+1)} {
		if got, err := CleanTitle(in); err == nil {
			t.Errorf("%q accepted as %q", in, got)
		}
	}
}

func FuzzCleanName(f *testing.F) {
	for _, seed := range []string{"Siân Ŵyn-O’Neill", "", " . ", "Jo\u202egnp", "a\xff", "e\u0301", strings.Repeat("x ", 60)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := CleanName(in)
		if err != nil {
			if ids.KindOf(err) != ids.Invalid {
				t.Fatalf("%q: %v", in, err)
			}
			return
		}
		again, err := CleanName(got)
		if err != nil || again != got || !utf8.ValidString(got) || utf8.RuneCountInString(got) > maxName || strings.ContainsAny(got, "<>&\"\n\x00") {
			t.Fatalf("%q gave %q, then %q %v", in, got, again, err)
		}
	})
}
