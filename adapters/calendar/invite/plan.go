package invite

import (
	"fmt"
	"strings"

	"kinbridge/adapters/calendar/join"
	"kinbridge/adapters/calendar/problem"
)

// Kind is a way in which she can take part.
type Kind string

// The ways in, best first.
const (
	VideoInterop Kind = "video_interop" // our room dials the meeting's address for video devices
	PhoneLeg     Kind = "phone"         // our room dials the meeting's telephone number
	GuestLink    Kind = "guest_link"    // the others come to our room, by a link in their browser or by our telephone number
	Contribution Kind = "contribution"  // her words are read out
)

// Leg is one way in. The plan is a proposal: what the prison allows and what is up that day is for the caller to know.
type Leg struct {
	Kind   Kind   `json:"kind"`
	Target string `json:"target"`         // SIP address, E.164 number, or the email address that gets the link or her words
	Send   string `json:"send,omitempty"` // digits to send after the answer, as RFC 4733 events, a comma being a pause: a credential
	Why    string `json:"why"`
	WhyCy  string `json:"-"`
}

func (in *Invite) hasPhone() bool { return in.Join.Phone != "" && in.Join.ConferenceID != "" }

// contradicted says that the invitation has a conference ID which was refused.
func (in *Invite) contradicted() bool {
	return problem.Has(in.Problems, problem.ConferenceMismatch) || problem.Has(in.Problems, problem.ConferenceDiffers)
}

// plan makes the ladder and, where something is missing, the request.
func (in *Invite) plan(from string) {
	organiser := in.Event.Organizer.Addr
	if organiser == "" {
		organiser = from
	}
	if !in.invites() {
		in.Plan = []Leg{{Kind: Contribution, Target: organiser, Why: "This is no invitation to a meeting that takes place: her words can still be sent to the organiser.",
			WhyCy: "Nid gwahoddiad i gyfarfod sy'n digwydd yw hwn: gellir anfon ei geiriau at y trefnydd o hyd."}}
		return
	}
	j := in.Join
	if leg, ok := video(j); ok {
		in.Plan = append(in.Plan, leg)
	}
	if in.hasPhone() {
		send := j.ConferenceID + "#"
		if j.PhonePasscode != "" {
			send += "," + j.PhonePasscode + "#"
		}
		if j.Service == join.Zoom && j.PhonePasscode != "" {
			send = j.ConferenceID + "#,#," + j.PhonePasscode + "#" // meeting ID, no participant ID, passcode
		}
		in.Plan = append(in.Plan, Leg{Kind: PhoneLeg, Target: j.Phone, Send: send,
			Why:   "The invitation prints a number to dial in. After the answer the conference ID is sent; somebody in the meeting may have to admit the caller.",
			WhyCy: "Mae'r gwahoddiad yn argraffu rhif i ddeialu. Ar ôl yr ateb anfonir ID y gynhadledd; efallai y bydd rhaid i rywun yn y cyfarfod dderbyn y galwr."})
	}
	guest := Leg{Kind: GuestLink, Target: organiser, Why: "The organiser can bring the others to our room by a link, or by our own number and a PIN, if the meeting cannot be dialled.",
		WhyCy: "Gall y trefnydd ddod â'r lleill i'n hystafell ni drwy ddolen, neu drwy ein rhif ein hunain a PIN, os na ellir deialu'r cyfarfod."}
	if len(in.Plan) == 0 {
		guest.Why = "The invitation gives nothing that our rooms can dial. The organiser can bring the others to our room by a link, or by our own number and a PIN."
		guest.WhyCy = "Nid yw'r gwahoddiad yn rhoi dim y gall ein hystafelloedd ei ddeialu. Gall y trefnydd ddod â'r lleill i'n hystafell ni drwy ddolen, neu drwy ein rhif ein hunain a PIN."
	}
	in.Plan = append(in.Plan, guest, Leg{Kind: Contribution, Target: organiser, Why: "Whatever fails, her words, written before, are read out and recorded.",
		WhyCy: "Beth bynnag fydd yn methu, caiff ei geiriau, a ysgrifennwyd o flaen llaw, eu darllen a'u cofnodi."})
	if !in.hasPhone() {
		in.Request = in.request(organiser)
	}
}

