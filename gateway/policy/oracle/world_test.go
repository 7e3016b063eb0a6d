// Package oracle_test asks the rules of package policy and a naive oracle the same questions, about everybody and everything of random worlds.
// The worlds (here and in acts_test.go) know no rules; facts_test.go gathers facts from them as the use cases do from the store; the oracle
// (oracle_test.go and its neighbours) answers from the world itself, in PRODUCT.md's words, and shares no code with either.
package oracle_test

import (
	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/policy"
	"kinbridge/gateway/threads"
)

// The places. Two prisons of two wings, two local authorities, a school, a law firm and the charity.
const (
	northgate, southgate ids.AgencyID = "northgate", "southgate"
	anytown, othertown   ids.AgencyID = "anytown", "othertown"
	school, lawyers      ids.AgencyID = "school", "lawyers"
	charity              ids.AgencyID = "charity"
)

// soul is anybody who acts.
type soul struct {
	ids.Actor
	wing string // of officers and kiosks
}

// human is who somebody of the staff is: pact1 works on other days as pp1.
func human(appointment string) ids.PersonID {
	if appointment == "pp1" {
		appointment = "pact1"
	}
	return ids.PersonID("the person " + appointment)
}

// staffed are those who sign in. Two Pact social workers, because nobody reviews her own words.
func staffed() []soul {
	s := func(id string, r ids.Role, at ids.AgencyID, wing string) soul {
		return soul{ids.Actor{Kind: ids.ActorStaff, ID: id, Role: r, Agency: at, Person: human(id)}, wing}
	}
	return []soul{
		s("pact1", ids.RolePactWorker, charity, ""), s("pact2", ids.RolePactWorker, charity, ""), s("pact3", ids.RolePactWorker, charity, ""),
		s("few1", ids.RoleFamilyWorker, northgate, ""), s("few2", ids.RoleFamilyWorker, southgate, ""),
		s("pom1", ids.RoleOffenderManager, northgate, ""), s("pom2", ids.RoleOffenderManager, southgate, ""),
		s("officerA", ids.RoleWingOfficer, northgate, "A"), s("officerB", ids.RoleWingOfficer, northgate, "B"), s("officerC", ids.RoleWingOfficer, southgate, "A"),
		s("pp1", ids.RolePublicProtection, northgate, ""), s("pp2", ids.RolePublicProtection, southgate, ""),
		s("admin", ids.RoleAdministrator, charity, ""), s("adminN", ids.RoleAdministrator, northgate, ""),
	}
}

// everybody is who may come and ask: the staff, two of them by their own systems as well, the two mothers, people outside, a kiosk, a
// stranger, and the program itself.
func everybody() []soul {
	all := staffed()
	for _, s := range []soul{all[0], all[10]} {
		s.Kind = ids.ActorAPI
		all = append(all, s)
	}
	for _, m := range []string{"mother1", "mother2"} {
		all = append(all, soul{Actor: ids.MotherActor(ids.MotherID(m))})
	}
	for _, c := range outsiders {
		all = append(all, soul{Actor: ids.ContactActor(c.id)})
	}
	return append(all, soul{ids.Actor{Kind: ids.ActorKiosk, ID: "kiosk1", Agency: northgate}, "A"}, soul{ids.Actor{Kind: ids.ActorKiosk, ID: "kiosk2", Agency: southgate}, "A"},
		soul{Actor: ids.Unknown("smtp")}, soul{Actor: ids.System("delivery")})
}

// outsider is a person outside and where she works.
type outsider struct {
	id     ids.ContactID
	agency ids.AgencyID
}

var outsiders = []outsider{{"worker1", anytown}, {"manager1", anytown}, {"worker2", othertown}, {"teacher", school}, {"lawyer", lawyers}}

func worksAt(c ids.ContactID) ids.AgencyID {
	for _, o := range outsiders {
		if o.id == c {
			return o.agency
		}
	}
	return "nowhere"
}

// family is a mother with her case.
type family struct {
	mother   string
	id       ids.CaseID
	prison   ids.AgencyID
	wing     string
	goingTo  ids.AgencyID // where she is to be received; "" = nowhere
	released bool
	away     bool
	followOn bool
	closed   bool
	worker   string
	team     map[string]bool
	named    map[string]bool // who is told on her wing
	children []child
	limits   []limit
}

