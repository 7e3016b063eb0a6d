//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/pion/webrtc/v4"
)

// janus is a private instance of Debian's package, with the videoroom plugin and the WebSocket transport alone and nothing logged.
type janus struct {
	process
	dir, url string
}

const janusPort = "8188" // in a network of its own, where every port is free

func janusFiles(dir, address string) map[string]string {
	others := func(pattern, keep string) string {
		var list []string
		found, _ := filepath.Glob(pattern)
		for _, f := range found {
			if name := filepath.Base(f); !strings.Contains(name, keep) {
				list = append(list, name)
			}
		}
		return strings.Join(list, ",")
	}
	return map[string]string{
		"janus.jcfg": fmt.Sprintf(`general: { configs_folder = "%s"; debug_level = 1; admin_secret = "bench"; session_timeout = 0 }
media: { ipv6 = false; rtp_port_range = "20000-40000" }
nat: { ice_enforce_list = "%s" }
plugins: { disable = "%s" }
transports: { disable = "%s" }
`, dir, address, others("/usr/lib/*/janus/plugins/*.so", "videoroom"), others("/usr/lib/*/janus/transports/*.so", "websockets")),
		"janus.plugin.videoroom.jcfg":     "general: { }\n",
		"janus.transport.websockets.jcfg": fmt.Sprintf("general: { ws = true; ws_port = %s; ws_ip = \"%s\"; ws_logging = 0 }\nadmin: { admin_ws = false }\n", janusPort, address),
	}
}

func startJanus(ctx context.Context, b bench) (_ *janus, err error) {
	program, err := exec.LookPath("janus")
	if err != nil {
		return nil, errors.New("no program janus: install the package janus (and disable its service), or measure ours alone with -alone")
	}
	j := &janus{url: "ws://" + net.JoinHostPort(b.address.String(), janusPort)}
	if j.dir, err = os.MkdirTemp("", "kinbridge-bench-janus-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.stop())
		}
	}()
	for name, text := range janusFiles(j.dir, b.address.String()) {
		if err := os.WriteFile(filepath.Join(j.dir, name), []byte(text), 0o600); err != nil {
			return nil, err
		}
	}
	log, err := os.Create(filepath.Join(j.dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, program, "-C", filepath.Join(j.dir, "janus.jcfg"), "-F", j.dir)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, j.dir
	if j.process, err = start(cmd, b.serverCore); err != nil {
		return nil, err
	}
	for range 100 {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(j.url, "ws://"), time.Second)
		if err == nil {
			return j, conn.Close()
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
	said, _ := os.ReadFile(log.Name())
	return nil, fmt.Errorf("no answer from Janus after ten seconds:\n%s", said)
}

func (j *janus) stop() (err error) {
	if j.cmd != nil {
		_ = j.cmd.Process.Signal(syscall.SIGTERM)
		err = j.wait(5 * time.Second)
	}
	return errors.Join(err, os.RemoveAll(j.dir))
}

// The messages of the Janus API over WebSocket, as far as the load needs them.
type (
	janusMessage struct {
		Janus       string         `json:"janus"`
		Transaction string         `json:"transaction,omitempty"`
		Session     uint64         `json:"session_id,omitempty"`
		Handle      uint64         `json:"handle_id,omitempty"`
		Sender      uint64         `json:"sender,omitempty"`
		Plugin      string         `json:"plugin,omitempty"`
		Body        map[string]any `json:"body,omitempty"`
		JSEP        *janusJSEP     `json:"jsep,omitempty"`
		Data        struct {
			ID uint64 `json:"id"`
		} `json:"data,omitzero"`
		Error struct {
			Reason string `json:"reason"`
		} `json:"error,omitzero"`
		PluginData struct {
			Data janusRoom `json:"data"`
		} `json:"plugindata,omitzero"`
	}
	janusJSEP struct {
		Type string `json:"type"`
		SDP  string `json:"sdp"`
	}
	janusRoom struct {
		Publishers []struct {
			ID uint64 `json:"id"`
		} `json:"publishers"`
		Code  int    `json:"error_code"`
		Error string `json:"error"`
	}
)

const janusRoomExists = 427

// janusMember publishes with one handle on one peer connection and receives every feed of the room with another on another, as the pages of
// Janus do.
type janusMember struct {
	*conversation
	m        *member
	session  uint64
	pub, sub uint64 // handles
	up, down *webrtc.PeerConnection
	joined   bool // the receiving handle has joined

	mu      sync.Mutex
	asked   int
	replies map[string]chan janusMessage
}

func (j *janus) join(ctx context.Context, m *member) (io.Closer, error) {
	conn, err := dial(ctx, j.url, "janus-protocol")
	if err != nil {
		return nil, err
	}
	s := &janusMember{conversation: conn, m: m, replies: map[string]chan janusMessage{}}
	if s.up, err = m.connect(); err != nil {
		return conn, err
	}
	if s.down, err = m.connect(); err != nil {
		return conn, err
	}
	connected := make(chan error, 1)
	s.up.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			tell(connected, nil)
		}
	})
	m.work.Go(func() { tell(connected, s.converse()) })
	if err := s.enter(ctx); err != nil {
		return conn, err
	}
	return conn, await(ctx, connected)
}

