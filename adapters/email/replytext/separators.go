package replytext

import (
	"strings"
	"unicode"
)

var (
	// originalWords stand in the ruling lines of programs: "original message", "forwarded message" and the like.
	originalWords = newFinder(`original|origin|ursprüng|ursprung|origen|oprindelig|opprinnelig|oorspronkelijk|oryginaln|původní|pôvodn|eredeti|alkuperäi|özgün|orijinal|исходн|вихідн|оригінальн|оригинал|пересыл|пересл|wreiddiol|gwreiddiol|αρχικό|原始|原文|元のメッセージ|원본|gốc|forward|weitergeleit|transféré|transmis|reenviad|encaminhad|inoltrat|doorgestuurd|vidarebefordr|videresend|przekazan|przesłan|přeposlan|továbbított|välitetty|iletilen|anfonwyd ymlaen|ymlaen|转发|轉寄|転送|전달|reply message|reply above|message transmitted|mensagem|mensaje|messaggio|missatge|المحول|الأصلية|המקורית|שהועברה|chuyển tiếp|προωθημένο|redirecționat|перенаправлен|邮件原件`)
	// messageWords are what such lines call the thing that is quoted, or who forwarded it.
	messageWords = newFinder(`messag|mail|nachricht|bericht|meddel|melding|besked|mensaje|mensagem|messaggio|missatge|mensaxe|wiadomo|zpráv|správ|sporoč|poruk|üzenet|viesti|sõnum|kiri|ileti|mesaj|сообщ|письм|повідом|лист|порука|съобщ|neges|μήνυμα|邮件|郵件|メッセージ|メール|메시지|메일|tin nhắn|thư|appointment|termin|rendez|reuni|spotkan|meeting|invit|task|الرسالة|ההודעה|הודעה|correo|courriel|teachtair`, ` by | von | par | por | da | av | door | przez | от `)
	// forwardFirst begin the line that Apple's programs and some others set without dashes.
	forwardFirst = newFinder(`begin forwarded message|start forwarded message|anfang der weitergeleiteten |début du message réexpédié|début du message transféré|inizio messaggio inoltrato|inicio del mensaje reenviado|dechrau neges a anfonwyd ymlaen|dechrau'r neges a anfonwyd ymlaen|doorgestuurd bericht|begin doorgestuurd bericht|forwarded message|início da mensagem reencaminhada|início da mensagem encaminhada|vidarebefordrat brev|vidarebefordrat meddelande|videresendt besked|videresendt melding|start på videresendt|välitetty viesti|początek wiadomości|wiadomość przekazana|začátek přeposlané|начало переадресованного|початок переспрямованого|转发邮件|下列邮件|開始轉寄|転送されたメッセージ|전달된 메시지`)
	// aboveWords are how products ask to write above a line.
	aboveWords = newFinder(`type your reply above|type your answer above|type your response above|write your reply above|write above|type above|reply above|reply over|enter your reply above|above this line|above this email|atebwch uwchben|ysgrifennwch uwchben|ysgrifennwch eich ateb uwchben|antworten sie oberhalb|répondez au-dessus|responda por encima|rispondi sopra|reageer boven|au-dessus de cette ligne|encima de esta línea|acima desta linha|sopra questa riga|sopra questa linea|boven deze regel|boven deze lijn|oberhalb dieser|über dieser zeile|über diese zeile|powyżej tej linii|ovanför den här raden|ovanför denna rad|over denne linje|ovenfor denne linje|tämän rivin yläpuolelle|nad tento řádek|nad tímto řádkem|deasupra acestei linii|выше этой строки|выше этой линии|вище цього рядка|bu satırın üst|此行上方|この行より上|이 줄 위`)
)

// isSeparator says that a squeezed line is the kind that programs draw above what is answered or forwarded.
func isSeparator(s string) bool {
	if len(s) < 8 || len(s) > 160 {
		return false
	}
	strokes, letters := edges(s)
	if !letters {
		return false
	}
	var l string
	if strokes > 1 {
		l = asciiFold(s)
	} else if l = s; !isCandidate(s) {
		return false
	} else {
		l = asciiFold(s)
	}
	bare := strings.Trim(l, "*_-=> ")
	if forwardFirst.at(bare) != 0 && len(bare) < 80 && forwardLine(bare) {
		return true
	}
	if aboveWords.in(l) != 0 && isAboveLine(s, l, strokes) {
		return true
	}
	return strokes > 1 && originalWords.in(l) != 0 && drawn(s, strokes) && namesMessage(l, bare, strokes)
}

