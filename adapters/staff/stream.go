package staff

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// An event stream lives for streamLife, then the browser asks again: it must find that the session has ended. Between events a comment
// every streamBeat finds connections that nobody reads any more, and a look without a hint finds what no hint told.
const (
	streamLife  = 10 * time.Minute
	streamBeat  = 15 * time.Second
	streamPause = 200 * time.Millisecond // between looks, however many hints come
	writeWithin = 10 * time.Second
)

// stream answers with server-sent events (HTML, section 9.2): "mark" with a new mark whenever something changed that a page shows; the page
// then asks for its part. It carries no content. look returns the mark of now, as whoever is signed in may know it.
func (s *Staff) stream(w http.ResponseWriter, r *http.Request, look func(context.Context) (string, error)) error {
	ctx := r.Context()
	wake, stop := s.flow.ListenStaff()
	defer stop()
	last := r.URL.Query().Get("mark")
	mark, err := look(ctx)
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
		if mark, err = look(ctx); err != nil {
			return nil // she may no longer read it, or the database is away: the browser asks again and is told
		}
	}
}
