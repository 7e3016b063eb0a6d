package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// Ask is an answer that is waited for.
type Ask struct {
	ID            ids.AskID       `json:"id" doc:"Identifier of the ask"`
	CaseID        ids.CaseID      `json:"case_id" doc:"Its case"`
	CaseReference string          `json:"case_reference" doc:"Reference of the case"`
	ThreadID      ids.ThreadID    `json:"thread_id" doc:"Its conversation"`
	Agency        Person          `json:"agency" doc:"The body that is asked"`
	MessageID     ids.MessageID   `json:"message_id,omitempty" doc:"The message that asks, or that promises the answer. Missing when there is none in particular"`
	Origin        cases.AskOrigin `json:"origin" enum:"worker,request,promise,minutes,action,undelivered" doc:"What asked: a worker set a day; a typed request has one; a message promised the answer; minutes are due; something is to be done after a meeting; a message did not arrive"`
	State         string          `json:"state" enum:"open,answered,stopped" doc:"Whether the answer is waited for"`
	Due           string          `json:"due" doc:"The day by which it is asked for, YYYY-MM-DD"`
	DaysLate      int             `json:"days_late" doc:"Working days since that day; 0 while it has not passed"`
	Exhausted     bool            `json:"exhausted" doc:"Everybody on the ladder was asked, and there is no answer"`
	Asked         time.Time       `json:"asked" doc:"When it was asked"`
	Ended         *time.Time      `json:"ended,omitempty" doc:"When it was answered or stopped. Missing while it is open"`
	AnswerID      ids.MessageID   `json:"answer_id,omitempty" doc:"The message that answered. Missing when there is none"`
	Promise       *Promise        `json:"promise,omitempty" doc:"A reply that seems to promise the answer for later. A hint, until somebody closes the ask or moves its day. Missing when there is none"`
	Steps         []AskStep       `json:"steps" nullable:"false" doc:"The steps of the ladder, in the order in which they were made"`
}

// Promise is a reply that seems to promise an answer.
type Promise struct {
	MessageID ids.MessageID `json:"message_id" doc:"The reply"`
	By        string        `json:"by,omitempty" doc:"The working day that it names, YYYY-MM-DD. Missing when it names none"`
}

// AskStep is one step of asking again.
type AskStep struct {
	ID        ids.AskStepID   `json:"id" doc:"Identifier of the step"`
	Rung      chase.Rung      `json:"rung" enum:"worker,team_manager,service_manager,reviewing_officer" doc:"Who is asked"`
	State     cases.StepState `json:"state" enum:"ready,sent,dismissed,passed" doc:"ready: a draft waits for a person; sent; dismissed: it was decided not to; passed: a later step or the answer took its place"`
	Made      time.Time       `json:"made" doc:"When the draft was made"`
	Decided   *time.Time      `json:"decided,omitempty" doc:"When it was sent, dismissed or passed. Missing while it is ready"`
	ThreadID  ids.ThreadID    `json:"thread_id,omitempty" doc:"The conversation it was sent in"`
	MessageID ids.MessageID   `json:"message_id,omitempty" doc:"The message that it became"`
	Reason    string          `json:"reason,omitempty" doc:"Why it was dismissed"`
}

// AskStepDetail is a step with its draft.
type AskStepDetail struct {
	AskStep
	AskID      ids.AskID `json:"ask_id" doc:"Its ask"`
	Draft      string    `json:"draft" doc:"What a person could send. Change it as you like"`
	InThread   bool      `json:"in_thread" doc:"It is sent in the conversation itself; else it begins one with whoever is named in sending"`
	Candidates []Person  `json:"candidates" nullable:"false" doc:"Who could be written to"`
}

// NewAsk is an answer to be waited for.
type NewAsk struct {
	Due            string        `json:"due,omitempty" maxLength:"10" doc:"The day by which the answer is asked for, YYYY-MM-DD. Without it the deployment's, or the day that the promise names"`
	MessageID      ids.MessageID `json:"message_id,omitempty" maxLength:"64" doc:"A message of this conversation whose promise is waited for. It takes the place of a key"`
	IdempotencyKey string        `json:"idempotency_key,omitempty" maxLength:"150" doc:"The same as the header Idempotency-Key"`
}

