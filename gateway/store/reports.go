package store

import (
	"context"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/reports"
	"kinbridge/gateway/workdays"
)

// What reports count is read here for all cases at once, in as many questions as there are kinds of thing, and nothing sealed is opened. Policy decides which cases count.

// CountedCases returns every case with its establishment, its children and how many allocated social workers are in its official conversations now.
func (r Reader) CountedCases(ctx context.Context) ([]reports.Case, error) {
	list, err := all(ctx, r.q, `SELECT `+caseColumns+`, a.name FROM cases c JOIN mothers m ON m.id = c.mother_id JOIN agencies a ON a.id = m.establishment_id ORDER BY c.reference, c.id`, nil,
		func(s scanner) (c reports.Case, err error) {
			return c, s.Scan(&c.ID, &c.Reference, &c.Mother, &c.Worker, at{&c.Opened}, at{&c.Closed}, at{&c.FollowOn}, &c.Place)
		})
	if err != nil {
		return nil, err
	}
	kids, err := all(ctx, r.q, `SELECT `+childColumns+` FROM children k ORDER BY k.id`, nil, scanChild)
	if err != nil {
		return nil, err
	}
	place := make(map[ids.CaseID]*reports.Case, len(list))
	for i := range list {
		place[list[i].ID] = &list[i]
	}
	for _, k := range kids {
		place[k.Case].Children = append(place[k.Case].Children, k)
	}
	type held struct {
		of ids.CaseID
		n  int
	}
	workers, err := all(ctx, r.q, `SELECT t.case_id, COUNT(DISTINCT p.party_id) FROM threads t JOIN thread_parties p ON p.thread_id = t.id AND p.kind = 'contact' AND p.until = 0
		JOIN contacts k ON k.id = p.party_id AND k.role = 'allocated_worker' WHERE t.channel = 'official' GROUP BY t.case_id`, nil,
		func(s scanner) (h held, err error) { return h, s.Scan(&h.of, &h.n) })
	for _, h := range workers {
		place[h.of].Workers = h.n
	}
	return list, err
}

// CountedMeeting is one of our own meetings as it is counted, and of what case it is. Joined: the room's events have her in it. LastStep is the part that the last step of the ladder
// left her, "" = there was none.
type CountedMeeting struct {
	Case     ids.CaseID
	ID       ids.MeetingID
	Kind     meetings.Kind
	Starts   time.Time
	Invited  bool
	Told     time.Time
	Joined   bool
	LastStep meetings.Part
}

// CountedMeetings returns our own meetings that were not called off and are over at a time. She was told when the meeting first came into her feed, as in the proof of notice.
func (r Reader) CountedMeetings(ctx context.Context, now time.Time) ([]CountedMeeting, error) {
	return all(ctx, r.q, `SELECT m.case_id, m.id, m.kind, m.starts, COALESCE(p.invited, 0),
			COALESCE((SELECT MIN(f.at) FROM feed f WHERE f.mother_id = p.person_id AND f.kind = 'meeting' AND f.ref_id = m.id), 0),
			(SELECT COUNT(*) FROM attendance a WHERE a.meeting_id = m.id AND a.participant_id = p.id AND a.event = 'joined'),
			COALESCE((SELECT s.to_part FROM meeting_steps s WHERE s.meeting_id = m.id ORDER BY s.seq DESC LIMIT 1), '')
		FROM meetings m LEFT JOIN participants p ON p.meeting_id = m.id AND p.kind = 'mother' AND p.removed = 0
		WHERE m.state = 'ended' OR m.state = 'planned' AND m.ends < ? ORDER BY m.starts, m.id`, []any{micros(now)},
		func(s scanner) (m CountedMeeting, err error) {
			var invited time.Time
			var joined int
			err = s.Scan(&m.Case, &m.ID, &m.Kind, at{&m.Starts}, at{&invited}, at{&m.Told}, &joined, &m.LastStep)
			m.Invited, m.Joined = !invited.IsZero(), joined > 0
			return m, err
		})
}

// CountedElsewhere is a meeting that was held elsewhere, without its note.
type CountedElsewhere struct {
	Case ids.CaseID
	Kind meetings.Kind
	Day  workdays.Day
	Part meetings.Part
	Why  meetings.Why
}

// CountedElsewhere returns the meetings held elsewhere whose records stand.
func (r Reader) CountedElsewhere(ctx context.Context) ([]CountedElsewhere, error) {
	return all(ctx, r.q, `SELECT case_id, kind, day, part, why FROM meetings_elsewhere WHERE withdrawn = 0 ORDER BY day, id`, nil,
		func(s scanner) (e CountedElsewhere, err error) {
			return e, s.Scan(&e.Case, &e.Kind, &e.Day, &e.Part, &e.Why)
		})
}

// CountedInvitation is an invitation that came by mail, and of what case it is.
type CountedInvitation struct {
	Case ids.CaseID
	reports.Invitation
}

// CountedInvitations returns all of them.
func (r Reader) CountedInvitations(ctx context.Context) ([]CountedInvitation, error) {
	return all(ctx, r.q, `SELECT case_id, state, received FROM invitations ORDER BY received, id`, nil,
		func(s scanner) (i CountedInvitation, err error) { return i, s.Scan(&i.Case, &i.State, at{&i.Came}) })
}

// CountedAsk is an answer that was asked of an authority, and of what case it is.
type CountedAsk struct {
	Case ids.CaseID
	reports.Ask
}

// CountedAsks returns every answer that was asked of an authority, ended ones too.
func (r Reader) CountedAsks(ctx context.Context) ([]CountedAsk, error) {
	return all(ctx, r.q, `SELECT x.case_id, g.name, x.asked, x.due_day, x.answered, x.stopped FROM asks x JOIN agencies g ON g.id = x.agency_id AND g.kind = 'authority' ORDER BY x.asked, x.id`, nil,
		func(s scanner) (a CountedAsk, err error) {
			err = s.Scan(&a.Case, &a.Authority, at{&a.Asked}, &a.Due, at{&a.Answered}, at{&a.Ended.Stopped})
			return a, err
		})
}

// CountedSaid is a message in an official conversation with an authority, and of what case it is.
type CountedSaid struct {
	Case ids.CaseID
	reports.Said
}

// CountedSaid returns the messages of hers and of staff that went out in official conversations with authorities, with the time of their release, and those that came from the people
// outside, with the time at which they came: how long a reviewer took is not the authority's time.
func (r Reader) CountedSaid(ctx context.Context) ([]CountedSaid, error) {
	return all(ctx, r.q, `SELECT t.case_id, t.id, g.name, CASE WHEN m.author_kind = 'contact' THEN 1 ELSE 0 END, CASE WHEN m.author_kind = 'contact' THEN m.written ELSE m.released END
		FROM messages m JOIN threads t ON t.id = m.thread_id JOIN agencies g ON g.id = t.agency_id AND g.kind = 'authority'
		WHERE t.channel = 'official' AND m.state = 'released' AND m.author_kind IN ('mother', 'staff', 'contact')
		ORDER BY t.id, 5, m.id`, nil, func(s scanner) (x CountedSaid, err error) {
		var theirs int
		err = s.Scan(&x.Case, &x.Thread, &x.Authority, &theirs, at{&x.At})
		x.Theirs = theirs > 0
		return x, err
	})
}

// EveryGoal returns the goals of all cases.
func (r Reader) EveryGoal(ctx context.Context) ([]cases.Goal, error) {
	return r.goalsWhere(ctx, `1 = 1`)
}
