package surface_test

import (
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// beforeMeeting makes a meeting ready in one way: she says what she thinks, or it is written down with her; she chooses; a paper is added; somebody is named who runs it.
func (w *world) beforeMeeting(f *family) {
	ctx := w.t.Context()
	list := must(w.env.Store.MeetingsOfCase(ctx, f.id))(w.t)
	if len(list) == 0 {
		return
	}
	id, her, p := choose(w, list).ID, w.herself(f), w.worker(f)
	questions := meetings.QuestionsOf(meetings.CoreGroup)
	switch w.pick(6) {
	case 0, 1:
		who := her
		if w.chance(3) {
			who = *p
		}
		w.said(who, w.f.SaveAnswer(ctx, who.Actor, id, choose(w, questions).Name, w.word()+" "+w.word()))
		if w.chance(3) { // not sent yet
			return
		}
		_, err := w.f.SendContribution(ctx, who.Actor, flow.NewContribution{Meeting: id, Lang: "en", IdemKey: w.word(), ReadBack: who.staff()})
		w.said(who, err)
	case 2:
		c := meetings.Choice{How: choose(w, meetings.Hows), Beside: choose(w, meetings.Besides), Name: w.word()}
		w.said(her, w.f.ChooseAttendance(ctx, her.Actor, id, c))
	case 3:
		file := w.someFiles()
		if len(file) == 0 {
			return
		}
		_, err := w.f.AddPaper(ctx, p.Actor, flow.NewPaper{Meeting: id, Kind: meetings.OtherPaper, Summary: w.word(), IdemKey: w.word(), New: file[0]})
		w.said(*p, err)
	case 4:
		w.said(*p, w.f.SetChair(ctx, p.Actor, id, choose(w, w.outside).id))
	case 5:
		w.said(*p, w.f.TalkedAboutAttendance(ctx, p.Actor, id))
	}
}

// lookBefore says who may see what comes before a meeting. What is sent is a message, and stands with the messages.
func (w *world) lookBefore(m *model, x *gathering) {
	ctx, st, t := w.t.Context(), w.env.Store, w.t
	prepares := func(p person) bool { return x.heardOf(p) && !p.outside() && !p.is(ids.RoleWingOfficer) }
	m.word("whom she asked for to sit with her", must(st.Choice(ctx, x.Case, x.ID))(t).Name, prepares)
	writers := []person{{Actor: ids.MotherActor(x.c.mother.ID)}}
	for _, s := range w.staff {
		writers = append(writers, *s)
	}
	for _, who := range writers {
		for _, text := range must(st.Answers(ctx, x.Case, x.ID, who.StaffID()))(t) {
			m.word("an answer that is not sent", text, func(p person) bool { return p.ID == who.ID })
		}
	}
	for _, c := range must(st.Contributions(ctx, x.Case, x.ID))(t) {
		if c.Message == "" {
			m.word("her words that wait for somebody to be named", c.Body, func(p person) bool { return x.c.her(p) || x.c.pact(p) || c.Writer != "" && p.StaffID() == c.Writer })
		}
	}
	for _, p := range must(st.Papers(ctx, x.Case, x.ID))(t) {
		at := must(st.AttachmentMessage(ctx, p.File))(t)
		m.word("the summary of a paper", p.Summary, func(who person) bool { return m.says[at.ID].readBy(who) })
	}
}
