package store

import (
	"context"
	"math/bits"
	"slices"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store/vault"
	"kinbridge/gateway/threads"
)

// A page of many rows asks a decision about each, and every decision rests on some seven rows of the database. What follows reads them for all of the
// page's rows at once, one query for each kind, and remembers them for the page (OnePage): the decisions are asked as ever, and find what they ask
// for. Outside a page it does nothing.

// mostAtOnce bounds the values of one query.
const mostAtOnce = 512

// inParts calls do with the values in lists of a few lengths, so that there are few query texts to prepare: a list is filled up with its last value.
func inParts[T ~string](values []T, do func(list string, args []any) error) error {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	for part := range slices.Chunk(values, mostAtOnce) {
		n := max(8, 1<<bits.Len(uint(len(part)-1)))
		args := make([]any, n)
		for i := range args {
			args[i] = string(part[min(i, len(part)-1)])
		}
		if err := do("("+placeholders(n)+")", args); err != nil {
			return err
		}
	}
	return nil
}

// recall returns what was read ahead for this page under a key, of a table that the writer's memo keeps nothing of.
func recall[T any](ctx context.Context, q querier, key string) (v T, ok bool) {
	if q.memo != nil {
		return v, false
	}
	if m := q.memory(ctx); m != nil {
		v, ok = m.of[key].(T)
	}
	return v, ok
}

// each reads rows for the values and hands them over, with their order.
func each[T any, V ~string](ctx context.Context, q querier, values []V, query func(list string) string, scan func(scanner) (T, error), with func(T)) error {
	return inParts(values, func(list string, args []any) error {
		rows, err := all(ctx, q, query(list), args, scan)
		for _, row := range rows {
			with(row)
		}
		return err
	})
}

// put remembers a group for every one of the values, those of which nothing was found too.
func put[K ~string, T any](m *memo, prefix string, of []K, groups map[K]T) {
	for _, k := range of {
		m.put(prefix+string(k), groups[k])
	}
}

// AheadOfCases reads for a page what every decision about these cases asks for: the cases, their mothers, children and restrictions, whether the member
// of staff ("" = nobody) is on their teams, and their keys.
func (r Reader) AheadOfCases(ctx context.Context, staff ids.StaffID, of []ids.CaseID) error {
	known := r.q.memory(ctx)
	of = r.unread(known, "restrictions/", of)
	if len(of) == 0 {
		return nil
	}
	if err := r.keysAhead(ctx, known, of); err != nil {
		return err
	}
	if err := r.casesAhead(ctx, known, staff, of); err != nil {
		return err
	}
	kids := map[ids.CaseID][]cases.Child{}
	if err := each(ctx, r.q, of, func(list string) string {
		return `SELECT ` + childColumns + ` FROM children k WHERE k.case_id IN ` + list + ` ORDER BY k.name`
	}, scanChild, func(c cases.Child) { kids[c.Case] = append(kids[c.Case], c) }); err != nil {
		return err
	}
	put(known, "children/", of, kids)
	limits := map[ids.CaseID][]cases.Restriction{}
	if err := inParts(of, func(list string, args []any) error {
		rs, err := r.restrictionsWhere(ctx, `r.case_id IN `+list+` ORDER BY r.added DESC, r.id DESC`, args...)
		for _, x := range rs {
			limits[x.Case] = append(limits[x.Case], x)
		}
		return err
	}); err != nil {
		return err
	}
	put(known, "restrictions/", of, limits)
	var limited []ids.CaseID
	for c := range limits {
		limited = append(limited, c)
	}
	kept := map[ids.CaseID][]messages.Delivery{}
	if err := inParts(limited, func(list string, args []any) error {
		ds, err := r.deliveriesWhere(ctx, `WHERE d.case_id IN `+list+` AND d.kept = 'restricted' ORDER BY d.queued, d.id`, args...)
		for _, d := range ds {
			kept[d.Case] = append(kept[d.Case], d)
		}
		return err
	}); err != nil {
		return err
	}
	put(known, "kept/", limited, kept)
	return nil
}

