package flow

import (
	"context"
	"strconv"

	"kinbridge/gateway/meetings"
)

// RoomsRestarted records that everybody whom the record still has in a room has lost her connection: the media server has just started and
// holds nobody. Whoever comes back joins again. Call it before the media server takes anybody.
func (f *Flow) RoomsRestarted(ctx context.Context) error {
	ms, err := f.st.LivingMeetings(ctx, f.now().Add(-meetings.ClosesAfter))
	if err != nil {
		return err
	}
	for _, m := range ms {
		ps, err := f.st.Participants(ctx, m.ID)
		if err != nil {
			return err
		}
		events, err := f.st.Attendance(ctx, m.ID)
		if err != nil {
			return err
		}
		// The identifiers name this gap: a second call for the same one records nothing.
		gap := ":" + strconv.Itoa(len(events))
		for _, e := range meetings.Unfinished(events) {
			e.ID, e.Room, e.Detail = "restart:"+string(e.Kind)+":"+string(m.ID)+gap, m.ID, "lost"
			if err := f.RoomEvent(ctx, e); err != nil {
				return err
			}
		}
		for _, p := range ps {
			kind := meetings.Left
			switch now := meetings.PresenceOf(events, p.ID); {
			case now.Waiting:
				kind = meetings.StoppedWaiting
			case !now.Present:
				continue
			}
			id := "restart:" + string(p.ID) + gap
			if err := f.RoomEvent(ctx, meetings.RoomEvent{ID: id, Room: m.ID, Kind: kind, Participant: p.ID, Detail: "lost"}); err != nil {
				return err
			}
		}
	}
	return nil
}
