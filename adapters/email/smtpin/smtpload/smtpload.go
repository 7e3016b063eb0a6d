// Package smtpload is a small, quick SMTP client for measuring: it sends many unique mails over several connections and says how long each
// took. It speaks only as much of RFC 5321 as that needs, and waits for each answer before the next command, as most mail programs do, so
// that every server it measures is measured alike.
package smtpload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Mail is one mail to send. Raw has CRLF line ends and no line that begins with a dot.
type Mail struct {
	From, To string
	Raw      []byte
}

// Load says what to send where.
type Load struct {
	Addr        string
	Connections int
	Mails       int
	PerMail     bool                // a connection of its own for each mail; else connections are kept
	Every       time.Duration       // pace of all connections together; 0 = as fast as the server answers
	Make        func(n int) Mail    // the n-th mail, from 0; called once for each n, from several goroutines
	Begin       func(n int)         // called when the n-th mail's sending begins; nil = nobody asks
	Sent        func(n int)         // called when its last byte, the end of DATA, was sent; nil = nobody asks
	Answered    func(n int, m Mail) // called when it was answered 250; nil = nobody asks
}

// Result is how it went.
type Result struct {
	Mails   int
	Elapsed time.Duration
	Took    []time.Duration // from MAIL (or connecting, with PerMail) to the answer to the mail, sorted
}

// Rate is how many mails were accepted in a second.
func (r Result) Rate() float64 { return float64(r.Mails) / r.Elapsed.Seconds() }

// Percentile returns the time within which the given share (0 to 1) of the mails was accepted.
func (r Result) Percentile(share float64) time.Duration { return Percentile(r.Took, share) }

// Percentile returns the element of a sorted list below or at which the share (0 to 1) lies.
func Percentile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// Run sends the load and returns when the last mail was answered. Any answer but the good one is an error: then nothing was measured.
func (l Load) Run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	took := make([][]time.Duration, l.Connections)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range l.Connections {
		wg.Go(func() {
			if err := l.connection(ctx, &next, began, &took[i]); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	r := Result{Mails: l.Mails, Elapsed: time.Since(began), Took: slices.Concat(took...)}
	slices.Sort(r.Took)
	return r, context.Cause(ctx)
}

func (l Load) connection(ctx context.Context, next *atomic.Int64, began time.Time, took *[]time.Duration) error {
	var c *client
	defer func() { c.close() }()
	for {
		n := int(next.Add(1)) - 1
		if n >= l.Mails {
			return nil
		}
		m := l.Make(n)
		if l.Every > 0 && !sleepUntil(ctx, began.Add(time.Duration(n)*l.Every)) {
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		if l.Begin != nil {
			l.Begin(n)
		}
		at := time.Now()
		if c == nil {
			var err error
			if c, err = dial(ctx, l.Addr); err != nil {
				return err
			}
		}
		if err := c.send(m, func() {
			if l.Sent != nil {
				l.Sent(n)
			}
		}); err != nil {
			return err
		}
		*took = append(*took, time.Since(at))
		if l.Answered != nil {
			l.Answered(n, m)
		}
		if l.PerMail {
			c.close()
			c = nil
		}
	}
}

func sleepUntil(ctx context.Context, t time.Time) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(t)):
		return true
	}
}

type client struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(ctx context.Context, addr string) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Minute))
	c := &client{conn, bufio.NewReader(conn)}
	if err := errors.Join(c.expect("220"), c.say("EHLO load.example\r\n", "250")); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (c *client) close() {
	if c == nil {
		return
	}
	_, _ = c.conn.Write([]byte("QUIT\r\n"))
	_ = c.conn.Close()
}

func (c *client) send(m Mail, sent func()) error {
	for _, s := range [][2]string{{"MAIL FROM:<" + m.From + ">\r\n", "250"}, {"RCPT TO:<" + m.To + ">\r\n", "250"}, {"DATA\r\n", "354"}} {
		if err := c.say(s[0], s[1]); err != nil {
			return err
		}
	}
	body := net.Buffers{m.Raw, []byte(".\r\n")}
	if _, err := body.WriteTo(c.conn); err != nil {
		return err
	}
	sent()
	return c.expect("250")
}

func (c *client) say(command, want string) error {
	if _, err := c.conn.Write([]byte(command)); err != nil {
		return err
	}
	return c.expect(want)
}

// expect reads one answer, of several lines perhaps.
func (c *client) expect(want string) error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) < 4 || string(line[:3]) != want {
			return fmt.Errorf("smtpload: the server said %q", strings.TrimSpace(string(line)))
		}
		if line[3] != '-' {
			return nil
		}
	}
}

// Reply makes a reply of about size bytes as a mail program writes it: a few words of its own, then the history. words are in its first
// line and make it unique, with n in its Message-ID.
func Reply(n, size int, from, to, words string) Mail {
	var b strings.Builder
	b.Grow(size + 200)
	fmt.Fprintf(&b, "From: Hannah Cole <%s>\r\nTo: <%s>\r\nSubject: Re: A message from Pact\r\nDate: Mon, 02 Nov 2026 09:30:00 +0000\r\n"+
		"Message-ID: <%s.%d@load.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
		from, to, words, n)
	fmt.Fprintf(&b, "Thank you for your message. %s (%d)\r\n\r\nThe review is on the 14th at ten. Ella has settled at her new school and her report will\r\n"+
		"be with you this week.\r\n\r\nHannah Cole\r\nChildren's social worker\r\n\r\nOn Fri, 30 Oct 2026 at 16:02, Pact wrote:\r\n", words, n)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "> %d. Please tell us how she is getting on, and when the next review will be held.\r\n", i)
	}
	return Mail{From: from, To: to, Raw: []byte(b.String())}
}
