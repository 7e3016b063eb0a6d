package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"kinbridge/gateway/flags"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/store"
)

// ReviewRules are who reviews what in a scope.
type ReviewRules struct {
	Scope   messages.ScopeKind `json:"scope" enum:"estate,establishment,case,thread" doc:"How wide the settings reach"`
	ScopeID string             `json:"scope_id,omitempty" doc:"Of what; missing for the estate"`
	AimDays int                `json:"aim_days,omitempty" doc:"Working days in which a hold is to be decided; of the estate and establishments"`
	Lines   []ReviewLine       `json:"directions" nullable:"false" doc:"One for each direction"`
}

// ReviewLine is who reviews one direction.
type ReviewLine struct {
	Direction messages.Direction `json:"direction" enum:"to_mother,from_mother" doc:"Which messages"`
	Order     []ids.Role         `json:"order" nullable:"false" doc:"Who reviews, in this order, as it is now. Empty: nobody"`
	From      messages.ScopeKind `json:"from,omitempty" enum:"estate,establishment,case,thread" doc:"Whose setting counts. Missing: none was set"`
	Own       bool               `json:"own" doc:"The scope itself has a setting"`
}

// ScopeFields say what a setting of review is for.
type ScopeFields struct {
	Scope messages.ScopeKind `json:"scope" query:"scope" required:"true" enum:"estate,establishment,case,thread" doc:"How wide the setting reaches"`
	ID    string             `json:"scope_id,omitempty" query:"scope_id" maxLength:"64" doc:"Identifier of the establishment, case or conversation"`
}

func (s ScopeFields) of() messages.Scope { return messages.Scope{Kind: s.Scope, ID: s.ID} }

// Flag is words that are pointed out to reviewers.
type Flag struct {
	ID        string          `json:"id" doc:"Identifier of the flag"`
	Words     []string        `json:"words" nullable:"false" doc:"Words and phrases, found in all their forms"`
	Pattern   string          `json:"pattern,omitempty" doc:"A regular expression (RE2)"`
	Language  string          `json:"language,omitempty" doc:"en or cy: whose forms the words take. Missing: both"`
	Direction flags.Direction `json:"direction,omitempty" doc:"to_mother or from_mother. Missing: both"`
	PersonID  string          `json:"person_id,omitempty" doc:"Of a case: whose messages. Missing otherwise"`
	Note      string          `json:"note" doc:"Why, for the reviewer"`
}

// NewFlag is a flag to be added.
type NewFlag struct {
	FlagScope
	Words     []string        `json:"words,omitempty" maxItems:"50" doc:"Words and phrases"`
	Pattern   string          `json:"pattern,omitempty" maxLength:"500" doc:"A regular expression (RE2)"`
	Language  string          `json:"language,omitempty" enum:"en,cy" doc:"Whose forms the words take"`
	Direction flags.Direction `json:"direction,omitempty" enum:"to_mother,from_mother" doc:"Which messages"`
	PersonID  string          `json:"person_id,omitempty" maxLength:"64" doc:"Of a case: whose messages"`
	Note      string          `json:"note" minLength:"1" maxLength:"500" doc:"Why, for the reviewer"`
}

// FlagScope says for whom flags are kept.
type FlagScope struct {
	Establishment ids.AgencyID `json:"establishment_id,omitempty" query:"establishment_id" maxLength:"64" doc:"Flags of an establishment"`
	Case          ids.CaseID   `json:"case_id,omitempty" query:"case_id" maxLength:"64" doc:"Flags for persons of a case. With neither: the estate's"`
}

func (s FlagScope) of() flow.FlagScope {
	return flow.FlagScope{Establishment: s.Establishment, Case: s.Case}
}

type flagOutput struct {
	Status int
	Body   Flag
}

// Appealed says that a second person looks at a message.
type Appealed struct {
	MessageID ids.MessageID  `json:"message_id" doc:"The message"`
	State     messages.State `json:"state" enum:"held" doc:"It waits again"`
}

