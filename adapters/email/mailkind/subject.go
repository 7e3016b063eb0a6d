package mailkind

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse"
)

// subjectForm is what a subject line tells about who, or what, wrote it.
type subjectForm struct {
	rest      string // without tags and prefixes
	answered  bool   // it begins with "Re:" in some language
	forwarded bool
	program   bool // it begins as only programs begin theirs
	bare      bool // and nothing follows
	away      bool // it says that somebody is away
	awayOnly  bool // and nothing else
	awayColon bool // in the form "away: what is answered"
	awayAuto  bool // only in the form "AUTO: …", which is a word of many languages
	ofSender  bool // it is a sentence about the sender being away ("Jo Price is out of the office")
	received  bool // it acknowledges
	ackTag    bool // it does so in a tag of its own: "[Request received]"
	ackOurs   bool // it says that our mail, or our case with its number, has arrived
	// awayJoined is that away is joined to what is answered as only programs join it: "Away Re: the review".
	awayJoined bool
	toks       []token
	hits       []hit
}

// replyMarks and forwardMarks are the words before the colon, folded.
var (
	replyMarks = words(`re r aw antw antwort sv vs vá va odp ynt res rv' atb ateb 回复 答复 回覆 返信 rif bls ref απ отв ha na za răsp rasp réf رد על תגובה
		ответ відповідь hal` + " re^2 回信 답장 회신")
	forwardMarks = words(`fw fwd wg tr rv vl vb doorst i pd enc ilt yml 转发 轉寄 転送 fs vk továbbítás προθ trs пересл fyi bg ml`)
	warningTags  = words(`external ext spam caution suspected official sensitive extern externe bulk junk unverified possible probable warning`)
)

func words(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[foldWord(w)] = true
	}
	return m
}

func foldWord(w string) string {
	return strings.Map(fold, w)
}

var counterTag = regexp.MustCompile(`\s*[\[(^]?\d{1,3}[\])]?\s*$`)

// readSubject takes a subject apart. from is the sender, whose name it may hold.
func readSubject(s string, from []mailparse.Address) subjectForm {
	f := subjectForm{}
	s = strings.TrimSpace(s)
	for range 8 {
		next, tag := cutTag(s)
		if tag == "" {
			var mark string
			if next, mark = cutMark(s); mark == "" {
				break
			}
			f.answered = f.answered || replyMarks[mark]
			f.forwarded = f.forwarded || forwardMarks[mark]
		} else if !f.answered && lexiconBegins(tag, program) > 0 {
			f.program = true
		} else if !f.answered && strings.Contains(tag, " ") && lexiconBegins(tag, ackSubj) == len(tag) {
			f.ackTag = true
		}
		s = next
	}
	f.rest = s
	toks := tokens(head(s, 300))
	f.toks, f.hits = toks, lexicon().find(toks, 12)
	f.judge(s, toks, from)
	return f
}

// cutTag splits off a tag in brackets or stars before a subject: "[EXTERNAL]", "***SPAM***", a mailing list's name.
func cutTag(s string) (rest, tag string) {
	t := strings.TrimLeft(s, " \t*_-~=>\"'.,!")
	if t == "" {
		return s, ""
	}
	if k := strings.IndexByte("[{(", t[0]); k >= 0 {
		if i := strings.IndexByte(t, "]})"[k]); i > 0 && i <= 60 {
			return strings.TrimSpace(t[i+1:]), t[1:i]
		}
	}
	if t != s && strings.HasPrefix(s, "**") {
		if i := strings.Index(t, "**"); i > 0 && i <= 40 {
			return strings.TrimLeft(t[i:], "* "), t[:i]
		}
	}
	return s, ""
}

// cutMark splits off "Re:", "Fwd:", "EXTERNAL:" and the like, and returns the mark folded.
func cutMark(s string) (rest, mark string) {
	t := strings.TrimLeft(s, " \t*_-~>\"'")
	i := strings.IndexAny(t, ":：")
	if i <= 0 || i > 24 {
		return s, ""
	}
	_, n := utf8.DecodeRuneInString(t[i:])
	m := t[:i]
	if strings.ContainsAny(m, "0123456789") {
		m = counterTag.ReplaceAllString(m, "")
	}
	m = foldWord(strings.TrimSpace(m))
	if replyMarks[m] || forwardMarks[m] || warningTags[m] {
		return strings.TrimSpace(t[i+n:]), m
	}
	return s, ""
}

// lexiconBegins returns how many bytes of s the longest phrase of the sense at its beginning covers, 0 for none.
func lexiconBegins(s string, want sense) int {
	toks := tokens(head(s, 200))
	end := 0
	for _, h := range lexicon().find(toks, 1) {
		if h.sense == want {
			end = max(end, toks[h.to-1].end)
		}
	}
	return end
}

