package calendar

// Compare says which of two versions of one meeting (or of one occurrence) is the later: by SEQUENCE, then by DTSTAMP (RFC 5546 section
// 2.1.5). It is negative when a is older than b, 0 when they are the same version, positive when a is newer. An update that compares
// negative to what is known is late and must not be applied.
func Compare(a, b Event) int {
	switch {
	case a.Sequence != b.Sequence:
		return a.Sequence - b.Sequence
	case a.Stamp.IsZero() || b.Stamp.IsZero():
		return 0
	}
	return a.Stamp.Compare(b.Stamp)
}

// Choose picks the event an invitation is about when several are in a message: the newest version of one UID, and of a series its
// master before its exceptions. ok is false when there are different meetings, and a person must choose.
func Choose(events []Event) (Event, bool) {
	if len(events) == 0 {
		return Event{}, false
	}
	best, one := events[0], true
	for _, e := range events[1:] {
		if e.UID != best.UID {
			one = false
			continue
		}
		master := e.RecurrenceID.IsZero() && !best.RecurrenceID.IsZero()
		if e.Sequence > best.Sequence || e.Sequence == best.Sequence && (master || e.RecurrenceID.IsZero() == best.RecurrenceID.IsZero() && Compare(e, best) > 0) {
			best = e
		}
	}
	return best, one
}
