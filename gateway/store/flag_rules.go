package store

import (
	"context"
	"encoding/json"

	"kinbridge/gateway/flags"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/store/vault"
)

// FlagRule is a flag with the case that a person's belongs to.
type FlagRule struct {
	flags.Rule
	Case ids.CaseID // "" of the estate's and an establishment's
}

// flagWords is what of a flag is sealed: whom a person's reviewers watch for what is as private as what she writes.
type flagWords struct {
	Words     []string        `json:"words,omitempty"`
	Pattern   string          `json:"pattern,omitempty"`
	Language  string          `json:"language,omitempty"`
	Direction flags.Direction `json:"direction,omitempty"`
	Note      string          `json:"note,omitempty"`
}

func flagScope(c ids.CaseID) vault.Scope {
	if c == "" {
		return vault.Flags
	}
	return vault.CaseScope(c)
}

// AddFlag stores a flag.
func (tx *Tx) AddFlag(r FlagRule, by string) error {
	words, err := json.Marshal(flagWords{r.Words, r.Pattern, r.Language, r.Direction, r.Note})
	if err != nil {
		return err
	}
	sealed, err := tx.seal(flagScope(r.Case), "flag_rules", r.ID, "rule", words)
	if err != nil {
		return err
	}
	_, err = tx.q.exec(tx.ctx, `INSERT INTO flag_rules (id, level, for_id, case_id, rule_sealed, added, added_by) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		r.ID, string(r.Level), r.For, string(r.Case), sealed, micros(tx.now), by)
	tx.Wake(TopicStaff)
	return err
}

// EndFlag takes a flag away; one that has ended stays so.
func (tx *Tx) EndFlag(id, by string) error {
	_, err := tx.q.exec(tx.ctx, `UPDATE flag_rules SET ended = ?, ended_by = ? WHERE id = ? AND ended = 0`, micros(tx.now), by, id)
	tx.Wake(TopicStaff)
	return err
}

// FlagRules returns the flags that count for messages of a case at an establishment: the estate's, the establishment's and, of persons, the case's.
// Either may be "": none of it.
func (r Reader) FlagRules(ctx context.Context, e ids.AgencyID, c ids.CaseID) ([]FlagRule, error) {
	return r.flagsWhere(ctx, `ended = 0 AND (level = 'estate' OR (level = 'establishment' AND for_id = ?) OR (level = 'person' AND case_id = ?)) ORDER BY id`, string(e), string(c))
}

// FlagRulesOfCase returns the flags set for persons of a case.
func (r Reader) FlagRulesOfCase(ctx context.Context, c ids.CaseID) ([]FlagRule, error) {
	if fs, ok := recall[[]FlagRule](ctx, r.q, "flags/"+string(c)); ok {
		return fs, nil
	}
	return r.flagsWhere(ctx, `ended = 0 AND level = 'person' AND case_id = ? ORDER BY id`, string(c))
}

// FlagRule returns one flag that has not ended.
func (r Reader) FlagRule(ctx context.Context, id string) (FlagRule, error) {
	fs, err := r.flagsWhere(ctx, `ended = 0 AND id = ?`, id)
	return first(fs, err)
}

func (r Reader) flagsWhere(ctx context.Context, where string, args ...any) ([]FlagRule, error) {
	type row struct {
		FlagRule
		sealed []byte
	}
	rows, err := all(ctx, r.q, `SELECT id, level, for_id, case_id, rule_sealed FROM flag_rules WHERE `+where, args, func(s scanner) (row, error) {
		var x row
		return x, s.Scan(&x.ID, &x.Level, &x.For, &x.Case, &x.sealed)
	})
	if err != nil {
		return nil, err
	}
	out := make([]FlagRule, 0, len(rows))
	for _, x := range rows {
		raw, err := r.open(ctx, flagScope(x.Case), "flag_rules", x.ID, "rule", x.sealed)
		if err != nil {
			return nil, err
		}
		var w flagWords
		if err := json.Unmarshal(raw, &w); err != nil {
			return nil, err
		}
		x.Words, x.Pattern, x.Language, x.Direction, x.Note = w.Words, w.Pattern, w.Language, w.Direction, w.Note
		out = append(out, x.FlagRule)
	}
	return out, nil
}
