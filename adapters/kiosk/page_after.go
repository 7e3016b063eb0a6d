package kiosk

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// AfterMeetings is how a mother takes or took part in a meeting, and what came of it. Every method asks policy.
type AfterMeetings interface {
	KioskAfter(ctx context.Context, actor ids.Actor, id ids.MeetingID) (flow.KioskAfter, error)
	// DisputeViews says of what is recorded of her views that it is not what she said.
	DisputeViews(ctx context.Context, actor ids.Actor, id ids.MeetingID, seq int64) error
}

// takesPart says how she takes part in a meeting to come, or took part in one that is over; "" when there is nothing to say.
func (s shower) takesPart(a flow.KioskAfter) string {
	part, why, key := a.Standing, a.Why, "kiosk.after.now_"
	switch {
	case a.Part != nil:
		part, why, key = a.Part.Part, a.Part.Why, "kiosk.after.was_"
	case !a.Stepped || a.Meeting.Phase == meetings.Over:
		return ""
	}
	words := s.word(key + string(part))
	if why != "" && part != meetings.ByVideo {
		words += " " + s.word("kiosk.after.why_"+string(why))
	}
	return words
}

type afterView struct {
	Live    live
	ID      ids.MeetingID
	Title   string
	When    string
	Part    string
	Hers    []string // what she is to do
	Others  []string
	Views   string
	Seq     int64
	Said    bool // she said that it is not what she said
	Settled bool // and somebody has seen to it
	Minutes []ids.ThreadID
	Speech  string
}

// after is what came of a meeting, in plain words.
func (k *Kiosk) after(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	l, err := k.live(r, at)
	if err != nil {
		return err
	}
	v, err := k.afterOf(r, at)
	if err != nil {
		return err
	}
	v.Live = l
	return k.pages.Render(w, r, http.StatusOK, "after", k.page(r, at, "kiosk.after.title", v))
}

func (k *Kiosk) afterOf(r *http.Request, at atKiosk) (v afterView, err error) {
	id := r.PathValue("meeting")
	if !known(id) {
		return v, ids.ErrNotFound
	}
	a, err := k.flow.KioskAfter(r.Context(), at.Actor(), ids.MeetingID(id))
	if err != nil {
		return v, err
	}
	show := k.shower(r)
	item := show.meeting(a.Meeting)
	v = afterView{ID: item.ID, Title: item.Title, When: item.When, Part: show.takesPart(a), Minutes: a.Minutes}
	for _, x := range a.Actions {
		by := show.dayOf(x.Due)
		x.What = strings.TrimRight(x.What, ".")
		if x.Action.Kind == meetings.OwnedByMother {
			v.Hers = append(v.Hers, show.word("kiosk.after.action_hers", "What", x.What, "Day", by))
		} else {
			v.Others = append(v.Others, show.word("kiosk.after.action", "Name", x.OwnerName, "What", x.What, "Day", by))
		}
	}
	if a.Views != nil {
		v.Views, v.Seq, v.Said, v.Settled = a.Views.Text, a.Views.Seq, a.Views.Wrong(), !a.Views.Settled.IsZero()
	}
	if k.speech.can(show.lang()) {
		v.Speech = "/kiosk/meetings/" + id + "/after/speech"
	}
	return v, nil
}

// speakAfter reads the page aloud.
func (k *Kiosk) speakAfter(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	v, err := k.afterOf(r, at)
	if err != nil {
		return err
	}
	show := k.shower(r)
	lines := []string{v.Title + ". " + v.When + "."}
	if v.Part != "" {
		lines = append(lines, v.Part)
	}
	if len(v.Hers) > 0 {
		lines = append(append(lines, show.word("kiosk.after.hers")+"."), v.Hers...)
	}
	if len(v.Others) > 0 {
		lines = append(append(lines, show.word("kiosk.after.others")+"."), v.Others...)
	}
	if v.Views != "" {
		lines = append(lines, show.word("kiosk.after.views")+".", v.Views)
	}
	return k.sayAloud(w, r, strings.Join(lines, "\n"))
}

// notMyWords takes her press "That is not what I said".
func (k *Kiosk) notMyWords(w http.ResponseWriter, r *http.Request, at atKiosk) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	id := r.PathValue("meeting")
	seq, err := strconv.ParseInt(form.Value("seq"), 10, 64)
	if !known(id) || err != nil {
		return ids.ErrNotFound
	}
	if err := k.flow.DisputeViews(r.Context(), at.Actor(), ids.MeetingID(id), seq); err != nil && ids.KindOf(err) != ids.Conflict { // written anew meanwhile: she is shown it
		return err
	}
	return web.Redirect(w, r, "/kiosk/meetings/"+id+"/after")
}
