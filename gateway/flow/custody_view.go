package flow

import (
	"context"
	"slices"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/custody"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
)

// CustodyRow is one report in a woman's history, with the places in words.
type CustodyRow struct {
	store.CustodyRecord
	At, From string // names; "" = not said
}

// CustodyView is where a woman is and was.
type CustodyView struct {
	Case          cases.Case
	Mother        people.Mother
	Establishment string
	Wing          string
	Former        []string // prisoner numbers she had before
	History       []CustodyRow
	MayRecord     bool
	MayMerge      bool
	MayAgree      bool // how she is reached after her release
	MayKeepTeam   bool
	FollowOn      string // what was agreed; "" = nothing, or the actor may not know
	Reoffers      []ReofferRow
	WhileAway     []ReofferRow // meetings to come while she is out of the prison for the moment
	Wings         []people.Wing
}

// ReofferRow is a meeting whose new time is to be offered.
type ReofferRow struct {
	MeetingRow
	MaySettle bool
}

// Custody returns where the woman of a case is and was, and records that it was read.
func (f *Flow) Custody(ctx context.Context, a ids.Actor, id ids.CaseID) (CustodyView, error) {
	var v CustodyView
	around, err := f.caseAround(ctx, a, id)
	if err != nil {
		return v, err
	}
	v.Case, v.Mother = around.row, around.mother
	facts := policy.Facts{Act: policy.SeeCase, Actor: a, Case: around.facts, Custody: custodyFacts(v.Case, v.Mother)}
	if err := f.may(ctx, facts, auditID(id)); err != nil {
		return v, err
	}
	v.MayRecord, v.MayAgree, v.MayKeepTeam = allowed(facts, policy.RecordCustody), allowed(facts, policy.FollowOn), allowed(facts, policy.KeepTeam)
	v.MayMerge = allowed(facts, policy.MergeRecord)
	if v.MayAgree {
		if v.FollowOn, err = f.st.FollowOn(ctx, id); err != nil {
			return v, err
		}
	}
	if err := f.fillCustody(ctx, &v); err != nil {
		return v, err
	}
	if v.Reoffers, err = f.reoffers(ctx, a, around); err != nil {
		return v, err
	}
	if v.WhileAway, err = f.whileAway(ctx, a, around); err != nil {
		return v, err
	}
	return v, f.st.Write(ctx, a, func(*store.Tx) (audit.Entry, error) { return audit.CustodyRead(id), nil })
}

func (f *Flow) fillCustody(ctx context.Context, v *CustodyView) error {
	prison, err := f.st.Agency(ctx, v.Mother.Establishment)
	if err != nil {
		return err
	}
	v.Establishment = prison.Name
	if v.Wings, err = f.st.Wings(ctx, v.Mother.Establishment); err != nil {
		return err
	}
	for _, w := range v.Wings {
		if w.ID == v.Mother.Wing {
			v.Wing = w.Name
		}
	}
	if v.Former, err = f.st.FormerNumbers(ctx, v.Mother.ID); err != nil {
		return err
	}
	recs, err := f.st.CustodyOf(ctx, v.Mother.ID)
	if err != nil {
		return err
	}
	v.History, err = f.custodyRows(ctx, recs)
	slices.Reverse(v.History)
	return err
}

// custodyRows names the places of reports.
func (f *Flow) custodyRows(ctx context.Context, recs []store.CustodyRecord) ([]CustodyRow, error) {
	at, err := placesOf(ctx, f.st.Reader)
	if err != nil {
		return nil, err
	}
	out := make([]CustodyRow, len(recs))
	for i, r := range recs {
		out[i] = CustodyRow{CustodyRecord: r, At: at.name(r.Event.At), From: at.name(r.Event.From)}
	}
	return out, nil
}

// name is a place in words: ours by its own name, else as it was reported.
func (p places) name(at custody.Place) string {
	if id := p.find(at); id != "" {
		for _, one := range p.list {
			if one.ID == id {
				return one.Name
			}
		}
	}
	if at.Name != "" {
		return at.Name
	}
	return at.Code
}

