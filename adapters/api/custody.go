package api

import (
	"context"
	"net/http"
	"time"

	"kinbridge/gateway/custody"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// CustodyEvent is one report of where a woman is.
type CustodyEvent struct {
	ID       string         `json:"id" doc:"Identifier of the event"`
	Kind     custody.Kind   `json:"kind" doc:"What happened" example:"transferred"`
	At       string         `json:"at,omitempty" doc:"Name of the establishment where she is. Missing when it was not said"`
	From     string         `json:"from,omitempty" doc:"Name of the establishment where she was. Missing when it was not said"`
	Occurred time.Time      `json:"occurred" doc:"When it happened"`
	Recorded time.Time      `json:"recorded" doc:"When it was recorded here"`
	Source   string         `json:"source" doc:"How it came: form, csv, webhook, api"`
	Effect   custody.Effect `json:"effect" doc:"What it meant: a code" example:"moved"`
	Detail   string         `json:"detail" doc:"The same in words"`
}

// CustodyDetail is where a woman is and was.
type CustodyDetail struct {
	State         string         `json:"state" enum:"in,away,released" doc:"in custody; away for the moment, in hospital, at court or on temporary absence; released"`
	Establishment string         `json:"establishment" doc:"Name of her prison; after release the last one"`
	Wing          string         `json:"wing" doc:"Name of her wing; Reception until somebody gives her one"`
	Since         *time.Time     `json:"since,omitempty" doc:"Since when. Missing when nothing was reported"`
	Events        []CustodyEvent `json:"events" nullable:"false" doc:"What was reported, the newest first"`
	ToReoffer     []Meeting      `json:"to_reoffer" nullable:"false" doc:"Meetings that cannot take place as planned and whose new time is to be offered"`
}

// NewCustodyEvent is an event to be recorded.
type NewCustodyEvent struct {
	ID             string       `json:"id,omitempty" maxLength:"200" doc:"Identifier of the event: the same one again changes nothing. Without it one is made of what the event says"`
	PrisonerNumber string       `json:"prisoner_number" maxLength:"20" doc:"The woman's prisoner number" example:"A1234BC"`
	Kind           custody.Kind `json:"kind" enum:"received,transferred,released,recalled,hospital_out,hospital_back,absence_out,absence_back,merged" doc:"What happened"`
	Code           string       `json:"establishment_code,omitempty" maxLength:"20" doc:"The establishment's code in the prisons' records" example:"EWI"`
	Name           string       `json:"establishment,omitempty" maxLength:"100" doc:"Its name, where the code is not known"`
	Former         string       `json:"former_number,omitempty" maxLength:"20" doc:"Of merged: the number that ended"`
	Occurred       time.Time    `json:"occurred" doc:"When it happened. What lies ahead is taken when its time has come, at most 31 days later"`
}

// CustodyResult says what became of an event.
type CustodyResult struct {
	ID     string         `json:"id" doc:"Identifier of the event"`
	Effect custody.Effect `json:"effect" doc:"What it meant: a code; unknown when nobody here has the number" example:"moved"`
	Detail string         `json:"detail" doc:"The same in words"`
	Again  bool           `json:"again" doc:"Whether it had been recorded before"`
}

func (a *API) custodyOperations() {
	operation(a, get("get-custody", "/cases/{case_id}/custody", "custody", "Read where the mother of a case is and was", "That it was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *CasePath) (*answer[CustodyDetail], error) {
			v, err := a.f.Custody(ctx, actor, in.CaseID)
			if err != nil {
				return nil, err
			}
			return &answer[CustodyDetail]{custodyDetail(v)}, nil
		})
	operation(a, post("record-custody-event", "/custody-events", "custody", "Record a custody event",
		"Records that a woman was received, moved, released and so on, with all that follows from it. Events may come twice, late and in any order.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct{ Body NewCustodyEvent }) (*answer[CustodyResult], error) {
			e := custody.Event{ID: in.Body.ID, Kind: in.Body.Kind, Number: in.Body.PrisonerNumber, Former: in.Body.Former, Occurred: in.Body.Occurred, Source: "api"}
			at := custody.Place{Code: in.Body.Code, Name: in.Body.Name}
			switch e.Kind {
			case custody.Released, custody.HospitalOut, custody.AbsenceOut:
				e.From = at
			default:
				e.At = at
			}
			out, err := a.f.RecordCustodyEvent(ctx, actor, e)
			if err != nil {
				return nil, err
			}
			return &answer[CustodyResult]{CustodyResult{ID: out.Event, Effect: out.Effect, Detail: out.Why, Again: out.Again}}, nil
		})
}

func custodyDetail(v flow.CustodyView) CustodyDetail {
	d := CustodyDetail{State: string(v.Mother.Custody), Establishment: v.Establishment, Wing: v.Wing, Since: maybe(v.Mother.CustodySince), Events: []CustodyEvent{}, ToReoffer: []Meeting{}}
	for _, e := range v.History {
		d.Events = append(d.Events, CustodyEvent{ID: e.ID, Kind: e.Kind, At: e.At, From: e.From, Occurred: e.Occurred.UTC(), Recorded: e.Received.UTC(), Source: e.Source, Effect: e.Effect, Detail: e.Why})
	}
	for _, m := range v.Reoffers {
		d.ToReoffer = append(d.ToReoffer, meetingItem(m.MeetingRow))
	}
	return d
}
