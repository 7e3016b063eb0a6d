package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// mailLoad sends unique replies over several connections, as mail servers do: what is not answered is sent again, byte for byte, until it
// is.
type mailLoad struct {
	threads    []readyThread
	addr       atomic.Pointer[string]
	answered   answers
	sent       answers
	unanswered atomic.Int64 // tries that ended without an answer after the mail's last byte was on its way
	next       atomic.Int64
	stop       chan struct{}
	wg         sync.WaitGroup
}

// answers is what many connections write down: a mail's token and its thread.
type answers struct {
	mu   sync.Mutex
	mail map[string]string
}

func (a *answers) add(m loadedMail) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.mail[m.token] = m.thread.ID
}

type loadedMail struct {
	token  string
	thread readyThread
	raw    string
}

func newMailLoad(threads []readyThread) *mailLoad {
	return &mailLoad{threads: threads, answered: answers{mail: map[string]string{}}, sent: answers{mail: map[string]string{}}, stop: make(chan struct{})}
}

// aim tells the connections where the program listens now.
func (l *mailLoad) aim(addr string) { l.addr.Store(&addr) }

func (l *mailLoad) run(connections int) {
	for range connections {
		l.wg.Go(l.connection)
	}
}

// finish lets each connection get its last mail answered and returns what was answered and what was sent.
func (l *mailLoad) finish(t *testing.T) (answered, sent map[string]string) {
	t.Helper()
	close(l.stop)
	ended := make(chan struct{})
	go func() { l.wg.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("a mail is not answered though the program has been up for a minute")
	}
	return maps.Clone(l.answered.mail), maps.Clone(l.sent.mail)
}

// connection sends mail after mail, on one connection while it lasts. It ends between two mails.
func (l *mailLoad) connection() {
	var mail *loadedMail // not yet answered
	for {
		if mail == nil {
			select {
			case <-l.stop:
				return
			default:
			}
		}
		mail = l.session(mail)
		time.Sleep(5 * time.Millisecond) // nobody listens, or the line broke
	}
}

// session sends over one connection until it breaks or all is said; it returns the mail that was left without an answer.
func (l *mailLoad) session(mail *loadedMail) *loadedMail {
	conn, err := net.DialTimeout("tcp", *l.addr.Load(), time.Second)
	if err != nil {
		return mail
	}
	c := smtp.NewClient(conn)
	c.CommandTimeout, c.SubmissionTimeout = 20*time.Second, 20*time.Second
	defer c.Close()
	if err := c.Hello("mail.council.example"); err != nil {
		return mail
	}
	for {
		if mail == nil {
			select {
			case <-l.stop:
				_ = c.Quit()
				return nil
			default:
			}
			mail = l.compose()
		}
		if err := l.send(c, *mail); err != nil {
			return mail
		}
		l.answered.add(*mail)
		mail = nil
		time.Sleep(time.Duration(rand.Int64N(int64(12 * time.Millisecond))))
	}
}

func (l *mailLoad) compose() *loadedMail {
	n := l.next.Add(1)
	th := l.threads[rand.IntN(len(l.threads))]
	m := &loadedMail{token: fmt.Sprintf("tok-%d-%08x", n, rand.Uint32()), thread: th}
	lines := 1 + rand.IntN(40)
	if n%5 == 0 {
		lines = 1000 // too large to be filed at once: this mail goes by the outbox
	}
	filler := strings.Repeat("The core group met and the plan stands as it was agreed last month.\r\n", lines)
	m.raw = fmt.Sprintf("From: <%s>\r\nTo: <%s>\r\nSubject: Re: your message\r\nDate: %s\r\nMessage-ID: <%s@council.example>\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nThank you. %s is the number of this reply.\r\n%s", th.LAEmail, th.ReplyAddress,
		time.Now().Format(time.RFC1123Z), m.token, m.token, filler)
	l.sent.add(*m)
	return m
}

func (l *mailLoad) send(c *smtp.Client, m loadedMail) error {
	if err := c.Mail(m.thread.LAEmail, nil); err != nil {
		return err
	}
	if err := c.Rcpt(m.thread.ReplyAddress, nil); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(m.raw)); err != nil {
		return err
	}
	err = w.Close()
	if _, refused := err.(*smtp.SMTPError); err != nil && !refused {
		if _, odd := err.(textproto.ProtocolError); !odd {
			l.unanswered.Add(1)
		}
	}
	return err
}
