package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	StaffSignedInKind     Kind = "staff.signed_in"
	PersonSignedInKind    Kind = "person.signed_in"
	PersonSignedOutKind   Kind = "person.signed_out"
	ActsInKind            Kind = "appointment.taken"
	AppointedKind         Kind = "appointment.made"
	PersonDisabledKind    Kind = "person.disabled"
	StaffSignInFailedKind Kind = "staff.sign_in_failed"
	StaffSignedOutKind    Kind = "staff.signed_out"
	StaffLockedKind       Kind = "staff.locked"
	UserCreatedKind       Kind = "user.created"
	UserChangedKind       Kind = "user.changed"
	UserDisabledKind      Kind = "user.disabled"
	TokenCreatedKind      Kind = "token.created"
	TokenRevokedKind      Kind = "token.revoked"
	AgencyCreatedKind     Kind = "agency.created"
	WingCreatedKind       Kind = "wing.created"
	MotherCreatedKind     Kind = "mother.created"
	MotherPINSetKind      Kind = "mother.pin_set"
	ChildAddedKind        Kind = "child.added"
	ContactAddedKind      Kind = "contact.added"
	ContactVerifiedKind   Kind = "contact.verified"
	PersonLookedUpKind    Kind = "person.looked_up"
	KioskCodeMadeKind     Kind = "kiosk.code_made"
	KioskEnrolledKind     Kind = "kiosk.enrolled"
	KioskRevokedKind      Kind = "kiosk.revoked"
	KioskUnlockedKind     Kind = "kiosk.unlocked"
	KioskPINFailedKind    Kind = "kiosk.pin_failed"
	KioskThrottledKind    Kind = "kiosk.throttled"
	KioskLockedKind       Kind = "kiosk.locked"
	PolicyRefusedKind     Kind = "policy.refused"
	MigrateAppliedKind    Kind = "migrate.applied"
	WorldSeededKind       Kind = "world.seeded"
	KeyRewrappedKind      Kind = "key.rewrapped"
	KeyDestroyedKind      Kind = "key.destroyed"
)

var peopleKinds = []Info{
	{StaffSignedInKind, "Signed in to the staff site", "staff", false},
	{PersonSignedInKind, "Signed in, with several appointments to choose from", "person", false},
	{PersonSignedOutKind, "Signed out before choosing an appointment", "person", false},
	{ActsInKind, "Began to act in an appointment", "staff", false},
	{AppointedKind, "Gave somebody an appointment", "staff", false},
	{PersonDisabledKind, "Ended all access of a person", "person", false},
	{StaffSignInFailedKind, "Failed to sign in to the staff site", "", false},
	{StaffSignedOutKind, "Signed out of the staff site", "staff", false},
	{StaffLockedKind, "Sign-in paused after too many failures", "", false},
	{UserCreatedKind, "Created a staff account", "staff", false},
	{UserChangedKind, "Changed a staff account", "staff", false},
	{UserDisabledKind, "Ended an appointment", "staff", false},
	{TokenCreatedKind, "Created an API token", "API token", false},
	{TokenRevokedKind, "Withdrew an API token", "API token", false},
	{AgencyCreatedKind, "Added an agency", "agency", false},
	{WingCreatedKind, "Added a wing", "wing", false},
	{MotherCreatedKind, "Added a mother", "mother", false},
	{MotherPINSetKind, "Set a mother's PIN", "mother", false},
	{ChildAddedKind, "Added a child to the case", "child", true},
	{ContactAddedKind, "Added a contact", "contact", false},
	{ContactVerifiedKind, "Confirmed a contact's email address", "contact", false},
	{PersonLookedUpKind, "Looked for a person", "look-up", false},
	{KioskCodeMadeKind, "Made an enrolment code for a kiosk", "kiosk", false},
	{KioskEnrolledKind, "Enrolled a kiosk", "kiosk", false},
	{KioskRevokedKind, "Withdrew a kiosk", "kiosk", false},
	{KioskUnlockedKind, "Unlocked the kiosk with her PIN", "mother", false},
	{KioskPINFailedKind, "Entered a wrong PIN at the kiosk", "mother", false},
	{KioskThrottledKind, "PIN entry paused after too many wrong PINs", "mother", false},
	{KioskLockedKind, "Locked the kiosk", "mother", false},
	{PolicyRefusedKind, "Was refused", "", false},
	{MigrateAppliedKind, "Brought the database to a new version", "", false},
	{WorldSeededKind, "Made a demonstration world", "", false},
	{KeyRewrappedKind, "Changed the key that protects a data key", "scope", false},
	{KeyDestroyedKind, "Destroyed the key of a body of content", "scope", false},
}

