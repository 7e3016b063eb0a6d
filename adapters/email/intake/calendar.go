package intake

import (
	"kinbridge/adapters/calendar"
	"kinbridge/adapters/email/mailparse"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/people"
)

var partStat = map[string]flow.CalendarAnswer{"ACCEPTED": flow.AnswerAccepted, "TENTATIVE": flow.AnswerTentative, "DECLINED": flow.AnswerDeclined}

// calendarAnswer is what the sender's calendar answers to an invitation; nil when the mail has no such part, or several that differ in what they answer.
func calendarAnswer(m *mailparse.Message, from string) (found *flow.CalendarReply) {
	for _, raw := range m.Calendar {
		events, err := calendar.Parse(raw)
		if err != nil {
			continue
		}
		for _, e := range events {
			if e.Method != "REPLY" && e.Method != "COUNTER" || !e.RecurrenceID.IsZero() { // ours do not recur
				continue
			}
			r := flow.CalendarReply{UID: e.UID, Sequence: e.Sequence, Stamp: e.Stamp, Comment: e.Comment}
			if e.Method == "COUNTER" {
				r.Answer, r.Start, r.End = flow.AnswerCounter, e.Start, e.End
			} else if r.Answer = partStat[hers(e.Attendees, from)]; r.Answer == flow.AnswerAwaited {
				continue
			}
			if found != nil && found.UID != r.UID {
				return nil
			}
			found = &r
		}
	}
	return found
}

// hers is what the sender answers: under her own address, or under the only one that answers, since some servers write another address of hers.
func hers(list []calendar.Party, from string) string {
	for _, p := range list {
		if people.NormaliseEmail(p.Addr) == from {
			return p.Status
		}
	}
	if len(list) == 1 {
		return list[0].Status
	}
	return ""
}
