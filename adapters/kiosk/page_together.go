package kiosk

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Together is what the kiosk asks of flow about opening a message with a worker beside her.
type Together interface {
	// BeginTogether checks the worker's code and the mother's PIN; a wrong PIN is a *flow.PINRefused, a wrong code Invalid.
	BeginTogether(ctx context.Context, actor ids.Actor, kiosk ids.KioskID, code, pin string) (token string, err error)
	// ShowTogether opens the message; NotFound when its time is over.
	ShowTogether(ctx context.Context, beside ids.Actor, token string) (flow.KioskMessage, error)
}

type togetherView struct {
	Live    live
	Notice  string
	Code    string // the worker's, while the mother gives her PIN
	Digits  []string
	Wait    int          // seconds until another PIN is looked at
	Token   string       // both have proven who they are; nothing is shown yet
	Message *MessageView // and now it is
}

// together asks the worker for her code and the mother for her PIN. The page is there for everybody at all times, so it tells nothing.
func (k *Kiosk) together(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	return k.renderTogether(w, r, at, http.StatusOK, togetherView{})
}

func (k *Kiosk) renderTogether(w http.ResponseWriter, r *http.Request, at atKiosk, status int, v togetherView) (err error) {
	v.Digits = digits
	if v.Live, err = k.live(r, at); err != nil {
		return err
	}
	return k.pages.Render(w, r, status, "together", k.page(r, at, "kiosk.together.title", v))
}

// beginTogether takes both and asks whether she is ready.
func (k *Kiosk) beginTogether(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	show := k.shower(r)
	again := func(status int, notice string) error {
		return k.renderTogether(w, r, at, status, togetherView{Notice: notice})
	}
	v := togetherView{Code: form.Value("code")}
	if len(v.Code) < 6 || len(v.Code) > 12 {
		return again(http.StatusUnprocessableEntity, show.word("kiosk.together.wrong_code"))
	}
	if _, given := form.Values["pin"]; !given { // the code alone tells nothing, right or wrong
		return k.renderTogether(w, r, at, http.StatusOK, v)
	}
	if ok, wait := k.tries.Allow("together " + string(at.kiosk.ID)); !ok {
		web.RetryAfter(w, wait)
		return again(http.StatusTooManyRequests, show.word("kiosk.pin.slow_down"))
	}
	pin := form.Value("pin")
	if len(pin) < 4 || len(pin) > 12 || strings.Trim(pin, "0123456789") != "" {
		v.Notice = show.word("kiosk.pin.numbers")
		return k.renderTogether(w, r, at, http.StatusUnprocessableEntity, v)
	}
	select {
	case k.pinSlots <- struct{}{}:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	token, err := k.flow.BeginTogether(r.Context(), at.Actor(), at.kiosk.ID, form.Value("code"), pin)
	<-k.pinSlots
	var refused *flow.PINRefused
	switch {
	case errors.As(err, &refused) && refused.Wait > 0:
		web.RetryAfter(w, refused.Wait)
		v.Notice, v.Wait = show.word("kiosk.pin.wait", "Time", show.span(refused.Wait)), int(refused.Wait.Round(time.Second).Seconds())
		return k.renderTogether(w, r, at, http.StatusTooManyRequests, v)
	case errors.As(err, &refused):
		v.Notice = show.word("kiosk.pin.wrong")
		return k.renderTogether(w, r, at, http.StatusUnprocessableEntity, v)
	case ids.KindOf(err) == ids.Unavailable:
		return err
	case err != nil: // whatever is wrong with the code or its message, she is told one thing
		return again(http.StatusUnprocessableEntity, show.word("kiosk.together.wrong_code"))
	}
	return k.renderTogether(w, r, at, http.StatusOK, togetherView{Token: token})
}

// showTogether opens the message.
func (k *Kiosk) showTogether(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	m, err := k.flow.ShowTogether(r.Context(), at.Actor(), form.Value("token"))
	switch ids.KindOf(err) {
	case ids.NotFound, ids.Forbidden, ids.Conflict, ids.Invalid:
		if err != nil {
			return k.renderTogether(w, r, at, http.StatusUnprocessableEntity, togetherView{Notice: k.shower(r).word("kiosk.together.wrong_code")})
		}
	}
	if err != nil {
		return err
	}
	v := k.shower(r).message(m)
	return k.renderTogether(w, r, at, http.StatusOK, togetherView{Message: &v})
}