// made starts an entry; the constructors below are its only callers.
func made(k Kind, o Outcome, subject string) Entry {
	return Entry{Kind: k, Outcome: o, Subject: subject}
}

// StaffSignedIn: a member of staff gave the right password and code.
func StaffSignedIn(s ids.StaffID) Entry { return made(StaffSignedInKind, Done, string(s)) }

// PersonSignedIn: somebody of several appointments gave the right password and code; in which she acts she says next.
func PersonSignedIn(p ids.PersonID) Entry { return made(PersonSignedInKind, Done, string(p)) }

// PersonSignedOut: she signed out before she had said in which.
func PersonSignedOut(p ids.PersonID, code string) Entry {
	return made(PersonSignedOutKind, Done, string(p)).With("code", Code(code))
}

// ActsIn: somebody acts in this appointment of hers from now on.
func ActsIn(s ids.StaffID) Entry { return made(ActsInKind, Done, string(s)) }

// StaffSignInFailed: a sign-in was refused. p is "" when nobody matches; code says which check failed
// ("password", "totp", "throttled", "closed"), for the log and never for the screen.
func StaffSignInFailed(p ids.PersonID, code string) Entry {
	return made(StaffSignInFailedKind, Refused, string(p)).With("code", Code(code))
}

// StaffSignedOut: a member of staff signed out, or her session ended; code says which.
func StaffSignedOut(s ids.StaffID, code string) Entry {
	return made(StaffSignedOutKind, Done, string(s)).With("code", Code(code))
}

// StaffLocked: a person's sign-in is paused after too many failures, in all of her appointments.
func StaffLocked(p ids.PersonID) Entry { return made(StaffLockedKind, Refused, string(p)) }

// UserCreated: a staff account was made with a role.
func UserCreated(s ids.StaffID, role ids.Role) Entry {
	return made(UserCreatedKind, Done, string(s)).With("role", string(role))
}

// UserChanged: a staff account was changed; field names what ("role", "password", "totp", "agency").
func UserChanged(s ids.StaffID, field string) Entry {
	return made(UserChangedKind, Done, string(s)).With("field", Code(field))
}

// Appointed: somebody was given an appointment: what she does, and where.
func Appointed(s ids.StaffID, p ids.PersonID, role ids.Role, a ids.AgencyID) Entry {
	return made(AppointedKind, Done, string(s)).With("holder", string(p)).With("role", string(role)).With("agency", string(a))
}

// PersonDisabled: all access of somebody was ended.
func PersonDisabled(p ids.PersonID) Entry { return made(PersonDisabledKind, Done, string(p)) }

// UserDisabled: an appointment was ended.
func UserDisabled(s ids.StaffID) Entry { return made(UserDisabledKind, Done, string(s)) }

// TokenCreated: an API token was made; id is its identifier, not the token.
func TokenCreated(id string, role ids.Role) Entry {
	return made(TokenCreatedKind, Done, id).With("role", string(role))
}

// TokenRevoked: an API token was withdrawn.
func TokenRevoked(id string) Entry { return made(TokenRevokedKind, Done, id) }

// AgencyCreated: an agency was added.
func AgencyCreated(a ids.AgencyID) Entry { return made(AgencyCreatedKind, Done, string(a)) }

