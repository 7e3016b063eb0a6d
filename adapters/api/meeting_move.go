package api

import (
	"context"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
)

// GuestAnswer is what a guest's calendar has answered.
type GuestAnswer struct {
	Answer   meetings.Answer `json:"answer" enum:"accepted,tentative,declined,counter" doc:"What it says; counter: another time is proposed"`
	At       time.Time       `json:"at" doc:"When it came"`
	Comment  string          `json:"comment,omitempty" doc:"Her own words with it"`
	Proposes *time.Time      `json:"proposes,omitempty" doc:"When the time that she proposes begins"`
	Until    *time.Time      `json:"until,omitempty" doc:"And ends"`
}

func guestAnswer(a meetings.GuestAnswer) *GuestAnswer {
	if a.Answer == meetings.AnswerAwaited {
		return nil
	}
	return &GuestAnswer{a.Answer, a.At.UTC(), a.Comment, maybe(a.Starts), maybe(a.Ends)}
}

// moveBody is other times for a meeting.
type moveBody struct {
	Starts time.Time `json:"starts" doc:"When it starts: now or within the next 366 days"`
	Ends   time.Time `json:"ends" doc:"When it ends: at most 4 hours later"`
	Why    string    `json:"why,omitempty" maxLength:"500" doc:"Why, for those who may see the meeting on the staff site"`
}

func (a *API) moveMeeting(ctx context.Context, actor ids.Actor, in *struct {
	MeetingPath
	Body moveBody
}) (*answer[MeetingDetail], error) {
	if err := a.f.MoveMeeting(ctx, actor, in.MeetingID, in.Body.Starts, in.Body.Ends, in.Body.Why); err != nil {
		return nil, err
	}
	return a.meeting(ctx, actor, in.MeetingID)
}
