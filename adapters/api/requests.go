package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/requests"
	"kinbridge/gateway/workdays"
)

// Request is something typed that is asked: consent of the mother, or information.
type Request struct {
	ID        ids.RequestID   `json:"id" doc:"Identifier of the request"`
	CaseID    ids.CaseID      `json:"case_id" doc:"Its case"`
	ThreadID  ids.ThreadID    `json:"thread_id" doc:"Its conversation"`
	MessageID ids.MessageID   `json:"message_id" doc:"The message that asks"`
	Kind      requests.Kind   `json:"kind" doc:"What is asked" example:"school_trip"`
	ChildID   ids.ChildID     `json:"child_id,omitempty" doc:"The child it is about. Missing when it is about none in particular"`
	ByHer     bool            `json:"by_mother" doc:"She asks; else she is asked"`
	State     requests.State  `json:"state" enum:"open,overdue,closed,talk,answered,withdrawn" doc:"talk: she wants to talk first; closed: its day has passed and no answer counts any more"`
	Due       string          `json:"due,omitempty" doc:"By when, YYYY-MM-DD. Missing when no day was named"`
	Closes    bool            `json:"closes" doc:"No answer counts after that day"`
	Made      time.Time       `json:"made" doc:"When it was made"`
	SettledBy ids.MessageID   `json:"settled_by,omitempty" doc:"Of what she asked: the message that answers it"`
	Answers   []RequestAnswer `json:"answers" nullable:"false" doc:"Her answers that this token may know of, oldest first. The last counts"`
}

// RequestAnswer is one answer of the mother's.
type RequestAnswer struct {
	Says      requests.Says `json:"says" enum:"yes,no,talk,told" doc:"Her answer; told: in her own words"`
	MessageID ids.MessageID `json:"message_id" doc:"Her message, which carries it"`
	At        time.Time     `json:"at" doc:"When"`
	Progress  flow.Progress `json:"progress" doc:"How far that message has come" example:"arrived"`
}

// NewRequest is a request to be made.
type NewRequest struct {
	Kind           requests.Kind `json:"kind" enum:"medical,vaccination,school_trip,passport,assessment,haircut,photograph,consent,report,minutes,update,photo,information" doc:"What is asked"`
	ChildID        ids.ChildID   `json:"child_id,omitempty" maxLength:"64" doc:"The child it is about; consent needs one"`
	Due            string        `json:"due,omitempty" maxLength:"10" doc:"By when, YYYY-MM-DD"`
	Closes         bool          `json:"closes,omitempty" doc:"No answer counts after that day"`
	MessageID      ids.MessageID `json:"message_id,omitempty" maxLength:"64" doc:"A message of this conversation that asks it. The same said twice of one message is one request"`
	Text           string        `json:"text,omitempty" maxLength:"100000" doc:"Without message_id: the message that asks, posted as this token's owner"`
	IdempotencyKey string        `json:"idempotency_key,omitempty" maxLength:"150" doc:"The same as the header Idempotency-Key; needed with text"`
}

// RequestPath names a request in an address.
type RequestPath struct {
	RequestID ids.RequestID `path:"request_id" maxLength:"64" doc:"Identifier of the request"`
}

type requestOutput struct {
	Status int
	Body   Request
}

