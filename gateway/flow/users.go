package flow

import (
	"context"
	"net/mail"
	"slices"

	"github.com/pquerna/otp/totp"

	"kinbridge/gateway/audit"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/store"
	"kinbridge/gateway/workdays"
)

// NewStaff is an appointment to be given, to somebody new or (Known) to somebody who signs in already.
type NewStaff struct {
	Email, Name string // what she signs in with, and her name; of somebody known the name that she has counts
	Role        ids.Role
	Agency      ids.AgencyID
	Wing        ids.WingID
	From, To    workdays.Day // its first and last day; 0 = not limited
	WorkEmail   string       // where mail about this work goes; "" = Email
	Known       bool         // she signs in already with Email, and goes on as before
	Password    string       // of somebody new: at least 12 characters
}

// errKnownAddress asks whoever gives access to look twice: a wrong address must not give a stranger access.
var errKnownAddress = ids.E(ids.Conflict, "Somebody with this email address has access already. When it is the same person, say so: she then has one more appointment and signs in as before.")

// CreateStaff gives somebody an appointment, and access when she has none, and returns the appointment's identifier and, of somebody new, the
// secret for her authenticator app (RFC 6238, base32).
func (f *Flow) CreateStaff(ctx context.Context, a ids.Actor, in NewStaff) (ids.StaffID, string, error) {
	email := people.NormaliseEmail(in.Email)
	known, err := f.st.PersonByEmail(ctx, email)
	if err != nil && ids.KindOf(err) != ids.NotFound {
		return "", "", err
	}
	facts := policy.Facts{Act: policy.Appoint, Actor: a, SamePlace: a.Agency != "" && a.Agency == in.Agency, OwnAccess: known.ID != "" && known.ID == a.Person}
	if err := f.may(ctx, facts, string(in.Agency)); err != nil {
		return "", "", err
	}
	s := people.Staff{ID: ids.New[ids.StaffID](ids.Staff), Email: email, Name: oneLine(in.Name, 200), Role: in.Role, Agency: in.Agency, Wing: in.Wing, From: in.From, To: in.To}
	if in.WorkEmail != "" {
		s.Email = people.NormaliseEmail(in.WorkEmail)
	}
	if err := f.checkAppointment(ctx, s, email, in); err != nil {
		return "", "", err
	}
	switch {
	case known.ID == "" && in.Known:
		return "", "", ids.E(ids.NotFound, "Nobody signs in with this email address. Give her access as somebody new.")
	case known.ID == "":
		return f.createPerson(ctx, a, s, email, in.Password)
	case !in.Known:
		return "", "", errKnownAddress
	}
	s.Person, s.Name = known.ID, known.Name
	return s.ID, "", f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockPerson(s.Person); err != nil {
			return audit.Entry{}, err
		}
		posts, err := tx.StaffOfPerson(tx.Context(), s.Person)
		if err != nil {
			return audit.Entry{}, err
		}
		for _, p := range posts {
			if p.Agency == s.Agency && p.Role == s.Role && p.Wing == s.Wing && !p.Ended && overlap(p, s) {
				return audit.Entry{}, ids.E(ids.Conflict, "She has this appointment already.")
			}
		}
		return audit.Appointed(s.ID, s.Person, s.Role, s.Agency), tx.AddAppointment(s)
	})
}

// overlap reports whether two appointments have a day in common.
func overlap(a, b people.Staff) bool {
	return (a.To == 0 || b.From <= a.To) && (b.To == 0 || a.From <= b.To)
}

func (f *Flow) createPerson(ctx context.Context, a ids.Actor, s people.Staff, email, password string) (ids.StaffID, string, error) {
	if s.Name == "" {
		return "", "", ids.E(ids.Invalid, "Give a name and a whole email address.")
	}
	if n := len([]rune(password)); n < 12 || n > 200 {
		return "", "", ids.E(ids.Invalid, "The password needs at least 12 characters, and at most 200.")
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Kinbridge", AccountName: email})
	if err != nil {
		return "", "", err
	}
	secret := store.StaffSecret{PasswordHash: people.HashSecret(password, f.cfg.PasswordCost), TOTPSecret: key.Secret()}
	s.Person = store.PersonOf(s.ID)
	err = f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.AddPerson(people.Person{ID: s.Person, Email: email, Name: s.Name}, secret); err != nil {
			return audit.Entry{}, err
		}
		return audit.UserCreated(s.ID, s.Role).With("holder", string(s.Person)).With("agency", string(s.Agency)), tx.AddAppointment(s)
	})
	if ids.KindOf(err) == ids.Conflict {
		return "", "", errKnownAddress
	}
	return s.ID, key.Secret(), err
}