// child is one of her children. Parental responsibility ends on a day: adoption, an order, or the eighteenth birthday.
type child struct {
	id     ids.ChildID
	with   ids.AgencyID // the authority that looks after it
	taught ids.AgencyID
	ends   int
}

// limit is a contact restriction about one person or one child, on the days from and to (included).
type limit struct {
	kind     cases.RestrictionKind
	who      ids.ContactID
	child    ids.ChildID
	from, to int
}

// member is somebody's part in a conversation.
type member struct {
	id   string
	kind threads.PartyKind
	left bool
}

// talk is a conversation.
type talk struct {
	id      ids.ThreadID
	fam     *family
	channel threads.Channel
	agency  ids.AgencyID // of the people outside
	about   []ids.ChildID
	in      []member
	said    []*saying
	// quiet: it begins with hard news, and nothing of it has been read with her yet.
	quiet bool
}

// state of a saying.
type state int

const (
	waiting state = iota
	passed
	keptBack
)

// saying is a message.
type saying struct {
	id     ids.MessageID
	in     *talk
	author member
	state  state
	// Of one that waits: for whom, how many have read it, whether it is an appeal; who kept it back first.
	waitsFor ids.Role
	stage    int
	appeal   bool
	asked    bool // an appeal was made
	keptBy   string
	readBy   string // of the staff, who has passed it on to the next reader
	// Reading together.
	together, opened bool
	supporter        string
	beside           bool // a worker has signed in beside her, now
	// Its file: a picture, of a child; kept back, or cleared, by the reviewer.
	picture       bool
	shows         ids.ChildID
	kept, cleared bool
	lostClaim     bool   // who has claimed it has left
	notice        bool   // the program's own words to the people outside
	stopped       string // from whom a restriction has kept it
	tellable      bool   // it was kept back for a reason that may be told
}

// gathering is a meeting.
type gathering struct {
	fam        *family
	in         []member
	hosts      map[string]bool
	children   []ids.ChildID
	cancelled  bool
	day        int
	private    bool
	ofChildren bool // of a kind that is about children
	begun      bool // of today's: it has begun
	superviser bool
}

// setting says who reviews a direction of a conversation, of a case, or of a prison.
type setting struct {
	thread        ids.ThreadID
	of            ids.CaseID
	prison        ids.AgencyID
	dir           messages.Direction
	nobody        bool
	first, second ids.Role
}

// world is everything there is, on a day.
type world struct {
	day      int
	families []*family
	talks    []*talk
	meets    []*gathering
	settings []setting
	people   []soul
	pick     func(n int) int // a number below n
	made     int             // counts what was made, for identifiers
	only     scope           // what the last change was about
	asked    question        // with known: what is being asked, and the facts of it (see each)
	known    policy.Facts
	enough   func(policy.Act) bool // an act that nobody needs to ask about any more; nil = ask about every one
}

// scope is what a change was about: one conversation, one message in it, or (when it is empty) anything in the family. What else there is did not
// change, and is compared every few steps only.
type scope struct {
	talk *talk
	say  *saying
}

func (w *world) chance(one int) bool { return w.pick(one) == 0 }

func choose[T any](w *world, of []T) T { return of[w.pick(len(of))] }

// newWorld begins with two families of two children each, in the care of two authorities.
func newWorld(pick func(int) int) *world {
	w := &world{pick: pick, day: 10, people: everybody()}
	for i, m := range []string{"mother1", "mother2"} {
		f := &family{mother: m, id: ids.CaseID("case" + m), prison: northgate, wing: "A", worker: "pact1", team: map[string]bool{"pact1": true}, named: map[string]bool{}}
		if i == 1 {
			f.prison, f.wing, f.worker, f.team = southgate, "B", "pact2", map[string]bool{"pact2": true, "few1": true}
		}
		for j, la := range []ids.AgencyID{anytown, othertown} {
			k := child{id: ids.ChildID(m + "child" + string(rune('1'+j))), with: la, ends: 1000}
			if j == 0 {
				k.taught = school
			}
			f.children = append(f.children, k)
		}
		w.families = append(w.families, f)
		w.openTalk(f)
	}
	return w
}

func (w *world) staff() []soul { return w.people[:13] }
