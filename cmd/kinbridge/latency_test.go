package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"kinbridge/adapters/email/smtpin/smtpload"
	"kinbridge/gateway/store"
)

// BenchmarkReplyToKiosk measures how long a reply takes from the first word of its SMTP session to the frame on the mother's kiosk, at 50
// replies a second: accepted and durable, read and filed, held, released by a reviewer who decides at once, and sent to the kiosk's
// WebSocket. The service is the demo's, whole; only the reviewer is a loop instead of a person. Run it with -benchtime 500x or so.
func BenchmarkReplyToKiosk(b *testing.B) {
	w := newLatencyWorld(b)
	began, arrived := make([]time.Time, b.N), make([]time.Time, b.N)
	kiosk := w.kiosk(b)
	got := make(chan error, 1)
	go func() { got <- receive(kiosk, arrived) }()
	b.ResetTimer()
	_, err := smtpload.Load{Addr: w.s.smtp.Addr().String(), Connections: 8, Mails: b.N, Every: 20 * time.Millisecond,
		Begin: func(n int) { began[n] = time.Now() },
		Make: func(n int) smtpload.Mail {
			return smtpload.Reply(n, 10<<10, w.thread.LAEmail, w.thread.ReplyAddress, "latency")
		}}.Run(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	select {
	case err := <-got:
		if err != nil {
			b.Fatal(err)
		}
	case <-time.After(time.Minute):
		b.Fatal("not every reply reached the kiosk in a minute")
	}
	b.StopTimer()
	took := make([]time.Duration, b.N)
	for i := range took {
		took[i] = arrived[i].Sub(began[i])
	}
	slices.Sort(took)
	for name, share := range map[string]float64{"p50-ms": 0.5, "p99-ms": 0.99, "max-ms": 1} {
		b.ReportMetric(float64(smtpload.Percentile(took, share).Microseconds())/1000, name)
	}
}

type latencyWorld struct {
	s      *service
	r      ready
	thread readyThread
}

func newLatencyWorld(b *testing.B) *latencyWorld {
	b.Helper()
	slog.SetLogLoggerLevel(slog.LevelError) // the demo's own mail has no server to go to here
	ctx := b.Context()
	cfg := demoCmd{Dir: b.TempDir(), HTTP: "127.0.0.1:0", SMTP: "127.0.0.1:0"}.config("127.0.0.1:1")
	if _, _, err := migrateWorld(ctx, cfg); err != nil {
		b.Fatal(err)
	}
	w := &latencyWorld{}
	var err error
	if w.s, err = start(ctx, cfg, nil); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := w.s.stop(); err != nil {
			b.Error(err)
		}
	})
	if w.r, err = demoWorld(ctx, w.s); err != nil {
		b.Fatal(err)
	}
	for _, th := range w.r.Threads {
		if th.CaseID == w.r.Mothers[0].CaseID && th.Channel == "official" && w.thread.ID == "" {
			w.thread = th
		}
	}
	w.review(b)
	return w
}

// review starts a reviewer who releases what the thread's replies wait for, as soon as it waits.
func (w *latencyWorld) review(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	person, err := w.s.Store.PersonByEmail(ctx, w.r.Staff[0].Email)
	if err != nil {
		b.Fatal(err)
	}
	posts, err := w.s.Store.StaffOfPerson(ctx, person.ID)
	if err != nil || len(posts) != 1 {
		b.Fatal(posts, err)
	}
	actor := posts[0].Actor()
	wake, stop := w.s.Bus.Listen(store.TopicStaff)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-wake:
			}
			holds, err := w.s.Flow.Holds(ctx, actor)
			if err != nil && ctx.Err() == nil {
				b.Error(err)
			}
			for _, h := range holds {
				if string(h.Thread) != w.thread.ID || h.Message == "" || !h.ToMother {
					continue
				}
				if err := w.s.Flow.Release(ctx, actor, h.ID, ""); err != nil && ctx.Err() == nil {
					b.Error(err)
				}
			}
		}
	})
	b.Cleanup(func() { cancel(); wg.Wait(); stop() })
}

// kiosk enrols a kiosk, unlocks it with the mother's PIN and opens its socket.
func (w *latencyWorld) kiosk(b *testing.B) *websocket.Conn {
	b.Helper()
	base := "http://" + w.s.httpAddr()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, Timeout: 20 * time.Second}
	ask := func(method, path string, form url.Values) string {
		req, err := http.NewRequest(method, base+path, strings.NewReader(form.Encode()))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			b.Fatal(err)
		}
		return res.Request.URL.Path + "\n" + string(body)
	}
	ask(http.MethodPost, "/kiosk/enrol", url.Values{"code": {w.r.Kiosks[0].EnrolCode}})
	chooser := ask(http.MethodGet, "/kiosk/choose", nil)
	mother := w.r.Mothers[0]
	link := regexp.MustCompile(`href="(/kiosk/pin/[^"]+)"[^>]*>(?:<[^>]*>)*` + regexp.QuoteMeta(mother.Name)).FindStringSubmatch(chooser)
	if link == nil {
		b.Fatalf("the kiosk does not offer %s", mother.Name)
	}
	if home := ask(http.MethodPost, link[1], url.Values{"pin": {mother.PIN}}); !strings.HasPrefix(home, "/kiosk/home\n") {
		b.Fatal("the PIN did not open the kiosk")
	}
	head := http.Header{"Origin": {base}}
	u, _ := url.Parse(base + "/kiosk/ws")
	for _, c := range jar.Cookies(u) {
		head.Add("Cookie", c.Name+"="+c.Value)
	}
	conn, _, err := websocket.DefaultDialer.Dial("ws://"+w.s.httpAddr()+"/kiosk/ws", head)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close() })
	if err := conn.WriteJSON(map[string]any{"type": "hello", "v": 1, "cursor": 0}); err != nil {
		b.Fatal(err)
	}
	return conn
}

var replyNumber = regexp.MustCompile(`latency \((\d+)\)`)

// receive notes when each reply's frame came, until all are there.
func receive(conn *websocket.Conn, arrived []time.Time) error {
	for missing := len(arrived); missing > 0; {
		var f struct {
			Type    string
			Message struct{ Body string }
		}
		if err := conn.ReadJSON(&f); err != nil {
			return err
		}
		if m := replyNumber.FindStringSubmatch(f.Message.Body); f.Type == "item" && m != nil {
			n, err := strconv.Atoi(m[1])
			if err != nil || n >= len(arrived) {
				return fmt.Errorf("the kiosk shows a reply that was not sent: %q", m[0])
			}
			if arrived[n].IsZero() {
				arrived[n] = time.Now()
				missing--
			}
		}
	}
	return nil
}
