package api

import (
	"context"
	"time"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Restriction is a contact restriction of a case.
type Restriction struct {
	ID         ids.RestrictionID     `json:"id" doc:"Identifier of the restriction"`
	Kind       cases.RestrictionKind `json:"kind" enum:"no_contact,written_only,supervised_only,no_pictures,monitored" doc:"What it forbids or asks for. When several bear on one person or child, the strictest counts: they are listed here from the strictest"`
	ContactIDs []ids.ContactID       `json:"contact_ids" nullable:"false" doc:"The people outside it is about"`
	ChildIDs   []ids.ChildID         `json:"child_ids" nullable:"false" doc:"The children it is about"`
	Source     string                `json:"source" enum:"court_order,protection_assessment,authority_request,victim_wishes,licence_condition,other" doc:"What it rests on"`
	From       string                `json:"from" doc:"First day it is in force, YYYY-MM-DD"`
	To         string                `json:"to,omitempty" doc:"Last day it is in force. Missing when it is in force until it is ended"`
	Review     string                `json:"review,omitempty" doc:"The day on which public protection looks at it again. Missing when none is set"`
	Told       bool                  `json:"told" doc:"Whether the mother may be told of it"`
	InForce    bool                  `json:"in_force" doc:"Whether it is in force today, in London"`
	Added      time.Time             `json:"added" doc:"When it was entered"`
	Ended      *time.Time            `json:"ended,omitempty" doc:"When somebody ended it. Missing when nobody has"`
}

func restrictionItem(r flow.RestrictionRow) Restriction {
	return Restriction{ID: r.ID, Kind: r.Kind, ContactIDs: some(r.Contacts), ChildIDs: some(r.Children), Source: r.Source, From: r.From.String(), To: r.To.String(),
		Review: r.Review.String(), Told: r.Told, InForce: r.InForce, Added: r.Added.UTC(), Ended: maybe(r.Ended)}
}

func (a *API) restrictionOperations() {
	operation(a, get("list-restrictions", "/cases/{case_id}/restrictions", "cases", "List a case's contact restrictions",
		"For public protection at her prison and the case's team. That they were read is recorded."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			CasePath
			Paging
		}) (*List[Restriction], error) {
			v, err := a.f.Restrictions(ctx, actor, in.CaseID)
			if err != nil {
				return nil, err
			}
			return pageOf(v.Rows, in.Paging, func(r flow.RestrictionRow) string { return string(r.ID) }, restrictionItem)
		})
}
