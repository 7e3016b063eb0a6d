package replytext

import (
	"strings"
	"unicode"
)

// unsign takes warning banners off the front and signature, closing words and disclaimers off the end of the author's
// lines. last says that they are her last ones, first that nothing stands above them.
func (s *splitter) unsign(r run, who author, last, first bool) (body, signed []string) {
	lines := make([]string, 0, r.to-r.from)
	var structural []string
	for i := int(r.from); i < int(r.to); i++ {
		if l := s.lines[i]; l.is(signature) && !l.sureQuote() {
			structural = append(structural, l.text)
		} else {
			lines = append(lines, l.render())
		}
	}
	if last && allBlank(lines) && len(structural) > 0 {
		// She typed into the element of the signature, or said nothing.
		if at := signatureStart(structural, who); at > 0 && saysSomething(structural[:at]) {
			lines, structural = structural, nil
		} else if signatureBelow(structural, who) && (who.signs(structural[0]) || nameLike(structural[0]) || isDelimiter(structural[0])) {
			s.onlySigned = true
		}
	}
	var banners []string
	if first {
		lines, banners = cutBanner(lines)
	}
	if !last && len(structural) == 0 && int(r.to) != len(s.lines) && int(r.to) < s.end && !signsOff(lines, who) {
		// Between two quotes people answer; they do not sign.
		return lines, banners
	}
	lines, plucked := pluckMobile(lines)
	at := signatureStart(lines, who)
	signed = append(append(append(banners, lines[at:]...), ""), plucked...)
	return lines[:at], append(append(signed, ""), structural...)
}

// saysSomething says that lines hold a sentence.
func saysSomething(lines []string) bool {
	for _, l := range lines {
		if t := squeeze(l); endsSentence(t) && len(strings.Fields(t)) >= 3 || len(t) > 60 {
			return true
		}
	}
	return false
}

// signsOff says that lines above a quote end with more than a word: a delimiter, or a name below closing words.
func signsOff(lines []string, who author) bool {
	end := trimEnd(lines, len(lines))
	return explicitDelimiter(lines, end) >= 0 || closingStart(lines, end, who) > 0
}

// pluckMobile takes out the line of a mobile program below which the author went on writing.
func pluckMobile(lines []string) (rest, plucked []string) {
	end := trimEnd(lines, len(lines))
	for i := max(0, end-60); i < end; i++ {
		if !isMobile(squeeze(lines[i])) || i > 0 && strings.TrimSpace(lines[i-1]) != "" && !isMobileTop(lines, i) {
			continue
		}
		below := i + 1
		if below < end && brevity(squeeze(lines[below])) {
			below++
		}
		if below >= end || signatureBelow(lines[below:end], author{}) || furnitureOnly(lines[below:end]) {
			return lines, nil
		}
		rest = append(append(append(rest, lines[:i]...), ""), lines[below:]...)
		return rest, append(plucked, lines[i:below]...)
	}
	return lines, nil
}

func isMobileTop(lines []string, i int) bool { return allBlank(lines[:i]) }

func furnitureOnly(lines []string) bool {
	for i, l := range lines {
		t := squeeze(l)
		if t != "" && (i == 0 || strings.TrimSpace(lines[i-1]) == "") {
			return isLegal(t, paragraph(lines, i)) || isRuler(t) || isDelimiter(l) || isMobile(t) || brevity(t)
		}
	}
	return true
}

// paragraph joins the lines from i to the next blank or ruling one.
func paragraph(lines []string, i int) string {
	first := squeeze(lines[i])
	if i+1 == len(lines) || strings.TrimSpace(lines[i+1]) == "" {
		return first
	}
	var b strings.Builder
	for ; i < len(lines) && strings.TrimSpace(lines[i]) != "" && !isRuler(lines[i]) && b.Len() < 4000; i++ {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(squeeze(lines[i]))
	}
	return b.String()
}

func cutBanner(lines []string) (rest, banners []string) {
	cut := 0
	for i := 0; i < len(lines) && i < 15; {
		t := squeeze(lines[i])
		if t == "" || isRuler(t) {
			i++
			continue
		}
		if !isBanner(t, paragraph(lines, i)) {
			break
		}
		i++
		// The rest of the paragraph, when it was wrapped.
		for i < len(lines) && squeeze(lines[i]) != "" && !isRuler(lines[i]) && (len(squeeze(lines[i-1])) >= 55 || isBanner(squeeze(lines[i]), squeeze(lines[i]))) && i < 15 {
			i++
		}
		cut = i
	}
	for cut > 0 && cut < len(lines) && isRuler(lines[cut]) {
		cut++
	}
	if cut == 0 || allBlank(lines[cut:]) {
		return lines, nil
	}
	return lines[cut:], append([]string(nil), lines[:cut]...)
}

