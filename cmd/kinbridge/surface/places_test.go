package surface_test

import (
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/slots"
)

// places enters when the women of every wing are unlocked, and a room in each prison.
func (w *world) places() {
	day := slots.Windows{{From: 0, To: 24 * 60}}
	for _, id := range []ids.WingID{w.wingA, w.wingB, w.wing} {
		if err := w.f.SetRegimeWeek(w.t.Context(), operator, id, [7]slots.Windows{day, day, day, day, day, day, day}); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, e := range []ids.AgencyID{w.north, w.south} {
		must(w.f.AddPlace(w.t.Context(), operator, slots.Place{Establishment: e, Name: "Video room", Kind: slots.VideoRoom, Walk: 5 * time.Minute, Private: true, Beside: 2}))(w.t)
	}
}

// regimeDay is somebody's trying to lock a wing up for a day, to unlock it again, or to stop the use of a room.
func (w *world) regimeDay(*family) {
	p, id := choose(w, w.staff), choose(w, []ids.WingID{w.wingA, w.wingB, w.wing})
	day := w.m.today.Plus(w.pick(3))
	switch w.pick(4) {
	case 0:
		w.said(*p, w.f.RemoveRegimeDay(w.t.Context(), p.Actor, id, day))
	default:
		w.said(*p, w.f.SetRegimeDays(w.t.Context(), p.Actor, id, day, day, nil, slots.Lockdown))
	}
}

// placeMeeting is somebody's trying to give a meeting the best place there is.
func (w *world) placeMeeting(f *family) {
	for _, m := range must(w.env.Store.MeetingsOfCase(w.t.Context(), f.id))(w.t) {
		p := w.worker(f)
		w.said(*p, w.f.ChoosePlace(w.t.Context(), p.Actor, m.ID, flow.Venue{Best: true}))
		return
	}
}
