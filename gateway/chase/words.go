package chase

import (
	"fmt"
	"strings"

	"kinbridge/gateway/workdays"
)

// rungWords are the people as a mother is told of them: English; Welsh after "i" (to), mutated.
var rungWords = map[Rung][2]string{
	TeamManager:      {"the team manager", "reolwr y tîm"},
	ServiceManager:   {"the service manager", "reolwr y gwasanaeth"},
	ReviewingOfficer: {"the independent reviewing officer", "yr swyddog adolygu annibynnol"},
}

func pick(lang, english, welsh string) string {
	if lang == workdays.Welsh {
		return welsh
	}
	return english
}

// ForHer says to the mother how it stands, in one or two plain sentences: what was done last, and what she may expect. "We asked again on Tuesday."
// It names nobody.
func (p *Planner) ForHer(today workdays.Day, s State, lang string) string {
	on := func(d workdays.Day) string { return workdays.On(d, today, lang) }
	if s.Answered != 0 {
		return pick(lang, "They answered "+on(s.Answered)+".", "Cafwyd ateb "+on(s.Answered)+".")
	}
	if s.Stopped != 0 {
		return pick(lang, "We stopped asking "+on(s.Stopped)+".", "Rhoesom y gorau i ofyn "+on(s.Stopped)+".")
	}
	var out []string
	switch k := len(s.Done) - 1; {
	case k >= 0 && s.Done[k].Rung != Worker && rungWords[s.Done[k].Rung][0] != "":
		who := rungWords[s.Done[k].Rung]
		out = append(out, pick(lang, "We asked "+who[0]+" "+on(s.Done[k].On)+".", to(who[1])+" "+on(s.Done[k].On)+"."))
	case k >= 0:
		out = append(out, pick(lang, "We asked again "+on(s.Done[k].On)+".", "Gwnaethom ofyn eto "+on(s.Done[k].On)+"."))
	case s.Asked != 0:
		out = append(out, pick(lang, "We asked "+on(s.Asked)+".", "Gwnaethom ofyn "+on(s.Asked)+"."))
	}
	if next := p.expect(today, s, lang); next != "" {
		out = append(out, next)
	}
	return strings.Join(out, " ")
}

func to(who string) string {
	if rest, article := strings.CutPrefix(who, "yr "); article {
		return "Gwnaethom ofyn i’r " + rest
	}
	return "Gwnaethom ofyn i " + who
}

// expect says what comes next.
func (p *Planner) expect(today workdays.Day, s State, lang string) string {
	if s.Due == 0 {
		return ""
	}
	on := func(d workdays.Day) string { return workdays.On(d, today, lang) }
	for _, a := range s.Away {
		if a.on(today) && a.Back > today {
			// "tan" mutates the day, as On does.
			return pick(lang, "The person we asked is away until "+workdays.Name(a.Back, today, lang)+".", "Mae’r sawl y gofynnwyd iddo i ffwrdd tan "+on(a.Back)+".")
		}
	}
	name := workdays.Name(s.Due, today, lang)
	if s.Due >= today {
		return pick(lang, "We asked for an answer by "+name+".", "Gofynasom am ateb erbyn "+name+".")
	}
	switch a := p.Next(today, s); {
	case a.Exhausted:
		return pick(lang, "There is no answer yet. Your worker is deciding what to do next.", "Nid oes ateb eto. Mae eich gweithiwr yn penderfynu beth i’w wneud nesaf.")
	case a.Do == Wait && a.Next != 0:
		return pick(lang, "There is no answer yet. We will ask again "+on(a.Next)+" if none has come.", "Nid oes ateb eto. Byddwn yn gofyn eto "+on(a.Next)+" os na ddaw un.")
	}
	return pick(lang, "There is no answer yet. We are asking again.", "Nid oes ateb eto. Rydym yn gofyn eto.")
}

// DraftFor writes the body of a reminder, or of the message that a person sends to a rung, without salutation, signature and the matter itself: names and
// what was asked are the caller's to add. It says when was asked, until when, and how often, and blames nobody.
func DraftFor(rung Rung, today workdays.Day, s State, lang string) string {
	var b strings.Builder
	asked, due := workdays.On(s.Asked, today, lang), workdays.Name(s.Due, today, lang)
	late := s.Due < today
	if rung == Worker {
		if late {
			b.WriteString(pick(lang, fmt.Sprintf("We asked you for an answer %s, by %s, and have not had one yet.", asked, due), fmt.Sprintf("Gofynasom i chi am ateb %s, erbyn %s, ac nid ydym wedi cael un eto.", asked, due)))
		} else {
			b.WriteString(pick(lang, fmt.Sprintf("This is a reminder that we asked you %s for an answer by %s.", asked, due), fmt.Sprintf("Dyma nodyn i’ch atgoffa ein bod wedi gofyn i chi %s am ateb erbyn %s.", asked, due)))
		}
		b.WriteString(pick(lang, " If you cannot answer yet, please tell us when you can, or who can.", " Os na allwch ateb eto, dywedwch wrthym pryd y gallwch, neu pwy all wneud hynny."))
		return b.String()
	}
	b.WriteString(pick(lang, fmt.Sprintf("We asked a colleague of yours for an answer %s, by %s.", asked, due), fmt.Sprintf("Gofynasom i gydweithiwr i chi am ateb %s, erbyn %s.", asked, due)))
	if n := len(s.Done); n > 0 {
		b.WriteString(pick(lang, " We asked again "+dates(s.Done, today, lang)+".", " Gwnaethom ofyn eto "+dates(s.Done, today, lang)+"."))
	}
	b.WriteString(pick(lang, " We have not had an answer, and the mother is waiting for it. Could you please see that she gets one, or tell us who can answer and when?",
		" Nid ydym wedi cael ateb, ac mae’r fam yn aros amdano. A fyddech cystal â sicrhau ei bod yn cael un, neu ddweud wrthym pwy all ateb a phryd?"))
	return b.String()
}

// dates lists the days of the last three steps.
func dates(done []Done, today workdays.Day, lang string) string {
	done = done[max(0, len(done)-3):]
	out := workdays.On(done[0].On, today, lang)
	for i, d := range done[1:] {
		joint := ", "
		if i == len(done)-2 {
			joint = pick(lang, " and ", " ac ")
		}
		// "a ddoe", but "ac heddiw": Welsh joins by "a" before a consonant, which weekdays begin with.
		name := workdays.On(d.On, today, lang)
		if joint == " ac " && strings.HasPrefix(name, "dd") {
			joint = " a "
		}
		out += joint + name
	}
	return out
}
