// Package people holds who takes part: agencies and their wings, staff, mothers, contacts outside, and the credentials
// they prove themselves with.
package people

import (
	"strings"
	"time"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/workdays"
)

// AgencyKind says what sort of body an agency is.
type AgencyKind string

// The kinds of agency.
const (
	Establishment AgencyKind = "establishment" // a prison
	Authority     AgencyKind = "authority"     // a local authority's children's services
	Charity       AgencyKind = "charity"       // Pact
	LawFirm       AgencyKind = "law_firm"
	School        AgencyKind = "school"
	Court         AgencyKind = "court"
	Elsewhere     AgencyKind = "elsewhere" // every establishment that is not here, and the road between two
)

// Agency is a body whose people take part. Domain is the mail domain its people write from ("anytown.example"; several are parted by spaces;
// empty when it has none of its own).
type Agency struct {
	ID     ids.AgencyID
	Kind   AgencyKind
	Name   string
	Domain string
	Slug   string // of an authority of package directory; "" = it is none of them
	Welsh  string // its name in Welsh; "" = it has none
	Duty   Duty
}

// Duty is how an authority's duty team is reached. Each may be empty.
type Duty struct{ Email, Phone string }

// In is the agency's name in a language: the Welsh one where there is one and the language is "cy".
func (a Agency) In(lang string) string {
	if lang == "cy" && a.Welsh != "" {
		return a.Welsh
	}
	return a.Name
}

// Wing is one wing of an establishment.
type Wing struct {
	ID            ids.WingID
	Establishment ids.AgencyID
	Name          string
}

// Person is somebody who signs in. Email is what she signs in with.
type Person struct {
	ID      ids.PersonID
	Email   string
	Name    string
	Created time.Time
}

// Staff is one appointment of somebody who signs in, with Pact or at a prison: who has one is a member of the staff there. Wing is empty unless
// she works on one wing. Email is where mail about this work goes. Disabled: she cannot act in it today, because it was ended, its last day is over,
// or its first has not come.
type Staff struct {
	ID       ids.StaffID
	Person   ids.PersonID
	Email    string
	Name     string
	Role     ids.Role
	Agency   ids.AgencyID
	Wing     ids.WingID
	From, To workdays.Day // its first and last day; 0 = not limited
	Ended    bool         // somebody has ended it
	Disabled bool
	Created  time.Time
}

// Acting is somebody who is signed in: the appointment that she acts in, the name of the agency where it is, and how many she could act in today.
type Acting struct {
	Staff
	AgencyName string
	Inside     bool // she acts in an appointment at a prison
	Posts      int
}

// On reports whether the appointment can be acted in on a day.
func (s Staff) On(day workdays.Day) bool {
	return !s.Ended && (s.From == 0 || s.From <= day) && (s.To == 0 || day <= s.To)
}

// Actor is how the audit and policy name this member of staff.
func (s Staff) Actor() ids.Actor {
	return ids.Actor{Kind: ids.ActorStaff, ID: string(s.ID), Role: s.Role, Agency: s.Agency, Person: s.Person}
}

// Custody is where a mother is in custody terms.
type Custody string

// The custody states.
const (
	InCustody Custody = "in"       // at her establishment
	Away      Custody = "away"     // in hospital, at court or on temporary absence: she comes back
	Released  Custody = "released" // out
)

// Mother is a mother in custody. PrisonerNumber has the form A1234BC. Language is "en" or "cy".
type Mother struct {
	ID             ids.MotherID
	Name           string
	PrisonerNumber string
	Establishment  ids.AgencyID
	Wing           ids.WingID
	Language       string
	Custody        Custody
	CustodySince   time.Time // zero = since she was entered
	Created        time.Time
}

// ContactRole is the office in which a contact takes part.
type ContactRole string

// Offices of contacts outside.
const (
	AllocatedWorker  ContactRole = "allocated_worker" // the child's social worker
	TeamManager      ContactRole = "team_manager"
	ServiceManager   ContactRole = "service_manager"
	DutyTeam         ContactRole = "duty_team"
	ReviewingOfficer ContactRole = "reviewing_officer" // IRO
	ConferenceChair  ContactRole = "conference_chair"
	CafcassGuardian  ContactRole = "cafcass_guardian"
	Solicitor        ContactRole = "solicitor"
	Carer            ContactRole = "carer"
	SchoolLead       ContactRole = "school_safeguarding_lead"
)

// Contact is a person outside who is reached by email. Verified says how we came to trust that the address is hers
// ("" = not verified).
type Contact struct {
	ID         ids.ContactID
	Agency     ids.AgencyID
	Name       string
	Email      string
	Role       ContactRole
	Verified   string
	VerifiedAt time.Time
}

// NormaliseEmail lower-cases an address and trims it, so that one person has one spelling. The local part is
// lower-cased too: RFC 5321 section 2.4 lets a host treat case as significant, none that we write to does.
func NormaliseEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// Domain returns the part of an address after the last @, lower-cased; "" when there is none.
func Domain(email string) string {
	i := strings.LastIndexByte(email, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(email[i+1:], "."))
}

// Writes reports whether an address is at one of the agency's mail domains or a domain below it, which is the agency's own to give away.
func (a Agency) Writes(email string) bool {
	d := Domain(email)
	for own := range strings.FieldsSeq(strings.ToLower(a.Domain)) {
		if d == own || strings.HasSuffix(d, "."+own) {
			return true
		}
	}
	return false
}

// Absence is what a contact's own mailbox last said of her.
type Absence struct {
	Contact    ids.ContactID
	Until      time.Time // the first day she is back; zero when it was not said
	Left       bool
	Colleagues []Colleague
	Learnt     time.Time
	Inbound    ids.InboundID // the automatic answer that said so
}

// Colleague is somebody to ask instead of an absent contact. Each field may be empty; Email is normalised.
type Colleague struct {
	Name  string `json:"name,omitempty"`
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Now reports whether the absence still holds: she has left, or the day of her return has not come; without a day it holds for a fortnight.
func (a Absence) Now(now time.Time) bool {
	switch {
	case a.Contact == "":
		return false
	case a.Left:
		return true
	case a.Until.IsZero():
		return now.Sub(a.Learnt) < 14*24*time.Hour
	}
	return now.Before(a.Until)
}
