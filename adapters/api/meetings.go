package api

import (
	"context"
	"net/http"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/slots"
)

// Meeting is a meeting in a list.
type Meeting struct {
	ID            ids.MeetingID  `json:"id" doc:"Identifier of the meeting"`
	CaseID        ids.CaseID     `json:"case_id" doc:"Its case"`
	CaseReference string         `json:"case_reference" doc:"Reference of the case"`
	Kind          meetings.Kind  `json:"kind" enum:"looked_after_review,initial_conference,review_conference,core_group,child_in_need,team_around_the_child,family_group_conference,personal_education_plan,legal_visit,pre_brief,debrief" doc:"What sort of meeting"`
	Title         string         `json:"title,omitempty" doc:"Title. Missing when the kind says it all"`
	Starts        time.Time      `json:"starts" doc:"When it starts"`
	Ends          time.Time      `json:"ends" doc:"When it ends"`
	RoomOpens     time.Time      `json:"room_opens" doc:"When the first person can enter the room"`
	RoomCloses    time.Time      `json:"room_closes" doc:"When the room closes for everybody"`
	Phase         meetings.Phase `json:"phase" enum:"too_early,open,ended,cancelled" doc:"Where it stands now: too_early, before the room opens"`
	Role          meetings.Role  `json:"role,omitempty" enum:"host,mother,supporter,guest" doc:"The role of this token's owner. Missing when she does not take part"`
}

// MeetingDetail is one meeting.
type MeetingDetail struct {
	Meeting
	About        []string      `json:"about" nullable:"false" doc:"The names of the children whom it is about"`
	Place        *Place        `json:"place,omitempty" doc:"Where the mother takes part. Missing: nowhere yet"`
	Participants []Participant `json:"participants" nullable:"false" doc:"Who takes part"`
	Attendance   []Attendance  `json:"attendance" nullable:"false" doc:"What happened in the room, in order"`
	MayJoin      bool          `json:"may_join" doc:"Whether a ticket would be given now"`
	MayMove      bool          `json:"may_move" doc:"Whether this token's owner may give it other times"`
	MayCancel    bool          `json:"may_cancel" doc:"Whether this token's owner may cancel it"`
}

// Place is where the mother takes part in a meeting.
type Place struct {
	ID        ids.PlaceID     `json:"id" doc:"Identifier of the place"`
	Name      string          `json:"name" doc:"What it is called"`
	Kind      slots.PlaceKind `json:"kind" enum:"kiosk,video_room,phone_room,visits_room" doc:"What sort of place"`
	PickUp    time.Time       `json:"pick_up" doc:"When she leaves her wing"`
	ThereFrom time.Time       `json:"there_from" doc:"From when she has the place"`
	ThereTo   time.Time       `json:"there_to" doc:"Until when she has the place"`
	Back      time.Time       `json:"back" doc:"When she is on her wing again"`
	Unlock    bool            `json:"unlock" doc:"Whether the wing unlocks her for it though she would be locked up"`
	Clash     string          `json:"clash,omitempty" doc:"Why it does not hold any more, as a code. Missing when it holds" example:"closed_day"`
}

// Participant is one person's place in a meeting.
type Participant struct {
	ID        ids.ParticipantID   `json:"id" doc:"Identifier of the place in this meeting"`
	Kind      meetings.PersonKind `json:"kind" enum:"mother,staff,contact" doc:"What sort of person"`
	Role      meetings.Role       `json:"role" enum:"host,mother,supporter,guest" doc:"Role in the meeting"`
	Name      string              `json:"name,omitempty" doc:"Name as she was invited"`
	TypedName string              `json:"typed_name,omitempty" doc:"Name as a guest wrote it herself"`
	Email     string              `json:"email,omitempty" doc:"Email address, of guests only"`
	Agency    string              `json:"agency,omitempty" doc:"Name of the body she works for"`
	Office    string              `json:"office,omitempty" doc:"A guest's office" example:"allocated_worker"`
	Present   bool                `json:"present" doc:"Whether she is in the room now"`
	Waiting   bool                `json:"waiting" doc:"Whether she waits in the lobby now"`
	Joined    *time.Time          `json:"joined,omitempty" doc:"When she first came in. Missing before"`
	Left      *time.Time          `json:"left,omitempty" doc:"When she last left. Missing while she is in"`
	Answer    *GuestAnswer        `json:"answer,omitempty" doc:"What a guest's calendar has answered to the present times. Missing before"`
}

