package flow_test

import (
	"testing"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/slots"
)

func TestWhenSheIsTakenBackIsSaidOnlyOfAPlaceThatHoldsAndBeforeTheRoomCloses(t *testing.T) {
	ends := time.Date(2026, 12, 1, 11, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		back  time.Duration // after the meeting's end
		none  bool
		clash slots.Reason
		said  bool
	}{
		"before the room closes": {back: 20 * time.Minute, said: true},
		"when it closes":         {back: 30 * time.Minute},
		"after it closed":        {back: 40 * time.Minute},
		"no place":               {none: true},
		"a place that fell away": {back: 20 * time.Minute, clash: slots.OtherWing},
	} {
		var v flow.MeetingView
		v.Ends = ends
		if !c.none {
			v.Placed = &flow.PlacedView{Clash: c.clash}
			v.Placed.Back = ends.Add(c.back)
		}
		if got := v.BackBefore(); got.IsZero() == c.said || c.said && !got.Equal(ends.Add(c.back)) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
