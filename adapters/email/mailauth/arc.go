package mailauth

import (
	"bytes"
	"strconv"
	"strings"
)

// ARC is what the chain of ARC sets (RFC 8617) tells: who handled the message on its way and what each says it saw. A chain proves nothing
// about the writer by itself, because anybody may seal; it counts only when a trusted sealer stands at its end.
type ARC struct {
	// Result is none without a chain, pass when every seal and the newest message signature hold, temperror when a key could not be looked
	// up, and otherwise fail.
	Result  Result
	Reason  string   // why it did not pass, in plain words
	Sealers []string // the domains of the seals, oldest first; unless Result is pass these are mere claims
	// OldestPass is the oldest instance from which on every message signature still fits the message; 0 when all do (RFC 8617 section 5.2).
	OldestPass int
	// First is what the first trusted sealer recorded when the message reached it, nil when none is trusted. Trusted sealers must follow one
	// another up to the newest: a stranger after them could have changed everything.
	First       *Reported
	FirstSealer string
}

// arcSet is one instance: three fields.
type arcSet struct {
	results, message, seal field
	msg, sealed            *signature
	have                   [3]int
}

// RFC 8617 section 4.2.1 allows 50 instances. Longer chains than maxSets are not followed: each costs two look-ups, and real mail has two
// or three.
const maxSets = 12

var arcFields = []string{"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"}

// arcInstance returns the i= of an ARC field; 0 when it has none.
func arcInstance(kind int, f field) int {
	text := string(f.value())
	if kind == 0 {
		first, _, _ := strings.Cut(text, ";")
		name, v, ok := strings.Cut(stripComments(first), "=")
		if !ok || strings.TrimSpace(name) != "i" {
			return 0
		}
		n, _ := strconv.Atoi(strings.TrimSpace(v))
		return n
	}
	tags, err := parseTags(text)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(tags.word("i"))
	return n
}

// arcSets collects the sets, oldest first, and checks their structure (RFC 8617 section 5.2 steps 1 to 3).
func (m *message) arcSets() ([]arcSet, *fault) {
	var sets []arcSet
	for _, f := range m.fields {
		kind := -1
		if n := f.name(); len(n) > 4 && (n[0] == 'A' || n[0] == 'a') && bytes.EqualFold(n[:4], []byte("arc-")) {
			for k, name := range arcFields {
				if f.is(name) {
					kind = k
				}
			}
		}
		if kind < 0 {
			continue
		}
		i := arcInstance(kind, f)
		if i < 1 || i > 50 {
			return sets, broken("its steps are not numbered as they should be")
		}
		if i > maxSets {
			return sets, broken("it is longer than is followed here")
		}
		for len(sets) < i {
			sets = append(sets, arcSet{})
		}
		s := &sets[i-1]
		*[]*field{&s.results, &s.message, &s.seal}[kind] = f
		s.have[kind]++
	}
	for _, s := range sets {
		if s.have != [3]int{1, 1, 1} {
			return sets, broken("a step of it is missing or given twice")
		}
	}
	return sets, nil
}

// readSets reads the signatures and seals of every set.
func readSets(sets []arcSet) *fault {
	for i := range sets {
		s := &sets[i]
		var why *fault
		if s.sealed, why = readSignature(s.seal, "i", "a", "b", "cv", "d", "s"); why != nil {
			return broken("a seal cannot be read")
		}
		want := "pass"
		if i == 0 {
			want = "none"
		}
		_, hasH := s.sealed.tags.get("h")
		switch cv := s.sealed.tags.word("cv"); {
		case cv == "fail":
			return broken("somebody on the way found it broken already")
		case cv != want || hasH: // RFC 8617 sections 4.1.3 and 5.2
			return broken("a seal cannot be read")
		}
		if s.msg, why = readSignature(s.message, "i", "a", "b", "bh", "d", "h", "s"); why != nil {
			return broken("a signature in it cannot be read")
		}
		if why = s.msg.readCover(); why != nil {
			return broken("a signature in it cannot be read")
		}
		for _, name := range arcFields { // section 4.1.2: it must not cover the chain itself
			if s.msg.covers(name) {
				return broken("a signature in it cannot be read")
			}
		}
	}
	return nil
}

