package main

import (
	"context"
	"time"

	"kinbridge/gateway/flow"
)

// calendarsLook is how often it is looked whether a calendar is due: one that was just entered is read soon.
const calendarsLook = 5 * time.Second

// startCalendars has the calendars that staff publish read now and then, beside everything else: a slow one keeps nothing waiting but other calendars.
func (s *service) startCalendars(context.Context) error {
	r, err := s.Config.Meetings.calendars()
	if err != nil {
		return err
	}
	s.background("calendar reader", func(ctx context.Context) error { s.readCalendars(ctx, r); return nil })
	return nil
}

func (s *service) readCalendars(ctx context.Context, r flow.BusyReader) {
	t := time.NewTicker(calendarsLook)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if _, err := s.Flow.ReadCalendars(ctx, r); err != nil && ctx.Err() == nil {
			s.Log.Warn("published calendars could not be read", "err", err)
		}
	}
}