// Attendance is one event of a room.
type Attendance struct {
	Event  meetings.EventKind `json:"event" doc:"What happened" example:"joined"`
	Name   string             `json:"name,omitempty" doc:"Of whom. Missing when it was the whole room's"`
	By     string             `json:"by,omitempty" doc:"Who did it. Missing when it was herself or the room"`
	At     time.Time          `json:"at" doc:"When"`
	Detail string             `json:"detail,omitempty" doc:"A code that says more"`
}

// NewMeeting is a meeting to be created.
type NewMeeting struct {
	CaseID            ids.CaseID      `json:"case_id" maxLength:"64" doc:"The case. Its mother always takes part"`
	Kind              meetings.Kind   `json:"kind" enum:"looked_after_review,initial_conference,review_conference,core_group,child_in_need,team_around_the_child,family_group_conference,personal_education_plan,legal_visit,pre_brief,debrief" doc:"What sort of meeting"`
	Title             string          `json:"title,omitempty" maxLength:"120" doc:"Title, of one line"`
	Starts            time.Time       `json:"starts" doc:"When it starts: now or within the next 366 days"`
	Ends              time.Time       `json:"ends" doc:"When it ends: at most 4 hours later"`
	GuestIDs          []ids.ContactID `json:"guest_ids,omitempty" maxItems:"40" nullable:"false" doc:"Contacts to invite by email; GET /cases/{case_id}/guests lists who can be. At most 40 people with staff_ids"`
	StaffIDs          []ids.StaffID   `json:"staff_ids,omitempty" maxItems:"40" nullable:"false" doc:"Staff of the case's team, besides this token's owner, who hosts it"`
	ChildIDs          []ids.ChildID   `json:"child_ids,omitempty" maxItems:"40" nullable:"false" doc:"The children whom it is about: guests must have to do with one of them. Missing: the whole family"`
	Place             string          `json:"place,omitempty" maxLength:"64" doc:"Where she takes part: best (the best place that is free; none when none is) or a place's identifier (409 when somebody else has it, 422 when it does not fit). Missing: nowhere yet"`
	Beside            int             `json:"beside,omitempty" minimum:"0" maximum:"12" doc:"How many people sit with her"`
	Unlock            bool            `json:"unlock,omitempty" doc:"With a certain place: the wing will unlock her for it, should she be locked up then"`
	AcrossAuthorities bool            `json:"across_authorities,omitempty" doc:"Set to confirm that guests of more than one local authority are meant to meet"`
	IdempotencyKey    string          `json:"idempotency_key,omitempty" maxLength:"150" doc:"The same as the header Idempotency-Key"`
}

// Guest is somebody who can be invited.
type Guest struct {
	ID       ids.ContactID `json:"id" doc:"Identifier of the contact"`
	Name     string        `json:"name" doc:"Name"`
	Email    string        `json:"email" doc:"Email address"`
	Office   string        `json:"office" doc:"Office in which she takes part" example:"allocated_worker"`
	AgencyID ids.AgencyID  `json:"agency_id" doc:"The body she works for"`
}