func (a *API) requestOperations() {
	operation(a, get("list-requests", "/cases/{case_id}/requests", "requests", "List a case's requests", "What is asked in conversations that this token may read, oldest first, with the answers. That they were read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			CasePath
			Paging
		}) (*List[Request], error) {
			rows, err := a.f.CaseRequests(ctx, actor, in.CaseID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.RequestRow) string { return string(r.ID) }, requestItem)
		})
	o := post("create-request", "/threads/{thread_id}/requests", "requests", "Make a request", "Of a message that is there, or with a message that is posted. What keeps the message from somebody keeps the request from her. A repeat is answered 200.", http.StatusCreated)
	repeats[Request](a, &o, "Request")
	operation(a, o, a.createRequest)
	change := func(id, path, summary string, do func(context.Context, ids.Actor, ids.RequestID) error) {
		operation(a, post(id, "/requests/{request_id}/"+path, "requests", summary, "Done again, it changes nothing.", http.StatusOK),
			func(ctx context.Context, actor ids.Actor, in *RequestPath) (*answer[Request], error) {
				if err := do(ctx, actor, in.RequestID); err != nil {
					return nil, err
				}
				return a.request(ctx, actor, in.RequestID)
			})
	}
	change("withdraw-request", "withdraw", "Say that it is not asked any more", a.f.WithdrawRequest)
	change("mark-request-talked", "talked", "Say that somebody has talked with her about it", a.f.MarkTalked)
	operation(a, post("settle-request", "/requests/{request_id}/settle", "requests", "Say which message answers what she asked", "", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			RequestPath
			Body struct {
				MessageID ids.MessageID `json:"message_id" maxLength:"64" doc:"A message to her in that conversation that was passed on"`
			}
		}) (*answer[Request], error) {
			if err := a.f.SettleRequest(ctx, actor, in.RequestID, in.Body.MessageID); err != nil {
				return nil, err
			}
			return a.request(ctx, actor, in.RequestID)
		})
}

func (a *API) createRequest(ctx context.Context, actor ids.Actor, in *struct {
	ThreadPath
	Key  string `header:"Idempotency-Key" maxLength:"150" doc:"A string of your own that names this act of asking. Needed with text, here or in the body"`
	Body NewRequest
}) (*requestOutput, error) {
	v, err := a.f.Thread(ctx, actor, in.ThreadID)
	if err != nil {
		return nil, err
	}
	terms := requests.Terms{Closes: in.Body.Closes}
	if in.Body.Due != "" {
		if terms.Due, err = workdays.Parse(in.Body.Due); err != nil {
			return nil, err
		}
	}
	before, err := a.f.CaseRequests(ctx, actor, v.Case)
	if err != nil {
		return nil, err
	}
	var id ids.RequestID
	if in.Body.MessageID != "" {
		if !slices.ContainsFunc(v.Messages, func(m flow.MessageView) bool { return m.ID == in.Body.MessageID }) {
			return nil, ids.ErrNotFound
		}
		id, err = a.f.MakeRequest(ctx, actor, in.Body.MessageID, in.Body.Kind, in.Body.ChildID, terms)
	} else {
		var key string
		if key, err = oneKey(in.Key, in.Body.IdempotencyKey); err != nil {
			return nil, err
		}
		var asked flow.Asked
		asked, err = a.f.Ask(ctx, actor, flow.NewRequest{Thread: in.ThreadID, Kind: in.Body.Kind, Child: in.Body.ChildID, Terms: terms, Body: in.Body.Text, IdemKey: "api:" + key})
		id = asked.Request
	}
	if err != nil {
		return nil, err
	}
	out, err := a.request(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if slices.ContainsFunc(before, func(r flow.RequestRow) bool { return r.ID == id }) {
		status = http.StatusOK
	}
	return &requestOutput{status, out.Body}, nil
}

func (a *API) request(ctx context.Context, actor ids.Actor, id ids.RequestID) (*answer[Request], error) {
	row, err := a.f.RequestOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return &answer[Request]{requestItem(row)}, nil
}

func requestItem(r flow.RequestRow) Request {
	x := Request{ID: r.ID, CaseID: r.Case, ThreadID: r.Thread, MessageID: r.Message, Kind: r.Kind, ChildID: r.Child, ByHer: r.ByHer, State: r.State, Due: r.Due.String(), Closes: r.Closes,
		Made: r.Made.UTC(), SettledBy: r.SettledBy, Answers: []RequestAnswer{}}
	for _, y := range r.Answers {
		x.Answers = append(x.Answers, RequestAnswer{Says: y.Says, MessageID: y.Message, At: y.At.UTC(), Progress: y.Progress})
	}
	return x
}