func (a *API) reviewOperations() {
	operation(a, get("get-review-settings", "/review-settings", "review", "Read who reviews what", "To whoever may change it. Privileged conversations have no reviewer."),
		func(ctx context.Context, actor ids.Actor, in *ScopeFields) (*answer[ReviewRules], error) {
			return a.reviewRules(ctx, actor, in.of())
		})
	operation(a, post("set-review", "/review-settings", "review", "Set who reviews a direction", "In the place of what the scope had set. What waits goes on waiting for whom it waits.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			Body struct {
				ScopeFields
				Direction messages.Direction `json:"direction" enum:"to_mother,from_mother" doc:"Which messages"`
				Nobody    bool               `json:"nobody,omitempty" doc:"Nobody need review them"`
				First     ids.Role           `json:"first,omitempty" maxLength:"40" doc:"Who reviews; not with nobody" example:"pact_worker"`
				Second    ids.Role           `json:"second,omitempty" maxLength:"40" doc:"Who reviews after that. Missing: one reviewer is enough"`
			}
		}) (*answer[ReviewRules], error) {
			b := in.Body
			if err := a.f.SetReview(ctx, actor, messages.ReviewSetting{Scope: b.of(), Direction: b.Direction, Nobody: b.Nobody, First: b.First, Second: b.Second}); err != nil {
				return nil, err
			}
			return a.reviewRules(ctx, actor, b.of())
		})
	operation(a, post("unset-review", "/review-settings/unset", "review", "Take a scope's own setting away", "The wider one counts again.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			Body struct {
				ScopeFields
				Direction messages.Direction `json:"direction" enum:"to_mother,from_mother" doc:"Which messages"`
			}
		}) (*answer[ReviewRules], error) {
			if err := a.f.UnsetReview(ctx, actor, in.Body.of(), in.Body.Direction); err != nil {
				return nil, err
			}
			return a.reviewRules(ctx, actor, in.Body.of())
		})
	operation(a, post("set-review-aim", "/review-settings/aim", "review", "Set how soon a hold is to be decided", "", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *struct {
			Body struct {
				Establishment ids.AgencyID `json:"establishment_id,omitempty" maxLength:"64" doc:"The establishment. Missing: everywhere where none is set"`
				Days          int          `json:"aim_days" minimum:"1" maximum:"250" doc:"In working days"`
			}
		}) (*answer[ReviewRules], error) {
			if err := a.f.SetReviewAim(ctx, actor, in.Body.Establishment, in.Body.Days); err != nil {
				return nil, err
			}
			s := messages.Scope{Kind: messages.Estate}
			if in.Body.Establishment != "" {
				s = messages.Scope{Kind: messages.Establishment, ID: string(in.Body.Establishment)}
			}
			return a.reviewRules(ctx, actor, s)
		})
	operation(a, post("appeal-message", "/messages/{message_id}/appeal", "review", "Ask that a second person looks at a message", "For the author of a message that was not passed on, once.", http.StatusOK),
		func(ctx context.Context, actor ids.Actor, in *MessagePath) (*answer[Appealed], error) {
			if err := a.f.Appeal(ctx, actor, in.MessageID); err != nil {
				return nil, err
			}
			return &answer[Appealed]{Appealed{in.MessageID, messages.Held}}, nil
		})
	a.flagOperations()
}

func (a *API) flagOperations() {
	operation(a, get("list-flags", "/flags", "review", "List flags", "Of the estate, an establishment or a case, to whoever may change them."),
		func(ctx context.Context, actor ids.Actor, in *struct {
			FlagScope
			Paging
		}) (*List[Flag], error) {
			l, err := a.f.Flags(ctx, actor, in.of())
			if err != nil {
				return nil, err
			}
			return pageOf(l.Rules, in.Paging, func(r store.FlagRule) string { return r.ID }, flagItem)
		})
	o := post("add-flag", "/flags", "review", "Add a flag", "A hint to reviewers: it holds and refuses nothing. The same flag again is answered 200 and not added.", http.StatusCreated)
	repeats[Flag](a, &o, "Flag")
	operation(a, o,
		func(ctx context.Context, actor ids.Actor, in *struct{ Body NewFlag }) (*flagOutput, error) {
			b := in.Body
			r := flags.Rule{For: b.PersonID, Words: b.Words, Pattern: b.Pattern, Language: b.Language, Direction: b.Direction, Note: b.Note}
			l, err := a.f.Flags(ctx, actor, b.of())
			if err != nil {
				return nil, err
			}
			for _, x := range l.Rules {
				if x.Pattern == r.Pattern && x.Language == r.Language && x.Direction == r.Direction && x.Note == r.Note && slices.Equal(x.Words, r.Words) && (b.Case == "" || x.For == r.For) {
					return &flagOutput{http.StatusOK, flagItem(x)}, nil
				}
			}
			id, err := a.f.AddFlag(ctx, actor, b.of(), r)
			if err != nil {
				return nil, err
			}
			if l, err = a.f.Flags(ctx, actor, b.of()); err != nil {
				return nil, err
			}
			for _, x := range l.Rules {
				if x.ID == id {
					return &flagOutput{http.StatusCreated, flagItem(x)}, nil
				}
			}
			return nil, ids.E(ids.Conflict, "The flag was taken away by somebody else meanwhile.")
		})
	gone := post("remove-flag", "/flags/{flag_id}/remove", "review", "Take a flag away", "", http.StatusNoContent)
	gone.Responses = map[string]*huma.Response{"204": {Description: "It is gone"}}
	operation(a, gone, func(ctx context.Context, actor ids.Actor, in *struct {
		ID string `path:"flag_id" maxLength:"64" doc:"Identifier of the flag"`
	}) (*struct{}, error) {
		return &struct{}{}, a.f.RemoveFlag(ctx, actor, in.ID)
	})
}

func (a *API) reviewRules(ctx context.Context, actor ids.Actor, s messages.Scope) (*answer[ReviewRules], error) {
	v, err := a.f.ReviewOf(ctx, actor, s)
	if err != nil {
		return nil, err
	}
	out := ReviewRules{Scope: s.Kind, ScopeID: s.ID, AimDays: v.Aim, Lines: []ReviewLine{}}
	for _, l := range v.Lines {
		out.Lines = append(out.Lines, ReviewLine{Direction: l.Direction, Order: some(l.Order), From: l.From, Own: l.Own != nil})
	}
	return &answer[ReviewRules]{out}, nil
}

func flagItem(r store.FlagRule) Flag {
	f := Flag{ID: r.ID, Words: some(r.Words), Pattern: r.Pattern, Language: r.Language, Direction: r.Direction, Note: r.Note}
	if r.Case != "" {
		f.PersonID = r.For
	}
	return f
}