// AskPath names an ask in an address.
type AskPath struct {
	AskID ids.AskID `path:"ask_id" maxLength:"64" doc:"Identifier of the ask"`
}

// StepPath names a step of the ladder in an address.
type StepPath struct {
	StepID ids.AskStepID `path:"step_id" maxLength:"64" doc:"Identifier of the step"`
}

type sendStepBody struct {
	Text      string        `json:"text" minLength:"1" maxLength:"100000" doc:"What is sent, as you have written it"`
	ContactID ids.ContactID `json:"contact_id,omitempty" maxLength:"64" doc:"Above the worker: one of candidates"`
	Name      string        `json:"name,omitempty" maxLength:"100" doc:"Above the worker: somebody new, at the same organisation"`
	Email     string        `json:"email,omitempty" maxLength:"254" doc:"Her address, at that organisation's domain"`
}

type askOutput struct {
	Status int
	Body   Ask
}

func (a *API) askOperations() {
	operation(a, get("list-asks", "/asks", "asks", "List answers awaited", "What this token's cases wait for, the one due first first."),
		func(ctx context.Context, actor ids.Actor, in *struct{ Paging }) (*List[Ask], error) {
			rows, err := a.f.Asks(ctx, actor)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.AskRow) string { return string(r.ID) }, askItem)
		})
	operation(a, get("list-thread-asks", "/threads/{thread_id}/asks", "asks", "List what was asked for in a conversation", "Ended ones too. Empty for whoever may not ask there."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			ThreadPath
			Paging
		}) (*List[Ask], error) {
			if _, err := a.f.Thread(ctx, actor, in.ThreadID); err != nil { // records a refusal
				return nil, err
			}
			rows, _, err := a.f.ThreadAsks(ctx, actor, in.ThreadID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.AskRow) string { return string(r.ID) }, askItem)
		})
	o := post("create-ask", "/threads/{thread_id}/asks", "asks", "Ask for an answer", "Waits for an answer of the people outside by a day; or for what a message promises. A repeat is answered 200 and changes nothing.", http.StatusCreated)
	repeats[Ask](a, &o, "Ask")
	operation(a, o, a.createAsk)
	change := func(id, path, summary, description string, do func(context.Context, ids.Actor, ids.AskID) error) {
		operation(a, post(id, "/asks/{ask_id}/"+path, "asks", summary, description+" An ask that has ended is answered 409.", http.StatusOK),
			func(ctx context.Context, actor ids.Actor, in *AskPath) (*answer[Ask], error) {
				if err := do(ctx, actor, in.AskID); err != nil {
					return nil, err
				}
				return a.ask(ctx, actor, in.AskID)
			})
	}
	change("mark-ask-answered", "answered", "Say that the answer came", "By another way, or by the reply that seemed to promise it.", a.f.MarkAnswered)
	change("stop-ask", "stop", "Stop asking", "No answer is needed any more.", a.f.StopAsking)
	operation(a, post("move-ask", "/asks/{ask_id}/move", "asks", "Wait until another day", "The answer was promised for that day: asking again begins anew for it.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			AskPath
			Body struct {
				Due string `json:"due" maxLength:"10" doc:"The new day, YYYY-MM-DD"`
			}
		}) (*answer[Ask], error) {
			due, err := workdays.Parse(in.Body.Due)
			if err == nil {
				err = a.f.MoveAsk(ctx, actor, in.AskID, due)
			}
			if err != nil {
				return nil, err
			}
			return a.ask(ctx, actor, in.AskID)
		})
	operation(a, get("get-ask-step", "/ask-steps/{step_id}", "asks", "Read a draft", "One step of the ladder with what could be sent."),
		func(ctx context.Context, actor ids.Actor, in *StepPath) (*answer[AskStepDetail], error) {
			return a.step(ctx, actor, in.StepID)
		})
	operation(a, post("send-ask-step", "/ask-steps/{step_id}/send", "asks", "Send a draft", "Sends it as this token's owner. A step that is not ready is answered 409: nothing is sent twice.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			StepPath
			Body sendStepBody
		}) (*answer[AskStepDetail], error) {
			to := flow.StepTo{Contact: in.Body.ContactID, Name: in.Body.Name, Email: in.Body.Email}
			if _, err := a.f.SendStep(ctx, actor, in.StepID, to, in.Body.Text); err != nil {
				return nil, err
			}
			return a.step(ctx, actor, in.StepID)
		})
	operation(a, post("dismiss-ask-step", "/ask-steps/{step_id}/dismiss", "asks", "Decide not to send a draft", "The ladder goes on as if it had been sent.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			StepPath
			Body struct {
				Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why"`
			}
		}) (*answer[AskStepDetail], error) {
			if err := a.f.DismissStep(ctx, actor, in.StepID, in.Body.Reason); err != nil {
				return nil, err
			}
			return a.step(ctx, actor, in.StepID)
		})
}