func (s *janusMember) enter(ctx context.Context) error {
	created, err := s.ask(ctx, janusMessage{Janus: "create"})
	if err != nil {
		return err
	}
	s.session = created.Data.ID
	for _, handle := range []*uint64{&s.pub, &s.sub} {
		attached, err := s.ask(ctx, janusMessage{Janus: "attach", Plugin: "janus.plugin.videoroom"})
		if err != nil {
			return err
		}
		*handle = attached.Data.ID
	}
	made, err := s.ask(ctx, janusMessage{Janus: "message", Handle: s.pub, Body: map[string]any{"request": "create", "room": s.room(),
		"publishers": s.m.size, "audiocodec": "opus", "videocodec": "vp8"}})
	if err != nil {
		return err
	}
	if d := made.PluginData.Data; d.Code != 0 && d.Code != janusRoomExists {
		return fmt.Errorf("making a room: %s", d.Error)
	}
	if err := s.m.publish(s.up); err != nil {
		return err
	}
	sdp, err := offer(s.up)
	if err != nil {
		return err
	}
	return s.tell(s.pub, map[string]any{"request": "joinandconfigure", "ptype": "publisher", "room": s.room()}, &janusJSEP{"offer", sdp})
}

func (s *janusMember) room() int { return 1000 + s.m.room }

// ask sends m and waits for the reply of the same transaction.
func (s *janusMember) ask(ctx context.Context, m janusMessage) (janusMessage, error) {
	reply := make(chan janusMessage, 1)
	s.mu.Lock()
	s.asked++
	m.Transaction, m.Session = fmt.Sprint("ask-", s.asked), s.session
	s.replies[m.Transaction] = reply
	s.mu.Unlock()
	if err := s.say(m); err != nil {
		return m, err
	}
	select {
	case r := <-reply:
		if r.Error.Reason != "" {
			return r, errors.New(r.Error.Reason)
		}
		return r, nil
	case <-ctx.Done():
		return m, ctx.Err()
	}
}

// tell sends a request whose answer comes as an event.
func (s *janusMember) tell(handle uint64, body map[string]any, jsep *janusJSEP) error {
	return s.say(janusMessage{Janus: "message", Transaction: "tell", Session: s.session, Handle: handle, Body: body, JSEP: jsep})
}

// converse is the member's side of the socket. It ends with an error when the socket does.
func (s *janusMember) converse() error {
	for {
		var m janusMessage
		if err := s.ReadJSON(&m); err != nil {
			return err
		}
		s.mu.Lock()
		reply := s.replies[m.Transaction]
		delete(s.replies, m.Transaction)
		s.mu.Unlock()
		if reply != nil {
			reply <- m
			continue
		}
		if m.Janus != "event" {
			continue
		}
		if err := s.event(m); err != nil {
			return err
		}
	}
}

func (s *janusMember) event(m janusMessage) error {
	d := m.PluginData.Data
	if d.Code != 0 {
		return errors.New(d.Error)
	}
	if len(d.Publishers) > 0 && m.Sender == s.pub {
		var feeds []map[string]any
		for _, p := range d.Publishers {
			feeds = append(feeds, map[string]any{"feed": p.ID})
		}
		body := map[string]any{"request": "subscribe", "streams": feeds}
		if !s.joined {
			s.joined = true
			body = map[string]any{"request": "join", "ptype": "subscriber", "room": s.room(), "streams": feeds}
		}
		if err := s.tell(s.sub, body, nil); err != nil {
			return err
		}
	}
	switch {
	case m.JSEP == nil:
		return nil
	case m.Sender == s.pub:
		return s.up.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.JSEP.SDP})
	}
	sdp, err := answer(s.down, m.JSEP.SDP)
	if err != nil {
		return err
	}
	return s.tell(s.sub, map[string]any{"request": "start"}, &janusJSEP{"answer", sdp})
}
