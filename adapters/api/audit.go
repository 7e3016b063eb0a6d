package api

import (
	"context"
	"strconv"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// AuditEntry is one event of the audit log. It holds identifiers and codes, never the words of messages.
type AuditEntry struct {
	Number   int64             `json:"number" doc:"Its place in the log, counted from 0 without gaps. kinbridge audit prove takes it"`
	ID       string            `json:"id" doc:"Identifier of the entry"`
	At       time.Time         `json:"at" doc:"When it happened"`
	Kind     audit.Kind        `json:"kind" doc:"What happened" example:"message.released"`
	Outcome  audit.Outcome     `json:"outcome" enum:"done,refused,held,failed" doc:"How it came out"`
	Actor    AuditActor        `json:"actor" doc:"Who did it"`
	CaseID   ids.CaseID        `json:"case_id,omitempty" doc:"The case it belongs to. Missing when it belongs to none"`
	ThreadID ids.ThreadID      `json:"thread_id,omitempty" doc:"The conversation it belongs to"`
	Subject  string            `json:"subject,omitempty" doc:"Identifier of the thing acted on"`
	Reasons  []string          `json:"reasons" nullable:"false" doc:"The decision's reasons, in words"`
	Detail   map[string]string `json:"detail" doc:"Further identifiers and codes"`
}

// AuditActor is who did something.
type AuditActor struct {
	Kind ids.ActorKind `json:"kind" enum:"staff,mother,contact,kiosk,api,system,unknown" doc:"What sort of party"`
	ID   string        `json:"id,omitempty" doc:"Identifier"`
	Role ids.Role      `json:"role,omitempty" doc:"Role, of staff and tokens"`
	Name string        `json:"name,omitempty" doc:"Name, where there is one"`
}

func (a *API) auditOperations() {
	operation(a, get("list-audit-entries", "/audit-entries", "audit", "List audit entries",
		"The newest first. With case_id those of one case; without it those of everything, for administrators only. Entries of conversations that this token may not know of are left out. That the log was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			Paging
			CaseID ids.CaseID `query:"case_id" maxLength:"64" doc:"Only the entries of this case"`
		}) (*List[AuditEntry], error) {
			var before int64
			if in.Cursor != "" {
				var err error
				if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before < 1 {
					return nil, ids.E(ids.Invalid, "The cursor is not one that this list has given.")
				}
			}
			page, err := a.f.AuditTimeline(ctx, actor, in.CaseID, before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := &List[AuditEntry]{Page[AuditEntry]{Items: []AuditEntry{}}}
			for _, r := range page.Rows {
				out.Body.Items = append(out.Body.Items, auditItem(r))
			}
			if page.Next > 0 {
				out.Body.NextCursor = strconv.FormatInt(page.Next, 10)
			}
			return out, nil
		})
}

func auditItem(r flow.AuditRow) AuditEntry {
	e := AuditEntry{Number: r.Seq, ID: r.ID, At: r.At.UTC(), Kind: r.Kind, Outcome: r.Outcome, CaseID: r.Case, ThreadID: r.Thread, Subject: r.Subject,
		Actor: AuditActor{r.Actor.Kind, r.Actor.ID, r.Actor.Role, r.ActorName}, Reasons: some(r.Reasons), Detail: r.Detail}
	if e.Detail == nil {
		e.Detail = map[string]string{}
	}
	return e
}
