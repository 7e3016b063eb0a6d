package imapin

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// liar is a small IMAP server that can be told to lie. Left alone it is honest.
type liar struct {
	t        *testing.T
	l        net.Listener
	mu       sync.Mutex
	wg       sync.WaitGroup
	conns    map[net.Conn]bool
	sessions int

	caps     string
	validity uint32
	mails    map[uint32]string
	marked   map[uint32]bool
	// lie answers a command instead of the honest answer, when it returns ok. It may return "" and close the connection (cut).
	lie func(s *liarSession, tag, command string) (answer string, ok bool)
}

type liarSession struct {
	n    int // of the session, from 1
	conn net.Conn
}

func newLiar(t *testing.T, mails ...string) *liar {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &liar{t: t, l: l, caps: "IMAP4rev1 UIDPLUS", validity: 7, mails: map[uint32]string{}, marked: map[uint32]bool{}, conns: map[net.Conn]bool{}}
	for i, m := range mails {
		s.mails[uint32(i+1)] = strings.ReplaceAll(m, "\n", "\r\n")
	}
	s.wg.Go(s.serve)
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		for c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.wg.Wait()
	})
	return s
}

func (s *liar) account() Account {
	return Account{Name: "office", Addr: s.l.Addr().String(), TLS: TLSNone, Username: "office", PasswordFile: secretFile(s.t, "x"), Mailbox: "INBOX",
		Reading: Reading{Own: "kinbridge@prison.example"}}
}

func (s *liar) serve() {
	for {
		c, err := s.l.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.sessions++
		x := &liarSession{s.sessions, c}
		s.mu.Unlock()
		s.wg.Go(func() { s.talk(x) })
	}
}

func (s *liar) talk(x *liarSession) {
	defer x.conn.Close()
	fmt.Fprint(x.conn, "* OK hello\r\n")
	for in := bufio.NewScanner(x.conn); in.Scan(); {
		tag, command, _ := strings.Cut(in.Text(), " ")
		s.mu.Lock()
		answer, lied := "", false
		if s.lie != nil {
			answer, lied = s.lie(x, tag, command)
		}
		if !lied {
			answer = s.honest(tag, command)
		}
		s.mu.Unlock()
		if _, err := fmt.Fprint(x.conn, answer); err != nil {
			return
		}
	}
}

func (s *liar) honest(tag, command string) string {
	ok := tag + " OK done\r\n"
	words := strings.Fields(command)
	switch {
	case command == "CAPABILITY":
		return "* CAPABILITY " + s.caps + "\r\n" + ok
	case words[0] == "SELECT":
		return fmt.Sprintf("* %d EXISTS\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n* OK [UIDVALIDITY %d] x\r\n%s", len(s.mails), s.validity, ok)
	case strings.HasPrefix(command, "UID SEARCH"):
		out := "* SEARCH"
		for _, uid := range s.uids() {
			if !strings.Contains(command, "UNKEYWORD") && !strings.Contains(command, "NOT KEYWORD") || !s.marked[uid] {
				out += " " + strconv.Itoa(int(uid))
			}
		}
		return out + "\r\n" + ok
	case strings.HasPrefix(command, "UID FETCH"):
		return s.fetch(words[2], command) + ok
	case strings.HasPrefix(command, "UID STORE"):
		for _, uid := range s.uids() {
			if in(words[2], uid) {
				s.marked[uid] = true
			}
		}
	}
	return ok
}

func (s *liar) uids() (out []uint32) {
	for uid := range s.mails {
		out = append(out, uid)
	}
	slices.Sort(out)
	return out
}

// in reports whether a sequence set has the number.
func in(set string, uid uint32) bool {
	for _, r := range strings.Split(set, ",") {
		from, to, isRange := strings.Cut(r, ":")
		a, _ := strconv.ParseUint(from, 10, 32)
		b, err := strconv.ParseUint(to, 10, 32)
		if !isRange {
			b = a
		} else if err != nil {
			b = 1 << 32
		}
		if uint64(uid) >= a && uint64(uid) <= b {
			return true
		}
	}
	return false
}

func (s *liar) fetch(set, command string) (out string) {
	for i, uid := range s.uids() {
		m := s.mails[uid]
		switch head, _ := splitHeader([]byte(m)); {
		case !in(set, uid):
		case strings.Contains(command, "RFC822.SIZE"):
			out += fmt.Sprintf("* %d FETCH (UID %d RFC822.SIZE %d)\r\n", i+1, uid, len(m))
		case strings.Contains(command, "BODY.PEEK[HEADER]"):
			out += fmt.Sprintf("* %d FETCH (UID %d BODY[HEADER] {%d}\r\n%s)\r\n", i+1, uid, len(head), head)
		default:
			out += fmt.Sprintf("* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n", i+1, uid, len(m), m)
		}
	}
	return out
}
