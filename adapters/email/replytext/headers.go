package replytext

import (
	"strings"
)

// label is what a line of a quoted header block is about.
type label int

const (
	noLabel label = iota
	fromLabel
	sentLabel
	toLabel
	ccLabel
	subjectLabel
	otherLabel
)

// labels are the names of header lines as mail programs translate them, in lower case and without the colon.
var labels = func() map[string]label {
	m := map[string]label{}
	for l, words := range map[label]string{
		fromLabel:    "from|frá|nork|saatja|šalje|von|de|da|van|od|fra|från|avsändare|oddi wrth|wrth|gan|o|от|от кого|отправитель|від|lähettäjä|feladó|gönderen|kimden|expéditeur|mittente|remitente|remetente|afzender|nadawca|odesílatel|odosielateľ|lähde|από|de la|expeditor|saatja|no|nuo|siuntėjas|šalje|pošiljatelj|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|발신|จาก|từ|dari|מאת|من|ó|absender|von:|de part de|frå|oddo",
		sentLabel:    "sent|изпратено|enviat|bidalia|dagsetning|poslato|date|date sent|sent on|gesendet|gesendet am|datum|envoyé|envoyé le|envoye|date d'envoi|inviato|data|data invio|enviado|enviado el|enviada em|enviado em|enviada|fecha|verzonden|verzonden op|verstuurd|skickat|skickades|sendt|dato|wysłano|wysłane|data wysłania|odesláno|odoslané|dátum|elküldve|küldve|lähetetty|päivämäärä|päiväys|gönderme tarihi|gönderilme|tarih|gönderildi|отправлено|дата|послано|надіслано|дата отправки|anfonwyd|dyddiad|στάλθηκε|ημερομηνία|trimis|expediat|saadetud|kuupäev|nosūtīts|išsiųsta|poslano|发送时间|发送日期|日期|时间|寄件日期|傳送日期|送信日時|日時|日付|보낸 날짜|날짜|보낸날짜|ส่ง|วันที่|đã gửi|ngày|dikirim|tanggal|נשלח|תאריך|تاريخ|تاريخ الإرسال|received|time|creation date|när|seolta",
		toLabel:      "to|per a|nori|prima|adressaat|adresāts|an|à|a|para|naar|aan|til|till|do|komu|at|кому|до|vastaanottaja|címzett|kime|alıcı|pour|destinataire|destinatario|destinatário|per|προς|către|pentru|kellele|kam|kam:|za|收件人|收件者|宛先|받는 사람|받는사람|수신|ถึง|đến|kepada|אל|إلى|empfänger|recipient|ontvanger|odbiorca|příjemce|adresát",
		ccLabel:      "cc|bcc|kopie|kopia|copie|copie à|copia|copie a|kopio|másolatot kap|bilgi|копия|копія|cc:|c.c.|抄送|副本|ccへ|참조|dw|udw|kopi|cópia|blind copy|copi|copïau|copi at|kopija|másolat|κοιν|κοιν.|העתק|נسخة|نسخة|สำเนา|đồng gửi",
		subjectLabel: "subject|относно|efni|zadeva|ogg|betreff|betr|betr.|objet|oggetto|asunto|assunto|onderwerp|ämne|emne|temat|předmět|predmet|tárgy|aihe|konu|тема|pwnc|testun|θέμα|subiect|teema|temats|tema|主题|主旨|標題|件名|제목|เรื่อง|chủ đề|tiêu đề|perihal|subjek|נושא|الموضوع|sujet|ábhar|subjecte|gaia",
		otherLabel:   "importance|priority|attachments|reply-to|reply to|categories|sensitivity|organization|message-id|wichtigkeit|priorität|anlagen|antwort an|importanza|allegati|importance haute|pièces jointes|répondre à|bijlagen|prioriteit|pwysigrwydd|atodiadau|附件|重要性|添付ファイル|importancia|datos adjuntos|sender|mailed-by|signed-by|newsgroups|x-mailer|content-type|in-reply-to|references|when|where|location|required attendees|optional attendees|resent-from|security|flag status|flag|conversation|thread-topic|attachment",
	} {
		for _, w := range strings.Split(words, "|") {
			if _, ok := m[w]; !ok || l == fromLabel {
				m[w] = l
			}
		}
	}
	return m
}()

// labelOf reads the label at the front of a squeezed line, past stars, bars and dashes that bold type leaves behind.
func labelOf(s string) (label, string) {
	s = strings.TrimLeft(s, "*_|>•·-[ \t")
	i := strings.IndexAny(s, ":：")
	if i <= 0 || i > 60 {
		return noLabel, ""
	}
	name := strings.ToLower(strings.Trim(s[:i], "*_ []"))
	rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(s[i:], ":"), "："), "*_ ]")
	return labels[name], rest
}

// headerBlock is a run of header lines that a mail program put above what is answered.
type headerBlock struct {
	lines int // how many lines it takes
	sure  bool
}

