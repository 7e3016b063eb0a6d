package replytext

import (
	"runtime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"kinbridge/adapters/email/mailparse"
)

// words counts the words of a text: runs of letters and digits.
func words(s string) map[string]int {
	m := map[string]int{}
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		m[w]++
	}
	return m
}

// checkWhole says that a reply holds every word of the body, no more and no fewer times.
func checkWhole(t *testing.T, body string, r Reply) {
	t.Helper()
	want, got := words(body), words(r.Text+"\n"+r.Signature+"\n"+r.Quoted)
	for w, n := range want {
		if got[w] != n {
			t.Fatalf("word %q: %d times, want %d\nbody %q\ntext %q\nsig %q\nquoted %q", w, got[w], n, body, r.Text, r.Signature, r.Quoted)
		}
	}
}

func FuzzSplitPlain(f *testing.F) {
	for _, s := range []string{
		"Yes.\n\nOn Mon, 3 Mar 2025 at 10:00, K <k@kin.example> wrote:\n> x\n",
		"> a\nb\n> c\nd\n", "x\n-- \nJo\n", "CAUTION: external\n\nx\n\nKind regards\nJo\n\n-----Original Message-----\nFrom: a\nSent: b\nTo: c\nSubject: d\n\ny",
		"Yes. On 3 Mar 2025 10:00, K <k@kin.example> wrote: Can she come?", "JP> x\ny\n", "________________________________\nFrom: a@b.example\nSent: 2025\nTo: c\n\nx",
		"Thanks\nJo\n\nSent from my iPhone\n\n> x\n\nThis email is confidential and intended solely for you\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if !utf8.ValidString(body) {
			return
		}
		m := &mailparse.Message{Body: mailparse.Body{Text: body}}
		m.From = []mailparse.Address{{Name: "Jo Price", Addr: "jo@la.example"}}
		checkWhole(t, body, Split(m))
	})
}

func FuzzSplitHTML(f *testing.F) {
	for _, s := range []string{
		`<div class="gmail_quote"><blockquote class="gmail_quote">a</blockquote>b</div>`, `<p>a<blockquote type=cite>b<p>c</div></blockquote>d`,
		`<pre>&gt; a</pre><hr id="stopSpelling"><b>From:</b> x`, `<ol><li>a<ol><li>b`, `</div></p></blockquote>x`, `<table><td>a<td>b<tr>c`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m := &mailparse.Message{Body: mailparse.Body{HTML: body}}
		r := Split(m)
		for _, s := range []string{r.Text, r.Signature, r.Quoted} {
			if strings.ContainsRune(s, 0) {
				t.Fatalf("NUL in %q", s)
			}
		}
		if lower := strings.ToLower(body); strings.Contains(lower, "<iframe") || strings.Contains(lower, "<template") || strings.Contains(lower, "<style") ||
			strings.Contains(lower, "<script") || strings.Contains(lower, "<title") {
			return // their content is no text, and where it ends is for the tokenizer to say
		}
		if lost := missing(m, r); utf8.ValidString(body) && lost != "" {
			t.Fatalf("lost %q of %q\ntext %q\nsig %q\nquoted %q", lost, body, r.Text, r.Signature, r.Quoted)
		}
	})
}

