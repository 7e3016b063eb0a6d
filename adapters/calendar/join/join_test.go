package join

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kinbridge/adapters/calendar/problem"
)

// The generations of Teams invitation, as BRIDGING.md shows them.
const (
	gen2018 = "Join Microsoft Teams Meeting<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0?context=%7b%22Tid%22%7d>\n+44 20 7946 0958<tel:+44%2020%207946%200958,,12345678#>   United Kingdom, London (Toll)\nConference ID: 123 456 78#\nLocal numbers<https://x.example> | Reset PIN<https://x.example>\nJoin with a video conferencing device\n123456789@t.plcm.vc<mailto:123456789@t.plcm.vc> VTC Conference ID: 012345678\nAlternate VTC dialing instructions<https://dialin.plcm.vc/teams/?key=123456789&conf=012345678>\n"
	gen2020 = "Microsoft Teams meeting\nJoin on your computer, mobile app or room device\nClick here to join the meeting<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0>\nMeeting ID: 123 456 789 012\nPasscode: Ab3dEf\nDownload Teams<https://x.example> | Join on the web<https://x.example>\nJoin with a video conferencing device\nteams@vc.example.gov.uk\nVideo Conference ID: 112 345 678 9\nAlternate VTC instructions<https://pexip.me/teams/vc.example.gov.uk/1123456789>\nOr call in (audio only)\n+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#>   United Kingdom, London\nPhone Conference ID: 123 456 789#\nFind a local number<https://x.example> | Reset PIN<https://x.example>\n"
	gen2024 = "Microsoft Teams Need help?<https://aka.ms/JoinTeamsMeeting?omkt=en-GB>\nJoin the meeting now<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0>\nMeeting ID: 123 456 789 012 3\nPasscode: ts2gG2P7\n________________________________\nDial in by phone\n+44 20 7946 0958,,123456789#<tel:+442079460958,,123456789#> United Kingdom, London\nFind a local number<https://dialin.teams.microsoft.com/x?id=123456789>\nPhone conference ID: 123 456 789#\nJoin on a video conferencing device\nTenant key: 123456789@t.plcm.vc\nVideo ID: 114 567 890 1\nMore info<https://x.example>\n"
	gen2025 = "Microsoft Teams meeting\nJoin: https://teams.microsoft.com/meet/123456789012345?p=aBcDeFgHiJkLmNoPqR\nMeeting ID: 123 456 789 012 345\nPasscode: jz7o5CE9\nNeed help?<https://x.example> | System reference<https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0>\nDial in by phone\n+44 20 7946 0958,,12345678#<tel:+442079460958,,12345678#> United Kingdom, London\nPhone conference ID: 123 456 78#\nJoin on a video conferencing device\nTenant key: example@m.webex.com\nVideo ID: 119 876 543 2\n"
	teams   = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0"
)

