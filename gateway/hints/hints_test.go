package hints_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"kinbridge/gateway/hints"
	"kinbridge/gateway/ids"
)

// Each sentence hints at the kinds named (others may be hinted at too). Doubt goes to telling.
var telling = []struct{ kind, text string }{
	{"adoption", "The plan for Tia is now adoption."},
	{"adoption", "She is not going to be adopted, the judge has said."},
	{"adoption", "We are looking for adopters in the north."},
	{"adoption", "He will meet his adoptive parents on Monday."},
	{"adoption", "They have found her a forever family."},
	{"adoption", "After the order there would be letterbox contact twice a year."},
	{"adoption", "They want to ADOPT both boys together"},
	{"adoption", "The child will be adopted, the minutes are attached."},
	{"adoption", "The minutes say that Kai should be adopted by his carers."},
	{"adoption", "We adopted the agenda; then the panel agreed a plan of adoption."},
	{"adoption", "The adoption panel minutes are attached."},
	{"placement_order", "The court made a placement order today."},
	{"placement_order", "The children would be placed together for adoption."},
	{"placement_order", "The local authority has authority to place."},
	{"placement_order", "Matching panel is on 4 March."},
	{"placement_order", "He has been matched with a family in Sampleshire."},
	{"placement_order", "Prospective adopters have seen her profile."},
	{"final_contact", "Your final contact with Ella will be on Friday."},
	{"final_contact", "We are planning a goodbye visit."},
	{"final_contact", "You will have a chance to say a proper goodbye to them."},
	{"final_contact", "A 'wish you well' contact is being arranged."},
	{"final_contact", "Family time will come to an end after Easter."},
	{"final_contact", "This will be the last time that you see him before he moves."},
	{"final_contact", "I am afraid you will not see your daughter again."},
	{"final_contact", "It was decided to end direct contact."},
	{"final_contact", "The last family time is on Tuesday"},
	{"final_contact", "Please write a later life letter."},
	{"contact_refused", "The manager has refused contact this month."},
	{"contact_refused", "Contact has been suspended until further notice."},
	{"contact_refused", "Your visits are cancelled."},
	{"contact_refused", "We have decided to reduce your family time to once a month."},
	{"contact_refused", "Contact is not in her best interests."},
	{"contact_refused", "Josh does not want to see you at the moment."},
	{"contact_refused", "She doesn’t want to talk to you."},
	{"contact_refused", "He dont want to see u"}, {"contact_refused", "The boys won't speak to you just now."},
	{"contact_refused", "There will be no further contact."},
	{"contact_refused", "He is not ready to speak on the phone."},
	{"contact_refused", "We apply under section 34(4)."},
	{"contact_refused", "The foster carers will not allow phone calls."},
	{"contact_refused", "Video calls have been stopped and contact is being withdrawn."},
	{"death", "I am so sorry to tell you that your mum died this morning."},
	{"death", "Your nan passed away in her sleep."},
	{"death", "Grandad is dying and would like a letter."},
	{"death", "We learned of his death on Sunday."},
	{"death", "The funeral is on the 12th."},
	{"death", "The baby was stillborn."},
	{"death", "There will be an inquest."},
	{"death", "She was killed in a car crash."},
	{"death", "He took his own life."},
	{"death", "They turned off the life support."},
	{"death", "He is now receiving palliative care."},
	{"death", "Uncle Ray has passed."},
	{"death", "Mum isn't with us any more; she is no longer with us."},
	{"death", "The kids lost their grandad last week"},
	{"death", "She is dead."},
	{"death", "Sorry for your loss"},
	{"serious_illness", "Mia was rushed to hospital last night."},
	{"serious_illness", "He is in intensive care."},
	{"serious_illness", "The tests show it is cancer."},
	{"serious_illness", "Your father had a heart attack."},
	{"serious_illness", "She is critically ill."},
	{"serious_illness", "He was hit by a car on the way to school."},
	{"serious_illness", "Noah has been diagnosed with epilepsy."},
	{"serious_illness", "There has been a serious accident."},
	{"serious_illness", "He has been sectioned."},
	{"serious_illness", "She needs an emergency operation on her arm."},
	{"serious_illness", "Leo took an overdose."},
	{"pregnancy_loss", "Your sister had a miscarriage."},
	{"pregnancy_loss", "She miscarried at ten weeks."},
	{"pregnancy_loss", "They have lost the baby."},
	{"pregnancy_loss", "The scan found no heartbeat."},
	{"pregnancy_loss", "The termination of the pregnancy is planned."},
	{"care_order", "The judge made an interim care order."},
	{"care_order", "Full care orders were granted for both."},
	{"care_order", "Special guardianship to the aunt is supported."},
	{"care_order", "The final hearing is listed for May."},
	{"care_order", "We are issuing care proceedings."},
	{"care_order", "The names go on the child protection plan."},
	{"care_order", "An emergency protection order was made at noon."},
	{"care_order", "The court decided that he stays where he is."},
	{"care_order", "The judgment is attached."},
	{"care_order", "You would lose parental responsibility."},
	{"removal", "The children were removed from the home on Tuesday."},
	{"removal", "He was taken into care."},
	{"removal", "Ava has moved to a new foster placement."},
	{"removal", "The placement has broken down."},
	{"removal", "Your place on the mother and baby unit was refused."},
	{"removal", "It is planned to separate you and the baby at birth."},
	{"removal", "The brothers will be living apart."},
	{"removal", "They cannot return home to your care."},
	{"removal", "We took the baby away for her safety."},
	{"removal", "She will go into foster care."},
	{"removal", "Long-term fostering is the plan."},
	{"harm", "Lily has made a disclosure about her uncle."},
	{"harm", "Bruising was found on his arm."},
	{"harm", "He alleges sexual abuse."},
	{"harm", "Jay went missing on Friday and was found today."},
	{"harm", "She has been cutting herself; there is self-harm."},
	{"harm", "He was assaulted at school."},
	{"harm", "Her whereabouts are unknown."},
	{"harm", "There is a non-accidental injury."},
	{"refusal", "Your application was unsuccessful."},
	{"refusal", "The court dismissed the appeal."},
	{"refusal", "The viability assessment of your mother came out as a negative assessment."},
	{"refusal", "I have some difficult news."},
	{"refusal", "Unfortunately the review cannot include you."},
	{"refusal", "We are sorry to inform you of this."},
	{"refusal", "He is to be deported."},
	{"adoption", "Y cynllun i Tia yw mabwysiadu."},
	{"adoption", "Bydd yn cael ei fabwysiadu."},
	{"adoption", "Mae ei rieni mabwysiadol yn edrych ymlaen."},
	{"adoption", "Fe’i mabwysiadwyd ym mis Mai."},
	{"placement_order", "Gwnaeth y llys orchymyn lleoli."},
	{"final_contact", "Bydd y cyswllt olaf ddydd Gwener."},
	{"final_contact", "Cewch gyfle i ffarwelio."},
	{"contact_refused", "Mae cyswllt wedi ei atal am y tro."},
	{"contact_refused", "Nid yw hi ddim eisiau eich gweld."},
	{"death", "Bu farw eich mam y bore yma."},
	{"death", "Cawsom wybod am farwolaeth eich tad."},
	{"death", "Bydd yr angladd ddydd Iau."},
	{"death", "Lladdwyd ef mewn damwain."},
	{"serious_illness", "Mae hi yn yr ysbyty ac yn ddifrifol wael."},
	{"serious_illness", "Mae canser arno."},
	{"serious_illness", "Cafodd ddamwain wrth fynd i'r ysgol."},
	{"pregnancy_loss", "Cafodd eich chwaer gamesgoriad."},
	{"care_order", "Gwnaeth y barnwr orchymyn gofal interim."},
	{"care_order", "Mae’r gwrandawiad terfynol ym mis Mehefin."},
	{"removal", "Aeth y plant i ofal maeth."},
	{"removal", "Mae'r lleoliad wedi chwalu."},
	{"harm", "Mae Jac ar goll ers dydd Sul."},
	{"harm", "Mae honiad o gam-drin."},
	{"refusal", "Gwrthodwyd eich cais."},
	{"refusal", "Yn anffodus ni allwn ddod."},
	{"refusal", "Mae gennyf newyddion drwg."},
}

