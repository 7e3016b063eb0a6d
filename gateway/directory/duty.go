package directory

import (
	"net/mail"
	"strings"

	"kinbridge/gateway/table"
	"kinbridge/gateway/wording"
)

// Duty is how to reach an authority's duty team, as a deployment has found out. Domains are those of its staff's email, lower case.
type Duty struct {
	Slug    string
	Email   string // "" when not known
	Phone   string // "" when not known
	Domains []string
}

var dutyColumns = []table.Column{
	{Name: "authority", Also: []string{"slug", "name", "council", "local authority", "la"}, Required: true},
	{Name: "duty_email", Also: []string{"email", "email address", "duty team email"}},
	{Name: "duty_phone", Also: []string{"phone", "telephone", "tel", "duty team phone"}},
	{Name: "domain", Also: []string{"domains", "email domain", "email domains"}},
}

// ReadDuty reads a deployment's table: authority (slug or any name), duty_email, duty_phone, domain (several parted by spaces or semicolons).
// Rows with a fault are left out and named; the others are returned. An error means that the file is no such table.
func ReadDuty(data []byte) ([]Duty, *table.Faults, error) {
	rows, faults, err := table.Read(data, dutyColumns)
	if err != nil {
		return nil, nil, err
	}
	var out []Duty
	seen := map[string]int{}
	for _, r := range rows {
		before := len(faults.List) + faults.More
		d := readDuty(r, faults)
		if first := seen[d.Slug]; d.Slug != "" && first != 0 {
			faults.Add(r.Number, "authority", "Row %d is for the same authority: put both into one row.", first)
		}
		if len(faults.List)+faults.More > before {
			continue
		}
		seen[d.Slug] = r.Number
		out = append(out, d)
	}
	return out, faults, nil
}

func readDuty(r table.Row, faults *table.Faults) Duty {
	d := Duty{Phone: r.Get("duty_phone")}
	switch a, ok := find(r.Get("authority")); {
	case ok:
		d.Slug = a.Slug
	case r.Get("authority") == "":
		faults.Add(r.Number, "authority", "It names no authority.")
	default:
		faults.Add(r.Number, "authority", "There is no one authority of this name.%s", suggest(r.Get("authority")))
	}
	if email := r.Get("duty_email"); email != "" {
		a, err := mail.ParseAddress(email)
		if err != nil || a.Address != strings.Trim(email, "<>") || !isDomain(a.Address[strings.LastIndexByte(a.Address, '@')+1:]) {
			faults.Add(r.Number, "duty_email", "This is no email address: write one, like duty@anytown.example.")
		} else {
			d.Email = a.Address
		}
	}
	if d.Phone != "" && !isPhone(d.Phone) {
		faults.Add(r.Number, "duty_phone", "This is no telephone number: write it like 01632 960001.")
	}
	for _, dom := range strings.FieldsFunc(strings.ToLower(r.Get("domain")), func(c rune) bool { return strings.ContainsRune(" ;,|\n\r\t", c) }) {
		dom = strings.TrimSuffix(strings.TrimPrefix(dom, "@"), ".")
		switch {
		case !isDomain(dom):
			faults.Add(r.Number, "domain", "“%s” is no domain: write what follows the @, like anytown.example.", short(dom))
		case anybodys[dom]:
			faults.Add(r.Number, "domain", "Anybody can have an address at %s: it proves no authority.", dom)
		default:
			d.Domains = append(d.Domains, dom)
		}
	}
	if d.Slug != "" && r.Get("duty_email") == "" && d.Phone == "" && r.Get("domain") == "" {
		faults.Add(r.Number, "", "It has no email address, no telephone number and no domain.")
	}
	return d
}

func find(name string) (Authority, bool) {
	if a, ok := BySlug(strings.ToLower(name)); ok {
		return a, true
	}
	return Named(name)
}

// suggest offers up to three names.
func suggest(name string) string {
	found := Search(name, 3)
	for words := key(name); len(found) == 0 && len(words) > 0; words = words[:len(words)-1] {
		found = Search(strings.Join(words, " "), 3)
	}
	if len(found) == 0 {
		return ""
	}
	names := make([]string, len(found))
	for i, a := range found {
		names[i] = a.Name
	}
	return " Did you mean " + strings.Join(names, " or ") + "?"
}

func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// isDomain judges the form of RFC 1035 section 2.3.1, with at least one dot.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 || len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.Trim(strings.ToLower(l), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return true
}

// isPhone judges roughly: three digits (a short code) to twenty, with what people write between, and an extension.
func isPhone(s string) bool {
	digits := 0
	for _, w := range wording.Words(s) {
		switch w.Text {
		case "ext", "extension", "x", "option", "opt", "or", "est", "estyniad":
			continue
		}
		if strings.Trim(w.Text, "0123456789") != "" {
			return false
		}
		digits += len(w.Text)
	}
	return digits >= 3 && digits <= 20 && !strings.ContainsAny(s, "@<>")
}

// anybodys are domains where anybody gets an address.
var anybodys = func() map[string]bool {
	m := map[string]bool{}
	for _, d := range strings.Fields(`gmail.com googlemail.com outlook.com outlook.co.uk hotmail.com hotmail.co.uk live.com live.co.uk msn.com yahoo.com yahoo.co.uk ymail.com
		icloud.com me.com mac.com aol.com aol.co.uk btinternet.com btopenworld.com sky.com talktalk.net virginmedia.com ntlworld.com blueyonder.co.uk
		protonmail.com proton.me pm.me gmx.com gmx.co.uk mail.com zoho.com tutanota.com tuta.com fastmail.com yandex.com plus.com tiscali.co.uk onmicrosoft.com`) {
		m[d] = true
	}
	return m
}()
