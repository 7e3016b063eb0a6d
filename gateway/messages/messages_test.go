package messages

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"kinbridge/gateway/ids"
)

var at = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestReview(t *testing.T) {
	for _, from := range []State{Held, Released, Withheld, ""} {
		for _, o := range []Outcome{OutcomeReleased, OutcomeWithheld, OutcomeFiled, ""} {
			m := Message{State: from}
			err := m.Review(o, at)
			want := from
			if from == Held && o == OutcomeReleased {
				want = Released
			} else if from == Held && o == OutcomeWithheld {
				want = Withheld
			}
			if m.State != want || (err == nil) != (want != from) {
				t.Errorf("%q by %q: %q, %v", from, o, m.State, err)
			}
			if m.ReleasedAt.Equal(at) != (m.State == Released && from == Held) {
				t.Errorf("%q by %q: released at %v", from, o, m.ReleasedAt)
			}
			if from != Held && ids.KindOf(err) != ids.Conflict {
				t.Errorf("%q by %q: %v", from, o, err)
			}
		}
	}
}

func TestDecide(t *testing.T) {
	for _, c := range []struct {
		o          Outcome
		code, note string
		kind       ids.Kind
		ok         bool
	}{
		{OutcomeReleased, "", "", 0, true},
		{OutcomeFiled, "", "a note", 0, true},
		{OutcomeWithheld, "threat", "", 0, true},
		{OutcomeWithheld, "other", "why", 0, true},
		{OutcomeWithheld, "other", "", ids.Invalid, false},
		{OutcomeWithheld, "", "", ids.Invalid, false},
		{OutcomeWithheld, "Threat", "x", ids.Invalid, false},
	} {
		h := Hold{Opened: at}
		err := h.Decide("stf_1", at, c.o, c.code, c.note)
		if (err == nil) != c.ok || err != nil && (ids.KindOf(err) != c.kind || h != Hold{Opened: at}) {
			t.Errorf("%+v: %v %+v", c, err, h)
			continue
		}
		if err != nil {
			continue
		}
		if h.Outcome != c.o || h.DecidedBy != "stf_1" || h.ReasonCode != c.code || h.Note != c.note || !h.Decided.Equal(at) {
			t.Errorf("%+v: %+v", c, h)
		}
		before := h
		if err := h.Decide("stf_2", at.Add(1), OutcomeReleased, "", ""); ids.KindOf(err) != ids.Conflict || h != before {
			t.Errorf("decided twice: %v", err)
		}
	}
	for _, r := range WithholdReasons {
		if w, ok := WithholdWords(r.Code); !ok || w != r.Words || w == "" {
			t.Errorf("%+v", r)
		}
	}
}

// Every state against every next one: states never go back, nothing follows seen or failed, a late failure counts.
func TestEveryDeliveryStep(t *testing.T) {
	states := []DeliveryState{Queued, Sent, Accepted, AtKiosk, Seen, Failed}
	forward := map[DeliveryState][]DeliveryState{
		Queued:   {Sent, Accepted, AtKiosk, Seen, Failed},
		Sent:     {Accepted, AtKiosk, Seen, Failed},
		Accepted: {Seen, Failed},
		AtKiosk:  {Seen, Failed},
	}
	for _, from := range states {
		for _, to := range states {
			want := false
			for _, f := range forward[from] {
				want = want || f == to
			}
			d := Delivery{State: from}
			if got := d.Advance(to, at); got != want || want && d.State != to || !want && (d.State != from || d.Times != DeliveryTimes{}) {
				t.Errorf("%s to %s: %t, %+v", from, to, got, d)
			}
			if want && timeOf(d, to).IsZero() {
				t.Errorf("%s to %s: no time", from, to)
			}
			if want && to == Seen && d.Times.Kiosk.IsZero() {
				t.Errorf("seen but never at a kiosk")
			}
		}
	}
}

func timeOf(d Delivery, s DeliveryState) time.Time {
	return map[DeliveryState]time.Time{Queued: d.Times.Queued, Sent: d.Times.Sent, Accepted: d.Times.Accepted, Failed: d.Times.Failed, AtKiosk: d.Times.Kiosk, Seen: d.Times.Seen}[s]
}

// Whatever order reports come in and however often: the state only rises and a time once written stays.
func TestDeliveriesNeverGoBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, now := Delivery{State: Queued, Times: DeliveryTimes{Queued: at}}, at
		for range rapid.IntRange(0, 20).Draw(t, "n") {
			before := d
			to := rapid.SampledFrom([]DeliveryState{Queued, Sent, Accepted, AtKiosk, Seen, Failed}).Draw(t, "to")
			now = now.Add(time.Second)
			moved := d.Advance(to, now)
			if moved != (d.State != before.State) || moved && rank[d.State] <= rank[before.State] || (before.State == Seen || before.State == Failed) && moved {
				t.Fatalf("%s → %s gave %s", before.State, to, d.State)
			}
			for _, s := range []DeliveryState{Queued, Sent, Accepted, AtKiosk, Seen, Failed} {
				if was := timeOf(before, s); !was.IsZero() && !timeOf(d, s).Equal(was) {
					t.Fatalf("the time of %s changed", s)
				}
			}
		}
	})
}
