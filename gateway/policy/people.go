package policy

import "kinbridge/gateway/ids"

var peopleChapters = []*Chapter{
	{ManagePeople, "enter agencies, mothers, cases and people outside, and see who signs in", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators manage who takes part.")},
		{If: "whoever runs the program does it at its own machine", When: isSystem, Decision: allow("operator", "Whoever runs the program at its own machine sets it up.")},
		{Decision: deny("administrators_only", "Only an administrator can do this.")},
	}},
	{Appoint, "give somebody an appointment, end it, or have a program act in it", []Rule{
		{If: "whoever runs the program does it at its own machine", When: isSystem, Decision: allow("operator", "Whoever runs the program at its own machine sets it up.")},
		{If: "the actor is no administrator", When: not(isAdministrator), Decision: deny("administrators_only", "Only an administrator can do this.")},
		{If: "it is the actor's own access, in whatever appointment", When: func(f *Facts) bool { return f.OwnAccess },
			Decision: deny("own_access", "You cannot end your own access or give yourself more: ask another administrator.")},
		{If: "the appointment is at another agency", When: func(f *Facts) bool { return !f.SamePlace },
			Decision: deny("other_agency", "Administrators give and end access at their own organisation only.").do("Ask an administrator there.")},
		{Decision: allow("administrator", "Administrators manage who works at their organisation.")},
	}},
	{ManageKiosks, "enrol and withdraw kiosks", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators manage kiosks.")},
		{If: "whoever runs the program does it at its own machine", When: isSystem, Decision: allow("operator", "Whoever runs the program at its own machine sets it up.")},
		{Decision: deny("administrators_only", "Only an administrator can enrol or withdraw a kiosk.")},
	}},
	{ManageRegime, "say when a prison's women are unlocked, and where they can be taken", regimeRules},
	{RegimeDay, "say that one day of a wing is unlike others", append([]Rule{
		{If: "the actor is an officer of that wing", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RoleWingOfficer) && f.SamePlace && f.SameWing },
			Decision: allow("wing_officer", "An officer of that wing.")},
	}, regimeRules...)},
	{ResetPIN, "give a mother a new PIN", []Rule{
		{If: "she has been released", When: isOut, Decision: conceal("released", "Who has been released is at no kiosk.")},
		{If: "the actor is the case's Pact social worker", When: isPact, Decision: allow("case_worker", "The case's Pact social worker.")},
		{If: "the actor is an officer of her wing", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RoleWingOfficer) && f.SamePlace && f.SameWing },
			Decision: allow("wing_officer", "An officer of the mother's wing.")},
		{If: "the actor is her offender manager", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RoleOffenderManager) && f.SamePlace && f.Case.OnTeam },
			Decision: allow("offender_manager", "The mother's offender manager.")},
		{If: "the actor is an officer of another wing of her prison", When: func(f *Facts) bool { return f.SamePlace && isStaff(f.Actor, ids.RoleWingOfficer) },
			Decision: deny("other_wing", "Ask an officer of her wing to do this.")},
		{Decision: conceal("pin_closed", "Only an officer of her wing or her Pact social worker can give a new PIN.")},
	}},
	{ChooseMother, "be offered at a kiosk", []Rule{
		{If: "she has been released", When: isOut, Decision: conceal("released", "Who has been released is offered at no kiosk.")},
		{If: "she is out of the prison for the moment", When: func(f *Facts) bool { return f.Custody.State == Away }, Decision: conceal("away", "Who is out of the prison is offered at no kiosk until she is back.")},
		{If: "the kiosk is of her wing", When: func(f *Facts) bool { return f.Actor.Kind == ids.ActorKiosk && f.SamePlace && f.SameWing }, Decision: allow("own_wing", "She lives on the kiosk's wing.")},
		{Decision: conceal("other_wing", "A kiosk offers only the women of its own wing.")},
	}},
	{SeeRules, "read the rule book", []Rule{
		{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators see how the program decides.")},
		{Decision: deny("administrators_only", "Only an administrator can do this.")},
	}},
}

// regimeRules are whose word the times of unlock are.
var regimeRules = []Rule{
	{If: "the actor is an administrator", When: isAdministrator, Decision: allow("administrator", "Administrators enter what the prisons tell them.")},
	{If: "whoever runs the program does it at its own machine", When: isSystem, Decision: allow("operator", "Whoever runs the program at its own machine sets it up.")},
	{If: "the actor is an offender manager of that prison", When: func(f *Facts) bool { return isStaff(f.Actor, ids.RoleOffenderManager) && f.SamePlace },
		Decision: allow("offender_manager", "The prison's offender management unit.")},
	{Decision: deny("other_prison", "Only the prison's offender managers and administrators can change this.")},
}
