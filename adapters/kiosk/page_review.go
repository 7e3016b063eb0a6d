package kiosk

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

// appeal asks that somebody else looks at a message of hers that was not passed on. Pressed twice, it is asked once.
func (k *Kiosk) appeal(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	thread, message := r.PathValue("thread"), r.PathValue("message")
	if !known(thread) || !known(message) {
		return ids.ErrNotFound
	}
	err := k.flow.Appeal(r.Context(), at.Actor(), ids.MessageID(message))
	if kind := ids.KindOf(err); err != nil && kind != ids.Forbidden && kind != ids.Conflict {
		return err
	}
	return web.Redirect(w, r, "/kiosk/messages/"+thread)
}

// oldWords are the words of a message of hers that came back, for her to begin with; "" when there are none.
func (k *Kiosk) oldWords(r *http.Request, at atKiosk) (string, error) {
	id := r.URL.Query().Get("again")
	if !known(id) {
		return "", nil
	}
	m, err := k.flow.KioskMessage(r.Context(), at.Actor(), ids.MessageID(id))
	if ids.KindOf(err) == ids.NotFound {
		return "", nil
	}
	if err != nil || m.Stopped == nil || !m.Stopped.Returned || string(m.Thread) != r.PathValue("thread") {
		return "", err
	}
	return m.Body, nil
}
