package mailkind

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"kinbridge/adapters/email/mailparse"
)

const dsn = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.la.example (Mail Delivery System)\nTo: thread-x@kin.example\nSubject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\n" +
	"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nI'm sorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.la.example\n\n"

func TestBounces(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      []Bounce
	}{
		{"Postfix, two recipients of which one is delayed", dsn +
			"Final-Recipient: rfc822; gone@la.example\nOriginal-Recipient: rfc822;gone@la.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <gone@la.example>: User\n    unknown\n\n" +
			"Final-Recipient: rfc822; slow@la.example\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; ok@la.example\nAction: delivered\nStatus: 2.0.0\n\n--b\nContent-Type: message/rfc822\n\nFrom: thread-x@kin.example\nTo: gone@la.example\nSubject: a message\n\nhello\n--b--\n",
			[]Bounce{{Recipient: "gone@la.example", Status: "5.1.1", Permanent: true, Diagnostic: "550 5.1.1 <gone@la.example>: User unknown"}, {Recipient: "slow@la.example", Status: "4.4.1", Delayed: true}}},
		{"original against final", dsn + "Original-Recipient: rfc822;jo@la.example\nFinal-Recipient: rfc822;jo.price@inner.la.example\nAction: failed\nStatus: 5.2.2\n\n--b--\n",
			[]Bounce{{Recipient: "jo@la.example", Status: "5.2.2", Permanent: true, Diagnostic: ""}}},
		{"qmail", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.la.example\nTo: thread-x@kin.example\nSubject: failure notice\n\nHi. This is the qmail-send program at mx.la.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<gone@la.example>:\n203.0.113.9 does not like recipient.\nRemote host said: 550 5.1.1 no such user\nGiving up on 203.0.113.9.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <thread-x@kin.example>\nTo: somebody@else.example\n\nhello\n",
			[]Bounce{{Recipient: "gone@la.example", Status: "5.1.1", Permanent: true, Diagnostic: "<gone@la.example>: 203.0.113.9 does not like recipient. Remote host said: 550 5.1.1 no such user Giving up on 203.0.113.9."}}},
		{"Exim", "From: Mail Delivery System <Mailer-Daemon@mx.la.example>\nTo: thread-x@kin.example\nX-Failed-Recipients: gone@la.example\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  gone@la.example\n    host mx.la.example [203.0.113.9]\n    SMTP error from remote mail server after RCPT TO:<gone@la.example>:\n    550 5.1.1 unknown\n\n------ This is a copy of the message, including all the headers. ------\n\nTo: x@y.example\n",
			[]Bounce{{Recipient: "gone@la.example", Status: "5.1.1", Permanent: true, Diagnostic: "gone@la.example host mx.la.example [203.0.113.9] SMTP error from remote mail server after RCPT TO:<gone@la.example>: 550 5.1.1 unknown"}}},
		{"Exchange words", "From: postmaster@la.example\nTo: thread-x@kin.example\nSubject: Undeliverable: a message\n\nDelivery has failed to these recipients or groups:\n\nJo Price (jo.price@la.example)<mailto:jo.price@la.example>\nThe email address you entered couldn't be found.\n\nDiagnostic information for administrators:\n\nGenerating server: ex.la.example\n\njo.price@la.example\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'\n",
			[]Bounce{{Recipient: "jo.price@la.example", Status: "5.1.10", Permanent: true, Diagnostic: ""}}},
		{"Domino", "From: Mail Router <postmaster@la.example>\nTo: thread-x@kin.example\nSubject: DELIVERY FAILURE: User jo (jo@la.example) not listed in Domino Directory\n\nYour message\n\n  Subject: a message\n\nwas not delivered to:\n\n  jo@la.example\n\nbecause:\n\n  User jo (jo@la.example) not listed in Domino Directory\n",
			[]Bounce{{Recipient: "jo@la.example", Status: "", Permanent: true, Diagnostic: ""}}},
		{"a warning is no failure", "Return-Path: <>\nFrom: MAILER-DAEMON@mx.la.example\nTo: thread-x@kin.example\nSubject: Warning: could not send message for past 4 hours\n\n    **********************************************\n    **      THIS IS A WARNING MESSAGE ONLY      **\n    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **\n    **********************************************\n\n   ----- The following addresses had transient non-fatal errors -----\n<slow@la.example>\n\n   ----- Transcript of session follows -----\n<slow@la.example>... Deferred: Connection timed out with mx.la.example.\nWarning: message still undelivered after 4 hours\n",
			[]Bounce{{Recipient: "slow@la.example", Delayed: true}}},
		{"old Exchange", "From: System Administrator <postmaster@la.example>\nTo: thread-x@kin.example\nSubject: Undeliverable: hello\n\nYour message\n\n  To:      Jo Price\n  Subject: hello\n\ndid not reach the following recipient(s):\n\njo.price@la.example on Mon, 3 Mar 2025 10:00:01 -0000\n    The e-mail account does not exist at the organization this message\nwas sent to.\n    <mx.la.example #5.1.1>\n",
			[]Bounce{{Recipient: "jo.price@la.example", Status: "5.1.1", Permanent: true, Diagnostic: ""}}},
		{"Postfix text, expanded", "From: MAILER-DAEMON@x.example\nTo: thread-x@kin.example\nSubject: Undelivered Mail Returned to Sender\n\nThis is the mail system at host mx.\n\n<jo@la.example> (expanded from <team@la.example>): host mx2.la.example[203.0.113.7]\n    said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)\n",
			[]Bounce{{Recipient: "jo@la.example", Status: "4.2.2", Permanent: false, Diagnostic: ""}}},
		{"Sendmail", "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.la.example>\nTo: thread-x@kin.example\nSubject: Returned mail: see transcript for details\n\n   ----- The following addresses had permanent fatal errors -----\n<gone@la.example>\n    (reason: 550 5.1.1 <gone@la.example>... User unknown)\n\n   ----- Transcript of session follows -----\n... while talking to mx.la.example.:\n>>> RCPT To:<gone@la.example>\n<<< 550 5.1.1 <gone@la.example>... User unknown\n",
			[]Bounce{{Recipient: "gone@la.example", Status: "5.1.1", Permanent: true, Diagnostic: ""}}},
		{"Yahoo", "From: MAILER-DAEMON@mail.example\nTo: thread-x@kin.example\nSubject: Failure Notice\n\nSorry, we were unable to deliver your message to the following address.\n\n<gone@la.example>:\nRemote host said: 554 delivery error: dd This user doesn't have an account [0]\n\n--- Below this line is a copy of the message.\n\nTo: x@y.example\n",
			[]Bounce{{Recipient: "gone@la.example", Status: "", Permanent: true, Diagnostic: ""}}},
		{"Exim warning", "From: Mailer-Daemon@mx.la.example\nTo: thread-x@kin.example\nSubject: Warning: message 1abc-000 delayed 24 hours\n\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.la.example.\n\n  slow@la.example\n    Delay reason: Connection timed out\n\nNo action is required on your part. Eventually the mail delivery software will give up,\nand when that happens, the message will be returned to you.\n",
			[]Bounce{{Recipient: "slow@la.example", Delayed: true}}},
		{"Exim, two without codes", "From: Mail Delivery System <mailer-daemon@mx.la.example>\nTo: thread-x@kin.example\nSubject: Mail delivery failed: returning message to sender\n\nThis is a permanent error. The following address(es) failed:\n\n  a@la.example\n    Unrouteable address\n  b@la.example\n    retry timeout exceeded\n",
			[]Bounce{{Recipient: "a@la.example", Status: "", Permanent: true, Diagnostic: ""}, {Recipient: "b@la.example", Status: "", Permanent: true, Diagnostic: ""}}},
		{"fields in plain text", "From: MAILER-DAEMON@mx.la.example\nTo: thread-x@kin.example\nSubject: Returned mail\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: RFC822; gone@la.example\nAction: failed\nStatus: 5.1.2\n",
			[]Bounce{{Recipient: "gone@la.example", Status: "5.1.2", Permanent: true, Diagnostic: ""}}},
	} {
		m, _ := mailparse.Parse([]byte(c.raw), mailparse.Limits{})
		got := Classify(m, "-")
		if got.Kind != KindBounce {
			t.Errorf("%s: kind %s", c.name, got.Kind)
			continue
		}
		for i := range got.Bounces {
			if i < len(c.want) && c.want[i].Diagnostic == "" {
				got.Bounces[i].Diagnostic = ""
			}
		}
		if diff := cmp.Diff(c.want, got.Bounces); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      Kind
	}{
		{"person", "From: jo@la.example\nSubject: Re: review\n\nYes.\n", KindMessage},
		{"person on a list", "From: jo@la.example\nPrecedence: list\nSubject: Re: review\n\nYes.\n", KindMessage},
		{"person writes of her leave", "From: jo@la.example\nSubject: Re: out of office dates\n\nI am on leave next week, can we meet before?\n", KindMessage},
		{"person writes of a bounce", "From: jo@la.example\nSubject: Fwd: Undelivered Mail Returned to Sender\n\nDid you get this?\n", KindMessage},
		{"person asks about her leave", "From: jo@la.example\nSubject: Out of office next week - can we meet before?\n\nHi, can we meet?\n", KindMessage},
		{"person announces her leave", "From: jo@la.example\nSubject: On leave from Monday\n\nHi all, Sam will cover my cases while I am away.\n", KindMessage},
		{"absence of somebody else", "From: jo@la.example\nSubject: Absence of the father at the review\n\nHe did not come.\n", KindMessage},
		{"person thanks", "From: jo@la.example\nSubject: Thank you for your email\n\nI will read it tonight.\n", KindMessage},
		{"bounced cheque", "From: jo@la.example\nSubject: Bounced cheque\n\nThe cheque was rejected.\n", KindMessage},
		{"mail system notice", "From: admin@la.example\nSubject: Mail system maintenance\n\nThe mail system will not be able to deliver mail on Monday.\n", KindMessage},
		{"out of office, form with a colon", "From: jo@la.example\nSubject: Out of Office: review\n\nx\n", KindAutoReply},
		{"French absence with words", "From: jo@la.example\nSubject: Absent\n\nJe suis actuellement absente jusqu'au 3 mars.\n", KindAutoReply},
		{"help desk", "From: duty@la.example\nSubject: Thank you for contacting us\nAuto-Submitted: auto-generated\n\nYour reference is 123\n", KindAutoReply},
		{"postmaster who is a person", "From: Al Postmaster <al@la.example>\nSubject: new mail server\n\nWe move on Monday.\n", KindMessage},
		{"Auto-Submitted: no", "From: jo@la.example\nAuto-Submitted: no\nSubject: x\n\nYes.\n", KindMessage},
		{"Exchange", "From: jo@la.example\nSubject: Automatic reply: review\nAuto-Submitted: auto-generated\nX-Auto-Response-Suppress: All\nIn-Reply-To: <a@b>\n\nI am away.\n", KindAutoReply},
		{"Welsh subject only", "From: jo@la.example\nSubject: Ymateb awtomatig: adolygiad\n\nRwyf i ffwrdd.\n", KindAutoReply},
		{"German subject only", "From: jo@la.example\nSubject: Abwesenheitsnotiz: Termin\n\nIch bin weg.\n", KindAutoReply},
		{"Japanese", "From: jo@la.example\nSubject: =?utf-8?B?6Ieq5YuV5b+c562UOiDkvJrorbA=?=\n\nx\n", KindAutoReply},
		{"vacation", "From: jo@la.example\nAuto-Submitted: auto-replied (vacation)\nSubject: Re: review\n\nx\n", KindAutoReply},
		{"out of office told by words and null sender", "Return-Path: <>\nFrom: jo@la.example\nSubject: Re: review\n\nI am out of the office until 3 March.\n", KindAutoReply},
		{"invite", "From: jo@la.example\nSubject: LAC review\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n", KindInvite},
		{"our own", "From: thread-x@kin.example\nX-Kinbridge-Loop: 1\nSubject: x\n\nx\n", KindLoop},
		{"two writers", "From: jo@la.example\nFrom: evil@x.example\nSubject: x\n\nx\n", KindRejected},
		{"success report", dsn + "Final-Recipient: rfc822; ok@la.example\nAction: delivered\nStatus: 2.0.0\n\n--b--\n", KindBounce},
	} {
		m, _ := mailparse.Parse([]byte(c.raw), mailparse.Limits{})
		if got := Classify(m, "-"); got.Kind != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Kind, got.Reason, c.want)
		}
	}
}
