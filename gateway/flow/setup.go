package flow

import (
	"context"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/cases"
	"kinbridge/gateway/directory"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/store"
)

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// CreateAgency adds an agency.
func (f *Flow) CreateAgency(ctx context.Context, a ids.Actor, kind people.AgencyKind, name, domain string) (ids.AgencyID, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return "", err
	}
	ag := people.Agency{ID: ids.New[ids.AgencyID](ids.Agency), Kind: kind, Name: oneLine(name, 200), Domain: strings.ToLower(strings.TrimSpace(domain))}
	if ag.Name == "" {
		return "", ids.E(ids.Invalid, "Give the agency a name.")
	}
	if kind == people.Authority {
		if known, ok := directory.Named(ag.Name); ok {
			ag.Slug, ag.Welsh = known.Slug, known.WelshName
			if _, err := f.st.AgencyBySlug(ctx, known.Slug); err == nil {
				return "", ids.E(ids.Conflict, "%s takes part already.", known.Name)
			}
		}
	}
	return ag.ID, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) { return audit.AgencyCreated(ag.ID), tx.AddAgency(ag) })
}

// CreateWing adds a wing to an establishment.
func (f *Flow) CreateWing(ctx context.Context, a ids.Actor, e ids.AgencyID, name string) (ids.WingID, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return "", err
	}
	w := people.Wing{ID: ids.New[ids.WingID](ids.Wing), Establishment: e, Name: oneLine(name, 100)}
	return w.ID, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) { return audit.WingCreated(w.ID, e), tx.AddWing(w) })
}

// Agencies returns agencies of a kind ("" = all): names of public bodies, no secret to any member of staff.
func (f *Flow) Agencies(ctx context.Context, kind people.AgencyKind) ([]people.Agency, error) {
	return f.st.Agencies(ctx, kind)
}

// Wings returns an establishment's wings ("" = all).
func (f *Flow) Wings(ctx context.Context, e ids.AgencyID) ([]people.Wing, error) {
	return f.st.Wings(ctx, e)
}

var prisonerNumber = regexp.MustCompile(`^[A-Z][0-9]{4}[A-Z]{2}$`)

// NewMother is a mother to be entered, with her first PIN.
type NewMother struct {
	Name, PrisonerNumber string
	Establishment        ids.AgencyID
	Wing                 ids.WingID
	Language             string // "en" or "cy"
	PIN                  string // six digits; "" = one is made
}

// CreateMother enters a mother and returns her identifier and PIN.
func (f *Flow) CreateMother(ctx context.Context, a ids.Actor, in NewMother) (ids.MotherID, string, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return "", "", err
	}
	if !prisonerNumber.MatchString(in.PrisonerNumber) {
		return "", "", ids.E(ids.Invalid, "A prisoner number looks like A1234BC.")
	}
	if in.PIN == "" {
		in.PIN = people.NewDigits(6)
	}
	if in.Language != "cy" {
		in.Language = "en"
	}
	m := people.Mother{ID: ids.New[ids.MotherID](ids.Mother), Name: oneLine(in.Name, 200), PrisonerNumber: in.PrisonerNumber,
		Establishment: in.Establishment, Wing: in.Wing, Language: in.Language}
	hash := people.HashSecret(in.PIN, f.cfg.PasswordCost)
	return m.ID, in.PIN, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.MotherCreated(m.ID), f.enterMother(tx, m, hash)
	})
}

// NewCase is a case to be opened.
type NewCase struct {
	Reference string
	Mother    ids.MotherID
	Worker    ids.StaffID
	Team      []ids.StaffID
	Children  []cases.Child // ID and Case are filled in
}

// CreateCase opens a case with its children and team.
func (f *Flow) CreateCase(ctx context.Context, a ids.Actor, in NewCase) (ids.CaseID, []cases.Child, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return "", nil, err
	}
	c := cases.Case{ID: ids.New[ids.CaseID](ids.Case), Reference: oneLine(in.Reference, 40), Mother: in.Mother, Worker: in.Worker}
	kids := append([]cases.Child(nil), in.Children...)
	return c.ID, kids, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.AddCase(c); err != nil {
			return audit.Entry{}, err
		}
		for _, s := range in.Team {
			if err := tx.AddToTeam(c.ID, s); err != nil {
				return audit.Entry{}, err
			}
		}
		for i := range kids {
			kids[i].ID, kids[i].Case = ids.New[ids.ChildID](ids.Child), c.ID
			if err := tx.AddChild(kids[i]); err != nil {
				return audit.Entry{}, err
			}
			tx.Also(audit.ChildAdded(c.ID, kids[i].ID))
		}
		return audit.CaseCreated(c.ID, c.Mother), nil
	})
}

// CreateContact enters a person outside whose address somebody has verified; how says in a word how ("directory", "phone").
func (f *Flow) CreateContact(ctx context.Context, a ids.Actor, agency ids.AgencyID, name, email string, role people.ContactRole, how string) (ids.ContactID, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return "", err
	}
	c := people.Contact{ID: ids.New[ids.ContactID](ids.Contact), Agency: agency, Name: oneLine(name, 200), Email: people.NormaliseEmail(email), Role: role, Verified: how}
	if how != "" {
		c.VerifiedAt = f.now().UTC().Truncate(time.Microsecond)
	}
	if _, err := mail.ParseAddress(c.Email); err != nil {
		return "", ids.E(ids.Invalid, "Give a whole email address.")
	}
	return c.ID, f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) { return audit.ContactAdded(c.ID), tx.AddContact(c) })
}