func (f *subjectForm) judge(s string, toks []token, from []mailparse.Address) {
	atStart := func(want sense) (end int) {
		for _, h := range f.hits {
			if h.sense == want && h.from == 0 {
				end = max(end, h.to)
			}
		}
		return end
	}
	if n := atStart(program); n > 0 && !f.answered && !f.forwarded {
		follows, colon := f.follows(s, toks, n)
		f.program = f.program || follows
		f.bare = follows && !colon && n == len(toks)
	}
	if i := strings.LastIndex(s, " - "); i > 0 && !f.answered && !f.forwarded {
		tail := strings.TrimSpace(s[i+3:])
		f.program = f.program || tail != "" && lexiconBegins(tail, program) == len(tail) // "Jury service - auto response"
	}
	if n := atStart(awaySubj); n > 0 {
		f.away, f.awayOnly = true, f.nothingElse(n) && !f.answered && !f.forwarded
		_, colon := f.follows(s, toks, n)
		f.awayJoined = !f.answered && !f.forwarded && hasReply(s, toks[n:min(len(toks), n+4)])
		f.awayColon = (colon || f.awayJoined) && !f.answered && !f.forwarded && n < len(toks) && !isDateWord(toks[n])
	}
	if n := len(toks); n > 1 && toks[0].text == "auto" && strings.HasPrefix(strings.TrimSpace(s[toks[0].end:]), ":") && !f.answered {
		f.awayColon, f.awayAuto = true, true
	}
	f.ackOurs = !f.answered && !f.forwarded && ourCase.MatchString(s)
	f.received = f.ackTag || f.ackOurs || atStart(ackSubj) > 0
	f.ofSender = f.aboutSender(toks, from)
	f.away = f.away || f.ofSender || atStart(left) > 0 || atStart(away) > 0
}

// nothingElse says that the first n tokens, which say away, are all the subject, or that the rest says it again in another language.
func (f *subjectForm) nothingElse(n int) bool {
	for again := true; again && n < len(f.toks); {
		again = false
		for _, h := range f.hits {
			if h.sense == awaySubj && h.from == n {
				n, again = h.to, true
			}
		}
	}
	return n == len(f.toks)
}

// hasReply says that one of the tokens is "Re:".
func hasReply(s string, toks []token) bool {
	for _, t := range toks {
		if replyMarks[t.text] && strings.HasPrefix(s[t.end:], ":") {
			return true
		}
	}
	return false
}

// oneWord says that the subject is a single word, in scripts that part words; in the others, that it is short.
func (f *subjectForm) oneWord() bool {
	if len(f.toks) == 0 {
		return false
	}
	if r, _ := utf8.DecodeRuneInString(f.toks[0].text); single(r) {
		return len(f.toks) <= 2
	}
	return len(f.toks) == 1
}

// follows says whether what stands after the first n tokens is what stands after a program's phrase: nothing, a mark, or a word that joins
// it to what is answered; colon, that it is a colon or such a word.
func (f *subjectForm) follows(s string, toks []token, n int) (ok, colon bool) {
	after := s[toks[n-1].end:]
	rest := strings.TrimLeft(after, " \t\u3000")
	if rest == "" {
		return true, false
	}
	r, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r == ':' || r == '：':
		return true, true
	case strings.ContainsRune("-–—|(（\"“”'‘«»[【】」』]）)/.!,;>~=＝_*…<", r):
		return true, false
	case single(r) && len(after) > len(rest):
		return true, false
	}
	for _, h := range f.hits {
		if h.sense == connector && h.from == n {
			return true, h.to == h.from+1 && replyMarks[toks[n].text]
		}
	}
	ok = n < len(toks) && (replyMarks[toks[n].text] || forwardMarks[toks[n].text])
	return ok, ok
}

// aboutSender says that the subject begins with the sender's name and goes on with her being away, as Notes writes it.
func (f *subjectForm) aboutSender(toks []token, from []mailparse.Address) bool {
	if len(from) == 0 || len(toks) < 3 || f.answered || f.forwarded {
		return false
	}
	name := map[string]bool{}
	for _, t := range tokens(head(from[0].Name+" "+from[0].Addr, 200)) {
		name[t.text] = len(t.text) > 1
	}
	if !name[toks[0].text] {
		return false
	}
	for _, h := range f.hits {
		if (h.sense == awaySubj || h.sense == away || h.sense == left) && h.from > 0 {
			return true
		}
	}
	return false
}

// isDateWord says that a token begins a date: "Out of office: 3 to 7 March" is an announcement.
func isDateWord(t token) bool {
	if unicode.IsDigit(rune(t.text[0])) || months[t.text] > 0 {
		return true
	}
	_, day := weekdays[t.text]
	return day
}

// ourCase is how help desks say that a case has been opened for a mail.
var ourCase = regexp.MustCompile(`(?i)^(?:your|we have received your|we've received your) (?:support |service )?(?:e-?mail|message|request|ticket|case|enquiry|inquiry|query|incident|call|complaint)\b[^?]{0,30}(?:has been|was|is) (?:received|logged|registered|opened|created)\b|^(?:ticket|request|enquiry|case) received\b|^(?:support |new )?ticket (?:opened|created) ?[\[#:-]`)

// ticketSubject is the number that help desks give.
var ticketSubject = regexp.MustCompile(`(?i)\[(?:ticket|case|request|ref(?:erence)?|incident|enquiry)?\s?[:#]?\s?#?[a-z]{0,6}-?\d{3,}\]|\[ref[: ].{2,30}\]|\[[^\]]{2,30} #\d{2,}\]|\b(?:ticket|case|request|incident|enquiry|reference) ?(?:#|id|no\.?|number|ref)?\s?:?\s?#?[a-z]{0,6}-?\d{4,}|\(#\d{3,}\)|##\d{3,}##|^[a-z]{2,8}-\d+ `)

// says reports whether the subject holds a phrase of a sense.
func (f *subjectForm) says(want sense) bool {
	for _, h := range f.hits {
		if h.sense == want {
			return true
		}
	}
	return false
}

// dated says that the subject tells when somebody is back.
func (f *subjectForm) dated() bool {
	for _, h := range f.hits {
		if h.sense == back || h.sense == until || h.sense == through {
			return true
		}
	}
	return false
}
