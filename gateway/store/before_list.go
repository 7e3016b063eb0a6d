package store

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// MeetingToPrepare is a meeting to come with what has come before it so far.
type MeetingToPrepare struct {
	Meeting meetings.Meeting // without its title
	Given   int              // versions of what she wants it to hear
	Waiting bool             // the last of them has gone to nobody
	Talk    bool             // she does not want to be there, and nobody has talked with her
	Papers  []string         // the kinds that there are
}

// MeetingsToPrepare returns the planned meetings between two times that a member of staff could have to do with, the next first. It narrows the search; policy decides for each.
func (r Reader) MeetingsToPrepare(ctx context.Context, s ids.StaffID, agency ids.AgencyID, from, until time.Time) ([]MeetingToPrepare, error) {
	list, err := all(ctx, r.q, `SELECT m.id, m.case_id, m.kind, m.starts, m.ends, m.state,
		(SELECT COUNT(*) FROM contributions b WHERE b.meeting_id = m.id),
		(SELECT COUNT(*) FROM contributions b WHERE b.meeting_id = m.id AND b.message_id = '' AND b.version = (SELECT MAX(version) FROM contributions l WHERE l.meeting_id = m.id)),
		(SELECT COUNT(*) FROM meeting_choices h WHERE h.meeting_id = m.id AND h.how = 'not_there' AND h.talked = 0 AND h.seq = (SELECT MAX(seq) FROM meeting_choices l WHERE l.meeting_id = m.id))
		FROM meetings m WHERE m.state = 'planned' AND m.starts > ? AND m.starts <= ? AND m.case_id IN `+candidateIDs+` ORDER BY m.starts, m.id`,
		[]any{micros(from), micros(until), string(agency), string(s)}, func(sc scanner) (x MeetingToPrepare, err error) {
			var waiting, talk int
			err = sc.Scan(&x.Meeting.ID, &x.Meeting.Case, &x.Meeting.Kind, at{&x.Meeting.Starts}, at{&x.Meeting.Ends}, &x.Meeting.State, &x.Given, &waiting, &talk)
			x.Waiting, x.Talk = waiting > 0, talk > 0
			return x, err
		})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	of := make([]ids.MeetingID, len(list))
	for i := range list {
		of[i] = list[i].Meeting.ID
	}
	type paper struct {
		meeting ids.MeetingID
		kind    string
	}
	kinds := map[ids.MeetingID][]string{}
	err = each(ctx, r.q, of, func(in string) string {
		return `SELECT meeting_id, kind FROM meeting_papers WHERE meeting_id IN ` + in + ` ORDER BY id`
	}, func(sc scanner) (p paper, err error) { return p, sc.Scan(&p.meeting, &p.kind) }, func(p paper) { kinds[p.meeting] = append(kinds[p.meeting], p.kind) })
	for i := range list {
		list[i].Papers = kinds[list[i].Meeting.ID]
	}
	return list, err
}