// WingCreated: a wing was added to an establishment.
func WingCreated(w ids.WingID, a ids.AgencyID) Entry {
	return made(WingCreatedKind, Done, string(w)).With("establishment", string(a))
}

// MotherCreated: a mother was added.
func MotherCreated(m ids.MotherID) Entry { return made(MotherCreatedKind, Done, string(m)) }

// MotherPINSet: a mother's PIN was set or reset.
func MotherPINSet(m ids.MotherID) Entry { return made(MotherPINSetKind, Done, string(m)) }

// ChildAdded: a child was added to a case.
func ChildAdded(c ids.CaseID, child ids.ChildID) Entry {
	return made(ChildAddedKind, Done, string(child)).In(c, "")
}

// ContactAdded: a person outside was added.
func ContactAdded(id ids.ContactID) Entry { return made(ContactAddedKind, Done, string(id)) }

// ContactVerified: a contact's address was confirmed; how is a code ("worker", "dmarc").
func ContactVerified(id ids.ContactID, how string) Entry {
	return made(ContactVerifiedKind, Done, string(id)).With("how", Code(how))
}

// KioskCodeMade: a one-time enrolment code was made for a kiosk.
func KioskCodeMade(k ids.KioskID) Entry { return made(KioskCodeMadeKind, Done, string(k)) }

// KioskEnrolled: a device used its code and became a kiosk.
func KioskEnrolled(k ids.KioskID, w ids.WingID) Entry {
	return made(KioskEnrolledKind, Done, string(k)).With("wing", string(w))
}

// KioskRevoked: a kiosk may no longer connect.
func KioskRevoked(k ids.KioskID) Entry { return made(KioskRevokedKind, Done, string(k)) }

// KioskUnlocked: a mother gave her PIN.
func KioskUnlocked(k ids.KioskID, m ids.MotherID) Entry {
	return atKiosk(KioskUnlockedKind, Done, k, m)
}

// KioskPINFailed: a wrong PIN was given.
func KioskPINFailed(k ids.KioskID, m ids.MotherID) Entry {
	return atKiosk(KioskPINFailedKind, Refused, k, m)
}

// KioskThrottled: PIN entry for a mother is paused after too many wrong PINs.
func KioskThrottled(k ids.KioskID, m ids.MotherID) Entry {
	return atKiosk(KioskThrottledKind, Refused, k, m)
}

// KioskLocked: the mother's session at a kiosk ended; code says why ("left", "idle", "dropped", "revoked").
func KioskLocked(k ids.KioskID, m ids.MotherID, code string) Entry {
	return atKiosk(KioskLockedKind, Done, k, m).With("code", Code(code))
}

func atKiosk(kind Kind, o Outcome, k ids.KioskID, m ids.MotherID) Entry {
	return made(kind, o, string(m)).With("kiosk", string(k))
}

// PolicyRefused: policy said no to an action (a code, "message.release") on a subject, which may be "". The decision's
// reasons follow with Because, the case and thread, if they are known, with In.
func PolicyRefused(action, subject string) Entry {
	return made(PolicyRefusedKind, Refused, subject).With("action", Code(action))
}

// MigrateApplied: the database was brought from one schema version to another.
func MigrateApplied(from, to int64) Entry {
	return made(MigrateAppliedKind, Done, "").With("from", number(from)).With("to", number(to))
}

// WorldSeeded: a demonstration world was made.
func WorldSeeded() Entry { return made(WorldSeededKind, Done, "") }

// KeyRewrapped: a scope's data key ("case:…") is now protected by a newer key-encryption key.
func KeyRewrapped(scope string) Entry { return made(KeyRewrappedKind, Done, scope) }

// KeyDestroyed: a scope's data key was destroyed, and with it everything it protected.
func KeyDestroyed(scope string) Entry { return made(KeyDestroyedKind, Done, scope) }

// PersonLookedUp: somebody looked for a person; l is the record of what she looked for, which only administrators read.
func PersonLookedUp(l ids.LookUpID) Entry { return made(PersonLookedUpKind, Done, string(l)) }
