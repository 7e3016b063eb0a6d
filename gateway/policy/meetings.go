package policy

import "kinbridge/gateway/ids"

// planMeeting decides who plans and who may be invited. A guest must be somebody the case already deals with, so that no outsider
// is brought in by a slip of the finger; guests of two authorities learn of each other in the room, so the planner must say that she
// means it (what one authority does about one child is nobody else's).
func planMeeting(f Facts) Decision {
	if f.Case.Closed {
		return deny("case_closed", "The case is closed: no meeting can be planned.")
	}
	if !isPact(f) && !(isStaff(f.Actor, ids.RoleFamilyWorker) && f.Case.OnTeam) {
		if d := seeCase(f); !d.Allowed() {
			return d
		}
		return deny("plans_not", "Ask the case's Pact social worker to plan the meeting.")
	}
	switch m := f.Meeting; {
	case m.LegalVisit:
		return deny("legal_visit_has_no_host", "A legal visit is between a mother and her lawyer alone. A member of staff would host it, so it cannot be planned here.")
	case m.UnknownGuest:
		return deny("guest_not_of_case", "One of the guests has nothing to do with this case yet. Begin a thread with her first, or choose another guest.")
	case m.OutsideStaff:
		return deny("staff_not_of_case", "One of the staff is not on the case's team. Add her to the team first, or choose somebody else.")
	case m.SeveralAuthorities && !m.Confirmed:
		return deny("authorities_meet", "The guests come from more than one local authority, and each would learn that the other takes part. Confirm that this is meant.")
	}
	return allow("team_plans", "The case's team plans meetings.")
}

func seeMeeting(f Facts) Decision {
	switch {
	case f.Meeting.IsParticipant || f.Meeting.IsHost:
		return allow("participant", "Takes part in the meeting.")
	case f.Actor.Kind == ids.ActorMother || f.Actor.Kind == ids.ActorContact:
		return conceal("not_invited", "Only those invited and the case's team may know of a meeting.")
	case f.Meeting.Private && isPact(f):
		return allow("private_pact", "The case's Pact social worker.")
	case f.Meeting.Private:
		return conceal("private_wall", "A meeting between a mother and her supporter is known to Pact and to those invited only.")
	}
	return seeCase(f)
}

func seeMovement(f Facts) Decision {
	if isStaff(f.Actor, ids.RoleWingOfficer, ids.RoleOffenderManager, ids.RolePublicProtection) && f.SamePlace {
		return allow("own_prison", "Prison staff see who is due where, and no more.")
	}
	return seeMeeting(f)
}

func attendMeeting(f Facts) Decision {
	if d := seeMeeting(f); !d.Allowed() {
		return d
	}
	if d := roomOpen(f); !d.Allowed() {
		return d
	}
	if !f.Meeting.IsParticipant && !f.Meeting.IsHost {
		return deny("not_invited", "You are not on the list of this meeting.")
	}
	return allow("participant", "Takes part in the meeting.")
}

func roomOpen(f Facts) Decision {
	switch {
	case f.Meeting.Cancelled:
		return deny("cancelled", "This meeting was cancelled.")
	case f.Meeting.Ended:
		return deny("ended", "This meeting has ended.")
	case f.Meeting.TooEarly:
		return deny("too_early", "The room is not open yet. Come back nearer the time.")
	}
	return allow("room_open", "The room is open.")
}

func hostMeeting(f Facts) Decision {
	if d := attendMeeting(f); !d.Allowed() {
		return d
	}
	if !f.Meeting.IsHost {
		return deny("not_host", "Only the meeting's host can do this.")
	}
	return allow("host", "Hosts the meeting.")
}

// issueTicket: everybody is given her own. Another's is given to a host's bearer token alone, for a device that joins in that person's
// stead (a video room's kiosk); nobody at a page can take another's place.
func issueTicket(f Facts) Decision {
	if f.Meeting.Self {
		return attendMeeting(f)
	}
	if d := hostMeeting(f); !d.Allowed() {
		return d
	}
	if f.Actor.Kind != ids.ActorAPI {
		return deny("own_ticket_only", "You can be given only your own place in a meeting.")
	}
	return allow("host_api", "The host's own system places a named participant.")
}
