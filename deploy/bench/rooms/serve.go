//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"github.com/pion/webrtc/v4"

	"kinbridge/rooms"
	"kinbridge/rooms/room"
)

// errand is a line on the server's standard input: first what rooms to open, then where a profile begins and ends. The server ends with its
// input, and so with the load, however that ends.
type errand struct {
	Shape    shape  `json:"shape,omitzero"`
	Address  string `json:"address,omitempty"`
	Profile  string `json:"profile,omitempty"` // a file to begin
	Finished bool   `json:"finished,omitempty"`
}

// opened is the server's answer on standard output.
type opened struct {
	URL     string     `json:"url"`
	Tickets [][]string `json:"tickets"` // by room
}

// nobody takes the events of rooms: the gateway's part is not measured here.
type nobody struct{}

func (nobody) RoomEvent(context.Context, room.Event) error { return nil }

// serve is our media server as the kinbridge program runs it, in a process of its own, with rooms that its members hold tickets for.
func serve(in io.Reader, out io.Writer) (err error) {
	debug.SetGCPercent(400) // as the kinbridge program does
	lines := bufio.NewScanner(in)
	next := func() (e errand, err error) {
		if !lines.Scan() {
			return e, io.EOF
		}
		return e, json.Unmarshal(lines.Bytes(), &e)
	}
	first, err := next()
	if err != nil {
		return err
	}
	key := make([]byte, 32)
	server, err := rooms.NewServer(rooms.Config{TicketKey: key, Media: rooms.MediaConfig{UDP: net.JoinHostPort(first.Address, "0"), Loopback: true}}, nobody{})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(first.Address, "0"))
	if err != nil {
		return errors.Join(err, server.Close(context.Background()))
	}
	web := &http.Server{Handler: server.Handler(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() { defer close(served); _ = web.Serve(listener) }()
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = errors.Join(err, server.Close(ctx), web.Close())
		<-served
	}()
	answer := opened{URL: "ws://" + listener.Addr().String()}
	if answer.Tickets, err = openRooms(server, first.Shape); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(answer); err != nil {
		return err
	}
	return profiles(next)
}

func openRooms(server *rooms.Server, s shape) (tickets [][]string, err error) {
	for n := range s.Rooms {
		o := room.Order{Room: room.ID(fmt.Sprintf("room-%d", n)), Revision: 1, Language: "en", Opens: time.Now().Add(-time.Minute), Ends: time.Now().Add(time.Hour)}
		for i := range s.Members {
			o.Members = append(o.Members, room.Member{ID: room.MemberID(fmt.Sprintf("member-%d", i)), Name: fmt.Sprintf("Member %d", i), Role: room.Guest,
				Rights: room.DefaultRights(room.Guest)})
		}
		if err := server.Apply(context.Background(), o); err != nil {
			return nil, err
		}
		var list []string
		for _, m := range o.Members {
			t, err := server.MintTicket(o.Room, m.ID, "", time.Minute)
			if err != nil {
				return nil, err
			}
			list = append(list, t)
		}
		tickets = append(tickets, list)
	}
	return tickets, nil
}

// profiles writes the processor profiles asked for, until the input ends.
func profiles(next func() (errand, error)) error {
	var file *os.File
	finish := func() (err error) {
		if file != nil {
			pprof.StopCPUProfile()
			err, file = file.Close(), nil
		}
		return err
	}
	for {
		e, err := next()
		if errors.Is(err, io.EOF) {
			return finish()
		}
		if err != nil {
			return errors.Join(err, finish())
		}
		if e.Finished {
			if err := finish(); err != nil {
				return err
			}
		}
		if e.Profile != "" && file == nil {
			if file, err = os.Create(e.Profile); err != nil {
				return err
			}
			if err := pprof.StartCPUProfile(file); err != nil {
				return err
			}
		}
	}
}

// kinbridge is the media server as the load sees it.
type kinbridge struct {
	process
	stdin  io.WriteCloser
	opened opened
}

// startKinbridge starts a build of this program as the server.
func startKinbridge(ctx context.Context, b bench, program string, s shape) (*kinbridge, error) {
	cmd := exec.CommandContext(ctx, program, "serve")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	k := &kinbridge{stdin: stdin}
	if k.process, err = start(cmd, b.serverCore); err != nil {
		return nil, err
	}
	if err = json.NewEncoder(stdin).Encode(errand{Shape: s, Address: b.address.String()}); err == nil {
		err = json.NewDecoder(stdout).Decode(&k.opened)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("starting the media server: %w", err), k.stop())
	}
	return k, nil
}

func (k *kinbridge) stop() error {
	_ = k.stdin.Close()
	return k.wait(10 * time.Second)
}

// profile begins a profile, or with no file ends it.
func (k *kinbridge) profile(file string) error {
	return json.NewEncoder(k.stdin).Encode(errand{Profile: file, Finished: file == ""})
}

// heard is what the load reads of the messages in SIGNALLING.md.
type heard struct {
	Type    string `json:"type"`
	SDP     string `json:"sdp"`
	Code    string `json:"code"`
	Message string `json:"message"`
	Reason  string `json:"reason"`
}

// join brings a member into her room as SIGNALLING.md says: with a line for every stream of the others from the first offer on.
func (k *kinbridge) join(ctx context.Context, m *member) (io.Closer, error) {
	conn, err := dial(ctx, k.opened.URL)
	if err != nil {
		return nil, err
	}
	pc, err := m.connect()
	if err != nil {
		return conn, err
	}
	connected := make(chan error, 1)
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateConnected {
			tell(connected, nil)
		}
	})
	m.work.Go(func() { tell(connected, k.converse(conn, m, pc)) })
	if err := conn.say(map[string]any{"type": "join", "v": 1, "ticket": k.opened.Tickets[m.room][m.place]}); err != nil {
		return conn, err
	}
	return conn, await(ctx, connected)
}

// converse is the member's side of the socket. It ends with an error when the socket does.
func (k *kinbridge) converse(conn *conversation, m *member, pc *webrtc.PeerConnection) error {
	for {
		var h heard
		if err := conn.ReadJSON(&h); err != nil {
			return err
		}
		switch h.Type {
		case "entered":
			if err := k.offer(conn, m, pc); err != nil {
				return err
			}
		case "answer":
			if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: h.SDP}); err != nil {
				return err
			}
		case "error":
			return fmt.Errorf("%s: %s", h.Code, h.Message)
		case "bye":
			return fmt.Errorf("the server said goodbye: %s", h.Reason)
		}
	}
}

func (k *kinbridge) offer(conn *conversation, m *member, pc *webrtc.PeerConnection) error {
	if err := m.publish(pc); err != nil {
		return err
	}
	for range m.size - 1 {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
			if _, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
				return err
			}
		}
	}
	sdp, err := offer(pc)
	if err != nil {
		return err
	}
	return conn.say(map[string]any{"type": "offer", "ref": 1, "leg": "", "sdp": sdp})
}
