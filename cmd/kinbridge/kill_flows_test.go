package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"kinbridge/gateway/cases"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/meetings"
	"kinbridge/gateway/outbox"
	"kinbridge/gateway/threads"
	"kinbridge/gateway/workdays"
)

// flowKills is how often TestKill9Safeguarding kills, unless KINBRIDGE_KILLS says more.
const flowKills = 12

// TestKill9Safeguarding holds the promise of an answer to a person or a system that records where a woman is, restricts, asks her, or asks for an
// answer by a day: whatever was acknowledged is there exactly once, with all that follows from it, after any number of crashes; what was not is there once after it was
// sent again. The log verifies, and no work is left or set aside.
func TestKill9Safeguarding(t *testing.T) {
	kills := flowKills
	if n, err := strconv.Atoi(os.Getenv("KINBRIDGE_KILLS")); err == nil && n > 0 {
		kills = n
	}
	k := &killed{t: t, bin: buildProgram(t), dir: filepath.Join(t.TempDir(), "world")}
	k.start()
	k.readWorld()
	load := newFlowLoad(k)
	load.run()
	for n := range kills {
		if n%6 == 5 { // dies while it starts
			time.Sleep(time.Duration(rand.Int64N(int64(150 * time.Millisecond))))
		} else {
			k.waitReady()
			load.aim(k.ready.HTTP)
			time.Sleep(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
		}
		k.kill()
		k.start()
	}
	k.waitReady()
	load.aim(k.ready.HTTP)
	load.finish(t)
	k.drainAll()
	k.terminate()
	k.auditVerify()
	load.check(k)
}

// drainAll waits until no work is due.
func (k *killed) drainAll() {
	k.t.Helper()
	w := k.open()
	defer func() { _ = w.Close() }()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		next, err := w.Store.Outbox().NextDue(context.Background(), []outbox.Kind{outbox.MailIn, outbox.MailOut, outbox.MailNote, outbox.MailInvite, outbox.MailPoll, outbox.FileCheck, outbox.CustodyDue, outbox.DayTurned, outbox.AskDue})
		if err != nil {
			k.t.Fatal(err)
		}
		if next.IsZero() || next.After(time.Now().Add(time.Second)) {
			return
		}
		if time.Now().After(deadline) {
			k.t.Fatal("work still waits after two minutes")
		}
	}
}

// flowLoad does one kind of thing after another as a Pact social worker: what is not answered is sent again, as it was, until it is.
type flowLoad struct {
	addr       atomic.Pointer[string]
	client     *http.Client
	token      string // for the API
	mother     ids.MotherID
	number     string
	c          ids.CaseID
	thread     ids.ThreadID
	contact    ids.ContactID
	child      ids.ChildID
	stop       chan struct{}
	wg         sync.WaitGroup
	unanswered atomic.Int64
	mu         sync.Mutex
	done       map[string]map[string]bool // kind -> tokens that were answered
	refused    []string
	placed     int // meetings that have a place
}

