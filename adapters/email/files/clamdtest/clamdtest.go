// Package clamdtest is a ClamAV daemon for tests: it speaks INSTREAM of clamd(8) and finds what it is told to.
package clamdtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
)

// Signature is what the daemon finds in a file, and under which name.
type Signature struct{ Content, Name string }

// Invented is a signature of no virus.
var Invented = Signature{"KINBRIDGE-INVENTED-TEST-SIGNATURE", "Kinbridge.Test.Signature"}

// Daemon is a running one. Its fields may be set before the first connection.
type Daemon struct {
	Limit int    // bytes of a stream it takes; 0 = any
	Say   string // says this to every stream instead; "hang" = says nothing and keeps the line, "drop" = closes it
	addr  string
	mu    sync.Mutex
	seen  int
	gone  chan struct{}
}

// Start runs a daemon on a free port, or on a socket's path, until the test ends.
func Start(t testing.TB, path string) *Daemon {
	t.Helper()
	network, addr := "tcp", "127.0.0.1:0"
	if path != "" {
		network, addr = "unix", path
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{addr: l.Addr().String(), gone: make(chan struct{})}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				d.serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		close(d.gone)
		_ = l.Close()
		wg.Wait()
	})
	return d
}

// Addr is where it listens.
func (d *Daemon) Addr() string { return d.addr }

// Seen is how many streams it has read to their end.
func (d *Daemon) Seen() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

func (d *Daemon) serve(conn net.Conn) {
	command := make([]byte, len("zINSTREAM\x00"))
	if _, err := io.ReadFull(conn, command); err != nil || string(command) != "zINSTREAM\x00" {
		fmt.Fprint(conn, "UNKNOWN COMMAND\x00")
		return
	}
	var content bytes.Buffer
	for {
		var n uint32
		if binary.Read(conn, binary.BigEndian, &n) != nil {
			return
		}
		if n == 0 {
			break
		}
		if d.Limit > 0 && content.Len()+int(n) > d.Limit {
			fmt.Fprint(conn, "INSTREAM size limit exceeded. ERROR\x00")
			_, _ = io.Copy(io.Discard, io.LimitReader(conn, int64(n)))
			return
		}
		if _, err := io.CopyN(&content, conn, int64(n)); err != nil {
			return
		}
	}
	d.mu.Lock()
	d.seen++
	d.mu.Unlock()
	switch {
	case d.Say == "hang":
		<-d.gone
	case d.Say == "drop":
	case d.Say != "":
		fmt.Fprintf(conn, "%s\x00", d.Say)
	case bytes.Contains(content.Bytes(), []byte(Invented.Content)):
		fmt.Fprintf(conn, "stream: %s FOUND\x00", Invented.Name)
	default:
		fmt.Fprint(conn, "stream: OK\x00")
	}
}