// Ticket lets one participant into one room once.
type Ticket struct {
	MeetingID     ids.MeetingID     `json:"meeting_id" doc:"The meeting"`
	ParticipantID ids.ParticipantID `json:"participant_id" doc:"Whose place it is"`
	Name          string            `json:"name" doc:"Her name, as the others in the room will see it"`
	Role          meetings.Role     `json:"role" enum:"host,mother,supporter,guest" doc:"Her role"`
	Path          string            `json:"path" doc:"Path of the signalling WebSocket on this host" example:"/rooms/ws"`
	Ticket        string            `json:"ticket" doc:"The ticket to give there. It works once"`
	Expires       time.Time         `json:"expires" doc:"When it is worthless if it was not used"`
}

// MeetingPath names a meeting in an address.
type MeetingPath struct {
	MeetingID ids.MeetingID `path:"meeting_id" maxLength:"64" doc:"Identifier of the meeting"`
}

type ticketBody struct {
	ParticipantID ids.ParticipantID `json:"participant_id" minLength:"1" maxLength:"64" doc:"Whose place the ticket is for"`
}

func (a *API) meetingOperations() {
	operation(a, get("list-meetings", "/meetings", "meetings", "List meetings",
		"The meetings that this token may know of: first those to come, the next first, then those that are over, the last first. At most 200 without case_id."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			Paging
			CaseID ids.CaseID `query:"case_id" maxLength:"64" doc:"Only the meetings of this case"`
		}) (*List[Meeting], error) {
			var rows []flow.MeetingRow
			var err error
			if in.CaseID != "" {
				rows, err = a.f.CaseMeetings(ctx, actor, in.CaseID)
			} else {
				rows, err = a.f.MeetingsOf(ctx, actor)
			}
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.MeetingRow) string { return string(r.ID) }, meetingItem)
		})
	operation(a, get("get-meeting", "/meetings/{meeting_id}", "meetings", "Read a meeting", "One meeting with its participants and attendance."),
		func(ctx context.Context, actor ids.Actor, in *MeetingPath) (*answer[MeetingDetail], error) {
			return a.meeting(ctx, actor, in.MeetingID)
		})
	operation(a, get("list-guests", "/cases/{case_id}/guests", "meetings", "List who can be invited", "The people outside whom this token's owner can invite to a meeting of the case, by name."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			CasePath
			About []ids.ChildID `query:"child_id" maxItems:"40" doc:"The children whom the meeting is about: only people who have to do with one of them. None: the whole family"`
		}) (*List[Guest], error) {
			list, err := a.f.GuestChoices(ctx, actor, in.CaseID, in.About)
			if err != nil {
				return nil, err
			}
			out := &List[Guest]{Page[Guest]{Items: []Guest{}}}
			for _, c := range list {
				out.Body.Items = append(out.Body.Items, Guest{c.ID, c.Name, c.Email, string(c.Role), c.Agency})
			}
			return out, nil
		})
	operation(a, post("create-meeting", "/meetings", "meetings", "Create a meeting",
		"Plans a meeting, hosted by this token's owner: guests are invited by email, the mother sees it at her kiosk.", http.StatusCreated), a.createMeeting)
	operation(a, post("move-meeting", "/meetings/{meeting_id}/move", "meetings", "Move a meeting",
		"Gives a planned meeting other times: guests are told by email and asked anew, the mother sees it at her kiosk. To the times that it has it is moved for nobody.", http.StatusOK), a.moveMeeting)
	operation(a, post("cancel-meeting", "/meetings/{meeting_id}/cancel", "meetings", "Cancel a meeting", "Guests are told by email and the room is closed.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *MeetingPath) (*answer[MeetingDetail], error) {
			if err := a.f.CancelMeeting(ctx, actor, in.MeetingID); err != nil {
				return nil, err
			}
			return a.meeting(ctx, actor, in.MeetingID)
		})
	operation(a, post("issue-ticket", "/meetings/{meeting_id}/tickets", "meetings", "Issue a room ticket",
		"A ticket for a named participant: her own for everybody who takes part; another's for a host's token, for a device that joins in that person's stead.", http.StatusCreated),
		func(ctx context.Context, actor ids.Actor, in *struct {
			MeetingPath
			Body ticketBody
		}) (*answer[Ticket], error) {
			t, err := a.f.RoomTicketFor(ctx, actor, in.MeetingID, in.Body.ParticipantID)
			if err != nil {
				return nil, err
			}
			return &answer[Ticket]{Ticket{t.Meeting, t.Participant, t.Name, t.Role, t.Path, t.Ticket, t.Expires.UTC()}}, nil
		})
}

