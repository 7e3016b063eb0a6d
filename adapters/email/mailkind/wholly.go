package mailkind

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// consists says that the own words are nothing but what automatic answers consist of: at least that many sentences, each of them on being away,
// on when a mail will be answered, on whom to ask; a salutation before them and a signature below. A person who answers has something
// else to say.
func (e *evidence) consists(least int) bool {
	kept := e.covered()
	first, last, n := -1, -1, 0
	for i, s := range kept {
		if s.said {
			if first < 0 {
				first = i
			}
			last = i
			n++
		}
	}
	if n < least {
		return false
	}
	for i, s := range kept {
		switch {
		case s.said:
		case i < first && !e.salutes(s), i > first && i < last && s.to-s.from > 1:
			return false
		}
	}
	return last == len(kept)-1 || e.signs(e.own.text[e.toks[kept[last].to-1].end:])
}

// stretch is a sentence: its tokens, and whether it holds what automatic answers say.
type stretch struct {
	from, to int
	said     bool
}

// covered parts the own words into sentences.
func (e *evidence) covered() []stretch {
	var out []stretch
	for i := range e.toks {
		if i == 0 || e.toks[i].sentence || e.afterDate(i) {
			out = append(out, stretch{from: i})
		}
		s := &out[len(out)-1]
		s.to = i + 1
	}
	at := 0
	for _, h := range e.hits { // in the order of their beginnings
		for at < len(out) && out[at].to <= h.from {
			at++
		}
		switch h.sense {
		case away, left, later, contact, machine, thanks, received:
			out[at].said = true
		case until, through, back: // short words, that mean it only before a date
			for _, t := range e.toks[h.to:min(len(e.toks), h.to+2)] {
				out[at].said = out[at].said || isDateWord(t)
			}
		}
	}
	return out
}

// afterDate says that a sentence begins at a token behind a full stop that could be part of a date: "until 21/07. I shall".
func (e *evidence) afterDate(i int) bool {
	prev, t := e.toks[i-1], e.toks[i]
	between := e.own.text[prev.end:t.start]
	if len(between) < 2 || between[0] != '.' || isDateWord(t) || !unicode.IsDigit(rune(prev.text[len(prev.text)-1])) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(e.own.text[t.start:])
	return !unicode.IsLower(r)
}

// salutes says that a sentence before all others can be a salutation.
func (e *evidence) salutes(s stretch) bool {
	own := e.own.text[e.toks[s.from].start:e.toks[s.to-1].end]
	for _, w := range []string{"お世話になって", "お世話になり", "您好", "你好", "안녕하세요"} {
		if strings.Contains(own, w) {
			return true
		}
	}
	if strings.HasSuffix(own, "です") && s.to-s.from <= 7 {
		return true // "Yamada here."
	}
	after, _ := utf8.DecodeRuneInString(e.own.text[e.toks[s.to-1].end:])
	switch after {
	case '.', '。':
		return s.to-s.from == 1
	case '!', '！', ':', '：':
		return s.to-s.from <= 3
	}
	return s.to-s.from <= 6
}

// signs says that what follows the last sentence begins as a signature does: with a short line that ends no sentence.
func (e *evidence) signs(rest string) bool {
	rest = strings.TrimLeft(rest, " \t\n.!。！)\"'*_\u00a0")
	line, _, _ := strings.Cut(rest, "\n")
	line = strings.TrimSpace(line)
	return len(tokens(head(line, 120))) <= 5 && !strings.HasSuffix(line, ".") && !strings.HasSuffix(line, "!") && !strings.HasSuffix(line, "?")
}

// share is how much of the own words, in percent, is said by phrases on being away and the dates behind them.
func (e *evidence) share() int {
	if len(e.toks) == 0 {
		return 0
	}
	n, end := 0, 0
	for _, h := range e.hits {
		switch h.sense {
		case away, left, later, machine, thanks, received, until, through, back:
			to := h.to
			for to < len(e.toks) && isDateWord(e.toks[to]) {
				to++
			}
			n += max(0, to-max(end, h.from))
			end = max(end, to)
		}
	}
	return 100 * n / len(e.toks)
}

// namesDay says that a date stands behind words that mean until.
func (e *evidence) namesDay() bool {
	for _, h := range e.hits {
		if h.sense != until && h.sense != through {
			continue
		}
		for _, t := range e.toks[h.to:min(len(e.toks), h.to+2)] {
			if isDateWord(t) {
				return true
			}
		}
	}
	return false
}

// saidAfter says that an automatic answer's phrase begins in the rest of the sentence behind a token.
func (e *evidence) saidAfter(i int) bool {
	for _, h := range e.hits {
		if h.from <= i || h.sense != away && h.sense != later && h.sense != contact && h.sense != back {
			continue
		}
		for j := i + 1; j <= h.from; j++ {
			if e.toks[j].sentence {
				return false
			}
		}
		return true
	}
	return false
}

// adversatives are how people go on after saying that they are away, folded: "but I will come on Sunday".
var adversatives = words("but however though although aber jedoch trotzdem mais pourtant pero sino mas porem maar echter men dock ale lecz jednak avsak azonban mutta но однако але обаче али ama fakat ancak αλλα ομως אבל אך لكن ولكن")

var ptMore = words("breve rapido rapidamente tardar tarde informacoes urgente cedo curto")

// hasBut says that the own words have such a word, and that what follows it in the sentence is not what automatic answers say ("but will
// answer on my return"). Of scripts that do not part words the commonest are looked for in the text.
func (e *evidence) hasBut() bool {
	for i, t := range e.toks {
		if t.text == "mais" && i+1 < len(e.toks) && ptMore[e.toks[i+1].text] {
			continue // Portuguese "as soon as possible", not French "but"
		}
		if adversatives[t.text] && !e.saidAfter(i) {
			return true
		}
	}
	for _, w := range []string{"但", "可是", "不过", "不過", "ですが", "けれど", "しかし", "지만", "하지만"} {
		if strings.Contains(e.own.text, w) {
			return true
		}
	}
	return false
}
