package mailbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gateway is a mail server that writes down what it is sent.
type gateway struct {
	mu   sync.Mutex
	got  []received
	addr string
	no   error // what RCPT is answered
}

type received struct {
	from string
	to   []string
	raw  []byte
}

type gatewaySession struct {
	g *gateway
	received
}

func (s *gatewaySession) Reset()                                      { s.received = received{} }
func (s *gatewaySession) Logout() error                               { return nil }
func (s *gatewaySession) Mail(from string, _ *smtp.MailOptions) error { s.from = from; return nil }
func (s *gatewaySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return s.g.no
}
func (s *gatewaySession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	s.raw = raw
	s.g.mu.Lock()
	defer s.g.mu.Unlock()
	s.g.got = append(s.g.got, s.received)
	return err
}

func startGateway(t *testing.T) *gateway {
	t.Helper()
	g := &gateway{}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &gatewaySession{g: g}, nil }))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g.addr = l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return g
}

func (g *gateway) last(t *testing.T) (received, Mail) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.got) == 0 {
		t.Fatal("the gateway was sent nothing")
	}
	r := g.got[len(g.got)-1]
	return r, read("test", time.Now(), r.raw)
}

func start(t *testing.T, dir string, gw string) *Mailbox {
	t.Helper()
	m, err := New(Config{Dir: dir, GatewaySMTP: gw, People: []Person{{"Anna Quill", "anna@anytown.example"}, {"Bea Stone", "bea@brookshire.example"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m
}

const relayed = "From: Kinbridge <r.abc@in.kinbridge.example>\r\nTo: Anna Quill <anna@anytown.example>\r\nSubject: Kinbridge message, reference KB-1001-ABCD\r\n" +
	"Message-ID: <msg_2@in.kinbridge.example>\r\nReferences: <msg_1@in.kinbridge.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n" +
	"--m\r\nContent-Type: multipart/alternative; boundary=a\r\n\r\n" +
	"--a\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nWhen is the review? Diolch, S=C5=B5n\r\n" +
	"--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p style=\"color:red\">When is the review?<script>alert(1)</script><img src=\"https://track.example/x\"></p>\r\n--a--\r\n" +
	"--m\r\nContent-Type: text/plain; name=\"note.txt\"\r\nContent-Disposition: attachment; filename=\"../note.txt\"\r\n\r\nhello\r\n--m--\r\n"

func deliver(t *testing.T, m *Mailbox, raw string, to ...string) Mail {
	t.Helper()
	c, err := smtp.Dial(m.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendMail("b.token@in.kinbridge.example", to, strings.NewReader(raw)); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	list := messagesJSON(t, m, "")
	return list[len(list)-1]
}

func messagesJSON(t *testing.T, m *Mailbox, address string) []Mail {
	t.Helper()
	_, body := get(t, m, "/messages.json?address="+url.QueryEscape(address))
	var list []Mail
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func get(t *testing.T, m *Mailbox, path string) (*http.Response, string) {
	t.Helper()
	r, err := http.Get("http://" + m.HTTPAddr() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

// send posts a form with a file, as the page does, and returns the answer without following it.
func send(t *testing.T, m *Mailbox, path string, fields map[string]string, file string) (int, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		f, err := w.CreateFormFile("file", "Adroddiad ŵ.pdf")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, file)
	}
	w.Close()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Post("http://"+m.HTTPAddr()+path, w.FormDataContentType(), &b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, _ := io.ReadAll(r.Body)
	return r.StatusCode, string(body)
}

func TestWhatIsReceivedIsListedShownAndKept(t *testing.T) {
	dir := t.TempDir()
	m := start(t, dir, "")
	got := deliver(t, m, relayed, "Anna@anytown.example", "bea@brookshire.example")
	if got.From != "r.abc@in.kinbridge.example" || got.FromName != "Kinbridge" || got.MessageID != "msg_2@in.kinbridge.example" ||
		strings.TrimSpace(got.Text) != "When is the review? Diolch, Sŵn" || fmt.Sprint(got.To) != "[anna@anytown.example bea@brookshire.example]" ||
		len(got.Files) != 1 || got.Files[0].Name != "note.txt" || got.Files[0].Size != 5 || time.Since(got.Received) > time.Minute || got.Problem != "" {
		t.Fatalf("%+v", got)
	}
	if n := len(messagesJSON(t, m, "anna@anytown.example")); n != 1 {
		t.Errorf("%d mails for anna", n)
	}
	if n := len(messagesJSON(t, m, "carol@anytown.example")); n != 0 {
		t.Errorf("%d mails for carol", n)
	}
	if _, page := get(t, m, "/?address=anna%40anytown.example"); !strings.Contains(page, "KB-1001-ABCD") || !strings.Contains(page, "no sign-in") {
		t.Errorf("the list lacks the mail or the warning: %s", page)
	}
	r, page := get(t, m, "/messages/"+got.ID)
	if !strings.Contains(page, "Diolch, Sŵn") || !strings.Contains(page, "&lt;msg_1@in.kinbridge.example&gt;") || !strings.Contains(page, "note.txt, 5 bytes") {
		t.Errorf("the page lacks text, header or file: %s", page)
	}
	if strings.Contains(page, "alert(1)") || strings.Contains(page, "track.example") || strings.Contains(page, "color:red") || r.Header.Get("Content-Security-Policy") == "" {
		t.Errorf("the sender's HTML came through: %s", page)
	}
	r, file := get(t, m, "/messages/"+got.ID+"/files/0")
	if file != "hello" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("file %q %v", file, r.Header)
	}
	for _, path := range []string{"/messages/nothing", "/messages/" + got.ID + "/files/1", "/messages/" + got.ID + "/files/-1", "/nothing"} {
		if r, _ := get(t, m, path); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, r.StatusCode)
		}
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*.eml"))
	if len(names) != 1 {
		t.Fatalf("files %v", names)
	}
	again, err := New(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if list := again.Mails(); len(list) != 1 || list[0].ID != got.ID || list[0].Text != got.Text || !list[0].Received.Equal(got.Received) || list[0].To[1] != "bea@brookshire.example" {
		t.Errorf("after a restart: %+v", list)
	}
}

func TestAnAnswerIsAProperMail(t *testing.T) {
	g := startGateway(t)
	m := start(t, t.TempDir(), "")
	m.SetGateway(g.addr)
	mail := deliver(t, m, relayed, "anna@anytown.example")
	status, page := send(t, m, "/messages/"+mail.ID, map[string]string{"from": "anna@anytown.example", "text": "On Monday at 2pm.\n\nAnna <3", "quoting": "block"}, "PDF")
	if status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	r, a := g.last(t)
	if r.from != "anna@anytown.example" || fmt.Sprint(r.to) != "[r.abc@in.kinbridge.example]" {
		t.Errorf("envelope %s %v", r.from, r.to)
	}
	if a.FromLine() != "Anna Quill <anna@anytown.example>" || a.Subject != "RE: Kinbridge message, reference KB-1001-ABCD" ||
		fmt.Sprint(a.InReplyTo) != "[msg_2@in.kinbridge.example]" || fmt.Sprint(a.References) != "[msg_1@in.kinbridge.example msg_2@in.kinbridge.example]" ||
		!strings.HasSuffix(a.MessageID, "@anytown.example") {
		t.Errorf("%+v", a)
	}
	if !strings.HasPrefix(a.Text, "On Monday at 2pm.\n\nAnna <3\n\n____") || !strings.Contains(a.Text, "\nFrom: Kinbridge <r.abc@in.kinbridge.example>\nSent: ") ||
		!strings.Contains(a.Text, "\nTo: Anna Quill <anna@anytown.example>\nSubject: Kinbridge message, reference KB-1001-ABCD\n\nWhen is the review? Diolch, Sŵn") {
		t.Errorf("text %q", a.Text)
	}
	if !strings.Contains(a.HTML, "<p>On Monday at 2pm.</p>") || !strings.Contains(a.HTML, "Anna &lt;3") || !strings.Contains(a.HTML, "<b>From:</b> Kinbridge &lt;r.abc@") {
		t.Errorf("html %q", a.HTML)
	}
	if len(a.Files) != 1 || a.Files[0].Name != "Adroddiad ŵ.pdf" || string(a.Files[0].data) != "PDF" {
		t.Errorf("files %+v", a.Files)
	}
	if status, _ := send(t, m, "/messages/"+mail.ID, map[string]string{"from": "anna@anytown.example", "text": "Yes", "quoting": "signs"}, ""); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if _, a = g.last(t); !strings.Contains(a.Text, "Yes\n\nOn ") || !strings.Contains(a.Text, " wrote:\n> When is the review? Diolch, Sŵn") || len(a.Files) != 0 {
		t.Errorf("signs %q", a.Text)
	}
	if status, _ := send(t, m, "/messages/"+mail.ID, map[string]string{"from": "anna@anytown.example", "text": "Yes", "quoting": "nothing"}, ""); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if _, a = g.last(t); strings.TrimSpace(a.Text) != "Yes" || strings.Contains(a.HTML, "review") {
		t.Errorf("no quote %q %q", a.Text, a.HTML)
	}
}

func TestWhatCannotBeSentStaysOnThePage(t *testing.T) {
	g := startGateway(t)
	m := start(t, t.TempDir(), "")
	mail := deliver(t, m, relayed, "anna@anytown.example")
	answer := map[string]string{"from": "anna@anytown.example", "text": "These are my words"}
	check := func(name, path string, fields map[string]string, want ...string) {
		t.Helper()
		status, page := send(t, m, path, fields, "")
		if status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, status)
		}
		for _, w := range want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: no %q on the page", name, w)
			}
		}
	}
	check("no gateway", "/messages/"+mail.ID, answer, "cannot be reached", "These are my words")
	m.SetGateway(g.addr)
	g.no = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such <b>mailbox</b>"}
	check("refused", "/messages/"+mail.ID, answer, "The gateway refused the mail: 550 no such &lt;b&gt;mailbox", "These are my words")
	check("empty", "/messages/"+mail.ID, map[string]string{"from": "anna@anytown.example", "text": " "}, "Write your answer")
	check("not hers", "/messages/"+mail.ID, map[string]string{"from": "bea@brookshire.example", "text": "x"}, "Choose one of those who received this mail")
	check("bad address", "/write", map[string]string{"from": "anna@anytown.example", "to": "nowhere\r\nBcc: x@y.example", "text": "x"}, "Enter a whole email address")
	check("nobody", "/write", map[string]string{"to": "a@b.example", "text": "x"}, "Choose who writes")
	if len(g.got) != 0 {
		t.Errorf("%d mails were sent", len(g.got))
	}
}

func TestAStrangerWritesANewMail(t *testing.T) {
	g := startGateway(t)
	m := start(t, t.TempDir(), g.addr)
	status, page := send(t, m, "/write", map[string]string{"other": "Someone Else <stranger@elsewhere.example>", "to": "r.abc@in.kinbridge.example",
		"subject": "Hello\r\nBcc: x@y.example", "text": "Who are you?"}, "")
	if status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	r, a := g.last(t)
	if r.from != "stranger@elsewhere.example" || a.Subject != "Hello Bcc: x@y.example" || bytes.Contains(r.raw, []byte("\nBcc:")) || len(a.InReplyTo) != 0 {
		t.Errorf("%+v %q", a, r.raw)
	}
}

func TestBadMailIsKeptAsFarAsItCanBeRead(t *testing.T) {
	m := start(t, t.TempDir(), "")
	deep := "Subject: deep\r\n" + strings.Repeat("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", 2000) + "\r\nend"
	for _, raw := range []string{"\r\n", "no header at all", "Subject: =?x-unknown?Q?caf=E9?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\x00\xff\xfe\r\n", deep,
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\ncut o"} {
		got := deliver(t, m, raw, "anna@anytown.example")
		if r, _ := get(t, m, "/messages/"+got.ID); r.StatusCode != http.StatusOK {
			t.Errorf("%.40q: page %d", raw, r.StatusCode)
		}
	}
}

func TestLinksOfPlainTextCanBeFollowed(t *testing.T) {
	got := string(linked("Open https://kinbridge.example/guest/a?b=1&c=\"><script>, now.\n<b>http://x.example/.\n\njavascript:alert(1)"))
	want := `<p class="kb-prose">Open <a class="govuk-link" rel="noreferrer" href="https://kinbridge.example/guest/a?b=1&amp;c=">https://kinbridge.example/guest/a?b=1&amp;c=</a>` +
		`&#34;&gt;&lt;script&gt;, now.<br>&lt;b&gt;<a class="govuk-link" rel="noreferrer" href="http://x.example/">http://x.example/</a>.</p>` + "\n" +
		`<p class="kb-prose">javascript:alert(1)</p>` + "\n"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheOldestGoWhenThereAreTooMany(t *testing.T) {
	dir := t.TempDir()
	b, err := openBox(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range maxKept + 3 {
		if err := b.add("", []string{"a@b.example"}, fmt.Appendf(nil, "Subject: %d\r\n\r\n", i), at.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	list := b.list("")
	names, _ := os.ReadDir(dir)
	if len(list) != maxKept || len(names) != maxKept || list[0].Subject != "3" {
		t.Errorf("%d mails, %d files, first %s", len(list), len(names), list[0].Subject)
	}
}

func TestANameThatPointsHereIsRefused(t *testing.T) {
	m := start(t, t.TempDir(), "")
	r, err := http.NewRequest(http.MethodGet, "http://"+m.HTTPAddr()+"/messages.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("%d", res.StatusCode)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(relayed))
	f.Add([]byte("Content-Type: text/html\r\n\r\n<p onclick=x>hi<script>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := read("x", time.Time{}, raw)
		if strings.Contains(m.CleanHTML(), "<script") {
			t.Error("a script came through")
		}
		_ = m.PlainText()
		for _, file := range m.Files {
			if strings.ContainsAny(file.Name, "/\\\r\n") {
				t.Errorf("file name %q", file.Name)
			}
		}
	})
}
