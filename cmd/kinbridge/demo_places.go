package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/slots"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// demoRegimes are when the women of each wing are unlocked: on weekdays, on Fridays and at weekends.
var demoRegimes = []struct{ prison, wing, weekday, friday, weekend string }{
	{"fenbrook", "A wing", "08:15-11:45, 13:45-16:30", "08:15-11:45, 13:30-15:45", "09:00-11:30, 14:00-16:00"},
	{"fenbrook", "B wing", "08:30-12:00, 14:00-17:00", "08:30-12:00", "09:30-11:30, 14:30-16:00"},
	{"larkfield", "A wing", "08:00-11:30, 13:30-16:45", "08:00-11:30, 13:30-15:30", "09:00-11:00, 14:00-16:30"},
}

// demoPlaces are where they can take part; wing "" = the women of every wing.
var demoPlaces = []struct {
	prison, wing, name string
	kind               slots.PlaceKind
	walk               time.Duration
	private, legal     bool
	beside             int
}{
	{"fenbrook", "A wing", "Kiosk, A wing", slots.KioskPlace, 0, false, false, 0},
	{"fenbrook", "B wing", "Kiosk, B wing", slots.KioskPlace, 0, false, false, 0},
	{"fenbrook", "", "Video room 1", slots.VideoRoom, 10 * time.Minute, true, false, 2},
	{"fenbrook", "", "Video room 2", slots.VideoRoom, 10 * time.Minute, true, false, 1},
	{"fenbrook", "", "Phone room", slots.PhoneRoom, 5 * time.Minute, true, false, 0},
	{"fenbrook", "", "Legal visits 1", slots.VisitsRoom, 15 * time.Minute, true, true, 3},
	{"larkfield", "A wing", "Kiosk, A wing", slots.KioskPlace, 0, false, false, 0},
	{"larkfield", "", "Video room", slots.VideoRoom, 5 * time.Minute, true, false, 2},
	{"larkfield", "", "Phone room", slots.PhoneRoom, 5 * time.Minute, true, false, 0},
	{"larkfield", "", "Legal visits", slots.VisitsRoom, 10 * time.Minute, true, true, 2},
}

// regimes enters when women are unlocked, a day of staff training at one prison and a lockdown at the other, and where they can be taken.
func (d *demoMaker) regimes() error {
	parse := func(s string) slots.Windows {
		ws, err := slots.ParseWindows(s)
		if err != nil {
			panic("the demo's regime: " + s)
		}
		return ws
	}
	for _, r := range demoRegimes {
		var week [7]slots.Windows
		for day := range week {
			switch time.Weekday(day) {
			case time.Saturday, time.Sunday:
				week[day] = parse(r.weekend)
			case time.Friday:
				week[day] = parse(r.friday)
			default:
				week[day] = parse(r.weekday)
			}
		}
		if err := d.f.SetRegimeWeek(d.ctx, d.op, d.wings[r.prison+"/"+r.wing], week); err != nil {
			return err
		}
	}
	for _, p := range demoPlaces {
		place := slots.Place{Establishment: d.agencies[p.prison], Name: p.name, Kind: p.kind, Walk: p.walk, Private: p.private, Legal: p.legal, Beside: p.beside}
		if p.wing != "" {
			place.Wings = []ids.WingID{d.wings[p.prison+"/"+p.wing]}
		}
		if _, err := d.f.AddPlace(d.ctx, d.op, place); err != nil {
			return err
		}
	}
	cal, today := workdays.EnglandAndWales(), d.s.Store.Today()
	training, lockdown := cal.Add(today, 6), cal.Add(today, 9)
	return errors.Join(
		d.f.SetRegimeDays(d.ctx, d.op, d.wings["fenbrook/A wing"], training, training, parse("13:45-16:30"), slots.StaffTraining),
		d.f.SetRegimeDays(d.ctx, d.op, d.wings["fenbrook/B wing"], training, training, parse("14:00-17:00"), slots.StaffTraining),
		d.f.SetRegimeDays(d.ctx, d.op, d.wings["larkfield/A wing"], lockdown, lockdown, nil, slots.Lockdown),
	)
}