// signatureStart returns the index of the first line that belongs to the signature, len(lines) when there is none. It works
// from the end: disclaimers, what mobile programs add, then the signature proper.
func signatureStart(lines []string, who author) int {
	at := signatureTop(lines, who)
	// What separates a signature from the words goes with it.
	for top := at - 8; at > 0 && at > top && at < len(lines); {
		t := squeeze(lines[at-1])
		if t != "" && !isRuler(t) && !isDelimiter(t) && !isPicture(t) {
			break
		}
		if t == "" && trimEnd(lines, at) == 0 {
			break
		}
		at--
	}
	if at < len(lines) {
		return trimEnd(lines, at)
	}
	return at
}

func signatureTop(lines []string, who author) int {
	end := trimEnd(lines, len(lines))
	if at := explicitDelimiter(lines, end); at >= 0 {
		end = trimEnd(lines, at)
	}
	if end == 0 {
		return 0
	}
	for n := range 12 { // disclaimer, list footer, mobile line and the like, in any order
		at := furnitureStart(lines, end, n == 0)
		if at < 0 || at >= end {
			break
		}
		end = trimEnd(lines, at)
	}
	if at := closingStart(lines, end, who); at >= 0 && !allBlank(lines[:at]) {
		return trimEnd(lines, at)
	}
	at := framedStart(lines, end, who)
	if at < 0 {
		if at = contactStart(lines, end, who); at >= 0 && strings.HasSuffix(squeeze(previousWords(lines, at)), ":") {
			return end
		}
	}
	if at < 0 || allBlank(lines[:at]) {
		return end
	}
	at = trimEnd(lines, at)
	if c := closingStart(lines, at, who); c >= 0 && !allBlank(lines[:c]) {
		return trimEnd(lines, c)
	}
	if n := nameAbove(lines, at, who); n > 0 {
		return trimEnd(lines, n)
	}
	return at
}

func trimEnd(lines []string, n int) int {
	for n > 0 && strings.TrimSpace(lines[n-1]) == "" {
		n--
	}
	return n
}

func firstWords(lines []string) int {
	i := 0
	for i < len(lines) && strings.TrimSpace(lines[i]) == "" {
		i++
	}
	return i
}

// atMost says that no more than n lines have words.
func atMost(lines []string, n int) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			if n--; n < 0 {
				return false
			}
		}
	}
	return true
}

// maxFooter is how many lines what is appended below the words can take.
const maxFooter = 200

// furnitureStart finds the disclaimer or mobile line that starts what programs and organisations append, or -1. What lies above the first
// disclaimer holds none, so legal is only asked for once.
func furnitureStart(lines []string, end int, legal bool) int {
	for i := max(0, end-maxFooter); i < end; i++ {
		t := squeeze(lines[i])
		if t == "" {
			continue
		}
		switch {
		case end-i < 40 && isMobile(t) && mobileTail(lines[i+1:end]):
			return i
		case legal && (i == 0 || startsParagraph(lines, i)) && isLegal(t, paragraph(lines, i)) && !headsWords(t, lines[i+1:end]), end-i <= 3 && isMarking(t) && i > 0:
			if i > 0 && isRuler(lines[i-1]) {
				return i - 1
			}
			return i
		case i > 0 && isRuler(previousWords(lines, i)) && (listFooter(t) || brevity(t)):
			return i - 1
		case i > 0 && drawnFooter(t):
			return i
		case i == end-1 && brevity(t):
			return i
		}
	}
	return -1
}

// headsWords says that a line is the title of a disclaimer, but no disclaimer stands below: "Confidential" may head a letter.
func headsWords(t string, below []string) bool {
	i := firstWords(below)
	if i == len(below) || !legalHead(t) {
		return false
	}
	return legalTopicsIn(paragraph(below, i)) == 0 && !isMobile(squeeze(below[i])) && !isRuler(below[i])
}

// mobileTail says that what stands below a mobile program's line is its own: a link, an excuse, a disclaimer; or a name.
func mobileTail(lines []string) bool {
	return atMost(lines, 6) && (signatureBelow(lines, author{}) || furnitureOnly(lines))
}

// previousWords returns the last line above i that is not blank.
func previousWords(lines []string, i int) string {
	if n := trimEnd(lines, i); n > 0 {
		return lines[n-1]
	}
	return ""
}

// signed is a line of a signature as it reads without the stars of bold type.
func signed(l string) string {
	t := squeeze(l)
	if strings.IndexByte(t, '*') >= 0 && !isListItem(t) {
		t = strings.TrimSpace(strings.ReplaceAll(t, "*", ""))
	}
	return t
}

