// Package problem holds what can be wrong with an invitation, in words that a secretary or a social worker can act on, in English and in
// Welsh. It is a leaf of adapters/calendar.
package problem

import (
	"encoding/json"
	"fmt"
)

// Problem is one thing that had to be assumed, left out or refused. Problems are advice to a person: they carry the numbers that differ,
// so they are shown to staff who may see the invitation and are never logged.
type Problem struct {
	Code   Code
	En, Cy string
}

// Code is the stable name of a problem.
type Code string

// The problems there are.
const (
	NoStart            Code = "no_start"
	BadTime            Code = "bad_time"
	NoEnd              Code = "no_end"
	EndBeforeStart     Code = "end_before_start"
	WholeDay           Code = "whole_day"
	Midnight           Code = "past_midnight"
	Floating           Code = "floating"
	UnknownZone        Code = "unknown_zone"
	ZoneDiffers        Code = "zone_differs"
	Gap                Code = "clock_gap"
	Fold               Code = "clock_fold"
	Attendees          Code = "too_many_attendees"
	Rule               Code = "rule_unreadable"
	TooOften           Code = "repeats_too_often"
	Cut                Code = "occurrences_cut"
	NoUID              Code = "no_uid"
	NoOrganizer        Code = "no_organizer"
	NoCalendar         Code = "no_calendar"
	Several            Code = "several_meetings"
	Chain              Code = "several_in_chain"
	NoJoin             Code = "no_way_in"
	NoPhone            Code = "no_phone"
	ConferenceMismatch Code = "conference_id_mismatch"
	ConferenceDiffers  Code = "conference_id_differs"
	MeetingMismatch    Code = "meeting_id_mismatch"
	VideoMismatch      Code = "video_id_mismatch"
	TenantMismatch     Code = "tenant_key_mismatch"
	PasscodeMismatch   Code = "passcode_mismatch"
	OtherLink          Code = "other_link"
	LinkDiffers        Code = "link_differs"
	LookAlike          Code = "look_alike"
	Wrapped            Code = "wrapped_link"
	TooLong            Code = "too_long"
)

