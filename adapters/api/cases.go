package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/threads"
)

// Person names somebody.
type Person struct {
	ID   string `json:"id" doc:"Identifier"`
	Name string `json:"name" doc:"Name"`
}

// Case is a case in a list.
type Case struct {
	ID            ids.CaseID `json:"id" doc:"Identifier of the case"`
	Reference     string     `json:"reference" doc:"What people say on the telephone" example:"KB-1001"`
	Mother        Person     `json:"mother" doc:"The mother"`
	Establishment string     `json:"establishment" doc:"Name of the prison where she is"`
	WorkerID      string     `json:"worker_id" doc:"Identifier of the Pact social worker who holds the case"`
	Opened        time.Time  `json:"opened" doc:"When the case was opened"`
	Closed        *time.Time `json:"closed,omitempty" doc:"When it was closed. Missing while it is open"`
}

// CaseItem is a case in a list with what waits in it.
type CaseItem struct {
	Case
	Children    int        `json:"children" doc:"Number of children"`
	Waiting     int        `json:"waiting" doc:"Number of messages that wait for this token's review"`
	LastMessage *time.Time `json:"last_message,omitempty" doc:"When the newest message on the official channel was written. Missing when there is none"`
}

// Child is a child of the mother.
type Child struct {
	ID        ids.ChildID `json:"id" doc:"Identifier of the child"`
	Name      string      `json:"name" doc:"Name"`
	Born      string      `json:"born,omitempty" doc:"Date of birth, YYYY-MM-DD. Missing when it is not known" example:"2016-03-04"`
	Authority *Person     `json:"authority,omitempty" doc:"The local authority that looks after the child. Missing when there is none"`
}

// TeamMember is a member of staff on a case.
type TeamMember struct {
	Person
	Role string `json:"role" doc:"Role" enum:"pact_worker,family_engagement_worker,offender_manager,wing_officer,public_protection,administrator"`
}

// CaseDetail is one case.
type CaseDetail struct {
	Case
	Wing           string       `json:"wing" doc:"Name of the mother's wing"`
	PrisonerNumber string       `json:"prisoner_number" doc:"The mother's prisoner number" example:"A1234BC"`
	Language       string       `json:"language" enum:"en,cy" doc:"The language in which she reads: en English, cy Welsh"`
	Children       []Child      `json:"children" nullable:"false" doc:"Her children"`
	Team           []TeamMember `json:"team" nullable:"false" doc:"Who works on the case"`
	Threads        []Thread     `json:"threads" nullable:"false" doc:"The conversations that this token may know of, the most recently used first"`
	MayOpen        []string     `json:"may_open" nullable:"false" doc:"Channels on which this token's owner may begin a conversation"`
	MayPlanMeeting bool         `json:"may_plan_meeting" doc:"Whether this token may create a meeting of the case"`
	MayReadAudit   bool         `json:"may_read_audit" doc:"Whether this token may read the case's audit entries"`
}

// Thread is a conversation in a list.
type Thread struct {
	ID       ids.ThreadID    `json:"id" doc:"Identifier of the conversation"`
	CaseID   ids.CaseID      `json:"case_id" doc:"Its case"`
	Channel  threads.Channel `json:"channel" enum:"official,confidential,privileged" doc:"How private it is: official may be reviewed; confidential is between the mother and Pact; privileged between its parties alone"`
	Subject  string          `json:"subject" doc:"What it is about"`
	Agency   *Person         `json:"agency,omitempty" doc:"The outside body it is with. Missing when it is with nobody outside"`
	ChildIDs []ids.ChildID   `json:"child_ids" nullable:"false" doc:"The children it is about"`
	Waiting  int             `json:"waiting" doc:"Number of messages that wait for this token's review"`
	Created  time.Time       `json:"created" doc:"When it was begun"`
	LastAt   time.Time       `json:"last_at" doc:"When its newest message was written"`
}

// Party is somebody in a conversation.
type Party struct {
	Person
	Kind  threads.PartyKind `json:"kind" enum:"mother,staff,contact" doc:"What sort of person"`
	Email string            `json:"email,omitempty" doc:"Email address, of contacts only"`
	Since time.Time         `json:"since" doc:"Since when she takes part"`
	Until *time.Time        `json:"until,omitempty" doc:"Until when. Missing while she does"`
}

// ThreadDetail is one conversation without its messages.
type ThreadDetail struct {
	Thread
	CaseReference string  `json:"case_reference" doc:"Reference of the case"`
	Parties       []Party `json:"parties" nullable:"false" doc:"Who takes part or took part"`
	MayWrite      bool    `json:"may_write" doc:"Whether this token may post a message"`
	Reviewed      bool    `json:"reviewed" doc:"Whether what this token posts waits for review"`
	WhyNot        string  `json:"why_not,omitempty" doc:"Why it may not post, in words. Missing when it may"`
}

// CasePath names a case in an address. (It is exported for huma, which reads exported fields only.)
type CasePath struct {
	CaseID ids.CaseID `path:"case_id" maxLength:"64" doc:"Identifier of the case"`
}

