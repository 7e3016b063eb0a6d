package surface_test

import (
	"slices"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

func (w *world) askHandover(f *family) {
	if t := w.someTalk(f); t != nil {
		p := w.worker(f)
		for _, x := range t.parties {
			if x.Kind == threads.PartyContact {
				_, err := w.f.AskHandover(w.t.Context(), p.Actor, t.ID, ids.ContactID(x.ID))
				w.said(*p, err)
				return
			}
		}
	}
}

func (w *world) handOver(f *family) {
	hs := must(w.env.Store.OpenHandovers(w.t.Context(), f.id))(w.t)
	if len(hs) == 0 {
		return
	}
	p, h := w.worker(f), choose(w, hs)
	n := flow.NewPerson{Replace: w.chance(2), Summary: w.word()}
	if w.chance(3) {
		n.Name, n.Role = w.name(), people.AllocatedWorker
		n.Email = w.word() + "@" + people.Domain(w.m.people[h.From].Email)
	} else {
		n.Contact = choose(w, w.outside).id // most often of another organisation: that is refused
		for _, o := range w.outside {
			if o.agency == w.m.talks[h.Thread].Agency && o.id != h.From && w.chance(2) {
				n.Contact = o.id
			}
		}
	}
	if w.chance(5) {
		w.said(*p, w.f.RefuseHandover(w.t.Context(), p.Actor, h.ID))
		return
	}
	w.said(*p, w.f.AcceptHandover(w.t.Context(), p.Actor, h.ID, n))
}

func (w *world) setAsk(f *family) {
	if t := w.someTalk(f); t != nil {
		p := w.worker(f)
		_, err := w.f.SetAsk(w.t.Context(), p.Actor, t.ID, w.m.today.Plus(1), w.word())
		w.said(*p, err)
	}
}

func (w *world) sendStep(f *family) {
	p := w.worker(f)
	rows, err := w.f.Asks(w.t.Context(), p.Actor)
	w.said(*p, err)
	for _, r := range rows {
		for _, s := range must(w.env.Store.AskSteps(w.t.Context(), r.ID))(w.t) {
			if w.chance(2) {
				_, err := w.f.SendStep(w.t.Context(), p.Actor, s.ID, flow.StepTo{Contact: choose(w, w.outside).id}, w.word())
				w.said(*p, err)
			} else {
				w.said(*p, w.f.DismissStep(w.t.Context(), p.Actor, s.ID, w.word()))
			}
		}
	}
}

func (w *world) meet(f *family) {
	c := w.m.cases[f.id]
	n := flow.NewMeeting{Case: f.id, Kind: choose(w, []meetings.Kind{meetings.LookedAfterReview, meetings.CoreGroup, meetings.PreBrief}), Title: w.word(),
		Starts: w.env.Clock.Now().Add(20 * time.Minute).Truncate(time.Minute), AcrossAuthorities: w.chance(4)}
	n.Ends = n.Starts.Add(time.Hour)
	k := choose(w, c.kids)
	for _, o := range w.outside {
		if n.Kind != meetings.PreBrief && o.agency == k.Authority && w.chance(2) {
			n.Guests = append(n.Guests, o.id)
		}
	}
	if w.chance(3) {
		n.Children = []ids.ChildID{k.ID}
	}
	p := w.worker(f)
	_, err := w.f.CreateMeeting(w.t.Context(), p.Actor, n)
	w.said(*p, err)
}

func (w *world) cancel(f *family) {
	for _, g := range must(w.env.Store.MeetingsOfCase(w.t.Context(), f.id))(w.t) {
		if w.chance(2) {
			p := w.worker(f)
			w.said(*p, w.f.CancelMeeting(w.t.Context(), p.Actor, g.ID))
			return
		}
	}
}

func (w *world) sortMail(f *family) {
	ctx := w.t.Context()
	for _, p := range []*person{w.pactOf(f), choose(w, w.staff)} {
		rows, err := w.f.Holds(ctx, p.Actor)
		w.said(*p, err)
		for _, r := range rows {
			if r.Inbound == "" || w.chance(2) {
				continue
			}
			how := flow.Filing{Note: w.word(), Confirmed: w.chance(2), Replaces: w.chance(4)}
			if t := w.someTalk(f); t != nil && w.chance(3) {
				how.Thread = t.ID
			}
			switch w.pick(4) {
			case 0:
				err = w.f.Withhold(ctx, p.Actor, r.ID, "spam", w.word())
			case 1:
				err = w.f.MoveHeld(ctx, p.Actor, r.ID, w.word())
			default:
				_, err = w.f.FileHeld(ctx, p.Actor, r.ID, how)
			}
			w.said(*p, err)
			return
		}
	}
}

func (w *world) afterRelease(f *family) {
	if w.m.cases[f.id].mother.Custody != people.Released {
		return
	}
	p := w.pactOf(f)
	w.said(*p, w.f.AgreeFollowOn(w.t.Context(), p.Actor, f.id, w.word()))
	v, err := w.f.KeptAfterRelease(w.t.Context(), p.Actor, f.id)
	w.said(*p, err)
	for _, k := range v.Rows {
		w.said(*p, w.f.GiveKept(w.t.Context(), p.Actor, k.ID, "given by hand"))
		return
	}
}

func (w *world) letGo(f *family) {
	p := choose(w, []*person{w.pactOf(f), w.by("pp1"), w.by("pp2")})
	for _, d := range must(w.env.Store.RestrictedDeliveries(w.t.Context(), f.id))(w.t) {
		w.said(*p, w.f.LetKeptGo(w.t.Context(), p.Actor, d.ID))
		return
	}
}

// prologue puts one of each into the first family and some into the others, so that the first look sees something.
func (w *world) prologue() {
	for _, f := range w.families {
		w.after = "the prologue"
		p := w.pactOf(f)
		for _, ch := range []threads.Channel{threads.Official, threads.Official, threads.Confidential, threads.Privileged} {
			w.beginWith(f, ch, p)
			w.look()
		}
		for _, t := range w.talksOf(f) {
			if t.Channel != threads.Privileged {
				_, err := w.f.Compose(w.t.Context(), p.Actor, flow.NewMessage{Thread: t.ID, Body: w.word(), IdemKey: w.word(), Files: w.someFiles(), Together: w.chance(3)})
				w.said(*p, err)
			}
			_, err := w.f.Compose(w.t.Context(), ids.MotherActor(f.mother), flow.NewMessage{Thread: t.ID, Body: w.word(), IdemKey: w.word()})
			w.said(w.herself(f), err)
			for _, x := range t.parties {
				if x.Kind == threads.PartyContact {
					w.mailFrom(t, ids.ContactID(x.ID), w.m.people[ids.ContactID(x.ID)].Email, true)
					w.mailFrom(t, ids.ContactID(x.ID), w.m.people[ids.ContactID(x.ID)].Email, false)
				}
			}
		}
		w.work()
		w.look()
		for i, h := range w.openHolds(f) {
			switch {
			case i%3 == 0:
				w.said(*p, w.f.Release(w.t.Context(), p.Actor, h.ID, w.word()))
			case i%3 == 1 && i < 4:
				w.said(*p, w.f.Withhold(w.t.Context(), p.Actor, h.ID, "out_of_date", w.word()))
			}
		}
		for _, do := range []func(*world, *family){(*world).restrict, (*world).meet, (*world).request, (*world).setAsk, (*world).plan, (*world).flag, (*world).askTimes, (*world).askTimes} {
			do(w, f)
		}
		for _, k := range []meetings.Kind{meetings.PreBrief, meetings.CoreGroup} {
			at := w.env.Clock.Now().Add(20 * time.Minute)
			_, err := w.f.CreateMeeting(w.t.Context(), p.Actor, flow.NewMeeting{Case: f.id, Kind: k, Title: w.word(), Starts: at, Ends: at.Add(time.Hour)})
			w.said(*p, err)
		}
		w.afterMeetings(f)
		w.book(f)
		w.bring(f)
		for _, s := range []string{"pom1", "pom2", "officerA", "officerC"} {
			w.said(*w.by(s), w.f.OpenPlan(w.t.Context(), w.by(s).Actor, f.mother))
		}
		w.work()
		w.look()
	}
}

// unawareOf is what somebody may know nothing of and that can be done now: she must see nothing move.
func (w *world) unawareOf(p person) (out []func()) {
	for _, f := range w.families {
		for _, t := range w.talksOf(f) {
			if t.followedBy(p) || t.knownTo(p) {
				continue
			}
			out = append(out, func() {
				if w.chance(2) {
					w.sheWritesIn(f, t)
					return
				}
				for _, x := range t.parties {
					if x.Kind == threads.PartyContact {
						w.mailFrom(t, ids.ContactID(x.ID), w.m.people[ids.ContactID(x.ID)].Email, true)
						return
					}
				}
				w.sheWritesIn(f, t)
			})
		}
		c := w.m.cases[f.id]
		if p.Kind == ids.ActorMother && c.her(p) { // what waits for review, or to be read with her, moves nothing at her kiosk
			for _, t := range w.talksOf(f) {
				if t.Channel != threads.Official || !slices.ContainsFunc(t.parties, func(x threads.Party) bool { return x.ID == p.ID }) {
					continue
				}
				for _, x := range t.parties {
					if x.Kind == threads.PartyContact && x.Until.IsZero() {
						out = append(out, func() { w.mailFrom(t, ids.ContactID(x.ID), w.m.people[ids.ContactID(x.ID)].Email, true) })
					}
				}
				out = append(out, func() {
					o := w.pactOf(f)
					_, err := w.f.Compose(w.t.Context(), o.Actor, flow.NewMessage{Thread: t.ID, Body: w.word(), IdemKey: w.word(), Together: true})
					w.said(*o, err)
				})
			}
		}
	}
	return out
}

func (w *world) sheWritesIn(f *family, t *talk) {
	_, err := w.f.Compose(w.t.Context(), ids.MotherActor(f.mother), flow.NewMessage{Thread: t.ID, Body: w.word(), IdemKey: w.word()})
	w.said(w.herself(f), err)
}