// reoffers are a case's meetings whose new time is to be offered, as far as the actor may know of them.
func (f *Flow) reoffers(ctx context.Context, a ids.Actor, c caseAround) ([]ReofferRow, error) {
	open, err := f.st.OpenReoffers(ctx, c.row.ID)
	if err != nil {
		return nil, err
	}
	var rows []ReofferRow
	for _, o := range open {
		m, err := f.st.Meeting(ctx, o.Meeting)
		if err != nil {
			return nil, err
		}
		if rows, err = f.addReofferRow(ctx, a, m, c, rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// whileAway are the planned meetings of a woman who is out of the prison for the moment: nothing is freed, for she comes back, but who planned them must know.
func (f *Flow) whileAway(ctx context.Context, a ids.Actor, c caseAround) (rows []ReofferRow, err error) {
	if c.mother.Custody != people.Away {
		return nil, nil
	}
	ms, err := f.st.MeetingsOfCase(ctx, c.row.ID)
	if err != nil {
		return nil, err
	}
	slices.Reverse(ms)
	for _, m := range ms {
		if m.State != meetings.Planned || m.PhaseAt(f.now()) == meetings.Over {
			continue
		}
		if rows, err = f.addReofferRow(ctx, a, m, c, rows); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func (f *Flow) addReofferRow(ctx context.Context, a ids.Actor, m meetings.Meeting, c caseAround, rows []ReofferRow) ([]ReofferRow, error) {
	o, err := f.gatherIn(ctx, a, m, c)
	if err != nil || !policy.Decide(o.to(policy.SeeMeeting)).Allowed() {
		return rows, err
	}
	row := ReofferRow{MeetingRow: MeetingRow{Meeting: m, Phase: m.PhaseAt(f.now()), CaseReference: c.row.Reference, Mother: c.mother.Name, Role: o.own.Role}}
	for _, p := range o.Participants {
		if p.Kind != meetings.PersonMother && p.Removed.IsZero() && !p.Is(a) {
			row.With = append(row.With, p.Name)
		}
	}
	row.MaySettle = policy.Decide(o.to(policy.PlanMeeting)).Allowed()
	return append(rows, row), nil
}

// Arrival is a woman who has come to the actor's prison, or whose meetings are to be offered again. Who works for the prison and not on her case learns her name and
// number, where she is, how many meetings wait and whom to ask, and no more.
type Arrival struct {
	Mother   people.Mother
	Wing     string
	Arrived  time.Time
	Case     ids.CaseID // "" when the actor may not see it
	Ref      string     // its reference; "" likewise
	Worker   string     // the Pact social worker who holds it; "" when she has none
	Waiting  int        // meetings whose new time is to be offered
	Meetings []ReofferRow
	Away     []ReofferRow
	MayPlace bool // say which wing she is on
}

// Arrivals returns the women who have come to the actor's prison and have no wing yet, and those of the actor's cases whose meetings are to be offered again or lie
// in a time when she is out, the longest there first.
func (f *Flow) Arrivals(ctx context.Context, a ids.Actor) ([]Arrival, error) {
	women, err := f.st.ArrivalCandidates(ctx, a.StaffID(), a.Agency)
	if err != nil {
		return nil, err
	}
	var out []Arrival
	for _, m := range women {
		if out, err = f.addArrival(ctx, a, m, out); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, func(x, y Arrival) int { return x.Arrived.Compare(y.Arrived) })
	return out, nil
}

func (f *Flow) addArrival(ctx context.Context, a ids.Actor, m people.Mother, out []Arrival) ([]Arrival, error) {
	row := Arrival{Mother: m, Arrived: m.CustodySince}
	facts := policy.Facts{Act: policy.SeeCustody, Actor: a, Custody: policy.CustodyFacts{Receiving: a.Agency != "" && a.Agency == m.Establishment}}
	facts, d, err := f.mayOfMother(ctx, facts, m)
	if err != nil || !d.Allowed() {
		return out, err
	}
	wings, err := f.st.Wings(ctx, m.Establishment)
	if err != nil {
		return out, err
	}
	reception, err := f.st.MothersAtReception(ctx, m.Establishment)
	if err != nil {
		return out, err
	}
	for _, w := range wings {
		if w.ID == m.Wing {
			row.Wing = w.Name
		}
	}
	at := slices.ContainsFunc(reception, func(o people.Mother) bool { return o.ID == m.ID }) && m.Custody != people.Released && a.Agency == m.Establishment
	row.MayPlace = at && allowed(facts, policy.RecordCustody)
	cs, err := f.st.CasesOfMother(ctx, m.ID)
	if err != nil {
		return out, err
	}
	for _, c := range cs {
		if !c.Closed.IsZero() {
			continue
		}
		if err := f.arrivalCase(ctx, a, c, &row); err != nil {
			return out, err
		}
	}
	if !at && len(row.Meetings) == 0 && len(row.Away) == 0 && (row.Waiting == 0 || a.Agency != m.Establishment) {
		return out, nil
	}
	return append(out, row), nil
}

// arrivalCase adds what the actor may know of one of her cases.
func (f *Flow) arrivalCase(ctx context.Context, a ids.Actor, c cases.Case, row *Arrival) error {
	open, err := f.st.OpenReoffers(ctx, c.ID)
	if err != nil {
		return err
	}
	row.Waiting += len(open)
	worker, err := f.st.Staff(ctx, c.Worker)
	if err != nil {
		return err
	}
	row.Worker = worker.Name
	around, err := f.caseAround(ctx, a, c.ID)
	if err != nil {
		return err
	}
	if !policy.Decide(policy.Facts{Act: policy.SeeCase, Actor: a, Case: around.facts}).Allowed() {
		return nil
	}
	row.Case, row.Ref = c.ID, c.Reference
	again, err := f.reoffers(ctx, a, around)
	if err != nil {
		return err
	}
	away, err := f.whileAway(ctx, a, around)
	row.Meetings, row.Away = append(row.Meetings, again...), append(row.Away, away...)
	return err
}

// ReofferOutcomes are the ways in which a freed meeting is dealt with.
var ReofferOutcomes = []string{"offered", "not_needed"}

// SettleReoffer records that a new time was offered for a meeting that was freed, or that none is needed.
func (f *Flow) SettleReoffer(ctx context.Context, a ids.Actor, id ids.MeetingID, outcome string) error {
	if !slices.Contains(ReofferOutcomes, outcome) {
		return ids.E(ids.Invalid, "Say whether a new time was offered.")
	}
	o, d, err := f.planned(ctx, a, id)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return decided(audit.MeetingReoffered(o.Case, id, outcome), d), tx.SettleReoffer(id, a.StaffID(), outcome)
	})
}

// AllocateWing says on which wing of her prison a woman is: the wing's kiosk offers her from then on, another's no longer.
func (f *Flow) AllocateWing(ctx context.Context, a ids.Actor, mother ids.MotherID, w ids.WingID) error {
	m, err := f.st.Mother(ctx, mother)
	if err != nil {
		return err
	}
	facts, d, err := f.mayOfMother(ctx, policy.Facts{Act: policy.RecordCustody, Actor: a}, m)
	if err != nil {
		return err
	}
	if !d.Allowed() {
		return f.refuse(ctx, facts, auditID(mother), d)
	}
	wings, err := f.st.Wings(ctx, m.Establishment)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(wings, func(one people.Wing) bool { return one.ID == w }) {
		return ids.E(ids.Invalid, "Choose a wing of the prison where she is.")
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockCustody(); err != nil {
			return audit.Entry{}, err
		}
		now, err := tx.Mother(tx.Context(), mother)
		if err != nil {
			return audit.Entry{}, err
		}
		if now.Establishment != m.Establishment {
			return audit.Entry{}, ids.E(ids.Conflict, "She has moved meanwhile.")
		}
		now.Wing = w
		if err := tx.EndSessionsOf(store.SessionMother, string(mother)); err != nil {
			return audit.Entry{}, err
		}
		return decided(audit.WingGiven(mother, w).In(facts.Case.ID, ""), d), tx.PlaceMother(now)
	})
}

// UnknownCustody returns the events that are nobody's: of numbers that nobody has, and those that a person must look at.
func (f *Flow) UnknownCustody(ctx context.Context, a ids.Actor) ([]CustodyRow, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return nil, err
	}
	recs, err := f.st.CustodyOfNobody(ctx)
	if err != nil {
		return nil, err
	}
	return f.custodyRows(ctx, recs)
}

// Prison is an establishment with its code.
type Prison = store.Prison

// Prisons returns the establishments with their codes, by name: public bodies, no secret to any member of staff.
func (f *Flow) Prisons(ctx context.Context) ([]Prison, error) { return f.st.Prisons(ctx) }

// SetPrisonCode says by which code the prisons' records name an establishment ("" = none). Women who are held to be elsewhere because the code was not known are
// placed at the next event.
func (f *Flow) SetPrisonCode(ctx context.Context, a ids.Actor, id ids.AgencyID, code string) error {
	if err := f.mayManage(ctx, a); err != nil {
		return err
	}
	code = oneLine(code, 20)
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) { return audit.AgencyCodeSet(id), tx.SetAgencyCode(id, code) })
}

