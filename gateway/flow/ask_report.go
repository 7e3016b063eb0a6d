package flow

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/chase"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/workdays"
)

// AskAges are the upper ends of the classes of age, in working days since the answer was asked for; what is older is in a last class.
var AskAges = [...]int{5, 10, 20}

// reportDays is how far back the report looks for answers that came, in calendar days.
const reportDays = 365

// AuthorityAsks is how one authority answers.
type AuthorityAsks struct {
	Agency            ids.AgencyID
	Name              string
	Open, Overdue     int
	Ages              [len(AskAges) + 1]int // the open ones by age
	Oldest            int                   // working days since the oldest open one was asked for
	Answered          int                   // in a year
	Median, Ninetieth int                   // working days that these took
}

// AskReport says how authorities answer what the actor's cases ask, by name. It counts what the actor sees one by one in the list of asks, and nothing
// else: a case that is not hers changes no number of it. Closed cases are left out as they are there.
func (f *Flow) AskReport(ctx context.Context, a ids.Actor) ([]AuthorityAsks, error) {
	cs, err := f.visibleCases(ctx, a)
	if err != nil {
		return nil, err
	}
	rows, times := map[ids.AgencyID]*AuthorityAsks{}, map[ids.AgencyID][]int{}
	for _, c := range cs {
		asks, err := f.st.AsksOfCase(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for _, x := range asks {
			o, err := loadThread(ctx, f.st.Reader, a, x.Thread)
			if err != nil {
				return nil, err
			}
			if !policy.Decide(o.to(policy.Chase)).Allowed() || !f.reported(x) {
				continue
			}
			row := rows[x.Agency]
			if row == nil {
				ag, err := f.st.Agency(ctx, x.Agency)
				if err != nil {
					return nil, err
				}
				row = &AuthorityAsks{Agency: x.Agency, Name: ag.Name}
				rows[x.Agency] = row
			}
			if f.count(row, x) {
				times[x.Agency] = append(times[x.Agency], f.cfg.Chase.calendar().Between(workdays.Of(x.Asked), workdays.Of(x.Answered)))
			}
		}
	}
	out := make([]AuthorityAsks, 0, len(rows))
	for id, row := range rows {
		row.Median, row.Ninetieth = chase.Spread(times[id])
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b AuthorityAsks) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Agency, b.Agency))
	})
	return out, nil
}

// reported says whether an ask counts: it is open, or was answered within a year.
func (f *Flow) reported(x cases.Ask) bool {
	return x.Open() || !x.Answered.IsZero() && workdays.Of(x.Answered) > f.st.Today().Plus(-reportDays)
}

// count adds an ask to its authority's row, and says whether it was answered.
func (f *Flow) count(row *AuthorityAsks, x cases.Ask) bool {
	if !x.Open() {
		row.Answered++
		return true
	}
	cal, today := f.cfg.Chase.calendar(), f.st.Today()
	row.Open++
	if x.Due < today {
		row.Overdue++
	}
	age := cal.Between(workdays.Of(x.Asked), today)
	row.Oldest = max(row.Oldest, age)
	class := 0
	for class < len(AskAges) && age > AskAges[class] {
		class++
	}
	row.Ages[class]++
	return false
}
