package kiosk

import (
	"regexp"
	"strings"
	"testing"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/messages"
	"kinbridge/gateway/people"
	"kinbridge/gateway/threads"
)

// Every text that says who reads her words first follows the setting, in both languages, shown and spoken.
func TestWordsForWhoReadsFirst(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	pact := map[i18n.Lang]*regexp.Regexp{i18n.English: regexp.MustCompile("(?i)your pact worker (reads|is reading)"), i18n.Welsh: regexp.MustCompile("eich gweithiwr Pact yn (ei )?darllen")}
	nobody := map[i18n.Lang]string{i18n.English: "Nobody reads it before it goes.", i18n.Welsh: "Nid oes neb yn ei darllen cyn iddi fynd."}
	orders := [][]ids.Role{nil}
	for _, r := range flow.ReviewerRoles {
		orders = append(orders, []ids.Role{r}, []ids.Role{r, ids.RolePublicProtection})
	}
	for _, lang := range i18n.Langs {
		s := shower{loc: words.Loc(lang), speech: newSpeechCache(nil)}
		for _, order := range orders {
			v := flow.KioskReading{Official: true, First: order, ToHer: order}
			first := ids.Role("")
			if len(order) > 0 {
				first = order[0]
			}
			m := flow.KioskMessage{Progress: flow.ProgressSent}
			if first != "" {
				m = flow.KioskMessage{Progress: flow.ProgressChecking, Checker: first}
			}
			texts := map[string]string{
				"readers": s.readers(v, "thr_1").First,
				"spoken":  s.readers(v, "thr_1").said(s),
				"channel": s.channel(flow.KioskThread{Thread: threads.Thread{Channel: threads.Official}, Reading: v}),
				"sent":    s.next(m),
				"status":  s.progress(m.Progress, m.Checker),
				"frame":   s.state(flow.Composed{State: map[bool]messages.State{true: messages.Held, false: messages.Released}[first != ""], Checker: first}),
			}
			for what, text := range texts {
				if got := pact[lang].MatchString(text); got != (first == ids.RolePactWorker) {
					t.Errorf("%s, %s, reviewed by %v: %q", lang, what, order, text)
				}
				if strings.Contains(text, "kiosk.") || strings.TrimSpace(text) == "" {
					t.Errorf("%s, %s, reviewed by %v: there are no words: %q", lang, what, order, text)
				}
			}
			if got := texts["readers"] == nobody[lang]; got != (len(order) == 0) || !strings.Contains(texts["spoken"], texts["readers"]) {
				t.Errorf("%s, reviewed by %v: %q, and spoken %q", lang, order, texts["readers"], texts["spoken"])
			}
		}
		hidden := flow.KioskReading{Official: true, Also: true}
		if text := s.readers(hidden, "thr_1").First; text == nobody[lang] {
			t.Errorf("%s: she is told that nobody reads it, and somebody does", lang)
		}
		for _, channel := range []flow.KioskReading{{Privileged: true}, {}} {
			if v := s.readers(channel, "thr_1"); v.First != nobody[lang] || v.Walls == "" {
				t.Errorf("%s: %+v", lang, v)
			}
		}
		for _, r := range ids.Roles {
			if text := s.reader(flow.KioskReader{Name: "N", Role: r}); strings.Contains(text, "kiosk.") {
				t.Error(text)
			}
		}
		for _, office := range []people.ContactRole{people.AllocatedWorker, people.TeamManager, people.ServiceManager, people.DutyTeam, people.ReviewingOfficer, people.ConferenceChair,
			people.CafcassGuardian, people.Solicitor, people.Carer, people.SchoolLead} {
			if text := s.reader(flow.KioskReader{Name: "N", Office: office, Body: "B"}); strings.Contains(text, "kiosk.") {
				t.Error(text)
			}
		}
	}
}