func (a *API) createMeeting(ctx context.Context, actor ids.Actor, in *struct {
	Key  string `header:"Idempotency-Key" maxLength:"150" doc:"A string of your own: the case's meeting with this key is made once, however often it is asked for. Without it every request makes a meeting"`
	Body NewMeeting
}) (*answer[MeetingDetail], error) {
	key := in.Key
	if key == "" {
		key = in.Body.IdempotencyKey
	}
	if key != "" {
		key = "api:" + actor.ID + ":" + key
	}
	id, err := a.f.CreateMeeting(ctx, actor, flow.NewMeeting{Case: in.Body.CaseID, Kind: in.Body.Kind, Title: in.Body.Title, Starts: in.Body.Starts, Ends: in.Body.Ends,
		Guests: in.Body.GuestIDs, Staff: in.Body.StaffIDs, About: in.Body.ChildIDs, Venue: venue(in.Body), AcrossAuthorities: in.Body.AcrossAuthorities, IdemKey: key})
	if err != nil {
		return nil, err
	}
	return a.meeting(ctx, actor, id)
}

// venue is where she is to take part in a new meeting.
func venue(n NewMeeting) flow.Venue {
	v := flow.Venue{Beside: n.Beside, Special: n.Unlock}
	if n.Place == "best" {
		v.Best = true
		return v
	}
	v.Place = ids.PlaceID(n.Place)
	return v
}

func placeOf(p *flow.PlacedView) *Place {
	if p == nil {
		return nil
	}
	return &Place{ID: p.Place, Name: p.Name, Kind: p.Kind, PickUp: p.PickUp.UTC(), ThereFrom: p.There.From.UTC(), ThereTo: p.There.To.UTC(), Back: p.Back.UTC(), Unlock: p.Special, Clash: string(p.Clash)}
}

func (a *API) meeting(ctx context.Context, actor ids.Actor, id ids.MeetingID) (*answer[MeetingDetail], error) {
	v, err := a.f.Meeting(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	d := MeetingDetail{Meeting: meetingItem(v.MeetingRow), Participants: []Participant{}, Attendance: []Attendance{}, MayJoin: v.MayJoin, MayMove: v.MayMove, MayCancel: v.MayCancel,
		Place: placeOf(v.Placed), About: []string{}}
	d.About = append(d.About, v.About...)
	for _, p := range v.Participants {
		d.Participants = append(d.Participants, Participant{ID: p.ID, Kind: p.Kind, Role: p.Role, Name: p.Name, TypedName: p.TypedName, Email: p.Email, Agency: p.Agency,
			Office: string(p.Office), Present: p.Presence.Present, Waiting: p.Presence.Waiting, Joined: maybe(p.Presence.Joined), Left: maybe(p.Presence.Left), Answer: guestAnswer(p.Answer)})
	}
	for _, e := range v.Attendance {
		d.Attendance = append(d.Attendance, Attendance{Event: e.Kind, Name: e.Name, By: e.By, At: e.At.UTC(), Detail: e.Detail})
	}
	return &answer[MeetingDetail]{d}, nil
}

func meetingItem(r flow.MeetingRow) Meeting {
	return Meeting{ID: r.ID, CaseID: r.Case, CaseReference: r.CaseReference, Kind: r.Kind, Title: r.Title, Starts: r.Starts.UTC(), Ends: r.Ends.UTC(),
		RoomOpens: r.RoomOpens().UTC(), RoomCloses: r.RoomCloses().UTC(), Phase: r.Phase, Role: r.Role}
}
