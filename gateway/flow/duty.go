package flow

import (
	"cmp"
	"context"
	"errors"
	"net/mail"
	"slices"
	"strings"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
	"kinbridge/gateway/table"
)

// dutyTeam returns the contact that an organisation's duty team is or becomes.
func (f *Flow) dutyTeam(ctx context.Context, r store.Reader, o openThread) (c people.Contact, known bool, err error) {
	ag, err := r.Agency(ctx, o.Agency)
	if err != nil {
		return c, false, err
	}
	if ag.Duty.Email == "" {
		return c, false, ids.E(ids.Invalid, "No address of its duty team is known. Ask an administrator to enter it under “Local authorities”.")
	}
	c, err = r.ContactAt(ctx, o.Agency, ag.Duty.Email)
	if ids.KindOf(err) != ids.NotFound {
		return c, true, err
	}
	return people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: ag.ID, Name: oneLine("Duty team, "+ag.Name, 100), Email: ag.Duty.Email, Role: people.DutyTeam,
		Verified: "directory", VerifiedAt: f.now()}, false, nil
}

// AuthorityRow is a local authority with what this deployment knows of it.
type AuthorityRow struct {
	directory.Authority               // the zero value for one that the directory does not name
	Agency              people.Agency // the zero value while it takes no part here
}

// Authorities lists the local authorities, those that a search finds when there is one.
func (f *Flow) Authorities(ctx context.Context, a ids.Actor, search string) ([]AuthorityRow, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return nil, err
	}
	agencies, err := f.st.Agencies(ctx, people.Authority)
	if err != nil {
		return nil, err
	}
	named, of := directory.All(), map[string]people.Agency{}
	if search = strings.TrimSpace(search); search != "" {
		named = directory.Search(search, len(named))
	}
	var out []AuthorityRow
	for _, ag := range agencies {
		if ag.Slug != "" {
			of[ag.Slug] = ag
		} else if search == "" || strings.Contains(strings.ToLower(ag.Name), strings.ToLower(search)) {
			out = append(out, AuthorityRow{Agency: ag})
		}
	}
	for _, n := range named {
		out = append(out, AuthorityRow{Authority: n, Agency: of[n.Slug]})
	}
	return out, nil
}

// AuthorityDuty is how one authority is reached, by the slug of the directory or, for one that it does not name, the agency's identifier.
func (f *Flow) AuthorityDuty(ctx context.Context, a ids.Actor, key string) (row AuthorityRow, err error) {
	if err := f.mayManage(ctx, a); err != nil {
		return row, err
	}
	return authorityRow(ctx, f.st.Reader, key)
}

func authorityRow(ctx context.Context, r store.Reader, key string) (row AuthorityRow, err error) {
	var ok bool
	if row.Authority, ok = directory.BySlug(key); ok {
		row.Agency, err = r.AgencyBySlug(ctx, key)
		if ids.KindOf(err) == ids.NotFound {
			err = nil
		}
		return row, err
	}
	if row.Agency, err = r.Agency(ctx, ids.AgencyID(key)); err == nil && (row.Agency.Kind != people.Authority || row.Agency.Slug != "") {
		err = ids.ErrNotFound
	}
	return row, err
}

// SetDuty records how an authority's duty team is reached and from which mail domains its people write. One of the directory that takes no part yet does so from now on.
func (f *Flow) SetDuty(ctx context.Context, a ids.Actor, key string, d directory.Duty) error {
	if err := f.mayManage(ctx, a); err != nil {
		return err
	}
	d.Email, d.Phone = people.NormaliseEmail(d.Email), oneLine(d.Phone, 50)
	if _, err := mail.ParseAddress(d.Email); d.Email != "" && (err != nil || strings.ContainsAny(d.Email, " ,;<>\"")) {
		return ids.E(ids.Invalid, "Write an email address, such as duty@anytown.example.")
	}
	for _, dom := range d.Domains {
		if !strings.Contains(dom, ".") || strings.ContainsAny(dom, "@ /:\n") {
			return ids.E(ids.Invalid, "A mail domain looks like anytown.example.")
		}
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		id, err := setDuty(tx, key, d)
		return audit.DutySet(id), err
	})
}

func setDuty(tx *store.Tx, key string, d directory.Duty) (ids.AgencyID, error) {
	row, err := authorityRow(tx.Context(), tx.Reader, key)
	if err != nil {
		return "", err
	}
	if row.Agency.ID == "" {
		row.Agency = people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: people.Authority, Name: row.Name, Slug: row.Slug, Welsh: row.WelshName}
		if err := tx.AddAgency(row.Agency); err != nil {
			return "", err
		}
		tx.Also(audit.AgencyCreated(row.Agency.ID))
	}
	row.Agency.Duty, row.Agency.Domain = people.Duty{Email: d.Email, Phone: d.Phone}, strings.ToLower(strings.Join(d.Domains, " "))
	return row.Agency.ID, tx.SetDuty(row.Agency)
}

// DutyChange is what a line of a table of duty teams would change.
type DutyChange struct {
	directory.Duty
	Name    string
	Was     people.Agency // the zero value: it takes no part here yet
	Changes bool
}

// PreviewDuty reads a table of duty teams and says what it would change. A line leaves alone what it does not name.
func (f *Flow) PreviewDuty(ctx context.Context, a ids.Actor, data []byte) (out []DutyChange, faults *table.Faults, err error) {
	if err := f.mayManage(ctx, a); err != nil {
		return nil, nil, err
	}
	return previewDuty(ctx, f.st.Reader, data)
}

func previewDuty(ctx context.Context, r store.Reader, data []byte) (out []DutyChange, faults *table.Faults, err error) {
	list, faults, err := directory.ReadDuty(data)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range list {
		row, err := authorityRow(ctx, r, d.Slug)
		if err != nil {
			return nil, nil, err
		}
		d.Email = people.NormaliseEmail(cmp.Or(d.Email, row.Agency.Duty.Email))
		d.Phone = cmp.Or(d.Phone, row.Agency.Duty.Phone)
		if had := strings.Fields(row.Agency.Domain); len(d.Domains) == 0 {
			d.Domains = had
		}
		now := people.Duty{Email: d.Email, Phone: d.Phone}
		out = append(out, DutyChange{Duty: d, Name: row.Name, Was: row.Agency,
			Changes: row.Agency.ID == "" || row.Agency.Duty != now || !slices.Equal(strings.Fields(row.Agency.Domain), d.Domains)})
	}
	return out, faults, nil
}

// ImportDuty takes a table of duty teams, in one change: the lines without a fault. It returns how many authorities it changed.
func (f *Flow) ImportDuty(ctx context.Context, a ids.Actor, data []byte) (changed int, faults *table.Faults, err error) {
	if _, faults, err = f.PreviewDuty(ctx, a, data); err != nil {
		return 0, nil, err
	}
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		changed = 0
		list, _, err := previewDuty(tx.Context(), tx.Reader, data)
		if err != nil {
			return audit.Entry{}, err
		}
		var last audit.Entry
		for _, c := range list {
			if !c.Changes {
				continue
			}
			id, err := setDuty(tx, c.Slug, c.Duty)
			if err != nil {
				return audit.Entry{}, err
			}
			if changed > 0 {
				tx.Also(last)
			}
			last = audit.DutySet(id)
			changed++
		}
		if changed == 0 {
			return audit.Entry{}, errNothingToDo
		}
		return last, nil
	})
	if errors.Is(err, errNothingToDo) {
		err = nil
	}
	return changed, faults, err
}
