package staff

import (
	"context"
	"net/http"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

// live is the stream of a conversation's page.
func (s *Staff) live(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := ids.ThreadID(r.PathValue("thread"))
	return s.stream(w, r, func(ctx context.Context) (string, error) { return s.flow.ThreadMark(ctx, me.Actor(), id) })
}
