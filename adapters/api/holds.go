package api

import (
	"context"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
)

// Hold is something that waits for a person's decision.
type Hold struct {
	ID            ids.HoldID          `json:"id" doc:"Identifier of the hold"`
	CaseID        ids.CaseID          `json:"case_id,omitempty" doc:"Its case. Missing for mail that belongs to none yet"`
	CaseReference string              `json:"case_reference,omitempty" doc:"Reference of the case"`
	ThreadID      ids.ThreadID        `json:"thread_id,omitempty" doc:"Its conversation. Missing for mail that belongs to none yet"`
	Subject       string              `json:"subject,omitempty" doc:"Subject of the conversation"`
	Kind          string              `json:"kind" enum:"message,mail" doc:"message: release or withhold it; mail: an email that is no message yet, file or withhold it"`
	MessageID     ids.MessageID       `json:"message_id,omitempty" doc:"The held message. Missing for an email that is no message yet"`
	Reason        messages.HoldReason `json:"reason" enum:"review,unknown_sender,unverified,handover,moved,forged_address,expired_address,no_address,unreadable,encrypted,auto_reply,invite,wrong_case,restricted,appeal" doc:"Why it is held: the channel's ordinary review, or what is wrong with an email"`
	Why           string              `json:"why" doc:"The reason in words"`
	ForRole       ids.Role            `json:"for_role" doc:"Whose decision it is"`
	From          string              `json:"from,omitempty" doc:"Who wrote it"`
	ToMother      bool                `json:"to_mother" doc:"Whether it is on its way to the mother; otherwise it comes from her"`
	Opened        time.Time           `json:"opened" doc:"Since when it waits"`
	ClaimedBy     *Person             `json:"claimed_by,omitempty" doc:"Who has taken it to work on. Missing when nobody has"`
	Decided       *time.Time          `json:"decided,omitempty" doc:"When it was decided. Missing while it waits"`
	Outcome       messages.Outcome    `json:"outcome,omitempty" enum:"released,withheld,returned,filed,moved" doc:"How it was decided"`
	Due           time.Time           `json:"due" doc:"When it should be decided, by the prison's aim in working days"`
	Late          bool                `json:"late" doc:"Whether it was not, or was not in time"`
	AppealOf      ids.HoldID          `json:"appeal_of,omitempty" doc:"The hold whose decision its author asks somebody else to look at"`
	WithheldFor   string              `json:"withheld_for,omitempty" doc:"The reason code of withholding"`
}

// HoldDetail is a hold with what is held.
type HoldDetail struct {
	Hold
	Sealed  bool      `json:"sealed" doc:"Legally privileged mail: the words are shown to nobody who reviews"`
	Message *Message  `json:"message,omitempty" doc:"The held message"`
	Mail    *HeldMail `json:"mail,omitempty" doc:"The held email"`
	Sender  *Proof    `json:"sender,omitempty" doc:"What the sender's check found, of what came by email"`
	Pointed []Pointed `json:"pointed_out" nullable:"false" doc:"Words of the message that flags point out. A hint: it decides nothing"`
	MayFile []Thread  `json:"may_file" nullable:"false" doc:"Conversations in which a held email could be filed"`
}

// Pointed is a place in a held message that a flag points out.
type Pointed struct {
	Words string `json:"words" doc:"The words"`
	Note  string `json:"note,omitempty" doc:"Why they are pointed out"`
}

// HeldMail is an email that is no message yet.
type HeldMail struct {
	From     string    `json:"from" doc:"Address in its From field"`
	FromName string    `json:"from_name" doc:"Name beside it"`
	To       string    `json:"to" doc:"The address it was sent to"`
	Subject  string    `json:"subject" doc:"Subject"`
	Text     string    `json:"text" doc:"Its author's words"`
	Quoted   string    `json:"quoted" doc:"The history quoted in it"`
	Problem  string    `json:"problem,omitempty" doc:"What could not be read"`
	Received time.Time `json:"received" doc:"When it was received"`
	Files    []string  `json:"files" nullable:"false" doc:"Names of its files"`
}