// checkAppointment holds an appointment to what there is.
func (f *Flow) checkAppointment(ctx context.Context, s people.Staff, email string, in NewStaff) error {
	for _, address := range []string{email, s.Email} {
		if _, err := mail.ParseAddress(address); err != nil {
			return ids.E(ids.Invalid, "Give a name and a whole email address.")
		}
	}
	if !knownRole(in.Role) {
		return ids.E(ids.Invalid, "There is no role %q.", oneLine(string(in.Role), 50))
	}
	if in.From != 0 && in.To != 0 && in.To < in.From {
		return ids.E(ids.Invalid, "The last day is before the first.")
	}
	if in.To != 0 && in.To < f.st.Today() {
		return ids.E(ids.Invalid, "The last day is over.")
	}
	if _, err := f.st.Agency(ctx, in.Agency); err != nil {
		return err
	}
	if in.Wing == "" {
		return nil
	}
	wings, err := f.st.Wings(ctx, in.Agency)
	if err != nil {
		return err
	}
	for _, w := range wings {
		if w.ID == in.Wing {
			return nil
		}
	}
	return ids.E(ids.Invalid, "The wing is not one of this prison's.")
}

func knownRole(r ids.Role) bool {
	for _, k := range ids.Roles {
		if k == r {
			return true
		}
	}
	return false
}

// Users returns the appointments that the actor manages, and her own at the same agency: an administrator those at her agency, past ones included.
func (f *Flow) Users(ctx context.Context, a ids.Actor) ([]people.Staff, error) {
	if err := f.mayManage(ctx, a); err != nil {
		return nil, err
	}
	if a.Agency == "" {
		return f.st.AllStaff(ctx)
	}
	return f.st.StaffOf(ctx, a.Agency)
}

// appointmentOf returns an appointment that the actor may manage. To who manages another agency it is not there.
func (f *Flow) appointmentOf(ctx context.Context, a ids.Actor, id ids.StaffID, ending bool) (people.Staff, error) {
	s, err := f.st.Staff(ctx, id)
	if err != nil {
		return s, err
	}
	facts := policy.Facts{Act: policy.Appoint, Actor: a, SamePlace: a.Agency != "" && a.Agency == s.Agency, OwnAccess: ending && (a.StaffID() == id || a.Person != "" && a.Person == s.Person)}
	return s, f.may(ctx, facts, auditID(id))
}

// DisableStaff ends an appointment at once: the sessions and tokens that act in it end, and what was claimed in it goes back to the queue. The
// person's other appointments stay as they are.
func (f *Flow) DisableStaff(ctx context.Context, a ids.Actor, id ids.StaffID) error {
	s, err := f.appointmentOf(ctx, a, id, true)
	if err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		return audit.UserDisabled(id), endAppointment(tx, s)
	})
}

func endAppointment(tx *store.Tx, s people.Staff) error {
	if err := tx.LockPerson(s.Person); err != nil {
		return err
	}
	if err := tx.DisableStaff(s.ID); err != nil {
		return err
	}
	return returnClaims(tx, s.ID, "")
}

// DisablePerson ends somebody's access: every appointment that she has. An administrator ends those at her own agency, one by one.
func (f *Flow) DisablePerson(ctx context.Context, a ids.Actor, p ids.PersonID) error {
	facts := policy.Facts{Act: policy.Appoint, Actor: a, OwnAccess: a.Person == p}
	if err := f.may(ctx, facts, string(p)); err != nil {
		return err
	}
	return f.st.Write(ctx, a, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.LockPerson(p); err != nil {
			return audit.Entry{}, err
		}
		posts, err := tx.StaffOfPerson(tx.Context(), p)
		if err != nil {
			return audit.Entry{}, err
		}
		last := audit.PersonDisabled(p) // when there was nothing left to end
		for i, s := range slices.DeleteFunc(posts, func(s people.Staff) bool { return s.Ended }) {
			if err := endAppointment(tx, s); err != nil {
				return audit.Entry{}, err
			}
			if i > 0 {
				tx.Also(last)
			}
			last = audit.UserDisabled(s.ID)
		}
		return last, tx.EndSessionsOf(store.SessionPerson, string(p))
	})
}

// endOver ends the appointments whose last day is over, each as a change of its own.
func (f *Flow) endOver(ctx context.Context) error {
	over, err := f.st.AppointmentsOver(ctx)
	if err != nil {
		return err
	}
	for _, s := range over {
		err := f.st.Write(ctx, ids.System("days"), func(tx *store.Tx) (audit.Entry, error) {
			return audit.UserDisabled(s.ID).With("code", "last_day"), endAppointment(tx, s)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