// unread are those of which nothing is remembered under the prefix yet; none outside a page.
func (r Reader) unread(known *memo, prefix string, of []ids.CaseID) (out []ids.CaseID) {
	if known == nil || r.q.memo != nil {
		return nil
	}
	for _, c := range of {
		if _, ok := known.of[prefix+string(c)]; !ok && c != "" {
			out = append(out, c)
		}
	}
	return out
}

func (r Reader) keysAhead(ctx context.Context, known *memo, of []ids.CaseID) error {
	scopes := make([]vault.Scope, len(of))
	for i, c := range of {
		scopes[i] = vault.CaseScope(c)
	}
	type key struct {
		scope   vault.Scope
		wrapped []byte
	}
	return each(ctx, r.q, scopes, func(list string) string {
		return `SELECT scope, wrapped FROM data_keys WHERE destroyed = 0 AND scope IN ` + list
	},
		func(s scanner) (k key, err error) { return k, s.Scan(&k.scope, &k.wrapped) },
		func(k key) { known.put(wrappedKey(k.scope), k.wrapped) })
}

// casesAhead reads those that Candidates has not.
func (r Reader) casesAhead(ctx context.Context, known *memo, staff ids.StaffID, of []ids.CaseID) error {
	var mothers []ids.MotherID
	if err := each(ctx, r.q, r.unread(known, "case/", of), func(list string) string { return `SELECT ` + caseColumns + ` FROM cases c WHERE c.id IN ` + list }, scanCase,
		func(c cases.Case) {
			known.put("case/"+string(c.ID), c)
			mothers = append(mothers, c.Mother)
		}); err != nil {
		return err
	}
	if err := each(ctx, r.q, mothers, func(list string) string { return `SELECT ` + motherColumns + ` FROM mothers WHERE id IN ` + list }, scanMother,
		func(m people.Mother) { known.put("mother/"+string(m.ID), m) }); err != nil || staff == "" {
		return err
	}
	var asked []ids.CaseID
	for _, c := range of {
		if _, ok := known.of[teamKey(c, staff)]; !ok {
			asked = append(asked, c)
			known.put(teamKey(c, staff), false)
		}
	}
	return inParts(asked, func(list string, args []any) error {
		on, err := all(ctx, r.q, `SELECT case_id FROM case_team WHERE staff_id = ? AND case_id IN `+list, append([]any{string(staff)}, args...),
			func(s scanner) (c ids.CaseID, err error) { return c, s.Scan(&c) })
		for _, c := range on {
			known.put(teamKey(c, staff), true)
		}
		return err
	})
}

// AheadOfThreads reads for a page what every decision about these threads asks for: the threads with their parties, what is to be read together in
// them, who reviews them, and what AheadOfCases reads of their cases.
func (r Reader) AheadOfThreads(ctx context.Context, staff ids.StaffID, of []ids.ThreadID) error {
	known := r.q.memory(ctx)
	if known == nil || r.q.memo != nil {
		return nil
	}
	of = slices.DeleteFunc(slices.Clone(of), func(t ids.ThreadID) bool { _, ok := known.of["together/"+string(t)]; return ok || t == "" })
	if len(of) == 0 {
		return nil
	}
	var list []threads.Thread
	if err := inParts(of, func(in string, args []any) error {
		ts, err := all(ctx, r.q, `SELECT `+threadColumns+` FROM threads t WHERE t.id IN `+in, args, r.scanThread(ctx))
		list = append(list, ts...)
		return err
	}); err != nil {
		return err
	}
	if err := r.AheadOfCases(ctx, staff, casesOf(list)); err != nil { // first, for their keys
		return err
	}
	list, err := r.openSubjects(ctx, list, nil)
	if err != nil {
		return err
	}
	for _, t := range list {
		known.put(threadKey(t.ID), t)
	}
	return r.aroundThreads(ctx, known, list)
}

func casesOf(ts []threads.Thread) (out []ids.CaseID) {
	for _, t := range ts {
		out = append(out, t.Case)
	}
	return out
}

