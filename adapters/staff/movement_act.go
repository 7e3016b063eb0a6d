package staff

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/movement"
	"kinbridge/gateway/people"
	"kinbridge/gateway/workdays"
)

// The fields of the forms about movements.
const (
	fieldTo   = "to"
	fieldWhy  = "why"
	fieldSeq  = "seq"
	fieldDay  = "day"
	fieldWing = "wing"
	fieldRow  = "row" // a movement and its fingerprint
)

// backToMovements leads to the list that a form was on.
func (s *Staff) backToMovements(form *web.Form, done string) string {
	return "/movements?" + movementQuery(s.askedDay(form.Value(fieldDay)), ids.WingID(form.Value(fieldWing))) + "&done=" + done
}

// pressMovement takes one press: called, arrived, did not come, back, or a press taken back.
func (s *Staff) pressMovement(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	seq, _ := strconv.ParseInt(form.Value(fieldSeq), 10, 64)
	n := flow.NewMark{To: movement.State(form.Value(fieldTo)), Why: movement.Reason(form.Value(fieldWhy)), Seq: seq}
	if err := s.flow.RecordMovement(r.Context(), me.Actor(), ids.MovementID(r.PathValue("movement")), n); err != nil {
		kind := ids.KindOf(err)
		if err := form.FailWith(fieldWhy, err); err != nil {
			return err
		}
		if kind == ids.Invalid && n.To == movement.Missed {
			return s.showMissed(w, r, me, http.StatusUnprocessableEntity, form, form.Value(fieldDay), form.Value(fieldWing))
		}
		form.Errors[0].Field = "" // of the list as a whole: the field is on another page
		return s.showMovements(w, r, me, http.StatusConflict, form, form.Value(fieldDay), form.Value(fieldWing), 0)
	}
	return web.Redirect(w, r, s.backToMovements(form, "movement")+"#"+r.PathValue("movement"))
}

// missedPage asks why she did not come.
func (s *Staff) missedPage(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showMissed(w, r, me, http.StatusOK, &web.Form{}, r.URL.Query().Get(fieldDay), r.URL.Query().Get(fieldWing))
}

type missedView struct {
	movementItem
	Day, Wing string
	About     web.SummaryList
	Reasons   []web.Option
}

func (s *Staff) showMissed(w http.ResponseWriter, r *http.Request, me people.Staff, status int, form *web.Form, day, wing string) error {
	list, err := s.movementDay(r, me, day, wing)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	for _, it := range list.Items {
		if string(it.ID) != r.PathValue("movement") || !it.MayMark {
			continue
		}
		v := missedView{movementItem: it, Day: list.Day, Wing: string(list.Wing)}
		v.About.Rows = []web.SummaryRow{web.Row(loc.T("staff.movements.woman"), it.Mother+", "+it.Number), web.Row(loc.T("staff.movements.unlocked"), it.Unlock), web.Row(loc.T("staff.movements.place"), it.Place)}
		for _, reason := range movement.Reasons {
			v.Reasons = append(v.Reasons, web.Opt(string(reason), loc.T("staff.movements.r_"+string(reason))))
		}
		p := s.page(r, me, loc.T("staff.movements.missed_title"), v)
		p.Form, p.Back = form, backTo(loc, "movements", "/movements?"+list.Query)
		return s.pages.Render(w, r, status, "movement_missed", p)
	}
	return ids.ErrNotFound
}

// acknowledgeMovements records that she has read what her page showed: one row, or all of them.
func (s *Staff) acknowledgeMovements(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	var list []flow.NewAck
	for _, row := range form.Values[fieldRow] {
		id, finger, _ := strings.Cut(row, "/")
		list = append(list, flow.NewAck{ID: ids.MovementID(id), Finger: finger})
	}
	left, err := s.flow.AcknowledgeMovements(r.Context(), me.Actor(), list)
	if err != nil {
		if err := form.FailWith("", err); err != nil {
			return err
		}
		return s.showMovements(w, r, me, http.StatusUnprocessableEntity, form, form.Value(fieldDay), form.Value(fieldWing), 0)
	}
	if left > 0 {
		done := "movements_read"
		if left == len(list) {
			done = ""
		}
		return web.Redirect(w, r, s.backToMovements(form, done)+"&left="+strconv.Itoa(left))
	}
	return web.Redirect(w, r, s.backToMovements(form, "movements_read"))
}

// board is the screen of a wing: today, large, kept up to date.
func (s *Staff) board(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	v, err := s.movementDay(r, me, "", r.URL.Query().Get(fieldWing))
	if err != nil {
		return err
	}
	p := s.page(r, me, s.pages.Loc(r).T("staff.movements.board"), v)
	p.Wide = true
	return s.pages.Render(w, r, http.StatusOK, "movement_board", p)
}

// boardPart is what the board's page asks for when it learns of a change.
func (s *Staff) boardPart(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	v, err := s.movementDay(r, me, "", r.URL.Query().Get(fieldWing))
	if err != nil {
		return err
	}
	return s.pages.RenderPart(w, r, http.StatusOK, "movement_board", "board", web.Page{Data: v})
}

// boardLive is the board's stream. The day is looked up at each look: a board is left on over midnight.
func (s *Staff) boardLive(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	wing := ids.WingID(r.URL.Query().Get(fieldWing))
	return s.stream(w, r, func(ctx context.Context) (string, error) {
		return s.flow.MovementMark(ctx, me.Actor(), workdays.Of(s.now()), wing)
	})
}

// movementTask is something about a movement that a worker is to see to.
type movementTask struct {
	ID             ids.MovementID
	Due            int64
	Kind           movement.AlarmKind
	Words          string
	Href, LinkText string
}

// movementTasks are the tasks of whoever waits for women, on her home page.
func (s *Staff) movementTasks(r *http.Request, me people.Staff) (out []movementTask, err error) {
	loc, when := s.pages.Loc(r), s.pages.When(r)
	tasks, err := s.flow.MovementTasks(r.Context(), me.Actor())
	for _, x := range tasks {
		t := movementTask{ID: x.Movement, Due: x.Due.Unix(), Kind: x.Kind, Href: "/meetings/" + string(x.Meeting), LinkText: x.Reference}
		if x.Meeting == "" {
			t.Href = "/together/" + string(x.Message)
		}
		t.Words = loc.T("staff.movements.task_unseen", "Name", x.Mother, "Time", when.DateTime(x.Starts))
		if x.Kind == movement.AlarmMissed {
			t.Words = loc.T("staff.movements.task_missed", "Name", x.Mother, "Time", when.DateTime(x.Starts), "Why", loc.T("staff.movements.r_"+string(x.Why)))
		}
		out = append(out, t)
	}
	return out, err
}

// seeToMovement records that she has seen to such a task.
func (s *Staff) seeToMovement(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, err := web.ReadForm(w, r)
	if err != nil {
		return err
	}
	due, _ := strconv.ParseInt(form.Value("due"), 10, 64)
	if err := s.flow.SeeToMovement(r.Context(), me.Actor(), ids.MovementID(r.PathValue("movement")), time.Unix(due, 0).UTC(), movement.AlarmKind(form.Value("kind"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/?done=movement_seen")
}