func (a *API) createAsk(ctx context.Context, actor ids.Actor, in *struct {
	ThreadPath
	Key  string `header:"Idempotency-Key" maxLength:"150" doc:"A string of your own that names this act of asking. Needed here or in the body, but with message_id"`
	Body NewAsk
}) (*askOutput, error) {
	v, err := a.f.Thread(ctx, actor, in.ThreadID)
	if err != nil {
		return nil, err
	}
	var due workdays.Day
	if in.Body.Due != "" {
		if due, err = workdays.Parse(in.Body.Due); err != nil {
			return nil, err
		}
	}
	before, _, err := a.f.ThreadAsks(ctx, actor, in.ThreadID)
	if err != nil {
		return nil, err
	}
	var id ids.AskID
	if in.Body.MessageID != "" {
		if !slices.ContainsFunc(v.Messages, func(m flow.MessageView) bool { return m.ID == in.Body.MessageID }) {
			return nil, ids.ErrNotFound
		}
		id, err = a.f.WaitFor(ctx, actor, in.Body.MessageID, due)
	} else {
		var key string
		if key, err = oneKey(in.Key, in.Body.IdempotencyKey); err == nil {
			id, err = a.f.SetAsk(ctx, actor, in.ThreadID, cmp.Or(due, a.f.AskDay()), "api:"+key)
		}
	}
	if err != nil {
		return nil, err
	}
	out, err := a.ask(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	status := http.StatusCreated
	if slices.ContainsFunc(before, func(r flow.AskRow) bool { return r.ID == id }) {
		status = http.StatusOK
	}
	return &askOutput{status, out.Body}, nil
}

func (a *API) ask(ctx context.Context, actor ids.Actor, id ids.AskID) (*answer[Ask], error) {
	row, err := a.f.AskOf(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	return &answer[Ask]{askItem(row)}, nil
}

func (a *API) step(ctx context.Context, actor ids.Actor, id ids.AskStepID) (*answer[AskStepDetail], error) {
	v, err := a.f.AskStep(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	d := AskStepDetail{AskStep: stepItem(v.Step), AskID: v.Ask.ID, Draft: v.Draft, InThread: v.InThread, Candidates: []Person{}}
	for _, c := range v.Contacts {
		d.Candidates = append(d.Candidates, Person{string(c.ID), c.Name})
	}
	return &answer[AskStepDetail]{d}, nil
}

func askItem(r flow.AskRow) Ask {
	x := Ask{ID: r.ID, CaseID: r.Case, CaseReference: r.CaseReference, ThreadID: r.Thread, Agency: Person{string(r.Agency), r.AgencyName}, MessageID: r.Message, Origin: r.Origin,
		State: "open", Due: r.Due.String(), Exhausted: r.Exhausted, Asked: r.Asked.UTC(), AnswerID: r.Ended.Answer, Steps: []AskStep{}}
	switch {
	case !r.Ended.Stopped.IsZero():
		x.State, x.Ended = "stopped", maybe(r.Ended.Stopped)
	case !r.Answered.IsZero():
		x.State, x.Ended = "answered", maybe(r.Answered)
	default:
		x.DaysLate = max(r.Late, 0)
		if r.Promise.Message != "" {
			x.Promise = &Promise{r.Promise.Message, r.Promise.By.String()}
		}
	}
	for _, s := range r.Steps {
		x.Steps = append(x.Steps, stepItem(s))
	}
	return x
}

func stepItem(s cases.AskStep) AskStep {
	return AskStep{ID: s.ID, Rung: s.Rung, State: s.State, Made: s.Made.UTC(), Decided: maybe(s.Decided), ThreadID: s.Thread, MessageID: s.Message, Reason: s.Reason}
}
