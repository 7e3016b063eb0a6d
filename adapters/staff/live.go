package staff

import (
	"fmt"
	"net/http"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// An event stream lives for streamLife, then the browser asks again: it must find that the session has ended. Between events a comment
// every streamBeat finds connections that nobody reads any more, and a look without a hint finds what no hint told.
const (
	streamLife  = 10 * time.Minute
	streamBeat  = 15 * time.Second
	streamPause = 200 * time.Millisecond // between looks, however many hints come
	writeWithin = 10 * time.Second
)

// live is a stream of server-sent events (HTML, section 9.2): "mark" with a new mark whenever something changed that the page shows. It
// carries no content: the page then asks for its messages.
func (s *Staff) live(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id, ctx := ids.ThreadID(r.PathValue("thread")), r.Context()
	wake, stop := s.flow.ListenStaff()
	defer stop()
	last := r.URL.Query().Get("mark")
	mark, err := s.flow.ThreadMark(ctx, me.Actor(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	out := http.NewResponseController(w)
	defer func() { _ = out.SetWriteDeadline(time.Time{}) }() // the connection may carry other answers
	send := func(text string) bool {
		_ = out.SetWriteDeadline(time.Now().Add(writeWithin)) // not all writers have deadlines
		if _, err := fmt.Fprint(w, text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !send("retry: 2000\n\n") {
		return nil
	}
	end := time.NewTimer(streamLife)
	defer end.Stop()
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	for {
		text := ": still here\n\n"
		if mark != last {
			last = mark
			text = "event: mark\ndata: " + mark + "\n\n"
		}
		if !send(text) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.alive.Done():
			return nil
		case <-end.C:
			return nil
		case <-beat.C:
			if _, err := s.who(r); err != nil {
				return nil
			}
		case <-wake:
		}
		// Hints come in bursts: one look serves them all. What comes after the look fills the channel again.
		pause := time.NewTimer(streamPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return nil
		case <-pause.C:
		}
		select {
		case <-wake:
		default:
		}
		if mark, err = s.flow.ThreadMark(ctx, me.Actor(), id); err != nil {
			return nil // she may no longer read it, or the database is away: the browser asks again and is told
		}
	}
}