// checkSeal checks the seal of sets[n]: it covers every set so far, in order, and itself last (RFC 8617 section 5.1.1).
func checkSeal(sets []arcSet, n int, a *asker) *fault {
	s := sets[n].sealed
	key, why := a.key(s.domain, s.tags.word("s"))
	if why != nil {
		return why
	}
	h := newHashing()
	for i := 0; i <= n; i++ {
		h.buf = append(appendRelaxed(h.buf, sets[i].results), "\r\n"...)
		h.buf = append(appendRelaxed(h.buf, sets[i].message), "\r\n"...)
		h.flush(flushAt)
		if i < n {
			h.buf = append(appendRelaxed(h.buf, sets[i].seal), "\r\n"...)
		}
	}
	h.buf = appendRelaxed(h.buf, s.bare())
	sum := h.sum()
	if why := key.verify(s.tags.word("a"), sum[:], s.sig); why != nil {
		return why
	}
	if key.testing {
		return &fault{Fail, "a sealer says that its key is only being tried out"}
	}
	return nil
}

// checkARC validates the chain (RFC 8617 section 5.2). Only the newest message signature has to hold: the older ones break, as they should,
// when somebody on the way changed the message.
func (f *Facts) checkARC(m *message, a *asker, trusted []string) {
	sets, why := m.arcSets()
	f.ARC.Result = None
	if len(sets) == 0 && why == nil {
		return
	}
	if why == nil {
		why = readSets(sets)
	}
	for _, s := range sets {
		if s.sealed != nil && s.sealed.domain != "" {
			f.ARC.Sealers = append(f.ARC.Sealers, s.sealed.domain)
		}
	}
	anyKey := func(*publicKey) *fault { return nil }
	last := len(sets) - 1
	if why == nil {
		why = m.prove(sets[last].msg, a, anyKey)
	}
	for n := last; n >= 0 && why == nil; n-- {
		why = checkSeal(sets, n, a)
	}
	if why != nil {
		f.ARC.Result, f.ARC.Reason = Fail, why.why
		if why.result == TempError {
			f.ARC.Result = TempError
		}
		return
	}
	f.ARC.Result = Pass
	for n := last - 1; n >= 0; n-- {
		if m.prove(sets[n].msg, a, anyKey) != nil {
			f.ARC.OldestPass = n + 2
			break
		}
	}
	f.firstTrusted(sets, trusted)
}

// firstTrusted walks back from the newest seal while the sealers are trusted. The newest message signature must cover From, else From could
// have been exchanged after the last of them.
func (f *Facts) firstTrusted(sets []arcSet, trusted []string) {
	if len(trusted) == 0 || !sets[len(sets)-1].msg.covers("From") {
		return
	}
	for n := len(sets) - 1; n >= 0 && isTrusted(trusted, sets[n].sealed.domain); n-- {
		_, text, _ := strings.Cut(string(sets[n].results.value()), ";")
		if r, ok := parseResults(text); ok {
			r.Header = "ARC-Authentication-Results"
			f.ARC.First, f.ARC.FirstSealer = &r, sets[n].sealed.domain
		} else {
			f.ARC.First, f.ARC.FirstSealer = nil, ""
		}
	}
}

func isTrusted(trusted []string, domain string) bool {
	for _, t := range trusted {
		if asciiDomain(t) == domain {
			return true
		}
	}
	return false
}

// arcVouches says whether the first trusted sealer saw an aligned method pass for the From domain. Alone a chain says nothing.
func (f Facts) arcVouches() bool {
	if f.ARC.Result != Pass || f.ARC.First == nil {
		return false
	}
	return f.ARC.First.vouchesFor(f.FromDomain, f.strictDKIM, f.strictSPF)
}