// video makes the leg to the address for video devices.
func video(j join.Details) (Leg, bool) {
	switch {
	case j.DirectSIP != "":
		leg := Leg{Kind: VideoInterop, Target: j.DirectSIP, Why: "The meeting has an address for video devices, which reaches it without a prompt.",
			WhyCy: "Mae gan y cyfarfod gyfeiriad ar gyfer dyfeisiau fideo, sy'n ei gyrraedd heb neges brydlon."}
		if j.Service == join.Zoom && j.PhonePasscode != "" {
			leg.Send = j.PhonePasscode + "#"
		}
		return leg, true
	case j.SIPURI != "" && j.VideoID != "":
		return Leg{Kind: VideoInterop, Target: j.SIPURI, Send: j.VideoID + "#", Why: "The meeting has an address for video devices; its prompt asks for the video ID.",
			WhyCy: "Mae gan y cyfarfod gyfeiriad ar gyfer dyfeisiau fideo; mae'n gofyn am yr ID fideo."}, true
	}
	return Leg{}, false
}

// Request is a drafted email to the organiser. It names no person and nothing of the meeting but its time.
type Request struct {
	To      string `json:"to"`
	Missing string `json:"missing"` // phone, or conference_id when it contradicts itself
	En      Draft  `json:"en"`
	Cy      Draft  `json:"cy"`
}

// Draft is one language of it.
type Draft struct {
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

func (in *Invite) request(to string) *Request {
	r := &Request{To: to, Missing: "phone"}
	ask := [2]string{
		"The invitation gives no telephone number to dial in, and our rooms cannot open Teams, Zoom or similar links. Please add dial-in details (a number and a phone conference ID) and send the invitation again; in Teams this needs an audio-conferencing licence, which your IT team can assign.",
		"Nid yw'r gwahoddiad yn rhoi rhif ffôn i ddeialu i mewn, ac ni all ein hystafelloedd agor dolenni Teams, Zoom neu debyg. Ychwanegwch fanylion deialu (rhif ac ID cynhadledd ffôn) ac anfonwch y gwahoddiad eto; yn Teams mae angen trwydded sain-gynadledda ar gyfer hyn, y gall eich tîm TG ei rhoi.",
	}
	if in.contradicted() {
		r.Missing = "conference_id"
		ask = [2]string{
			"The invitation gives two different phone conference IDs, so we do not know which reaches your meeting. Please tell us which is right, or send the invitation again.",
			"Mae'r gwahoddiad yn rhoi dau ID cynhadledd ffôn gwahanol, felly ni wyddom pa un sy'n cyrraedd eich cyfarfod. Dywedwch wrthym pa un sy'n gywir, neu anfonwch y gwahoddiad eto.",
		}
	}
	on, ar := "", ""
	if !in.Event.Start.IsZero() {
		on, ar = " on "+in.Event.Start.Format("2 January 2006"), " ar "+welshDate(in)
		if !in.Event.AllDay {
			on += in.Event.Start.Format(" at 15:04")
			ar += in.Event.Start.Format(" am 15:04")
		}
	}
	r.En = Draft{Subject: "Dial-in details for your meeting" + on, Text: fmt.Sprintf("Hello,\n\nThank you for the invitation to the meeting%s.\n\n%s\n\nIf that is not possible, reply to this email: we will send you a link and a telephone number by which you and the others can join our room instead, without an account.\n\nThank you.\n", on, ask[0])}
	r.Cy = Draft{Subject: "Manylion deialu ar gyfer eich cyfarfod" + ar, Text: fmt.Sprintf("Helo,\n\nDiolch am y gwahoddiad i'r cyfarfod%s.\n\n%s\n\nOs nad yw hynny'n bosibl, atebwch yr e-bost hwn: byddwn yn anfon dolen a rhif ffôn atoch er mwyn i chi a'r lleill ymuno â'n hystafell ni yn lle hynny, heb gyfrif.\n\nDiolch.\n", ar, ask[1])}
	return r
}

var welshMonths = strings.Fields("Ionawr Chwefror Mawrth Ebrill Mai Mehefin Gorffennaf Awst Medi Hydref Tachwedd Rhagfyr")

func welshDate(in *Invite) string {
	y, m, d := in.Event.Start.Date()
	return fmt.Sprintf("%d %s %d", d, welshMonths[m-1], y)
}