// words are the texts; every verb is %s.
var words = map[Code][2]string{
	NoStart:            {"The invitation does not say when the meeting is. Ask the organiser.", "Nid yw'r gwahoddiad yn dweud pryd mae'r cyfarfod. Gofynnwch i'r trefnydd."},
	BadTime:            {"A date or time in the invitation cannot be read (%s). Ask the organiser when the meeting is.", "Ni ellir darllen dyddiad neu amser yn y gwahoddiad (%s). Gofynnwch i'r trefnydd pryd mae'r cyfarfod."},
	NoEnd:              {"The invitation does not say when the meeting ends. Ask the organiser how long to book.", "Nid yw'r gwahoddiad yn dweud pryd mae'r cyfarfod yn gorffen. Gofynnwch i'r trefnydd faint o amser i'w gadw."},
	EndBeforeStart:     {"The meeting would end (%s) before it begins (%s). The end was left out: ask the organiser how long to book.", "Byddai'r cyfarfod yn gorffen (%s) cyn dechrau (%s). Gadawyd y diwedd allan: gofynnwch i'r trefnydd faint o amser i'w gadw."},
	WholeDay:           {"The entry is for whole days and says no hour. Ask the organiser when the meeting begins and ends.", "Mae'r cofnod ar gyfer diwrnodau cyfan ac nid yw'n dweud awr. Gofynnwch i'r trefnydd pryd mae'r cyfarfod yn dechrau ac yn gorffen."},
	Midnight:           {"The meeting runs past midnight, from %s to %s. Check the day with the organiser.", "Mae'r cyfarfod yn parhau ar ôl hanner nos, o %s tan %s. Gwiriwch y diwrnod gyda'r trefnydd."},
	Floating:           {"The invitation names no time zone. London time was assumed.", "Nid yw'r gwahoddiad yn enwi cylchfa amser. Tybiwyd amser Llundain."},
	UnknownZone:        {"The time zone of the invitation (%s) is not known. London time was assumed: check the time with the organiser.", "Nid yw cylchfa amser y gwahoddiad (%s) yn hysbys. Tybiwyd amser Llundain: gwiriwch yr amser gyda'r trefnydd."},
	ZoneDiffers:        {"The invitation's own definition of the zone %s gives %s, the zone itself %s. The definition was taken: check the time with the organiser.", "Mae diffiniad y gwahoddiad ei hun o gylchfa %s yn rhoi %s, a'r gylchfa ei hun %s. Defnyddiwyd y diffiniad: gwiriwch yr amser gyda'r trefnydd."},
	Gap:                {"The clocks go forward then: %s does not exist on that day, and %s was taken. Check the time with the organiser.", "Mae'r clociau'n mynd ymlaen bryd hynny: nid yw %s yn bod ar y diwrnod hwnnw, a chymerwyd %s. Gwiriwch yr amser gyda'r trefnydd."},
	Fold:               {"The clocks go back then: %s comes twice on that day, and the first was taken. Check the time with the organiser.", "Mae'r clociau'n mynd yn ôl bryd hynny: daw %s ddwywaith ar y diwrnod hwnnw, a chymerwyd y cyntaf. Gwiriwch yr amser gyda'r trefnydd."},
	Attendees:          {"The invitation names %s people; only the first %s were read.", "Mae'r gwahoddiad yn enwi %s o bobl; dim ond y %s cyntaf a ddarllenwyd."},
	Rule:               {"How the meeting repeats cannot be read. Only the first meeting is known: ask the organiser for the others.", "Ni ellir darllen sut mae'r cyfarfod yn ailadrodd. Dim ond y cyfarfod cyntaf sy'n hysbys: gofynnwch i'r trefnydd am y lleill."},
	TooOften:           {"The meeting repeats more often than any meeting does. Only the first is known: ask the organiser.", "Mae'r cyfarfod yn ailadrodd yn amlach nag unrhyw gyfarfod. Dim ond y cyntaf sy'n hysbys: gofynnwch i'r trefnydd."},
	Cut:                {"The meeting repeats too many times to list. Not all of its dates are shown.", "Mae'r cyfarfod yn ailadrodd gormod o weithiau i'w rhestru. Nid yw pob dyddiad yn cael ei ddangos."},
	NoUID:              {"The invitation has no identifier, so an update of it cannot be recognised. Ask the organiser to send it from the calendar.", "Nid oes dynodydd gan y gwahoddiad, felly ni ellir adnabod diweddariad ohono. Gofynnwch i'r trefnydd ei anfon o'r calendr."},
	NoOrganizer:        {"The invitation does not name its organiser, so it cannot be answered from here. Answer the sender by email.", "Nid yw'r gwahoddiad yn enwi ei drefnydd, felly ni ellir ei ateb oddi yma. Atebwch yr anfonwr drwy e-bost."},
	NoCalendar:         {"The message holds no calendar event that can be read: its date and time must be read by a person.", "Nid oes digwyddiad calendr y gellir ei ddarllen yn y neges: rhaid i berson ddarllen ei dyddiad a'i hamser."},
	Several:            {"The message invites to more than one meeting; the first is shown. They begin %s: choose which is meant.", "Mae'r neges yn gwahodd i fwy nag un cyfarfod; dangosir y cyntaf. Maent yn dechrau %s: dewiswch pa un a olygir."},
	Chain:              {"The message carries invitations to different meetings below one another. The topmost is shown: ask the sender which is meant.", "Mae'r neges yn cario gwahoddiadau i wahanol gyfarfodydd o dan ei gilydd. Dangosir yr uchaf: gofynnwch i'r anfonwr pa un a olygir."},
	NoJoin:             {"The invitation does not say how the meeting can be joined. Ask the organiser for its link and telephone number.", "Nid yw'r gwahoddiad yn dweud sut i ymuno â'r cyfarfod. Gofynnwch i'r trefnydd am ei ddolen a'i rif ffôn."},
	NoPhone:            {"The invitation has no telephone number to dial in. The organiser may have no audio-conferencing licence. Offer our guest link and dial-in, or send the drafted request.", "Nid oes rhif ffôn i ddeialu i mewn yn y gwahoddiad. Efallai nad oes gan y trefnydd drwydded sain-gynadledda. Cynigiwch ein dolen westai a'n rhif deialu, neu anfonwch y cais drafft."},
	ConferenceMismatch: {"The phone conference ID in the dialling string is not the printed one. They are %s and %s: neither is used, ask the organiser which is right.", "Nid yw ID y gynhadledd ffôn yn y llinyn deialu yr un fath â'r un a argraffwyd. Maent yn %s a %s. Ni ddefnyddir y naill na'r llall: gofynnwch i'r trefnydd pa un sy'n gywir."},
	ConferenceDiffers:  {"The parts of the invitation give two different phone conference IDs: %s and %s. Neither is used: ask the organiser which is right.", "Mae rhannau'r gwahoddiad yn rhoi dau ID cynhadledd ffôn gwahanol: %s a %s. Ni ddefnyddir y naill na'r llall: gofynnwch i'r trefnydd pa un sy'n gywir."},
	MeetingMismatch:    {"The invitation gives two different meeting IDs: %s and %s. Neither is used: ask the organiser which is right.", "Mae'r gwahoddiad yn rhoi dau ID cyfarfod gwahanol: %s a %s. Ni ddefnyddir y naill na'r llall: gofynnwch i'r trefnydd pa un sy'n gywir."},
	VideoMismatch:      {"The invitation gives two different video IDs: %s and %s. Neither is used: ask the organiser which is right.", "Mae'r gwahoddiad yn rhoi dau ID fideo gwahanol: %s a %s. Ni ddefnyddir y naill na'r llall: gofynnwch i'r trefnydd pa un sy'n gywir."},
	TenantMismatch:     {"The invitation gives two different addresses for video devices: %s and %s. Neither is used: ask the organiser which is right.", "Mae'r gwahoddiad yn rhoi dau gyfeiriad gwahanol ar gyfer dyfeisiau fideo: %s a %s. Ni ddefnyddir y naill na'r llall: gofynnwch i'r trefnydd pa un sy'n gywir."},
	PasscodeMismatch:   {"The parts of the invitation give different passcodes. None is used: ask the organiser which is right.", "Mae rhannau'r gwahoddiad yn rhoi codau gwahanol. Ni ddefnyddir yr un: gofynnwch i'r trefnydd pa un sy'n gywir."},
	OtherLink:          {"The text's link leads to another meeting than the calendar's. The calendar's was taken: check with the organiser.", "Mae dolen y testun yn arwain at gyfarfod gwahanol i un y calendr. Defnyddiwyd un y calendr: gwiriwch gyda'r trefnydd."},
	LinkDiffers:        {"The calendar's link leads to another meeting than the one that the calendar names. Check with the organiser which meeting is meant.", "Mae dolen y calendr yn arwain at gyfarfod gwahanol i'r un y mae'r calendr yn ei enwi. Gwiriwch gyda'r trefnydd pa gyfarfod a olygir."},
	LookAlike:          {"A link looks like a meeting's but leads to %s. It was refused: do not open it, and report the message.", "Mae dolen yn edrych fel un cyfarfod ond yn arwain at %s. Fe'i gwrthodwyd: peidiwch â'i hagor, a rhowch wybod am y neges."},
	Wrapped:            {"A link is hidden behind a mail filter (%s) and cannot be read without opening it. Ask the organiser to send the invitation from the calendar.", "Mae dolen wedi'i chuddio y tu ôl i hidlydd post (%s) ac ni ellir ei darllen heb ei hagor. Gofynnwch i'r trefnydd anfon y gwahoddiad o'r calendr."},
	TooLong:            {"The invitation is larger than any real one. Only its beginning was read.", "Mae'r gwahoddiad yn fwy nag unrhyw wahoddiad go iawn. Dim ond ei ddechrau a ddarllenwyd."},
}

// New makes the problem; values fill its words in order and are cut to a length that can be shown.
func New(c Code, values ...string) Problem {
	args := make([]any, len(values))
	for i, v := range values {
		if r := []rune(v); len(r) > 80 {
			v = string(r[:80]) + "…"
		}
		args[i] = v
	}
	w := words[c]
	return Problem{Code: c, En: fmt.Sprintf(w[0], args...), Cy: fmt.Sprintf(w[1], args...)}
}

// MarshalJSON writes the English words: a problem is a sentence in JSON.
func (p Problem) MarshalJSON() ([]byte, error) { return json.Marshal(p.En) }

// Has says that a list holds a problem of the code.
func Has(list []Problem, c Code) bool {
	for _, p := range list {
		if p.Code == c {
			return true
		}
	}
	return false
}

// Add appends p unless the very same is there already.
func Add(list []Problem, more ...Problem) []Problem {
	for _, p := range more {
		seen := false
		for _, q := range list {
			seen = seen || p == q
		}
		if !seen && len(list) < 50 {
			list = append(list, p)
		}
	}
	return list
}
