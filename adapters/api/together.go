package api

import (
	"context"
	"net/http"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// Reading is a message that is, or was, to be read together with its mother. Support plans are no part of it.
type Reading struct {
	MessageID ids.MessageID `json:"message_id" doc:"The message"`
	ThreadID  ids.ThreadID  `json:"thread_id" doc:"Its conversation"`
	CaseID    ids.CaseID    `json:"case_id" doc:"Its case"`
	Marked    *time.Time    `json:"marked,omitempty" doc:"When it was marked"`
	Hint      string        `json:"hint,omitempty" doc:"The words that gave it away. Missing when a person marked it"`
	Unmarked  *time.Time    `json:"unmarked,omitempty" doc:"When somebody decided that nobody need be with her. Missing while it is marked"`
	Supporter *Person       `json:"supporter,omitempty" doc:"Who is to be with her. Missing while nothing is arranged"`
	At        *time.Time    `json:"at,omitempty" doc:"When they read it. Missing while nothing is arranged"`
	Place     string        `json:"place,omitempty" doc:"Where"`
	Booked    bool          `json:"booked" doc:"It is arranged for where she is"`
	Opened    *time.Time    `json:"opened,omitempty" doc:"When it was opened with her. Missing before"`
	Went      messages.Went `json:"went,omitempty" enum:"calm,upset,worried,stopped" doc:"How it went. Missing until it is recorded"`
	Note      string        `json:"note,omitempty" doc:"How it went, in words"`
}

// MessagePath names a message in an address.
type MessagePath struct {
	MessageID ids.MessageID `path:"message_id" maxLength:"64" doc:"Identifier of the message"`
}

const readingPath = "/messages/{message_id}/reading-together"

func (a *API) togetherOperations() {
	operation(a, get("list-readings", "/reading-together", "reading together", "List what is to be read together", "What this token's owner is to read with mothers, the longest waiting first."),
		func(ctx context.Context, actor ids.Actor, in *struct{ Paging }) (*List[Reading], error) {
			rows, err := a.f.TogetherList(ctx, actor)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.TogetherRow) string { return string(r.Message) }, readingItem)
		})
	operation(a, get("get-reading", readingPath, "reading together", "Read how a reading together stands", "404 for a message that was never marked. That it was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *MessagePath) (*answer[Reading], error) {
			return a.reading(ctx, actor, in.MessageID)
		})
	do := func(id, path, summary, description string, act func(context.Context, ids.Actor, ids.MessageID) error) {
		operation(a, post(id, readingPath+"/"+path, "reading together", summary, description, http.StatusOK),
			func(ctx context.Context, actor ids.Actor, in *MessagePath) (*answer[Reading], error) {
				if err := act(ctx, actor, in.MessageID); err != nil {
					return nil, err
				}
				return a.reading(ctx, actor, in.MessageID)
			})
	}
	do("mark-reading", "mark", "Mark a message to be read together", "Her kiosk shows nothing of it until it is opened with her. Done again, it changes nothing.", a.f.MarkTogether)
	do("cancel-reading", "cancel", "Cancel what was arranged", "The message stays marked.", a.f.CancelReading)
	operation(a, post("unmark-reading", readingPath+"/unmark", "reading together", "Decide that nobody need be with her", "She then gets the message like any other.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			MessagePath
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Why"`
			}
		}) (*answer[Reading], error) {
			if err := a.f.UnmarkTogether(ctx, actor, in.MessageID, in.Body.Reason); err != nil {
				return nil, err
			}
			return a.reading(ctx, actor, in.MessageID)
		})
	operation(a, post("book-reading", readingPath+"/book", "reading together", "Arrange when, where and with whom", "A second time changes the arrangement. The wing sees who is to be where, and not why.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			MessagePath
			Body struct {
				SupporterID ids.StaffID `json:"supporter_id" maxLength:"64" doc:"The member of staff who is with her"`
				At          time.Time   `json:"at" doc:"When"`
				Place       string      `json:"place" minLength:"1" maxLength:"100" doc:"Where, in one line"`
			}
		}) (*answer[Reading], error) {
			if err := a.f.BookReading(ctx, actor, in.MessageID, flow.NewBooking{Supporter: in.Body.SupporterID, At: in.Body.At, Place: in.Body.Place}); err != nil {
				return nil, err
			}
			return a.reading(ctx, actor, in.MessageID)
		})
	operation(a, post("record-reading", readingPath+"/record", "reading together", "Record how it went", "After it was opened with her, which needs her PIN and is done at the kiosk. worried tells the wing at once.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			MessagePath
			Body struct {
				Went messages.Went `json:"went" enum:"calm,upset,worried,stopped" doc:"How it went; stopped: early, and what was not shown is not opened"`
				Note string        `json:"note,omitempty" maxLength:"4000" doc:"In words"`
			}
		}) (*answer[Reading], error) {
			if err := a.f.RecordReading(ctx, actor, in.MessageID, in.Body.Went, in.Body.Note); err != nil {
				return nil, err
			}
			return a.reading(ctx, actor, in.MessageID)
		})
}

func (a *API) reading(ctx context.Context, actor ids.Actor, id ids.MessageID) (*answer[Reading], error) {
	v, err := a.f.Together(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return &answer[Reading]{readingItem(v.TogetherRow)}, nil
}

func readingItem(r flow.TogetherRow) Reading {
	x := Reading{MessageID: r.Message, ThreadID: r.Thread, CaseID: r.Case, Marked: maybe(r.Marked), Hint: r.Hint, Unmarked: maybe(r.Unmarked), At: maybe(r.Booking.For), Place: r.Booking.Place,
		Booked: r.Booked, Opened: maybe(r.Opened), Went: r.Went, Note: r.Note}
	if r.Booking.Supporter != "" {
		x.Supporter = &Person{string(r.Booking.Supporter), r.SupporterName}
	}
	return x
}