// newFlowLoad signs in, and finds a case of hers with a conversation.
func newFlowLoad(k *killed) *flowLoad {
	k.t.Helper()
	w := k.open()
	defer func() { _ = w.Close() }()
	ctx := context.Background()
	jar, _ := cookiejar.New(nil)
	l := &flowLoad{token: k.ready.APIToken, stop: make(chan struct{}), done: map[string]map[string]bool{},
		client: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	fatal := func(err error) {
		k.t.Helper()
		if err != nil {
			k.t.Fatal(err)
		}
	}
	var me readyStaff
	for _, s := range k.ready.Staff {
		if strings.HasPrefix(s.Name, "Rhian") { // the API's token is hers as well
			me = s
		}
	}
	her, err := w.Store.PersonByEmail(ctx, me.Email)
	fatal(err)
	who, err := w.Store.StaffOfPerson(ctx, her.ID) // one appointment
	fatal(err)
	for _, th := range k.threads {
		c, err := w.Store.Case(ctx, ids.CaseID(th.CaseID))
		fatal(err)
		t, err := w.Store.Thread(ctx, ids.ThreadID(th.ID))
		fatal(err)
		m, err := w.Store.Mother(ctx, c.Mother)
		fatal(err)
		if c.Worker != who[0].ID || len(t.Children) == 0 || m.Custody != "" && m.Custody != "in" {
			continue
		}
		ps, err := w.Store.Parties(ctx, t.ID)
		fatal(err)
		for _, p := range ps {
			if p.Kind == threads.PartyContact {
				l.mother, l.number, l.c, l.thread, l.child, l.contact = m.ID, m.PrisonerNumber, c.ID, t.ID, t.Children[0], ids.ContactID(p.ID)
			}
		}
	}
	if l.contact == "" {
		k.t.Fatal("Rhian has no conversation with anybody outside")
	}
	l.aim(k.ready.HTTP)
	code, err := totp.GenerateCode(me.TOTPSecret, time.Now())
	fatal(err)
	if status, body := l.post("/sign-in", url.Values{"email": {me.Email}, "password": {me.Password}, "code": {code}}); status != http.StatusSeeOther {
		k.t.Fatalf("signing in: %d %s", status, body)
	}
	return l
}

func (l *flowLoad) aim(addr string) {
	if !strings.Contains(addr, "://") {
		addr = "http://" + addr
	}
	addr = strings.TrimSuffix(addr, "/")
	l.addr.Store(&addr)
}

// post sends a form; status 0 is no answer.
func (l *flowLoad) post(path string, form url.Values) (status int, body string) {
	at := *l.addr.Load()
	r, err := http.NewRequest(http.MethodPost, at+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", at)
	return l.send(r)
}

func (l *flowLoad) api(path, body string) (int, string) { return l.apiOnce(path, body, "") }

func (l *flowLoad) apiOnce(path, body, key string) (int, string) {
	r, err := http.NewRequest(http.MethodPost, *l.addr.Load()+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	r.Header.Set("Authorization", "Bearer "+l.token)
	return l.send(r)
}

func (l *flowLoad) send(r *http.Request) (int, string) {
	resp, err := l.client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(b)
}

// doings are what is done; each does the thing that a token names, and is done again with the same token until it is answered.
func (l *flowLoad) doings() map[string]func(token string, n int) func() (int, string) {
	today := workdays.Of(time.Now())
	return map[string]func(string, int) func() (int, string){
		"event": func(token string, n int) func() (int, string) {
			kind := []string{"hospital_out", "hospital_back"}[n%2]
			body := fmt.Sprintf(`{"id":%q,"prisoner_number":%q,"kind":%q,"occurred":%q}`, token, l.number, kind, time.Now().UTC().Format(time.RFC3339Nano))
			return func() (int, string) { return l.api("/custody-events", body) }
		},
		"restriction": func(token string, _ int) func() (int, string) {
			form := url.Values{"kind": {string(cases.Monitored)}, "source": {cases.RestrictionSources[0]}, "note": {token}, "key": {token}, "person": {string(l.contact)},
				"from": {today.String()}, "review": {today.Plus(30).String()}}
			return func() (int, string) { return l.post("/cases/"+string(l.c)+"/restrictions/new", form) }
		},
		"request": func(token string, _ int) func() (int, string) {
			form := url.Values{"kind": {"haircut"}, "child": {string(l.child)}, "body": {token}, "key": {token}, "due": {today.Plus(20).String()}}
			return func() (int, string) { return l.post("/threads/"+string(l.thread)+"/ask", form) }
		},
		// Planned with the best place that there is.
		"meeting": func(token string, n int) func() (int, string) {
			starts := today.Plus(14+n/4).At(9+n%4/2*5, 30*(n%2)).UTC()
			body := fmt.Sprintf(`{"case_id":%q,"kind":"core_group","title":%q,"starts":%q,"ends":%q,"guest_ids":[%q],"place":"best"}`, l.c, token, starts.Format(time.RFC3339),
				starts.Add(25*time.Minute).Format(time.RFC3339), l.contact)
			return func() (int, string) { return l.apiOnce("/meetings", body, token) }
		},
		"ask": func(token string, _ int) func() (int, string) {
			form := url.Values{"due": {today.Plus(20).String()}, "askkey": {token}}
			return func() (int, string) { return l.post("/threads/"+string(l.thread)+"/asks", form) }
		},
	}
}

func (l *flowLoad) run() {
	doings := l.doings()
	for kind := range doings { // before any of them begins
		l.done[kind] = map[string]bool{}
	}
	for kind, doing := range doings {
		l.wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-l.stop:
					return
				default:
				}
				token := fmt.Sprintf("%s-%d-%08x", kind, n, rand.Uint32())
				l.until(kind, token, doing(token, n))
				time.Sleep(time.Duration(rand.Int64N(int64(40 * time.Millisecond))))
			}
		})
	}
}