// None of these hints at anything.
var silent = []string{
	"Thank you for the adoption of the minutes.", "The group adopted the agenda and moved on.", "The minutes of the last meeting were adopted.", "We have adopted a new approach to bookings.",
	"Have you adopted these draft minutes?", "The children have adopted a rescue dog.", "I shall be on adoption leave until June.", "The policy was adopted.",
	"The phone is dead, so please ring the office.", "He is dying to meet you!", "She was bored to death in maths.", "I am dead proud of you.", "Please keep to the deadline.",
	"There is no contact number on the form.", "Please cancel the dentist visit.", "He loved our day at the farm.", "The wind died down and we played outside.", "It was a stroke of luck.",
	"Please remove my name from the mailing list.", "Two documents are missing.", "I am missing you loads.", "The twins hit it off at once.", "We were stuck in traffic.", "That was a miscarriage of justice.",
	"She has passed on your letter to the school.", "Ben passed his maths test.", "She has passed her swimming test.", "Ella says hello and sends you a drawing.", "Could you tell me which name you would like on the form?",
	"The review is on 12 May at 2pm.", "Please sign the form for the school trip to the zoo.", "His reading is much better and his teacher is pleased.", "Do you agree to the flu nose spray for Noah?",
	"She had her six-month check and weighs 7 kilos.", "Here is the school photo.", "The car seat is in the office.", "Thank you for your message, I will look into it.", "Can I have a phone call on Sunday?",
	"He started at his new school on Monday and likes it.", "Her birthday is on Saturday and there will be cake.", "Please send the clothes sizes.", "I hope that you are well.",
	"Mabwysiadwyd polisi.", "Mabwysiadu’r cofnodion oedd yr eitem gyntaf.", "Nid oes dim manylion cyswllt ar y ffurflen.", "Mae hi wrth ei bodd yn yr ysgol.", "Diolch am eich neges.", "Bydd yr adolygiad ar 12 Mai am 2pm.",
	"Mae'n edrych ymlaen at ei ben-blwydd.", "",
}

