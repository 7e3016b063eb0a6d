// Package sfu carries the sound and pictures of rooms over WebRTC, on pion: one peer connection per member, one
// packet cache per publisher, and slots (sending media lines) to which the room's forwarding table points streams.
//
// What makes it light (measured in the design notes): no interceptors at all. Requests for lost packets, sender and
// receiver reports and congestion feedback are ours, one small loop per peer; nothing is kept per subscription; packets
// are encrypted with AES-GCM, which browsers accept when we are the DTLS server.
//
// Goroutines, all ended by Peer.Close: per peer one housekeeping loop; per published stream one packet reader and one
// report reader; per slot one report reader. pion's own end with the connection.
package sfu

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"kinbridge/rooms/media"
)

// Config says where media arrives.
type Config struct {
	UDP       string   // "host:port" of the one UDP port for all media; port 0 chooses one; an empty host means every interface
	TCP       string   // "host:port" of the one port for ICE over TCP (RFC 6544); empty: none
	PublicIPs []string // announced instead of the local addresses, when the server stands behind a one-to-one NAT
	Loopback  bool     // also announce loopback addresses: demonstrations and tests on one machine
	Log       *slog.Logger
	Now       func() time.Time
}

// Engine makes peers that share one certificate and one port. It implements media.Engine.
type Engine struct {
	api         *webrtc.API
	config      webrtc.Configuration
	addresses   []net.UDPAddr
	tcpAddress  *net.TCPAddr
	closers     []io.Closer
	log         *slog.Logger
	now         func() time.Time
	nextPeer    atomic.Uint64
	nextStream  atomic.Uint64
	activePeers atomic.Int64
}

var _ media.Engine = (*Engine)(nil)

// New opens the ports of cfg. Close releases them.
func New(cfg Config) (*Engine, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	e := &Engine{log: cfg.Log, now: cfg.Now}
	settings, err := e.settings(cfg)
	if err != nil {
		e.Close()
		return nil, err
	}
	codecs, err := mediaEngine()
	if err != nil {
		e.Close()
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("media key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("media certificate: %w", err)
	}
	e.config = webrtc.Configuration{
		Certificates:  []webrtc.Certificate{*certificate},
		BundlePolicy:  webrtc.BundlePolicyMaxBundle,
		RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire,
	}
	e.api = webrtc.NewAPI(webrtc.WithSettingEngine(*settings), webrtc.WithMediaEngine(codecs),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return e, nil
}

func (e *Engine) settings(cfg Config) (*webrtc.SettingEngine, error) {
	s := &webrtc.SettingEngine{LoggerFactory: quiet{}}
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, err
	}
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	s.SetICETimeouts(5*time.Second, 20*time.Second, 2*time.Second)
	s.SetIncludeLoopbackCandidate(cfg.Loopback)
	s.DisableActiveTCP(true)
	s.SetReceiveMTU(1600)
	mux, err := e.listenUDP(cfg)
	if err != nil {
		return nil, err
	}
	s.SetICEUDPMux(mux)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if cfg.TCP != "" {
		listener, err := net.Listen("tcp", cfg.TCP)
		if err != nil {
			return nil, fmt.Errorf("media TCP port %s: %w", cfg.TCP, err)
		}
		e.tcpAddress, _ = listener.Addr().(*net.TCPAddr)
		tcp := webrtc.NewICETCPMux(quiet{}.NewLogger("tcp"), listener, 64)
		e.closers = append(e.closers, tcp)
		s.SetICETCPMux(tcp)
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	s.SetNetworkTypes(networks)
	if len(cfg.PublicIPs) > 0 {
		err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: cfg.PublicIPs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace})
		if err != nil {
			return nil, fmt.Errorf("public addresses: %w", err)
		}
	}
	return s, nil
}

