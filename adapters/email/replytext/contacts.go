package replytext

import (
	"strings"
)

var (
	contactLabel = newSet("tel phone mob mobile cell fax ffôn ffon symudol ffacs direct ext t m p e w f dd telephone office email e-mail mail web website skype teams teléfono telefone telefon telefono tél téléphone handy mobil gsm puh тел tlf tfn 電話 电话 手机 address twitter linkedin whatsapp dx ddi switchboard gwefan ebost e-bost")
	titleWord    = newSet("worker manager officer director assistant administrator solicitor head teacher coordinator co-ordinator consultant engineer developer practitioner chair council cyngor services gwasanaethau department dept team tîm ltd limited inc gmbh ag kg bv sarl srl llp llc plc university hospital school college gweithiwr swyddog rheolwr gyfarwyddwr ceo cto cfo coo founder president representative specialist advisor adviser analyst lead editor professor dr phd unit guardian advocate partner associate secretary supervisor reviewing safeguarding directorate trust court centre office nurse doctor midwife visitor psychologist therapist accountant accounts sales support admin architect designer researcher lecturer fellow student governor chaplain probation family children's amt jugendamt sachbearbeiterin sachbearbeiter leiter leiterin abteilung geschäftsführer assistante social sociale directeur directrice responsable service mairie commune conseillère chef trabajadora trabajador coordinadora ayuntamiento departamento técnica técnico servizi sociali comune ufficio gemeente afdeling medewerker kierownik specjalista dział kommun socialsekreterare handläggare avdelning kommune rådgiver sosiaalityöntekijä")
	domainEnd    = strings.Split(`.gov.uk|.org.uk|.co.uk|.ac.uk|.nhs.uk|.example|.com|.org|.net|.wales|.cymru|.eu|.de|.fr|.es|.it|.nl|.pl|.se|.dk|.no|.fi|.cz`, "|")
)

// isPhone says that a line holds a telephone number: nine digits or more with nothing but blanks, brackets, hyphens and stops between.
func isPhone(t string) bool {
	digits, dates := 0, 0
	for i := 0; i < len(t); i++ {
		switch c := t[i]; {
		case c >= '0' && c <= '9':
			digits++
			if digits >= 9 && dates < 2 {
				return true
			}
		case c == ' ' || c == '(' || c == ')' || c == '-' || c == '.' || c == '+':
		case c == '/' || c == ':':
			dates++
		default:
			digits, dates = 0, 0
		}
	}
	return false
}

// hasContactLabel says that a line begins with, or holds behind a bar, a label such as "Tel:".
func hasContactLabel(t string) bool {
	for part := range strings.FieldsFuncSeq(t, func(r rune) bool { return r == '|' || r == '•' || r == '·' || r == '/' || r == ',' }) {
		part = strings.TrimLeft(part, " *_")
		i := strings.IndexAny(part, ":.")
		if i < 1 || i > 24 || i+1 >= len(part) {
			continue
		}
		if part[i] == '.' && !strings.ContainsAny(part[i:], "0123456789") {
			continue // "P.S. Is there parking?", "M. Roux"
		}
		word := asciiFold(strings.Trim(part[:i], " *_"))
		if f := strings.Fields(word); len(f) > 0 && len(f) <= 3 && (contactLabel[f[0]] || contactLabel[f[len(f)-1]]) {
			return true
		}
	}
	return false
}

// hasWeb says that a line holds an address of the web or of mail.
func hasWeb(t string) bool {
	if strings.Contains(t, "://") || strings.Contains(t, "www.") || hasMail(t) {
		return true
	}
	if !strings.Contains(t, ".") {
		return false
	}
	l := strings.ToLower(t)
	for _, end := range domainEnd {
		if i := strings.Index(l, end); i > 0 && l[i-1] != ' ' && (i+len(end) == len(l) || !isWordRune(rune(l[i+len(end)])) && l[i+len(end)] < 0x80) {
			return true
		}
	}
	return false
}

func isContact(t string) bool {
	return len(t) <= 160 && (isPhone(t) || hasContactLabel(t) || hasWeb(t))
}

// hasTitle says that a line names an office or an organisation.
func hasTitle(t string) bool {
	if len(t) >= 100 {
		return false
	}
	for _, k := range tokens(t, 16) {
		if titleWord[k.word] {
			return true
		}
	}
	return false
}

// hasMail says that a line holds a mail address.
func hasMail(s string) bool {
	for rest := s; ; {
		i := strings.IndexByte(rest, '@')
		if i < 0 {
			return false
		}
		if i > 0 && i+1 < len(rest) && mailByte(rest[i-1]) && mailByte(rest[i+1]) {
			return true
		}
		rest = rest[i+1:]
	}
}

func mailByte(c byte) bool {
	switch c {
	case ' ', '\t', '<', '>', '@', ',', ';', ':', '(', ')', '[', ']':
		return false
	}
	return true
}
