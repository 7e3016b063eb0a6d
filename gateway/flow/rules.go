package flow

import (
	"context"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
)

// RuleBook returns the rules by which everything is decided, for whoever may read them. They are not to be changed.
func (f *Flow) RuleBook(ctx context.Context, a ids.Actor) ([]*policy.Chapter, error) {
	if err := f.may(ctx, policy.Facts{Act: policy.SeeRules, Actor: a}, ""); err != nil {
		return nil, err
	}
	return policy.Book(), nil
}
