package staff

import (
	"cmp"
	"net/http"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
)

// inviteJudge says of an invitation's times whether she can be there. The zero value says nothing: of a prison that has entered no places, or to whoever plans no meetings
// of the case.
type inviteJudge struct {
	s    *Staff
	r    *http.Request
	me   people.Staff
	ask  flow.TimesAsked
	left int         // how many times are looked at still
	near []time.Time // what would do in the place of what does not: offered to the organiser when other times are proposed
}

// mostJudged bounds how many times of a series are looked at for one page.
const mostJudged = 26

func (s *Staff) inviteJudge(r *http.Request, me people.Staff, h flow.HoldView) (inviteJudge, error) {
	if h.Invitation.Unknown {
		return inviteJudge{}, nil
	}
	c, err := s.flow.Case(r.Context(), me.Actor(), h.Case)
	if err != nil || !c.MayPlan {
		return inviteJudge{}, err
	}
	places, err := s.flow.PlacesFor(r.Context(), me.Actor(), h.Case)
	if err != nil || len(places) == 0 {
		return inviteJudge{}, err
	}
	kind := meetings.Kind(cmp.Or(h.Invitation.Kind, string(meetings.LookedAfterReview)))
	return inviteJudge{s: s, r: r, me: me, ask: flow.TimesAsked{Case: h.Case, Kind: kind}, left: mostJudged}, nil
}

// says is what is to be said of one time; except is the meeting that has it, or another one, already. near are times that would do instead.
func (j *inviteJudge) says(starts, ends time.Time, except ids.MeetingID, wantNear bool) (words string, near []string, err error) {
	if j.left == 0 || !ends.After(starts) || ends.Sub(starts) > meetings.LongestTime {
		return "", nil, nil
	}
	j.left--
	loc, when := j.s.pages.Loc(j.r), j.s.pages.When(j.r)
	t := j.ask
	t.Length, t.Except = ends.Sub(starts), except
	v, err := j.s.flow.JudgeTimes(j.r.Context(), j.me.Actor(), t, starts)
	if err != nil {
		return "", nil, err
	}
	if v.Why == "" {
		return placed(loc, when, v.Place.Name, v.Times), nil, nil
	}
	words = loc.T("staff.invite.clash", "Why", whyNot(loc, v, nil))
	if !wantNear || t.Length < slots.Step {
		return words, nil, nil
	}
	found, err := j.s.flow.SuggestTimes(j.r.Context(), j.me.Actor(), t, starts)
	for _, o := range found {
		j.near = append(j.near, o.Starts)
		near = append(near, span(loc, when, o.Starts, o.Ends)+". "+timeHint(loc, when, o))
	}
	return words, near, err
}

// where fills in what is to be said of each time of an invitation.
func (j *inviteJudge) where(in *flow.InvitationView, v *inviteView) (err error) {
	if j.s == nil {
		return nil
	}
	for i, c := range in.Changes {
		if c.To == nil {
			continue
		}
		words, near, err := j.says(c.To.Start, c.To.End, c.Meeting, true)
		if err != nil {
			return err
		}
		if words != "" {
			v.Changes[i] += " " + words
		}
		v.Near = append(v.Near, near...)
	}
	if len(in.Changes) > 0 {
		return nil
	}
	for i, t := range in.Free {
		words, near, err := j.says(t.Start, t.End, "", !in.Invite.Repeats)
		if err != nil {
			return err
		}
		if i < len(v.Times) {
			v.Times[i].Hint = words
		} else if words != "" && !in.Invite.Repeats {
			v.About.Rows = append(v.About.Rows, web.Row(j.s.pages.Loc(j.r).T("staff.places.where"), words))
		}
		v.Near = append(v.Near, near...)
	}
	return nil
}