// aroundThreads reads what is around threads that are known.
func (r Reader) aroundThreads(ctx context.Context, known *memo, ts []threads.Thread) error {
	of := make([]ids.ThreadID, len(ts))
	for i, t := range ts {
		of[i] = t.ID
	}
	parties := map[ids.ThreadID][]threads.Party{}
	if err := each(ctx, r.q, of, func(list string) string { return partiesOf(`IN ` + list) }, scanParty,
		func(p partyOf) { parties[p.thread] = append(parties[p.thread], p.Party) }); err != nil {
		return err
	}
	put(known, "parties/", of, parties)
	together := map[ids.ThreadID][]messages.Together{}
	if err := inParts(of, func(list string, args []any) error {
		xs, err := r.togetherWhere(ctx, `thread_id IN `+list, args...)
		for _, x := range xs {
			together[x.Thread] = append(together[x.Thread], x)
		}
		return err
	}); err != nil {
		return err
	}
	put(known, "together/", of, together)
	return r.reviewAhead(ctx, known, ts)
}

// reviewAhead reads the settings of the threads and their cases, and the wider ones once.
func (r Reader) reviewAhead(ctx context.Context, known *memo, ts []threads.Thread) error {
	narrow := map[messages.Scope][]messages.ReviewSetting{}
	keep := func(x messages.ReviewSetting) { narrow[x.Scope] = append(narrow[x.Scope], x) }
	scopes := make([]string, 0, 2*len(ts))
	for _, t := range ts {
		scopes = append(scopes, string(t.ID), string(t.Case))
	}
	if err := each(ctx, r.q, scopes, func(list string) string {
		return `SELECT ` + settingColumns + ` FROM review_settings WHERE scope_kind IN ('thread', 'case') AND scope_id IN ` + list
	}, scanSetting, keep); err != nil {
		return err
	}
	wide, err := all(ctx, r.q, `SELECT `+settingColumns+` FROM review_settings WHERE scope_kind IN ('establishment', 'estate')`, nil, scanSetting)
	if err != nil {
		return err
	}
	for _, t := range ts {
		c, err := r.Case(ctx, t.Case)
		if err != nil {
			return err
		}
		m, err := r.Mother(ctx, c.Mother)
		if err != nil {
			return err
		}
		counts := slices.Clone(narrow[messages.Scope{Kind: messages.OfThread, ID: string(t.ID)}])
		counts = append(counts, narrow[messages.Scope{Kind: messages.OfCase, ID: string(t.Case)}]...)
		for _, x := range wide {
			if x.Scope.Kind == messages.Estate || x.Scope.ID == string(m.Establishment) {
				counts = append(counts, x)
			}
		}
		known.put(reviewKey(t.ID, t.Case, m.Establishment), counts)
	}
	return nil
}

// AheadOfHolds reads for a page what decisions about holds ask for: their messages, the flags set for persons of their cases, and what AheadOfThreads reads.
func (r Reader) AheadOfHolds(ctx context.Context, staff ids.StaffID, hs []messages.Hold) error {
	known := r.q.memory(ctx)
	if known == nil || r.q.memo != nil {
		return nil
	}
	var ts []ids.ThreadID
	var cs []ids.CaseID
	var ms []ids.MessageID
	for _, h := range hs {
		if h.Thread != "" {
			ts, cs = append(ts, h.Thread), append(cs, h.Case)
		}
		if h.Message != "" {
			ms = append(ms, h.Message)
		}
	}
	if err := r.AheadOfThreads(ctx, staff, ts); err != nil {
		return err
	}
	flags := map[ids.CaseID][]FlagRule{}
	if err := inParts(cs, func(list string, args []any) error {
		fs, err := r.flagsWhere(ctx, `ended = 0 AND level = 'person' AND case_id IN `+list+` ORDER BY id`, args...)
		for _, f := range fs {
			flags[f.Case] = append(flags[f.Case], f)
		}
		return err
	}); err != nil {
		return err
	}
	put(known, "flags/", cs, flags)
	return r.AheadOfMessages(ctx, ms)
}