// until does it until it is answered.
func (l *flowLoad) until(kind, token string, do func() (int, string)) {
	for {
		status, body := do()
		switch {
		case status == http.StatusOK || status == http.StatusCreated || status == http.StatusSeeOther:
			l.mu.Lock()
			l.done[kind][token] = true
			l.mu.Unlock()
			return
		case status >= 400 && status < 500 && status != http.StatusTooManyRequests:
			l.mu.Lock()
			l.refused = append(l.refused, fmt.Sprintf("%s: %d %.600s", token, status, body))
			l.mu.Unlock()
			return
		}
		l.unanswered.Add(1)
		time.Sleep(20 * time.Millisecond)
	}
}

func (l *flowLoad) finish(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); l.least() < 10 && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) { // on a slow machine the lives were short
	}
	close(l.stop)
	ended := make(chan struct{})
	go func() { l.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("something is not answered though the program has been up for a minute")
	}
	for kind, done := range l.done {
		t.Logf("%d of kind %s acknowledged", len(done), kind)
		if len(done) < 10 {
			t.Errorf("%s: %d acknowledged: this was no load", kind, len(done))
		}
	}
	if len(l.refused) > 0 {
		t.Errorf("%d refused, the first: %s", len(l.refused), l.refused[0])
	}
	if l.unanswered.Load() == 0 {
		t.Error("no try was cut off: the kills came at no moment that mattered")
	}
}

// least is how many of the kind that was done least were acknowledged.
func (l *flowLoad) least() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := math.MaxInt
	for _, done := range l.done {
		n = min(n, len(done))
	}
	return n
}

// check compares what is there with what was acknowledged.
func (l *flowLoad) check(k *killed) {
	k.t.Helper()
	ctx := context.Background()
	w := k.open()
	defer func() { _ = w.Close() }()
	found := map[string]int{}
	count := func(err error, texts ...string) {
		k.t.Helper()
		if err != nil {
			k.t.Fatal(err)
		}
		for _, text := range texts {
			found[text]++
		}
	}
	events, err := w.Store.CustodyOf(ctx, l.mother)
	count(err)
	for _, e := range events {
		count(nil, e.ID)
	}
	rs, err := w.Store.Restrictions(ctx, l.c)
	count(err)
	for _, r := range rs {
		count(nil, r.Note)
	}
	asked, err := w.Store.RequestsOfCase(ctx, l.c)
	count(err)
	perMessage := map[ids.MessageID]int{}
	for _, r := range asked {
		perMessage[r.Message]++
	}
	ms, err := w.Store.MessagesOfThread(ctx, l.thread)
	count(err)
	for _, m := range ms {
		if strings.HasPrefix(m.Body, "request-") {
			count(nil, m.Body)
			if perMessage[m.ID] != 1 {
				k.t.Errorf("%s: %d requests in its message, not 1", m.Body, perMessage[m.ID])
			}
		}
	}
	planned, err := w.Store.MeetingsOfCase(ctx, l.c)
	count(err)
	for _, m := range planned {
		if strings.HasPrefix(m.Title, "meeting-") {
			count(nil, m.Title)
			l.checkMeeting(ctx, k, w, m)
		}
	}
	asks, err := w.Store.AsksOfThread(ctx, l.thread)
	count(err)
	for _, a := range asks {
		count(nil, a.Ref)
	}
	for kind, done := range l.done {
		for token := range done {
			n := 0
			for text, times := range found {
				if strings.HasSuffix(text, token) {
					n += times
				}
			}
			if n != 1 {
				k.t.Errorf("%s was acknowledged and is there %d times (%s)", token, n, kind)
			}
		}
	}
	if l.placed == 0 {
		k.t.Error("no meeting had a place: this tried no booking")
	}
	dead, err := w.Store.DeadItems(ctx, 10)
	if err != nil || len(dead) > 0 {
		k.t.Errorf("%d items of work were set aside (%v)", len(dead), err)
	}
	k.checkAudit(ctx, w)
}

// checkMeeting holds a meeting to what must follow from it: its guest is invited once, and its place is booked for as long as it says.
func (l *flowLoad) checkMeeting(ctx context.Context, k *killed, w *world, m meetings.Meeting) {
	k.t.Helper()
	ps, err := w.Store.Participants(ctx, m.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	guests := 0
	for _, p := range ps {
		if p.Kind == meetings.PersonContact {
			guests++
		}
	}
	b, err := w.Store.Booking(ctx, m.ID)
	if err != nil && ids.KindOf(err) != ids.NotFound {
		k.t.Fatal(err)
	}
	if guests != 1 || err == nil && (b.There.From.After(m.Starts) || b.There.To.Before(m.Ends)) {
		k.t.Errorf("%s: %d guests, booked %+v", m.Title, guests, b)
	}
	if err == nil {
		l.placed++
	}
}
