package audit

import "kinbridge/gateway/ids"

// CalendarFeedMade: a member of staff made a new address for the feed of her meetings; the one before is worth nothing any more.
func CalendarFeedMade(s ids.StaffID) Entry { return made(CalendarFeedMadeKind, Done, string(s)) }

// CalendarFeedRevoked: she took it back.
func CalendarFeedRevoked(s ids.StaffID) Entry {
	return made(CalendarFeedRevokedKind, Done, string(s))
}

// CalendarSourceSet: she named the calendar that she publishes elsewhere. Its address is a secret.
func CalendarSourceSet(s ids.StaffID) Entry { return made(CalendarSourceSetKind, Done, string(s)) }

// CalendarSourceRemoved: she took it away, and with it what was known from it.
func CalendarSourceRemoved(s ids.StaffID) Entry {
	return made(CalendarSourceRemovedKind, Done, string(s))
}

// CalendarRead: a published calendar was read for the first time, or again after trouble, or could not be read (trouble is a code).
func CalendarRead(s ids.StaffID, trouble string) Entry {
	o := Done
	if trouble != "" {
		o = Failed
	}
	return made(CalendarReadKind, o, string(s)).With("trouble", Code(trouble))
}