// AheadOfMessages reads messages for a page.
func (r Reader) AheadOfMessages(ctx context.Context, of []ids.MessageID) error {
	known := r.q.memory(ctx)
	if known == nil || r.q.memo != nil {
		return nil
	}
	return inParts(of, func(list string, args []any) error {
		ms, err := r.messagesWhere(ctx, `WHERE m.id IN `+list, args...)
		for _, m := range ms {
			known.put("message/"+string(m.ID), m)
		}
		return err
	})
}

// AheadOfTalk reads for a page what was said in threads, and what became of it: messages, their holds, their deliveries; and what AheadOfThreads reads.
func (r Reader) AheadOfTalk(ctx context.Context, staff ids.StaffID, of []threads.Thread) error {
	known := r.q.memory(ctx)
	if known == nil || r.q.memo != nil {
		return nil
	}
	in := make([]ids.ThreadID, len(of))
	for i, t := range of {
		in[i] = t.ID
	}
	if err := r.AheadOfThreads(ctx, staff, in); err != nil {
		return err
	}
	said, held, delivered := map[ids.ThreadID][]messages.Message{}, map[ids.MessageID][]messages.Hold{}, map[ids.ThreadID][]messages.Delivery{}
	var all []ids.MessageID
	if err := inParts(in, func(list string, args []any) error {
		ms, err := r.messagesWhere(ctx, `WHERE m.thread_id IN `+list+` ORDER BY m.written, m.id`, args...)
		for _, m := range ms {
			said[m.Thread], all = append(said[m.Thread], m), append(all, m.ID)
		}
		if err != nil {
			return err
		}
		hs, err := r.holdsWhere(ctx, `message_id <> '' AND thread_id IN `+list+newestHold, args...)
		for _, h := range hs {
			held[h.Message] = append(held[h.Message], h)
		}
		if err != nil {
			return err
		}
		ds, err := r.deliveriesWhere(ctx, `WHERE d.thread_id IN `+list+` ORDER BY d.queued, d.id`, args...)
		for _, d := range ds {
			delivered[d.Thread] = append(delivered[d.Thread], d)
		}
		return err
	}); err != nil {
		return err
	}
	put(known, "said_in/", in, said)
	put(known, "holds_of/", all, held)
	put(known, "delivered_in/", in, delivered)
	return nil
}

// AheadOfMeetings reads for a page who is invited to meetings, and what AheadOfCases reads of their cases.
func (r Reader) AheadOfMeetings(ctx context.Context, staff ids.StaffID, ms []meetings.Meeting) error {
	known := r.q.memory(ctx)
	if known == nil || r.q.memo != nil {
		return nil
	}
	of, cs := make([]ids.MeetingID, len(ms)), make([]ids.CaseID, len(ms))
	for i, m := range ms {
		of[i], cs[i] = m.ID, m.Case
	}
	if err := r.AheadOfCases(ctx, staff, cs); err != nil {
		return err
	}
	invited, children := map[ids.MeetingID][]meetings.Participant{}, map[ids.MeetingID][]ids.ChildID{}
	if err := inParts(of, func(list string, args []any) error {
		ps, err := r.participantsWhere(ctx, `p.meeting_id IN `+list+participantOrder, args...)
		for _, p := range ps {
			invited[p.Meeting] = append(invited[p.Meeting], p)
		}
		return err
	}); err != nil {
		return err
	}
	put(known, "invited/", of, invited)
	type child struct {
		meeting ids.MeetingID
		id      ids.ChildID
	}
	if err := each(ctx, r.q, of, func(list string) string {
		return `SELECT meeting_id, child_id FROM meeting_children WHERE meeting_id IN ` + list + ` AND removed = 0 ORDER BY child_id`
	}, func(s scanner) (c child, err error) { return c, s.Scan(&c.meeting, &c.id) }, func(c child) { children[c.meeting] = append(children[c.meeting], c.id) }); err != nil {
		return err
	}
	put(known, "meeting_children/", of, children)
	return nil
}