// invitation has an authority's worker send a Teams invitation from her calendar, for a time at which Leanne is locked up: it waits for her worker.
func (d *demoMaker) invitation() error {
	to, err := d.f.ReplyAddress(d.ctx, d.threads["jack"], d.contacts["leah"])
	if err != nil {
		return err
	}
	from := d.emails["leah"]
	day := workdays.EnglandAndWales().Add(d.s.Store.Today(), 12)
	stamp := func(t time.Time) string { return t.UTC().Format("20060102T150405Z") }
	calendar := []string{"BEGIN:VCALENDAR", "METHOD:REQUEST", "PRODID:Microsoft Exchange Server 2010", "VERSION:2.0", "BEGIN:VEVENT", "ORGANIZER;CN=Leah Quist:mailto:" + from,
		"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:" + to, "SUMMARY;LANGUAGE=en-GB:Core group", "DTSTART:" + stamp(day.At(12, 30)), "DTEND:" + stamp(day.At(13, 30)),
		"UID:demo-" + ids.Secret(12) + "@southmere.example", "LOCATION;LANGUAGE=en-GB:Microsoft Teams Meeting", "DTSTAMP:" + stamp(time.Now()), "STATUS:CONFIRMED", "SEQUENCE:0",
		"END:VEVENT", "END:VCALENDAR", ""}
	words := []string{"Please join the core group.", "", "Microsoft Teams Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-GB>",
		"Join the meeting now<https://teams.microsoft.com/l/meetup-join/19%3ameeting_demo%40thread.v2/0?context=%7b%22Tid%22%3a%2200000000-0000-0000-0000-000000000000%22%7d>",
		"Meeting ID: 123 456 789 012 3", "Passcode: Xq7RtB2m", "________________________________", "Dial in by phone",
		"+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#> United Kingdom, London", "Phone conference ID: 123 456 789#", ""}
	lines := []string{fmt.Sprintf("From: Leah Quist <%s>", from), fmt.Sprintf("To: <%s>", to), "Subject: Core group", "Date: " + time.Now().Format(time.RFC1123Z),
		fmt.Sprintf("Message-ID: <demo-%s@%s>", ids.Secret(8), people.Domain(from)), "MIME-Version: 1.0", `Content-Type: multipart/alternative; boundary="demo"`, "", "--demo",
		"Content-Type: text/plain; charset=utf-8", "", strings.Join(words, "\r\n"), "--demo", `Content-Type: text/calendar; charset="utf-8"; method=REQUEST`, "Content-Transfer-Encoding: 8bit", "",
		strings.Join(calendar, "\r\n"), "--demo--", ""}
	_, err = d.f.AcceptMail(d.ctx, store.Envelope{MailFrom: from, Rcpt: to, RemoteIP: "127.0.0.1", Helo: people.Domain(from)}, []byte(strings.Join(lines, "\r\n")))
	return err
}

// askedTimes is a question to somebody outside, when a meeting could be held, that waits for her answer.
func (d *demoMaker) askedTimes() error {
	cal, today := workdays.EnglandAndWales(), d.s.Store.Today()
	_, err := d.f.MakePoll(d.ctx, d.as("dana"), flow.NewPoll{Case: d.cases["leanne"], Kind: meetings.TeamAroundTheChild, About: []ids.ChildID{d.children["Amy Ward"]}, Minutes: 60,
		Starts: []time.Time{cal.Add(today, 15).At(10, 0), cal.Add(today, 16).At(14, 0)}, Closes: cal.Add(today, 8).At(17, 0), Asked: []ids.ContactID{d.contacts["priya"]}, IdemKey: "demo"})
	return err
}

// anywhere is the best place there is, for meetings of the demo whose time is one at which she is unlocked.
var anywhere = flow.Venue{Best: true}
