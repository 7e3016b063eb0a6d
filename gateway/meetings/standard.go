package meetings

// Standard is what a meeting of a kind usually is: what is talked about, who must be there, and which papers are to be with everybody how long before.
// Agenda, Who and Papers hold names for which screens have words.
type Standard struct {
	Kind   Kind
	Agenda []string // in the order in which it is talked about
	Who    []string // offices: those of contacts as package people names them, RoleOfMother, RoleOfSupporter, and some that only others know
	Papers []string
	// PapersBefore is how many working days before the meeting the papers are to be with her and the others; 0 = there are none. No law gives the number: it is what most
	// authorities' procedures ask for, and a deployment can set its own.
	PapersBefore int
	Source       string
}

// Offices that are no contact's.
const (
	RoleOfMother    = "mother"
	RoleOfSupporter = "supporter"
)

// Standards has one for each kind, in the order of Kinds. Conferences' papers: three working days before an initial one and five before a review, as multi-agency
// procedures of the local safeguarding partners have it.
var Standards = []Standard{
	{Kind: LookedAfterReview, Agenda: []string{"since_last", "child_views", "mother_views", "how_child_is", "family_time", "care_plan", "actions_next"},
		Who:    []string{"reviewing_officer", "allocated_worker", RoleOfMother, "child", "carer", "school_safeguarding_lead", "health"},
		Papers: []string{"worker_report", "care_plan", "last_minutes"}, PapersBefore: 3,
		Source: "Care Planning, Placement and Case Review (England) Regulations 2010 (SI 2010/959), part 6 and schedule 7; IRO Handbook 2010; (Wales) Regulations 2015 (SI 2015/1818), part 6"},
	{Kind: InitialConference, Agenda: []string{"why_called", "reports", "child_views", "mother_views", "risks_strengths", "plan_needed", "outline_plan"},
		Who:    []string{"conference_chair", "allocated_worker", RoleOfMother, "police", "health", "school_safeguarding_lead"},
		Papers: []string{"worker_report", "agency_reports"}, PapersBefore: 3,
		Source: "Working Together to Safeguard Children 2023, chapter 3; Wales Safeguarding Procedures, section 3 part 2"},
	{Kind: ReviewConference, Agenda: []string{"plan_progress", "reports", "child_views", "mother_views", "risks_strengths", "plan_needed", "actions_next"},
		Who:    []string{"conference_chair", "allocated_worker", RoleOfMother, "health", "school_safeguarding_lead"},
		Papers: []string{"worker_report", "protection_plan", "last_minutes"}, PapersBefore: 5,
		Source: "Working Together to Safeguard Children 2023, chapter 3; Wales Safeguarding Procedures, section 4"},
	{Kind: CoreGroup, Agenda: []string{"plan_progress", "child_seen", "mother_views", "family_time", "actions_next"},
		Who:    []string{"allocated_worker", RoleOfMother, "carer", "health", "school_safeguarding_lead"},
		Papers: []string{"protection_plan", "last_minutes"}, PapersBefore: 2,
		Source: "Working Together to Safeguard Children 2023, chapter 3; Wales Safeguarding Procedures, section 4"},
	{Kind: ChildInNeedMeeting, Agenda: []string{"how_child_is", "child_views", "mother_views", "support", "actions_next"},
		Who:    []string{"allocated_worker", RoleOfMother, "carer", "school_safeguarding_lead", "health"},
		Papers: []string{"need_plan", "last_minutes"}, PapersBefore: 2,
		Source: "Children Act 1989, section 17; Social Services and Well-being (Wales) Act 2014, part 4"},
	{Kind: TeamAroundTheChild, Agenda: []string{"how_child_is", "child_views", "mother_views", "support", "actions_next"},
		Who:    []string{"lead_practitioner", RoleOfMother, "carer", "school_safeguarding_lead", "health"},
		Papers: []string{"early_help_plan"}, PapersBefore: 2,
		Source: "Working Together to Safeguard Children 2023, chapter 3: early help"},
	{Kind: FamilyGroupConference, Agenda: []string{"why_called", "what_family_knows", "family_alone", "family_plan", "actions_next"},
		Who:    []string{"coordinator", RoleOfMother, "family", "allocated_worker"},
		Papers: []string{"family_letter"}, PapersBefore: 5,
		Source: "Working Together to Safeguard Children 2023, chapter 1: family group decision-making"},
	{Kind: PersonalEducationPlan, Agenda: []string{"school_progress", "attendance", "child_views", "mother_views", "targets", "actions_next"},
		Who:    []string{"school_safeguarding_lead", "virtual_school", "allocated_worker", "carer", RoleOfMother, "child"},
		Papers: []string{"education_plan", "school_report"}, PapersBefore: 5,
		Source: "Promoting the education of looked-after children 2018 (England); Care Planning, Placement and Case Review (Wales) Regulations 2015, schedule 2"},
	{Kind: LegalVisit, Who: []string{RoleOfMother, "solicitor"}, Source: "Prison Rules 1999, rules 38 and 39"},
	{Kind: PreBrief, Agenda: []string{"what_about", "who_there", "her_words", "how_to_pause"}, Who: []string{RoleOfMother, RoleOfSupporter}, Source: "Pact's practice"},
	{Kind: Debrief, Agenda: []string{"what_decided", "how_she_is", "who_must_know", "what_next"}, Who: []string{RoleOfMother, RoleOfSupporter}, Source: "Pact's practice"},
}

// StandardOf returns a kind's standard; the zero value for none of the kinds.
func StandardOf(k Kind) Standard {
	for _, s := range Standards {
		if s.Kind == k {
			return s
		}
	}
	return Standard{}
}