// Proof is what is known of an email's sender.
type Proof struct {
	Verified bool              `json:"verified" doc:"Whether the email proved that it comes from the domain in its From field"`
	Reasons  []string          `json:"reasons" nullable:"false" doc:"Why, in words"`
	Results  map[string]string `json:"results" doc:"Result of each check: spf, dkim, dmarc, and arc for what was forwarded"`
}

// HoldPath names a hold in an address.
type HoldPath struct {
	HoldID ids.HoldID `path:"hold_id" maxLength:"64" doc:"Identifier of the hold"`
}

type releaseBody struct {
	Note      string             `json:"note,omitempty" maxLength:"2000" doc:"Free text, kept with the decision and seen by the team"`
	KeepFiles []ids.AttachmentID `json:"keep_files,omitempty" maxItems:"100" doc:"Files of the message that do not go with it"`
}

type returnBody struct {
	Explanation string `json:"explanation" minLength:"1" maxLength:"2000" doc:"What its author should change, in plain words. An author outside is asked by mail to write again, without them"`
}

type withholdBody struct {
	Reason string `json:"reason" enum:"restricted_contact,wrong_recipient,third_party,threat,needs_support,out_of_date,not_genuine,spam,other" doc:"Why it goes no further. other needs a note"`
	Note   string `json:"note,omitempty" maxLength:"2000" doc:"Free text, kept with the decision and seen by the team"`
}

type fileBody struct {
	ThreadID ids.ThreadID `json:"thread_id,omitempty" maxLength:"64" doc:"The conversation to file it in. Leave out for the one it was addressed to"`
	Note     string       `json:"note,omitempty" maxLength:"2000" doc:"Free text, kept with the decision and seen by the team"`
	// Both default to false: an unproven sender is refused, and nobody leaves the conversation.
	SenderConfirmed bool `json:"sender_confirmed,omitempty" doc:"You have asked the sender by another way than mail: needed for one who is not proven"`
	TakesOver       bool `json:"takes_over,omitempty" doc:"The sender takes over from the person the reply address was given to, who leaves the conversation"`
}

func (a *API) holdOperations() {
	operation(a, get("list-holds", "/holds", "holds", "List what waits", "What waits for this token's decision, oldest first."),
		func(ctx context.Context, actor ids.Actor, in *struct{ Paging }) (*List[Hold], error) {
			rows, err := a.f.Holds(ctx, actor)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.HoldRow) string { return string(r.ID) }, holdItem)
		})
	operation(a, get("get-hold", "/holds/{hold_id}", "holds", "Read a hold", "One hold with what is held. That it was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *HoldPath) (*answer[HoldDetail], error) {
			return a.hold(ctx, actor, in.HoldID)
		})
	decide := func(id, path, summary, description string) huma.Operation {
		return post(id, "/holds/{hold_id}/"+path, "holds", summary, description+" A hold that was decided before is answered 409.", http.StatusOK)
	}
	operation(a, decide("release-hold", "release", "Release a held message", "The message becomes readable to its parties and its deliveries are made."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			HoldPath
			Body *releaseBody `required:"false"`
		}) (*answer[HoldDetail], error) {
			var body releaseBody
			if in.Body != nil {
				body = *in.Body
			}
			if err := a.f.ReleaseWithout(ctx, actor, in.HoldID, body.Note, body.KeepFiles); err != nil {
				return nil, err
			}
			return a.hold(ctx, actor, in.HoldID)
		})
	operation(a, decide("return-hold", "return", "Return a held message", "It goes back to its author, to be written again."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			HoldPath
			Body returnBody
		}) (*answer[HoldDetail], error) {
			if err := a.f.Return(ctx, actor, in.HoldID, in.Body.Explanation); err != nil {
				return nil, err
			}
			return a.hold(ctx, actor, in.HoldID)
		})
	operation(a, decide("give-back-hold", "give-back", "Give a claimed hold back", "It waits for everybody again who may decide it."),
		func(ctx context.Context, actor ids.Actor, in *HoldPath) (*answer[HoldDetail], error) {
			if err := a.f.ReleaseClaim(ctx, actor, in.HoldID); err != nil {
				return nil, err
			}
			return a.hold(ctx, actor, in.HoldID)
		})
	operation(a, decide("withhold-hold", "withhold", "Withhold a held message or email", "It goes no further; the original is kept."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			HoldPath
			Body withholdBody
		}) (*answer[HoldDetail], error) {
			if err := a.f.Withhold(ctx, actor, in.HoldID, in.Body.Reason, in.Body.Note); err != nil {
				return nil, err
			}
			return a.hold(ctx, actor, in.HoldID)
		})
	operation(a, decide("file-hold", "file", "File a held email", "Puts a held email into a conversation as its sender's words. Whoever files it takes responsibility for who sent it."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			HoldPath
			Body *fileBody `required:"false"`
		}) (*answer[Posted], error) {
			var body fileBody
			if in.Body != nil {
				body = *in.Body
			}
			c, err := a.f.FileHeld(ctx, actor, in.HoldID, flow.Filing{Thread: body.ThreadID, Note: body.Note, Confirmed: body.SenderConfirmed, Replaces: body.TakesOver})
			if err != nil {
				return nil, err
			}
			return &answer[Posted]{Posted{ID: c.Message, State: c.State, Repeated: c.Again}}, nil
		})
}

