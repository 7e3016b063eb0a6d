package files

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Limits of a conversation with clamd.
const (
	clamdTime   = 45 * time.Second // for all of one file
	clamdChunk  = 64 << 10         // bytes of one chunk
	clamdAnswer = 4 << 10          // bytes of its answer
)

// errScanLimit means that the scanner takes no file of this size: no retry will help.
var errScanLimit = errors.New("the virus scanner takes no file of this size")

// Clamd asks a ClamAV daemon, by the command INSTREAM of clamd(8). It keeps no connection: a daemon that loads its signatures anew, or is
// started again, is met where it is.
type Clamd struct {
	network, address string
}

// NewClamd returns a client for a socket: a path of the file system, or HOST:PORT.
func NewClamd(where string) (Clamd, error) {
	if strings.HasPrefix(where, "/") {
		return Clamd{"unix", where}, nil
	}
	if host, port, err := net.SplitHostPort(where); err != nil || host == "" || port == "" {
		return Clamd{}, fmt.Errorf("%q is neither the path of a socket nor HOST:PORT", where)
	}
	return Clamd{"tcp", where}, nil
}

// Scan returns the scanner's name for what it found, or "". Every error but errScanLimit is one of the moment: ask again later.
func (c Clamd) Scan(ctx context.Context, content []byte) (finding string, err error) {
	ctx, cancel := context.WithTimeout(ctx, clamdTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, c.network, c.address)
	if err != nil {
		return "", fmt.Errorf("clamd: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	sendErr := stream(conn, content)
	// A daemon that has had enough answers and closes while we write: its answer says more than our error.
	answer, readErr := bufio.NewReader(io.LimitReader(conn, clamdAnswer)).ReadString(0)
	if answer != "" {
		return verdict(strings.TrimRight(answer, "\x00\r\n"))
	}
	if err := errors.Join(sendErr, readErr); err != nil {
		return "", fmt.Errorf("clamd: %w", err)
	}
	return "", errors.New("clamd: it said nothing")
}

func stream(w io.Writer, content []byte) error {
	out := bufio.NewWriterSize(w, clamdChunk+4)
	var length [4]byte
	chunk := func(b []byte) {
		binary.BigEndian.PutUint32(length[:], uint32(len(b)))
		_, _ = out.Write(length[:]) // Flush returns the first error
		_, _ = out.Write(b)
	}
	_, _ = out.WriteString("zINSTREAM\x00")
	for len(content) > 0 {
		n := min(len(content), clamdChunk)
		chunk(content[:n])
		content = content[n:]
	}
	chunk(nil)
	return out.Flush()
}

// verdict reads an answer: "stream: OK", "stream: NAME FOUND", or words that end in ERROR.
func verdict(answer string) (string, error) {
	said, _ := strings.CutPrefix(answer, "stream: ")
	switch {
	case said == "OK":
		return "", nil
	case strings.HasSuffix(said, " FOUND"):
		name := strings.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return -1
			}
			return r
		}, strings.TrimSuffix(said, " FOUND"))
		if name = name[:min(len(name), 100)]; name == "" {
			name = "unnamed"
		}
		return name, nil
	case strings.Contains(said, "size limit exceeded"):
		return "", errScanLimit
	}
	return "", fmt.Errorf("clamd: it said %.60q", said)
}