// CustodyPreview is what a report would do.
type CustodyPreview struct {
	Event  custody.Event
	Name   string // of the woman; "" when nobody is known, or the actor may not know of her
	Effect custody.Effect
	Why    string
	Err    error // it would be refused
}

// PreviewCustody says what each of a list of events would do, taken one after another. It changes nothing.
func (f *Flow) PreviewCustody(ctx context.Context, a ids.Actor, events []custody.Event) ([]CustodyPreview, error) {
	at, err := placesOf(ctx, f.st.Reader)
	if err != nil {
		return nil, err
	}
	states := map[ids.MotherID]custody.State{}
	out := make([]CustodyPreview, 0, len(events))
	for _, e := range events {
		p := CustodyPreview{Event: e}
		if p.Event, p.Err = f.cleanEvent(a, e); p.Err == nil {
			if err := f.preview(ctx, a, at, states, &p); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func (f *Flow) preview(ctx context.Context, a ids.Actor, at places, states map[ids.MotherID]custody.State, p *CustodyPreview) error {
	e := p.Event
	_, d, err := f.mayRecord(ctx, a, e)
	if err != nil {
		return err
	}
	if p.Err = d.Err(); p.Err != nil {
		return nil
	}
	m, err := f.st.MotherByNumber(ctx, e.Number)
	if ids.KindOf(err) == ids.NotFound && e.Kind == custody.Merged {
		m, err = f.st.MotherByNumber(ctx, e.Former)
	}
	if ids.KindOf(err) == ids.NotFound {
		p.Effect, p.Why = custody.Unknown, "Nobody here has this prisoner number. It is kept for 30 days."
		return nil
	}
	if err != nil {
		return err
	}
	p.Name = m.Name
	if old, err := f.st.CustodyEvent(ctx, e.ID); err == nil {
		p.Effect, p.Why = custody.Nothing, "It is recorded already."
		if old.Mother == "" {
			p.Name = ""
		}
		return nil
	}
	if e.Occurred.After(f.now().Add(custodySkew)) {
		p.Effect, p.Why = CustodyLater, "It lies ahead: it is taken when its time has come."
		return nil
	}
	s, ok := states[m.ID]
	if !ok {
		if s, err = stateOf(ctx, f.st.Reader, at, m, ""); err != nil {
			return err
		}
	}
	states[m.ID], p.Effect, p.Why = s.Apply(at.canonical(e))
	return nil
}