// ThreadPath names a conversation in an address.
type ThreadPath struct {
	ThreadID ids.ThreadID `path:"thread_id" maxLength:"64" doc:"Identifier of the conversation"`
}

// answer is the answer of an operation that returns one thing.
type answer[T any] struct{ Body T }

func (a *API) caseOperations() {
	operation(a, get("list-cases", "/cases", "cases", "List cases", "The cases that this token may see, by reference."),
		func(ctx context.Context, actor ids.Actor, in *struct{ Paging }) (*List[CaseItem], error) {
			rows, err := a.f.Cases(ctx, actor)
			if err != nil {
				return nil, err
			}
			slices.SortStableFunc(rows, func(x, y flow.CaseRow) int { return cmp.Compare(x.Reference, y.Reference) })
			return pageOf(rows, in.Paging, func(r flow.CaseRow) string { return string(r.ID) }, caseItem)
		})
	operation(a, get("get-case", "/cases/{case_id}", "cases", "Read a case", "One case with its children, team and conversations. That it was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *CasePath) (*answer[CaseDetail], error) {
			v, err := a.f.Case(ctx, actor, in.CaseID)
			if err != nil {
				return nil, err
			}
			return &answer[CaseDetail]{caseDetail(v)}, nil
		})
	operation(a, get("list-threads", "/cases/{case_id}/threads", "cases", "List a case's conversations", "Those that this token may know of, the most recently used first."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			CasePath
			Paging
		}) (*List[Thread], error) {
			rows, err := a.f.Threads(ctx, actor, in.CaseID)
			if err != nil {
				return nil, err
			}
			return pageOf(rows, in.Paging, func(r flow.ThreadRow) string { return string(r.ID) }, threadItem)
		})
	operation(a, get("get-thread", "/threads/{thread_id}", "cases", "Read a conversation", "One conversation with its parties. That it was read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *ThreadPath) (*answer[ThreadDetail], error) {
			v, err := a.f.Thread(ctx, actor, in.ThreadID)
			if err != nil {
				return nil, err
			}
			return &answer[ThreadDetail]{threadDetail(v)}, nil
		})
}

// maybe is a time that may be missing.
func maybe(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func caseItem(r flow.CaseRow) CaseItem {
	return CaseItem{Children: r.Children, Waiting: r.Holds, LastMessage: maybe(r.LastMessage),
		Case: Case{ID: r.ID, Reference: r.Reference, Mother: Person{string(r.Mother.ID), r.Mother.Name}, Establishment: r.Establishment,
			WorkerID: string(r.Worker), Opened: r.Opened.UTC(), Closed: maybe(r.Closed)}}
}

func caseDetail(v flow.CaseView) CaseDetail {
	d := CaseDetail{Wing: v.Wing, PrisonerNumber: v.Mother.PrisonerNumber, Language: v.Mother.Language, MayPlanMeeting: v.MayPlan, MayReadAudit: v.MayReadAudit,
		Children: []Child{}, Team: []TeamMember{}, Threads: []Thread{}, MayOpen: []string{},
		Case: Case{ID: v.ID, Reference: v.Reference, Mother: Person{string(v.Mother.ID), v.Mother.Name}, Establishment: v.Establishment.Name,
			WorkerID: string(v.Worker), Opened: v.Opened.UTC(), Closed: maybe(v.Closed)}}
	for _, c := range v.Children {
		k := Child{ID: c.ID, Name: c.Name, Born: c.Born}
		if c.Authority != "" {
			k.Authority = &Person{string(c.Authority), c.AuthorityName}
		}
		d.Children = append(d.Children, k)
	}
	for _, s := range v.Team {
		d.Team = append(d.Team, TeamMember{Person{string(s.ID), s.Name}, string(s.Role)})
	}
	for _, t := range v.Threads {
		d.Threads = append(d.Threads, threadItem(t))
	}
	for _, ch := range v.MayOpen {
		d.MayOpen = append(d.MayOpen, string(ch))
	}
	return d
}

func threadOf(t threads.Thread, agency string) Thread {
	out := Thread{ID: t.ID, CaseID: t.Case, Channel: t.Channel, Subject: t.Subject, ChildIDs: some(t.Children), Created: t.Created.UTC(), LastAt: t.LastAt.UTC()}
	if t.Agency != "" {
		out.Agency = &Person{string(t.Agency), agency}
	}
	return out
}

func threadItem(r flow.ThreadRow) Thread {
	t := threadOf(r.Thread, r.AgencyName)
	t.Waiting = r.Waiting
	return t
}

func threadDetail(v flow.ThreadView) ThreadDetail {
	d := ThreadDetail{Thread: threadOf(v.Thread, v.AgencyName), CaseReference: v.CaseReference, Parties: []Party{}, MayWrite: v.MayWrite, Reviewed: v.Reviewed, WhyNot: v.WhyNot}
	for _, m := range v.Messages {
		if m.Hold != nil && m.Hold.Decided.IsZero() {
			d.Waiting++
		}
	}
	for _, p := range v.Parties {
		d.Parties = append(d.Parties, Party{Person: Person{p.ID, p.Name}, Kind: p.Kind, Email: p.Email, Since: p.Since.UTC(), Until: maybe(p.Until)})
	}
	return d
}
