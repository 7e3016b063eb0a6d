package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	CalendarFeedMadeKind      Kind = "calendar.feed_made"
	CalendarFeedRevokedKind   Kind = "calendar.feed_revoked"
	CalendarSourceSetKind     Kind = "calendar.source_set"
	CalendarSourceRemovedKind Kind = "calendar.source_removed"
	CalendarReadKind          Kind = "calendar.read"
)

var calendarsKinds = []Info{
	{CalendarFeedMadeKind, "Made an address for her calendar", "staff", false},
	{CalendarFeedRevokedKind, "Took back the address of her calendar", "staff", false},
	{CalendarSourceSetKind, "Named the calendar that she publishes", "staff", false},
	{CalendarSourceRemovedKind, "Took away the calendar that she publishes", "staff", false},
	{CalendarReadKind, "Read a published calendar", "staff", false},
}

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