// TestLinear feeds bodies of 1 MiB on which careless splitters take quadratic time or memory. What is allocated in all is bounded; a step that
// is not linear would run the test into its deadline.
func TestLinear(t *testing.T) {
	rep := func(s string) string { return strings.Repeat(s, (1<<20)/len(s)) }
	for name, m := range map[string]mailparse.Body{
		"quoted lines":        {Text: "Yes.\n\nOn 3 Mar 2025 10:00, K <k@kin.example> wrote:\n" + rep("> a line that was quoted before, and before that\n")},
		"deep quotes":         {Text: rep(">")},
		"a million marks":     {Text: rep(">\n")},
		"quote marks":         {Text: rep(strings.Repeat(">", 500) + " x\n")},
		"attribution starts":  {Text: rep("On Mon, 3 Mar 2025 K <k@kin.example>\n")},
		"one long line":       {Text: rep("On 3 Mar 2025 10:00 he wrote ")},
		"one line of colons":  {Text: rep("a:b ")},
		"attributions inline": {Text: rep("On 3 Mar 2025 10:00 a@b.example wrote: ")},
		"separators inline":   {Text: rep("x --- original --- ")},
		"long lines":          {Text: strings.Repeat(strings.Repeat("On 3 March at 10:00 ", 900)+"\n", 58)},
		"labels":              {Text: rep("From: a\nSent: b\n\n")},
		"header-like":         {Text: rep("From:\n")},
		"dashes":              {Text: rep("-----Original")},
		"blank lines":         {Text: rep("\n")},
		"blanks":              {Text: rep(" ")},
		"delimiters":          {Text: rep("--\n")},
		"signed delimiters":   {Text: rep("-- \nx\n")},
		"bars":                {Text: rep("| x\n")},
		"columns":             {Text: rep("                  To\n")},
		"names":               {Text: rep("Jo Price\n")},
		"closings":            {Text: rep("Kind regards\nJo\n")},
		"disclaimers":         {Text: rep("This email is confidential\n\n")},
		"one disclaimer":      {Text: rep("This email is confidential\n")},
		"contacts":            {Text: rep("Tel: 020 7946 0123\n")},
		"whole attributions":  {Text: rep("On Mon, 3 Mar 2025 at 10:00, K <k@kin.example> said something wrote\n")},
		"labels alone":        {Text: rep("To: a\nSent:\n")},
		"rulers and labels":   {Text: rep("________________\nFrom: x\n")},
		"mobile lines":        {Text: rep("Sent from my iPhone\n")},
		"mobile and words":    {Text: rep("Sent from my iPhone\n\nhello there you\n\n")},
		"alternating":         {Text: rep("> a\nb\n")},
		"answered intros":     {Text: rep("> On 3 Mar 2025 10:00, K <k@kin.example> wrote:\nb\n")},
		"snipped":             {Text: rep("On 3 Mar 2025 10:00, K <k@kin.example> wrote:\n[...]\n> a\n")},
		"open blockquotes":    {HTML: rep("<blockquote type=cite>x")},
		"own blockquotes":     {HTML: rep("<blockquote>x")},
		"open divs":           {HTML: rep("<div>x")},
		"stray ends":          {HTML: rep("<div></p></span>")},
		"signature hints":     {HTML: rep(`<div class="gmail_signature">x</div>`)},
		"nested hints":        {HTML: rep(`<div class="gmail_quote"><p class="gmail_signature">x`)},
		"open tags":           {HTML: rep("<")},
		"list items":          {HTML: "<ol>" + rep("<li>x")},
		"open lists":          {HTML: rep("<ul><li>x")},
		"nested lists":        {HTML: rep("<div><li>x")},
		"attributes":          {HTML: "<div " + rep("a=b ") + ">x"},
		"one style":           {HTML: "<div style='" + rep("border-top ") + "'>x"},
		"open links":          {HTML: rep("<a href='http://x.example/aaaaaaaaaaaaaaa'>x")},
		"preformatted":        {HTML: "<pre>" + rep("> x\n")},
		"blanks as entities":  {HTML: rep("&nbsp;")},
		"uncounted fragments": {HTML: rep("<b>x</b>")},
	} {
		t.Run(name, func(t *testing.T) {
			msg := &mailparse.Message{Body: m}
			msg.From = []mailparse.Address{{Name: "Jo Price", Addr: "jo@la.example"}}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r := Split(msg)
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > 64<<20 {
				t.Errorf("%d MiB allocated", n>>20)
			}
			if r.Text+r.Quoted+r.Signature == "" && strings.TrimSpace(m.Text) != "" && strings.Trim(m.Text, ">\n") != "" {
				t.Fatal("nothing kept")
			}
		})
	}
}

func BenchmarkSplit(b *testing.B) {
	m := &mailparse.Message{Body: mailparse.Body{Text: "The review is on Tuesday at ten.\n\nKind regards,\n\nJo Price\nSocial Worker\nTel: 020 7946 0123\n\nOn Mon, 3 Mar 2025 at 10:00, K <k@kin.example> wrote:\n" +
		strings.Repeat("> a line that was quoted before, and before that\n", 100)}}
	m.From = []mailparse.Address{{Name: "Jo Price", Addr: "jo@la.example"}}
	b.SetBytes(int64(len(m.Text)))
	for b.Loop() {
		if Split(m).Text != "The review is on Tuesday at ten." {
			b.Fatal("wrong text")
		}
	}
}

// A signature whose words stand together has as many names as any other, and no second field.
func TestNamesWithoutSpaces(t *testing.T) {
	for _, s := range []string{"jo.price;manager", "Jo.Price.Manager", "Jo_Price_x", "jo.price; manager", "JO/PRICE/TEAM"} {
		body := "Thank you.\n\nKind regards\n" + s + "\n"
		m := &mailparse.Message{Body: mailparse.Body{Text: body}}
		m.From = []mailparse.Address{{Name: "Jo Price", Addr: "jo@la.example"}}
		checkWhole(t, body, Split(m))
		newAuthor("Jo Price", "jo@la.example").heads(s)
	}
}