// isCandidate is a cheap look at a line without strokes: those that forward begin with few letters, those of products speak of "above".
func isCandidate(s string) bool {
	switch s[0] | 0x20 {
	case 'b', 's', 'a', 'i', 'd', 'f', 'v', 'p', 'w', 'z', '*', '#', 'r', 't', 'y', 0xc3 | 0x20:
		return true
	}
	return s[0] >= 0x80
}

// edges counts the strokes a line begins with and says whether it has letters at all.
func edges(s string) (strokes int, letters bool) {
	leading := true
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return strokes, letters || unicode.IsLetter(r) || hasLetter(s)
		case leading && isStroke(r):
			strokes++
		case r != ' ':
			leading = false
		}
	}
	return strokes, false
}

func hasLetter(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return true
		}
	}
	return false
}

func isStroke(r rune) bool {
	switch r {
	case '-', '_', '=', '*', '~', '‐', '–', '—', '#', '+', '>', '<', '─', '━', '－', '―':
		return true
	}
	return false
}

// drawn says that words stand between strokes, or behind three and more, and are few enough for a title.
func drawn(s string, strokes int) bool {
	inner := strings.TrimFunc(s, func(r rune) bool { return isStroke(r) || r == ' ' })
	n := len(strings.Fields(inner))
	end := 0
	for i := len(s); i > 0; {
		r, size := lastRune(s[:i])
		if !isStroke(r) && r != ' ' && r != ':' {
			break
		}
		if isStroke(r) {
			end++
		}
		i -= size
	}
	switch {
	case strokes >= 3 && end >= 2:
		return n <= 14
	case strokes >= 2 && end >= 2:
		return n <= 4
	}
	return strokes >= 3 && n <= 5
}

// namesMessage says that the title of a ruling line speaks of a message: "original message", "forwarded by"; or is one word between long
// strokes. "original plan" is a title of somebody's own.
func namesMessage(l, bare string, strokes int) bool {
	n := len(strings.Fields(bare))
	if n == 1 {
		return strokes >= 5
	}
	rest := strings.NewReplacer("original", "", "origin", "").Replace(l)
	return messageWords.in(rest) != 0
}

// isTitle says that a line is a few words between strokes, in whatever language.
func isTitle(s string) bool {
	if len(s) > 160 || len(s) < 8 {
		return false
	}
	r, size := lastRune(s)
	if size == 0 || !isStroke(r) || !isStroke(firstRuneOf(s)) {
		return false
	}
	strokes, letters := edges(s)
	return letters && strokes >= 3 && drawn(s, strokes)
}

// isBareTitle says that a line is what programs call the message below, without the strokes or with stars only: "*Original Message*",
// "——Original——".
func isBareTitle(s string) bool {
	if len(s) < 6 || len(s) > 60 {
		return false
	}
	bare := strings.TrimFunc(asciiFold(s), func(r rune) bool { return isStroke(r) || r == ' ' || r == ':' })
	if n := len(strings.Fields(bare)); n == 0 || n > 3 || n == 1 && !isStroke(firstRuneOf(s)) || originalWords.in(bare) == 0 {
		return false
	}
	return !strings.Contains(bare, " ") || messageWords.in(strings.Replace(bare, "origin", "", 1)) != 0
}

// forwardLine says that a line that begins like a forward is only that: a colon may follow, or who forwarded when.
func forwardLine(bare string) bool {
	bare = strings.TrimRight(bare, " :：")
	return len(strings.Fields(bare)) <= 7 && !strings.ContainsAny(bare, ".!?,")
}

// isAboveLine says that a line asks to write above it, as products do: between strokes, or as the whole line.
func isAboveLine(s, l string, strokes int) bool {
	if strokes > 1 || strings.Contains(s, "##") || strings.Contains(s, "--") || strings.Contains(s, "==") || strings.Contains(s, "**") {
		return true
	}
	l = strings.TrimLeft(l, "[(* ")
	l = strings.TrimPrefix(l, "please ")
	return len(l) < 120 && (strings.HasPrefix(l, "reply above") || strings.HasPrefix(l, "type your reply") || strings.HasPrefix(l, "write your reply") || strings.HasPrefix(l, "reply over") || strings.HasPrefix(l, "atebwch") || strings.HasPrefix(l, "ysgrifennwch")) && (strings.Contains(l, "line") || strings.Contains(l, "llinell") || strings.Contains(l, "linell") || strings.Contains(l, "email") || strings.Contains(l, "message"))
}