// headerBlockAt reads a block that starts at line i; lines is 0 when there is none. Values may be wrapped, or stand on the
// line below their label; one blank line may stand between two header lines.
func (s *splitter) headerBlockAt(i int) headerBlock {
	lines := s.lines
	if strings.IndexByte(lines[i].text, ':') < 0 && !strings.Contains(lines[i].text, "：") {
		return headerBlock{}
	}
	l, _ := labelOf(squeeze(lines[i].text))
	if l == otherLabel && i+1 < len(lines) {
		l, _ = labelOf(squeeze(lines[i+1].text)) // "Reply-To:" above "From:"
		if l != fromLabel {
			l = noLabel
		}
	}
	if l == noLabel || l == otherLabel || !s.spend() {
		return headerBlock{}
	}
	seen := map[label]bool{}
	end, misses := i, 0
	values := map[label]string{}
	for j := i; j < len(lines) && j < i+40; j++ {
		if lines[j].depth != lines[i].depth {
			break
		}
		text := squeeze(lines[j].text)
		if text == "" {
			if misses++; misses > 2 {
				break
			}
			continue
		}
		got, value := labelOf(text)
		if got == noLabel {
			// The rest of a value, or the body.
			if prev := lines[max(j-1, i)]; j == i || prev.blank() && !labelAlone(lines, j) || misses > 1 || !continues(lines, j) {
				break
			}
			end = j
			continue
		}
		if seen[got] && got != ccLabel && got != otherLabel && got != toLabel {
			break
		}
		misses = 0
		seen[got] = true
		values[got] = value
		end = j
	}
	n := 0
	for l := range seen {
		if l != otherLabel {
			n++
		}
	}
	found := headerBlock{lines: end - i + 1}
	dated, ruledAbove := evidenceIn(values[sentLabel]), lines[i].is(ruled)
	mail := hasMail(values[fromLabel]) || hasMail(values[toLabel])
	switch {
	case seen[fromLabel] && evidenceIn(values[fromLabel]).clock && !hasLetter(values[fromLabel]):
		return headerBlock{} // "From: 10:00" begins a note of times
	case seen[fromLabel] && n >= 3:
		// Without a subject it may be a booking of hers: from, to, date.
		found.sure = seen[subjectLabel] || mail || ruledAbove || l == fromLabel && dated.year && dated.clock && hasWords(strings.Trim(values[fromLabel], "0123456789"))
	case seen[fromLabel] && seen[sentLabel] && n >= 2:
		found.sure = mail || ruledAbove
	case seen[sentLabel] && seen[toLabel] && seen[subjectLabel]:
		found.sure = true
	case seen[fromLabel] && n >= 2:
	default:
		return headerBlock{}
	}
	return found
}

// foreignBlockAt returns how many lines a header block takes whose labels are of a language not known here: at least three short labels
// with a colon directly below each other, of which one has an address and another a date with its time. It is weighed only below a
// ruling line.
func (s *splitter) foreignBlockAt(i int) int {
	if !s.lines[i].is(ruled) {
		return 0
	}
	n, mail, date := 0, false, false
	for j := i; j < len(s.lines) && j < i+8 && s.lines[j].depth == s.lines[i].depth; j++ {
		t := strings.TrimLeft(squeeze(s.lines[j].text), "*")
		at := strings.IndexAny(t, ":：")
		if at < 2 || at > 40 || len(strings.Fields(t[:at])) > 3 {
			break
		}
		e := evidenceIn(t[at:])
		mail, date, n = mail || e.mail, date || e.day && e.clock, n+1
	}
	if n >= 3 && mail && date {
		return n
	}
	return 0
}

// labelAlone says that line j is the value of a label that stands alone on the line before the blank one.
func labelAlone(lines []line, j int) bool {
	for k := j - 1; k >= 0 && k >= j-2; k-- {
		if t := squeeze(lines[k].text); t != "" {
			l, rest := labelOf(t)
			return l != noLabel && rest == ""
		}
	}
	return false
}

// continues says that line j goes on with a header value: the line before is a label alone, or a list of addresses that goes on,
// or another label follows soon.
func continues(lines []line, j int) bool {
	prev := squeeze(lines[j-1].text)
	if l, rest := labelOf(prev); l != noLabel && rest == "" || labelAlone(lines, j) {
		return true
	}
	if strings.HasSuffix(prev, ";") || strings.HasSuffix(prev, ",") {
		return true
	}
	for k := j; k < len(lines) && k < j+6; k++ {
		t := squeeze(lines[k].text)
		if t == "" {
			return false
		}
		if l, _ := labelOf(t); l != noLabel {
			return true
		}
	}
	return false
}

// isUnderscores says that a line is a long ruling line.
func isUnderscores(s string) bool {
	return len(s) >= 10 && isRuler(s) && strings.Trim(s, "_-–—=") == ""
}

func isDateTime(t string) bool {
	e := evidenceIn(t)
	return e.date && e.clock
}
