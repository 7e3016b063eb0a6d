package surface_test

import (
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// afterMeetings has somebody press that she takes part in another way, and whoever keeps the record write down what is to be done, what is recorded of her views, and how she was.
func (w *world) afterMeetings(f *family) {
	ctx, p := w.t.Context(), w.worker(f)
	for _, g := range must(w.env.Store.MeetingsOfCase(ctx, f.id))(w.t) {
		presser := choose(w, []*person{p, w.by("officerA"), w.by("officerC"), w.by("pom1")})
		steps := must(w.env.Store.MeetingSteps(ctx, f.id, g.ID))(w.t)
		to := choose(w, []meetings.Part{meetings.ByPhone, meetings.ReadOut, meetings.WithNone})
		w.said(*presser, w.f.StepDown(ctx, presser.Actor, g.ID, flow.NewStep{To: to, Why: meetings.WhyOther, Note: w.word(), Seq: int64(len(steps))}))
		_, err := w.f.AddAction(ctx, p.Actor, g.ID, flow.NewAction{What: w.word(), Kind: meetings.OwnedByMother, Due: w.env.Store.Today() + 3, IdemKey: ids.Secret(8)})
		w.said(*p, err)
		w.said(*p, w.f.KeepViews(ctx, p.Actor, g.ID, flow.NewViews{Source: meetings.ViewsByWorker, Text: w.word()}))
		w.said(*p, w.f.KeepDebrief(ctx, p.Actor, g.ID, flow.NewDebrief{How: meetings.MoodUpset, Note: w.word()}))
	}
}

// lookAfter says who may know what was written after a meeting, from the rows.
func (w *world) lookAfter(m *model, x *gathering) {
	ctx, st := w.t.Context(), w.env.Store
	staff := func(p person) bool { return p.staff() && x.heardOf(p) }
	hers := func(p person) bool { return staff(p) || x.c.her(p) && x.takesPart(p) }
	for _, s := range must(st.MeetingSteps(ctx, x.c.ID, x.ID))(w.t) {
		m.word("the note of a step", s.Note, staff)
	}
	for _, a := range must(st.ActionsOf(ctx, x.ID))(w.t) {
		m.word("what is to be done after a meeting", a.What, hers)
	}
	for _, v := range must(st.MeetingViews(ctx, x.c.ID, x.ID))(w.t) {
		m.word("her views as recorded", v.Text, hers)
	}
	for _, n := range must(st.DebriefNotes(ctx, x.c.ID, x.ID))(w.t) {
		m.word("how she was", n.Note, func(p person) bool { return p.staff() && (x.takesPart(p) || x.c.pact(p)) })
	}
}

// broughtBy: whoever brings her, or works on her case at her prison, can press that she takes part in another way, and so has the meeting's name without knowing what it is.
func (g *gathering) broughtBy(p person) bool { return g.c.officer(p) || g.c.manager(p) }