// listenUDP opens the one media port on the named address, or on every local address when none is named: a socket for
// each, because a wildcard socket answers from the wrong address on a machine with several.
func (e *Engine) listenUDP(cfg Config) (ice.UDPMux, error) {
	host, port, err := net.SplitHostPort(cfg.UDP)
	if err != nil {
		return nil, fmt.Errorf("media UDP address %q must be host:port: %w", cfg.UDP, err)
	}
	hosts := []string{host}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		if hosts, err = localIPs(cfg.Loopback); err != nil {
			return nil, err
		}
	}
	var muxes []ice.UDPMux
	for _, h := range hosts {
		conn, err := net.ListenPacket("udp", net.JoinHostPort(h, port))
		if err != nil {
			return nil, fmt.Errorf("media UDP port %s: %w", net.JoinHostPort(h, port), err)
		}
		e.closers = append(e.closers, conn)
		widen(conn)
		address, ok := conn.LocalAddr().(*net.UDPAddr)
		if !ok {
			return nil, fmt.Errorf("media UDP port %s: unexpected address", cfg.UDP)
		}
		if port == "0" { // the other addresses take the port the first was given
			port = strconv.Itoa(address.Port)
		}
		e.addresses = append(e.addresses, *address)
		mux := webrtc.NewICEUDPMux(quiet{}.NewLogger("udp"), conn)
		e.closers = append(e.closers, mux)
		muxes = append(muxes, mux)
	}
	return ice.NewMultiUDPMuxDefault(muxes...), nil
}

// socketBuffer is what one socket holds of everybody's packets, in bytes, while the machine does something else: a second of
// sixty cameras. The system may allow less (net.core.rmem_max).
const socketBuffer = 4 << 20

func widen(conn net.PacketConn) {
	if c, ok := conn.(*net.UDPConn); ok {
		_ = c.SetReadBuffer(socketBuffer)
		_ = c.SetWriteBuffer(socketBuffer)
	}
}

func localIPs(loopback bool) ([]string, error) {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("local addresses: %w", err)
	}
	var ips []string
	for _, a := range addresses {
		n, ok := a.(*net.IPNet)
		if !ok || n.IP.IsLinkLocalUnicast() || n.IP.IsLoopback() && !loopback {
			continue
		}
		ips = append(ips, n.IP.String())
	}
	if len(ips) == 0 {
		return nil, errors.New("no network address to carry media: name one in the media UDP address")
	}
	return ips, nil
}

// UDPAddresses are the local addresses on which media arrives.
func (e *Engine) UDPAddresses() []net.UDPAddr { return e.addresses }

// TCPAddress is the local address of ICE over TCP, or nil.
func (e *Engine) TCPAddress() *net.TCPAddr { return e.tcpAddress }

// Peers is the number of open peers.
func (e *Engine) Peers() int { return int(e.activePeers.Load()) }

// Close releases the ports. Every peer must be closed first.
func (e *Engine) Close() error {
	var all []error
	for i := len(e.closers) - 1; i >= 0; i-- {
		if err := e.closers[i].Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			all = append(all, err)
		}
	}
	e.closers = nil
	return errors.Join(all...)
}

// Payload types of the codecs, as our own answers name them; a browser's offer may choose others.
const (
	opusPayload = 111
	vp8Payload  = 96
)

const transportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"

// mediaEngine offers Opus and VP8, with transport-wide congestion feedback for what publishers send.
func mediaEngine() (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	feedback := []webrtc.RTCPFeedback{{Type: "transport-cc"}}
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: opusPayload,
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2,
			SDPFmtpLine: "minptime=10;useinbandfec=1", RTCPFeedback: feedback}}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	feedback = append(feedback, webrtc.RTCPFeedback{Type: "ccm", Parameter: "fir"}, webrtc.RTCPFeedback{Type: "nack"},
		webrtc.RTCPFeedback{Type: "nack", Parameter: "pli"})
	if err := m.RegisterCodec(webrtc.RTPCodecParameters{PayloadType: vp8Payload,
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
			RTCPFeedback: feedback}}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: transportCC}, kind)
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

// quiet is pion's logger turned off: it would write addresses of people's machines.
type quiet struct{}

func (quiet) NewLogger(string) logging.LeveledLogger { return quiet{} }
func (quiet) Trace(string)                           {}
func (quiet) Tracef(string, ...any)                  {}
func (quiet) Debug(string)                           {}
func (quiet) Debugf(string, ...any)                  {}
func (quiet) Info(string)                            {}
func (quiet) Infof(string, ...any)                   {}
func (quiet) Warn(string)                            {}
func (quiet) Warnf(string, ...any)                   {}
func (quiet) Error(string)                           {}
func (quiet) Errorf(string, ...any)                  {}
