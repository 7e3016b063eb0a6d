package ids

// ActorKind says what sort of party acts.
type ActorKind string

// The kinds of actor.
const (
	ActorStaff   ActorKind = "staff"   // a signed-in member of staff
	ActorMother  ActorKind = "mother"  // a mother at a kiosk, after her PIN
	ActorContact ActorKind = "contact" // a person outside: by email or as a meeting guest
	ActorKiosk   ActorKind = "kiosk"   // a kiosk before anybody has given a PIN
	ActorAPI     ActorKind = "api"     // a bearer token, acting for the member of staff it was issued to
	ActorSystem  ActorKind = "system"  // Kinbridge itself: dispatcher, sequencer, migration
	ActorUnknown ActorKind = "unknown" // somebody not identified: a stranger's mail, a failed sign-in
)

// Role is what a member of staff, or an API token, is appointed to do.
type Role string

// The roles of PRODUCT.md that can sign in.
const (
	RolePactWorker       Role = "pact_worker"              // Pact social worker: holds cases, reviews messages
	RoleFamilyWorker     Role = "family_engagement_worker" // family engagement worker (FEW)
	RoleOffenderManager  Role = "offender_manager"         // prison offender manager (POM)
	RoleWingOfficer      Role = "wing_officer"
	RolePublicProtection Role = "public_protection"
	RoleAdministrator    Role = "administrator"
)

// Roles lists every role, in the order screens show them.
var Roles = []Role{RolePactWorker, RoleFamilyWorker, RoleOffenderManager, RoleWingOfficer, RolePublicProtection, RoleAdministrator}

// Actor is who does something: kind, identifier and, for staff and API tokens, the role. Agency is where she belongs
// (empty for the system and strangers). Of staff, ID is the appointment that she acts in, and Person who she is in all of them: what she may
// is asked of the appointment alone; Person only takes away, where a second person is needed.
type Actor struct {
	Kind   ActorKind
	ID     string
	Role   Role
	Agency AgencyID
	Person PersonID
}

// System is the actor for what Kinbridge does of itself; part names the component ("dispatcher", "migrate").
func System(part string) Actor { return Actor{Kind: ActorSystem, ID: part} }

// Unknown is the actor when nobody has been identified; hint is a non-personal label ("smtp", "staff sign-in").
func Unknown(hint string) Actor { return Actor{Kind: ActorUnknown, ID: hint} }

// MotherActor is a mother who has given her PIN.
func MotherActor(id MotherID) Actor { return Actor{Kind: ActorMother, ID: string(id)} }

// ContactActor is a person outside, identified by a verified email or a meeting invitation.
func ContactActor(id ContactID) Actor { return Actor{Kind: ActorContact, ID: string(id)} }

// KioskActor is an enrolled kiosk that nobody has unlocked.
func KioskActor(id KioskID) Actor { return Actor{Kind: ActorKiosk, ID: string(id)} }

// StaffID returns the appointment that a member of staff acts in, herself or through a bearer token; "" when the actor is nobody of the staff.
func (a Actor) StaffID() StaffID {
	if a.Kind == ActorStaff || a.Kind == ActorAPI {
		return StaffID(a.ID)
	}
	return ""
}