func (a *API) hold(ctx context.Context, actor ids.Actor, id ids.HoldID) (*answer[HoldDetail], error) {
	v, err := a.f.HoldView(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	d := HoldDetail{Hold: holdItem(v.HoldRow), Sealed: v.Sealed, Pointed: []Pointed{}, MayFile: []Thread{}}
	if v.Message != nil {
		m := messageItem(*v.Message)
		d.Message = &m
		for _, mark := range v.Found.Marks {
			d.Pointed = append(d.Pointed, Pointed{v.Message.Body[mark.Start:mark.End], mark.Note})
		}
	}
	if v.Mail != nil {
		d.Mail = &HeldMail{From: v.Mail.From, FromName: v.Mail.FromName, To: v.Mail.To, Subject: v.Mail.Subject, Text: v.Mail.Text, Quoted: v.Mail.Quoted,
			Problem: v.Mail.Problem, Received: v.Mail.Received.UTC(), Files: some(v.Mail.Files)}
	}
	if v.Inbound != "" {
		d.Sender = &Proof{Verified: v.Proof.Verified, Reasons: some(v.Proof.Reasons), Results: map[string]string{}}
		maps.Copy(d.Sender.Results, v.Proof.Results)
	}
	for _, t := range v.MayFile {
		d.MayFile = append(d.MayFile, threadItem(t))
	}
	return &answer[HoldDetail]{d}, nil
}

func holdItem(r flow.HoldRow) Hold {
	h := Hold{ID: r.ID, CaseID: r.Case, CaseReference: r.CaseReference, ThreadID: r.Thread, Subject: r.Subject, Kind: "message", MessageID: r.Message, Reason: r.Reason,
		Why: r.Why, ForRole: r.ForRole, From: r.From, ToMother: r.ToMother, Opened: r.Opened.UTC(), Decided: maybe(r.Decided), Outcome: r.Outcome, WithheldFor: r.ReasonCode,
		Due: r.Waiting.Due.UTC(), Late: r.Waiting.Late, AppealOf: r.AppealOf}
	if r.Message == "" {
		h.Kind = "mail"
	}
	if r.ClaimedBy != "" {
		h.ClaimedBy = &Person{string(r.ClaimedBy), r.ClaimedName}
	}
	return h
}
