// Package people holds who takes part: agencies and their wings, staff, mothers, contacts outside, and the credentials
// they prove themselves with.
package people

import (
	"strings"
	"time"

	"kinbridge/gateway/ids"
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

// Agency is a body whose people take part. Domain is the mail domain its people write from ("anytown.example"; empty
// when it has none of its own).
type Agency struct {
	ID     ids.AgencyID
	Kind   AgencyKind
	Name   string
	Domain string
}

// Wing is one wing of an establishment.
type Wing struct {
	ID            ids.WingID
	Establishment ids.AgencyID
	Name          string
}

// Staff is somebody who signs in: Pact or prison staff. Wing is empty unless she works on one wing.
type Staff struct {
	ID       ids.StaffID
	Email    string
	Name     string
	Role     ids.Role
	Agency   ids.AgencyID
	Wing     ids.WingID
	Disabled bool
	Created  time.Time
}

// Actor is how the audit and policy name this member of staff.
func (s Staff) Actor() ids.Actor {
	return ids.Actor{Kind: ids.ActorStaff, ID: string(s.ID), Role: s.Role, Agency: s.Agency}
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

// Writes reports whether an address is at the agency's mail domain or a domain below it, which is the agency's own to give away.
func (a Agency) Writes(email string) bool {
	d, own := Domain(email), strings.ToLower(a.Domain)
	return own != "" && (d == own || strings.HasSuffix(d, "."+own))
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