// isRuler says that a line draws a ruling line: three signs or more, and nothing else.
func isRuler(l string) bool {
	if len(l) > 300 {
		return false
	}
	n := 0
	for _, r := range l {
		switch r {
		case '-', '–', '—', '_', '=', '*', '~', '#', '•', '+', '─', '═', '━', '‐', '―':
			n++
		case ' ', '\t', '\u00a0':
		default:
			return false
		}
	}
	return n >= 3
}

func startsParagraph(lines []string, i int) bool {
	return strings.TrimSpace(lines[i-1]) == "" || len(lines[i-1]) < 60 || isRuler(lines[i-1])
}

// closingStart finds the closing words of the author, after which only name, office and contacts follow; or -1.
func closingStart(lines []string, end int, who author) int {
	found := -1
	below := 0 // lines with words below i
	for i := end - 1; i >= 0 && below <= 22; i-- {
		t := signed(lines[i])
		if t == "" {
			continue
		}
		c, whole := isClosing(t)
		switch {
		case whole && (below > 0 || !c.thanking) && (below == 0 || signatureBelow(lines[i+1:end], who)):
			found = i
		case below <= 18 && closedByName(t, who) && (below == 0 || signatureBelow(lines[i+1:end], who)):
			found = i
		case found >= 0:
			return found
		case len(t) > 160:
			return found
		}
		below++
	}
	return found
}

// signatureBelow says that lines could all be name, office, contacts and pictures: short, and few of them sentences. What is said of
// working days may follow below the contacts.
func signatureBelow(lines []string, who author) bool {
	n, contacts := 0, false // an office counts as contacts do
	for _, l := range lines {
		t := signed(l)
		if t == "" {
			continue
		}
		if n++; n > 22 {
			return false
		}
		if isContact(t) && !endsSentence(t) {
			contacts = true
			continue
		}
		if isSigned(t, who) {
			contacts = contacts || n > 1 && hasTitle(t)
			continue
		}
		if contacts && furnitureFinder.in(asciiFold(t))&workingNote != 0 && !strings.HasSuffix(t, "?") {
			continue
		}
		words := len(strings.Fields(t))
		if len(t) > 80 || strings.HasSuffix(t, "?") || words > 7 && endsSentence(t) || startsLower(t) && words > 4 || strings.HasSuffix(t, ":") || isPostscript(t) || isListItem(t) {
			return false
		}
		if n == 1 && words > 1 || asksSomething(t, contacts) {
			return false // below closing words a name comes first, and nobody asks for anything
		}
	}
	return true
}

// isSigned says that a line is a name, an office, a picture or what a program adds.
func isSigned(t string, who author) bool {
	if _, whole := isClosing(t); whole || who.signs(t) || who.heads(t) || nameLike(t) || isPicture(t) || isRuler(t) || isMobile(t) || brevity(t) {
		return true
	}
	if strings.HasSuffix(t, "?") || isPostscript(t) {
		return false
	}
	return isContact(t) || hasTitle(t) && !hasFirstPerson(t) && !asksSomething(t, false)
}

// sentenceWord are words of sentences that do not stand in names and offices; asking are those of them that speak to the reader.
var (
	sentenceWord = newSet("please send is are was were will would can could you your we i it this that have has need let know see sorry hope call ask not don't if when what how she he they her him them there here be been do does did get got must may")
	asking       = newSet("please you your we i can could send let")
)

// asksSomething says that a line is part of a sentence. Below contacts stand slogans, which speak to nobody.
func asksSomething(t string, contacts bool) bool {
	for _, k := range tokens(t, 16) {
		if sentenceWord[k.word] && (!contacts || asking[k.word]) {
			return true
		}
	}
	return false
}

func isPostscript(t string) bool {
	return strings.HasPrefix(t, "PS") || strings.HasPrefix(t, "P.S") || strings.HasPrefix(t, "Ps ") || strings.HasPrefix(t, "ps ") || strings.HasPrefix(t, "ON:") || strings.HasPrefix(t, "O.N.") || strings.HasPrefix(t, "NB")
}

func isListItem(t string) bool {
	if strings.HasPrefix(t, "- ") && strings.HasSuffix(t, " -") {
		return false // "- Housing -" names an office
	}
	return strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "* ") || len(t) > 2 && t[0] >= '1' && t[0] <= '9' && (t[1] == '.' || t[1] == ')') && t[2] == ' '
}

func startsLower(s string) bool {
	return unicode.IsLower(firstRuneOf(s))
}

// onlyFurniture says that lines hold nothing but what programs append, so that a message of them alone has no words of its
// author.
func onlyFurniture(lines []string) bool {
	for i, l := range lines {
		t := squeeze(l)
		if t == "" || isRuler(t) || isDelimiter(l) {
			continue
		}
		par := paragraph(lines, i)
		return isMobile(t) || isLegal(t, par) || isBanner(t, par) || isDelimiter(lines[0])
	}
	return true
}
