package requests

import (
	"strings"

	"kinbridge/gateway/workdays"
)

// phrase is a kind in words that fit after "YES to", "You are asked about" and "You ask for".
type phrase struct{ en, cy string }

var phrases = map[Kind]phrase{
	Medical: {"medical treatment", "triniaeth feddygol"}, Vaccination: {"a vaccination", "brechiad"}, Trip: {"a school trip", "taith ysgol"},
	Passport: {"a passport", "pasbort"}, Assessment: {"an assessment", "asesiad"}, Haircut: {"a haircut", "torri gwallt"},
	Photograph: {"having photographs taken", "tynnu lluniau"}, Consent: {"what this message asks", "yr hyn mae'r neges hon yn ei ofyn"},
	Report: {"a report", "adroddiad"}, Minutes: {"the notes of a meeting", "nodiadau cyfarfod"}, Update: {"news", "newyddion"},
	Photo: {"a photo", "llun"}, Information: {"some information", "gwybodaeth"},
}

// Words says what is asked for, in a few words without a capital: "a school trip".
func (k Kind) Words(lang string) string {
	if p, ok := phrases[k]; ok && lang == workdays.Welsh {
		return p.cy
	}
	return phrases[k].en
}

// For adds the child to words: "a school trip for Tomos".
func For(words, child, lang string) string {
	switch {
	case child == "":
		return words
	case lang == workdays.Welsh:
		return words + " ar gyfer " + child
	}
	return words + " for " + child
}

// ReadBack is what is said to her before an answer is sent: shown, read aloud and kept in the record, word for word.
func ReadBack(r Request, s Says, child, lang string) string {
	what := For(r.Kind.Words(lang), child, lang)
	if lang == workdays.Welsh {
		switch s {
		case Yes:
			return "Rydych chi'n dweud IE. Mae hyn am: " + what + ". Ydy hynny'n iawn?"
		case No:
			return "Rydych chi'n dweud NA. Mae hyn am: " + what + ". Ydy hynny'n iawn?"
		case Told:
			return "Rydych chi'n ateb. Mae hyn am: " + what + ". Ydy hynny'n iawn?"
		}
		return "Rydych chi eisiau siarad yn gyntaf. Mae hyn am: " + what + ". Ydy hynny'n iawn?"
	}
	switch s {
	case Yes:
		return "You are saying YES to " + what + ". Is that right?"
	case No:
		return "You are saying NO to " + what + ". Is that right?"
	case Told:
		return "You are answering about " + what + ". Is that right?"
	}
	return "You want to talk first about " + what + ". Is that right?"
}

// Body is her answer as a message: what the people in the conversation read. In Welsh the English stands below, for a reader who has none.
func Body(r Request, s Says, child, reason, lang string) string {
	out := body(r, s, child, reason, lang)
	if lang == workdays.Welsh {
		out += "\n\n(In English) " + body(r, s, child, "", "en")
	}
	return out
}

func body(r Request, s Says, child, reason, lang string) string {
	what := For(r.Kind.Words(lang), child, lang)
	words := map[Says]string{Yes: "My answer is YES. I say yes to " + what + ".", No: "My answer is NO. I say no to " + what + ".",
		Told: "My answer to your question about " + what + ".", Talk: "I want to talk about this before I answer: " + what + "."}[s]
	if lang == workdays.Welsh {
		words = map[Says]string{Yes: "Fy ateb yw IE, i hyn: " + what + ".", No: "Fy ateb yw NA, i hyn: " + what + ".", Told: "Fy ateb i'ch cwestiwn am hyn: " + what + ".",
			Talk: "Rwyf eisiau siarad am hyn cyn ateb: " + what + "."}[s]
	}
	if reason = strings.TrimSpace(reason); reason != "" {
		words += "\n\n" + reason
	}
	return words
}

// Ask is what she asks, as a message of hers.
func Ask(k Kind, child, own, lang string) string {
	what := For(k.Words(lang), child, lang)
	words := "Please can I have " + what + "?"
	if lang == workdays.Welsh {
		words = "A gaf i ofyn am hyn, os gwelwch yn dda: " + what + "?\n\n(In English) Please can I have " + For(k.Words("en"), child, "en") + "?"
	}
	if own = strings.TrimSpace(own); own != "" {
		words += "\n\n" + own
	}
	return words
}