func TestSentences(t *testing.T) {
	for _, c := range telling {
		r := hints.Default().Find(c.text)
		if !slices.Contains(r.Kinds(), hints.Kind(c.kind)) || !r.Any() {
			t.Errorf("%q hints at %v, not at %s", c.text, r.Kinds(), c.kind)
		}
	}
	for _, text := range silent {
		if r := hints.Default().Find(text); r.Any() {
			h := r.Hints[0]
			t.Errorf("%q hints at %s: %q", text, h.Kind, text[h.Start:h.End])
		}
	}
	if n := len(telling) + len(silent); n < 160 {
		t.Errorf("only %d sentences", n)
	}
}

// Every kind is found in both languages, and in any part of a long letter.
func TestKindsAndPlaces(t *testing.T) {
	for _, k := range hints.Kinds {
		if k.Label("en") == "" || k.Label("cy") == "" {
			t.Errorf("%s has no label", k)
		}
		if !slices.ContainsFunc(telling, func(c struct{ kind, text string }) bool { return c.kind == string(k) }) {
			t.Errorf("no sentence for %s", k)
		}
	}
	dull := strings.Repeat("The weather was fine and we went to the park. ", 5000)
	if r := hints.Default().Find(dull + "Your mum has died."); len(r.Hints) != 1 || r.Hints[0].Start < len(dull) || r.Cut {
		t.Errorf("%+v", r)
	}
	if r := hints.Default().Find(strings.Repeat("She died. ", 300)); len(r.Hints) != hints.MaxHints || !r.Cut {
		t.Errorf("%d %t", len(r.Hints), r.Cut)
	}
	if r := hints.Default().Find(strings.Repeat("x", hints.MaxText+1)); !r.Any() {
		t.Error("what was not read counts as harmless")
	}
}

func TestEditing(t *testing.T) {
	files := hints.Files()
	files["en"] += "\n[harm]\nzebra crossing\n"
	b, err := hints.Compile(files)
	if err != nil || !b.Find("Zebra crossings").Any() || hints.Default().Find("Zebra crossings").Any() {
		t.Error(err)
	}
	for text, want := range map[string]string{"death": "line 1: name a kind first", "[death]\n\n(a": "line 3: “(a”: a parenthesis", "[nonsense]": "no kind [nonsense]"} {
		if _, err := hints.Compile(map[string]string{"cy": text}); ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), want) || !strings.Contains(ids.Public(err), "(cy)") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := hints.Compile(map[string]string{"fr": "[death]\nmort"}); ids.KindOf(err) != ids.Invalid {
		t.Error(err)
	}
}

func FuzzFind(f *testing.F) {
	for _, c := range telling[:20] {
		f.Add(c.text)
	}
	for _, s := range silent {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		r := hints.Default().Find(text)
		for _, h := range r.Hints {
			if h.Start < last || h.End <= h.Start || h.End > len(text) || utf8.ValidString(text) && !utf8.ValidString(text[h.Start:h.End]) {
				t.Fatalf("%+v", h)
			}
			last = h.Start
		}
		// What is added in a paragraph of its own takes nothing back.
		if more := hints.Default().Find(text + ".\n\nThe minutes were adopted. She died."); !more.Cut && !slices.Contains(more.Kinds(), hints.Death) {
			t.Fatal("a death was taken back")
		}
	})
}

func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("He asked if the court would make an order about contact before he moved to the new school. ", 40)
	hints.Default()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		hints.Default().Find(text)
	}
}
