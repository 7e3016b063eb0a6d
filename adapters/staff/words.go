package staff

import (
	"strings"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

// channelTag names a channel.
func channelTag(loc i18n.Loc, c threads.Channel) *web.Tag {
	colours := map[threads.Channel]string{threads.Official: "blue", threads.Confidential: "purple", threads.Privileged: "red"}
	return &web.Tag{Text: loc.T("staff.channel." + string(c)), Colour: colours[c]}
}

// deliveryWords says in words how far a message has come to one recipient. "Sent" to somebody inside means that it waits for her.
func deliveryWords(loc i18n.Loc, d messages.Delivery) web.Tag {
	colours := map[messages.DeliveryState]string{messages.Queued: "grey", messages.Sent: "blue", messages.Accepted: "turquoise", messages.Failed: "red",
		messages.AtKiosk: "turquoise", messages.Seen: "green"}
	key, colour := string(d.State), colours[d.State]
	switch {
	case d.State == messages.Kept && d.Kept == messages.KeptTogether:
		key, colour = "kept_together", "purple"
	case d.State == messages.Kept:
		key, colour = "kept", "yellow"
	case d.State == messages.Queued && d.RecipientKind != messages.ToContact:
		key = "waiting" // there is nothing of ours left to send
	case d.State == messages.Failed:
	case d.Way.Notice && d.State == messages.Seen:
		key = "notice_seen"
	case d.Way.Notice && d.Way.NoticeSent.IsZero():
		key, colour = "notice_queued", "grey"
	case d.Way.Notice:
		key, colour = "notice_sent", "yellow"
	case d.State == messages.Queued && d.Way.Tries > 0:
		key, colour = "retrying", "orange"
	}
	return web.Tag{Text: loc.T("staff.delivery." + key), Colour: colour}
}

// troubleWords says in words why an email has not arrived.
func troubleWords(loc i18n.Loc, t messages.Trouble) string {
	if t == messages.TroubleOther || !t.Known() {
		return loc.T("staff.trouble.unnamed")
	}
	return loc.T("staff.trouble." + string(t))
}

// deliveryNote explains a delivery that did not go the ordinary way: why, how often it was tried, and, for whoever is to look into it, the
// server's last answer; "" for the ordinary way.
func deliveryNote(loc i18n.Loc, d messages.Delivery) string {
	if d.Way.Notice && !d.Way.NoticeSent.IsZero() && d.State != messages.Failed {
		return loc.T("staff.delivery.notice_why", "Domain", people.Domain(d.Address))
	}
	if d.State != messages.Failed && (d.State != messages.Queued || d.Way.Tries == 0) {
		return ""
	}
	var parts []string
	if d.Way.Trouble != "" {
		parts = append(parts, troubleWords(loc, d.Way.Trouble))
	}
	switch {
	case d.Way.Tries == 1:
		parts = append(parts, loc.T("staff.delivery.tried_once"))
	case d.Way.Tries > 1:
		parts = append(parts, loc.T("staff.delivery.tried", "Count", d.Way.Tries))
	}
	if d.Detail != "" {
		parts = append(parts, loc.T("staff.delivery.answer", "Answer", d.Detail))
	}
	return strings.Join(parts, ". ")
}

// reached is when a delivery came to its state.
func reached(d messages.Delivery) time.Time {
	switch d.State {
	case messages.Sent:
		return d.Times.Sent
	case messages.Accepted:
		return d.Times.Accepted
	case messages.Failed:
		return d.Times.Failed
	case messages.AtKiosk:
		return d.Times.Kiosk
	case messages.Seen:
		return d.Times.Seen
	}
	return d.Times.Queued
}

// reason says why something is held.
func reason(loc i18n.Loc, r messages.HoldReason) string { return loc.T("staff.held." + string(r)) }

// withholdOptions are the reasons to choose from.
func withholdOptions(loc i18n.Loc) []web.Option {
	options := make([]web.Option, 0, len(messages.WithholdReasons))
	for _, r := range messages.WithholdReasons {
		options = append(options, web.Opt(r.Code, loc.T("staff.withhold.r_"+r.Code)))
	}
	return options
}

// ago says how long something has waited, in the largest whole unit.
func ago(loc i18n.Loc, since, now time.Time) string {
	d := max(now.Sub(since), 0)
	switch {
	case d < time.Hour:
		return loc.N("staff.minutes", int(d/time.Minute))
	case d < 48*time.Hour:
		return loc.N("staff.hours", int(d/time.Hour))
	}
	return loc.N("staff.days", int(d/(24*time.Hour)))
}

// langOf is the language that a mother's own words are probably in, when it is not the page's.
func langOf(loc i18n.Loc, mothers string) string {
	if mothers == string(loc.Lang()) {
		return ""
	}
	return mothers
}

// newKey makes the identifier of an act of writing, so that a form sent twice acts once.
func newKey() string { return ids.Secret(16) }