func TestTeamsGenerations(t *testing.T) {
	london := []Phone{{Number: "+442079460958", Place: "United Kingdom, London"}}
	for _, c := range []struct {
		name, text string
		want       Details
	}{
		{"2018", gen2018, Details{URL: teams + "?context=%7b%22Tid%22%7d", Phone: "+442079460958", Phones: []Phone{{"+442079460958", "United Kingdom, London (Toll)"}}, ConferenceID: "12345678", SIPURI: "123456789@t.plcm.vc", VideoID: "012345678", DirectSIP: "123456789.012345678@t.plcm.vc"}},
		{"2020", gen2020, Details{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf", Phone: "+442079460958", Phones: london, ConferenceID: "123456789", SIPURI: "teams@vc.example.gov.uk", VideoID: "1123456789", DirectSIP: "1123456789@vc.example.gov.uk"}},
		{"2024", gen2024, Details{URL: teams, MeetingID: "1234567890123", Passcode: "ts2gG2P7", Phone: "+442079460958", Phones: london, ConferenceID: "123456789", SIPURI: "123456789@t.plcm.vc", VideoID: "1145678901", DirectSIP: "123456789.1145678901@t.plcm.vc"}},
		{"2025", gen2025, Details{URL: teams, MeetingID: "123456789012345", Passcode: "jz7o5CE9", Phone: "+442079460958", Phones: london, ConferenceID: "12345678", SIPURI: "example@m.webex.com", VideoID: "1198765432", DirectSIP: "1198765432.example@m.webex.com"}},
		{"labels and values on two lines", "Meeting ID:\n123 456 789 012\nPasscode:\nAb3dEf\n", Details{MeetingID: "123456789012", Passcode: "Ab3dEf"}},
		{"Welsh labels", "Ymunwch nawr<" + teams + ">\nRhif adnabod y cyfarfod: 123 456 789 012\nCôd pas: Ab3dEf\nDeialu i mewn dros y ffôn\n+44 20 7946 0958,,123456789#\nRhif cynhadledd ffôn: 123 456 789#\n", Details{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf", Phone: "+442079460958", Phones: []Phone{{Number: "+442079460958"}}, ConferenceID: "123456789"}},
		{"no phone block", "Join the meeting now<" + teams + ">\nMeeting ID: 123 456 789 012\nPasscode: Ab3dEf\n", Details{URL: teams, MeetingID: "123456789012", Passcode: "Ab3dEf"}},
		{"numbers that differ", "+44 20 7946 0958,,123456789#\nPhone conference ID: 987 654 321#\n", Details{Phone: "+442079460958", Phones: []Phone{{Number: "+442079460958"}}, Problems: []problem.Problem{problem.New(problem.ConferenceMismatch, "123456789", "987654321")}}},
		{"look-alike host", "Join<https://teams.microsoft.com.evil.example/l/meetup-join/x>\n", Details{Problems: []problem.Problem{problem.New(problem.LookAlike, "teams.microsoft.com.evil.example")}}},
		{"safe link", "Join<https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2F19%253ameeting_abc%2540thread.v2%2F0&data=x>\n", Details{URL: teams}},
	} {
		if c.want.URL != "" {
			c.want.Service = Teams
		}
		if diff := cmp.Diff(c.want, Read(Source{Text: c.text}), cmpopts.IgnoreUnexported(Details{})); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestWrappedLinks(t *testing.T) {
	for name, link := range map[string]string{
		"Outlook twice":        "https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Feur01.safelinks.protection.outlook.com%2F%3Furl%3Dhttps%253A%252F%252Fteams.microsoft.com%252Fl%252Fmeetup-join%252F19%25253ameeting_abc%252540thread.v2%252F0&data=x",
		"Proofpoint v2":        "https://urldefense.proofpoint.com/v2/url?u=https-3A__teams.microsoft.com_l_meetup-2Djoin_19-253ameeting-5Fabc-2540thread.v2_0&d=DwMF&c=x",
		"Proofpoint v3":        "https://urldefense.com/v3/__https://teams.microsoft.com/l/meetup-join/19*3ameeting_abc*40thread.v2/0__;JSU!!ABC!def$",
		"Proofpoint v3, run":   "https://urldefense.com/v3/__https:**Ateams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0__;Ly8!!ABC!def$",
		"Barracuda":            "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fteams.microsoft.com%2fl%2fmeetup-join%2f19%253ameeting_abc%2540thread.v2%2f0&c=E,1,x",
		"Egress":               "https://eu1.defend.egress.com/Warning?crId=1&Domain=la.example&Base64Url=aHR0cHM6Ly90ZWFtcy5taWNyb3NvZnQuY29tL2wvbWVldHVwLWpvaW4vMTklM2FtZWV0aW5nX2FiYyU0MHRocmVhZC52Mi8w&@OriginalLink=x",
		"Sophos":               "https://eu-central-1.protection.sophos.com/?d=microsoft.com&u=aHR0cHM6Ly90ZWFtcy5taWNyb3NvZnQuY29tL2wvbWVldHVwLWpvaW4vMTklM2FtZWV0aW5nX2FiYyU0MHRocmVhZC52Mi8w&i=x",
		"Google":               "https://www.google.com/url?q=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2F19%253ameeting_abc%2540thread.v2%2F0&sa=D",
		"Cisco":                "https://secure-web.cisco.com/1abc/https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2F19%253ameeting_abc%2540thread.v2%2F0",
		"Teams's own launcher": "https://teams.microsoft.com/dl/launcher/launcher.html?url=%2F_%23%2Fl%2Fmeetup-join%2F19%253ameeting_abc%2540thread.v2%2F0&type=meetup-join",
		"without TLS":          "http://teams.microsoft.com/l/meetup-join/19%3ameeting_abc%40thread.v2/0",
	} {
		if d := Read(Source{Text: "Join<" + link + ">"}); d.URL != teams || len(d.Problems) != 0 {
			t.Errorf("%s: %q %v", name, d.URL, d.Problems)
		}
	}
	for name, link := range map[string]string{
		"Mimecast": "https://protect-eu.mimecast.com/s/AbCdEf?domain=teams.microsoft.com",
	} {
		if d := Read(Source{Text: "Join<" + link + ">"}); d.URL != "" || !problem.Has(d.Problems, problem.Wrapped) {
			t.Errorf("%s: %q %v", name, d.URL, d.Problems)
		}
	}
}

func TestLookAlikes(t *testing.T) {
	for _, link := range []string{
		"https://teams.microsoft.com.evil.example/l/meetup-join/x", "https://teams-microsoft.com/meet/123456789012", "https://teams.rnicrosoft.com/l/meetup-join/x",
		"https://teams.microsoft.com@evil.example/l/meetup-join/x", "https://teams.microsoft.com:8443/l/meetup-join/x", "https://teams.microsoft.com%2eevil.example/l/meetup-join/x",
		"https://us02web.zoom.us.evil.example/j/81234567890", "https://teams.micros0ft.com/meet/123456789012", "https://xn--tams-9pa.example/l/meetup-join/x", "https://tеams.microsoft.com/meet/123456789012",
		"https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft.com.evil.example%2Fl%2Fmeetup-join%2Fx",
		"https://safelinks.protection.outlook.com.evil.example/?url=https%3A%2F%2Fteams.microsoft.com%2Fl%2Fmeetup-join%2Fx",
	} {
		if d := Read(Source{Text: "Join: " + link}); d.URL != "" {
			t.Errorf("%s was taken for %s", link, d.URL)
		} else if !problem.Has(d.Problems, problem.LookAlike) && !strings.Contains(link, "%2eevil") {
			t.Errorf("%s was passed over in silence", link)
		}
	}
	for _, link := range []string{"https://aka.ms/JoinTeamsMeeting", "https://dialin.teams.microsoft.com/x?id=1", "https://support.microsoft.com/teams", "https://zoom.us/u/abc", "https://support.google.com/meet", "https://la.example/teams"} {
		if d := Read(Source{Text: "See " + link}); len(d.Problems) != 0 || d.URL != "" {
			t.Errorf("%s: %v", link, d.Problems)
		}
	}
}

// The calendar names one meeting and links another: the link is shown with a warning, and a link of the text that leads to the meeting named is better.
func TestLinkOfAnotherMeetingThanTheCalendarNames(t *testing.T) {
	props := Properties{TeamsURL: teams, Thread: "19:meeting_xyz@thread.v2"}
	if d := Read(Source{Properties: props}); d.URL != teams || !problem.Has(d.Problems, problem.LinkDiffers) {
		t.Errorf("%q %v", d.URL, d.Problems)
	}
	named := strings.Replace(teams, "abc", "xyz", 1)
	if d := Read(Source{Properties: props, Calendar: []string{"Join<" + named + ">"}}); d.URL != named || problem.Has(d.Problems, problem.LinkDiffers) {
		t.Errorf("%q %v", d.URL, d.Problems)
	}
}

// What Webex asks for after the meeting number is kept, whether it stands in the dialling string, beside the password, or both.
func TestNumericPasswordOfWebex(t *testing.T) {
	const head = "Join meeting\nhttps://la.webex.com/la/j.php?MTID=m0123\nMeeting number (access code): 2633 123 4567\n"
	const password = "Meeting password: wXyZ12abC3 (99991222 when dialing from a phone or video system)\n"
	for _, text := range []string{
		head + password + "+44-20-7946-0888,,26331234567#99991222# United Kingdom Toll\n",
		head + password + "+44-20-7946-0888,,26331234567# United Kingdom Toll\n",
		head + "+44-20-7946-0888,,26331234567#99991222# United Kingdom Toll\n",
		head + "+44-20-7946-0888,,26331234567##99991222# United Kingdom Toll\n",
	} {
		d := Read(Source{Text: text})
		if d.Phone != "+442079460888" || d.ConferenceID != "26331234567" || d.PhonePasscode != "99991222" || d.Phones[0].Place != "United Kingdom Toll" || len(d.Problems) != 0 {
			t.Errorf("%q: %q %q %q %v %v", text, d.Phone, d.ConferenceID, d.PhonePasscode, d.Phones, d.Problems)
		}
	}
}

func TestLinkBrokenOverLines(t *testing.T) {
	at := strings.Index(teams, "%40")
	for _, text := range []string{
		"Join<" + teams[:at] + "\n" + teams[at:] + ">\nMeeting ID: 123 456 789 012\n",
		"> Join<" + teams[:20] + "\r\n> " + teams[20:at] + "\r\n> " + teams[at:] + ">\r\n> Meeting ID: 123 456 789 012\r\n",
	} {
		if d := Read(Source{Text: text}); d.URL != teams || d.MeetingID != "123456789012" {
			t.Errorf("%q: %q %q", text, d.URL, d.MeetingID)
		}
	}
	// A bracket that is never closed takes no words of the lines below.
	if d := Read(Source{Text: "Join<" + teams + "\nAlmost\nthere, all\nMeeting ID: 123 456 789 012\n"}); d.URL != teams || d.MeetingID != "123456789012" {
		t.Errorf("%q %q", d.URL, d.MeetingID)
	}
}

func TestTheEndOfALink(t *testing.T) {
	if d := Read(Source{Text: "We meet at " + teams + ".\n"}); d.URL != teams {
		t.Errorf("the end of the sentence: %q", d.URL)
	}
	const pexip = "Join<" + teams + ">\nJoin with a video conferencing device\nteams@video.la.example\nVideo ID: 112 345 678 9\nMore info<https://video.la.example/teams/?conf=1123456789&ivr=teams&d=video.la.example&prefix=55.>\n"
	if d := Read(Source{Text: pexip}); d.DirectSIP != "55.1123456789@video.la.example" {
		t.Errorf("the end of a link between brackets: %q", d.DirectSIP)
	}
}

// Google prints the hash behind its PIN in text, and leaves it out in HTML.
func TestGooglePINWithoutHash(t *testing.T) {
	for _, behind := range []string{"<br>PIN: 753951846", " PIN: 753 951 846", "<br>PIN: 753951846#"} {
		d := Read(Source{HTML: `<a href="https://meet.google.com/abc-defg-hij">Join with Google Meet</a><h2>Join by phone</h2>(GB) <a href="tel:%2B442079460666">+44 20 7946 0666</a>` + behind})
		if d.Phone != "+442079460666" || d.ConferenceID != "753951846" {
			t.Errorf("%s: %q %q", behind, d.Phone, d.ConferenceID)
		}
	}
	d := Read(Source{HTML: `<a href="https://meet.google.com/abc-defg-hij">Join with Google Meet</a><p>My own number: +44 20 7946 0777</p><p>Room: 12</p>`})
	if d.Phone != "" || d.ConferenceID != "" {
		t.Errorf("the writer's own number is dialled: %q %q", d.Phone, d.ConferenceID)
	}
}

func TestHTMLInADescription(t *testing.T) {
	const inHTML = `<p>Please come.</p><a href="` + teams + `">Join</a><br>Meeting ID: <b>123 456 789 012</b><br>Passcode: <b>Ab3dEf</b><br><a href="tel:+442079460958,,123456789#">+44 20 7946 0958,,123456789#</a> London`
	d := Read(Source{Calendar: []string{FlattenDescription(inHTML)}})
	if d.URL != teams || d.MeetingID != "123456789012" || d.Passcode != "Ab3dEf" || d.ConferenceID != "123456789" || d.Phones[0].Place != "London" {
		t.Errorf("%+v", d)
	}
	if FlattenDescription(gen2018) != gen2018 || FlattenDescription("a < b </p>") == "" {
		t.Error("a text with links in brackets is taken for HTML")
	}
}
