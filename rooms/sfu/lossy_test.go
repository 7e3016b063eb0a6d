package sfu_test

import (
	"net"
	"sync/atomic"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
)

// lossy makes a browser's sockets lose every nth large packet that arrives (RTP of pictures; STUN, DTLS, RTCP and
// sound are smaller than 190 bytes or do not begin with the version bits of RTP).
func lossy(n uint64) func(*webrtc.SettingEngine) {
	return func(s *webrtc.SettingEngine) {
		real, err := stdnet.NewNet()
		if err != nil {
			panic(err)
		}
		s.SetNet(&lossyNet{Net: real, every: n})
	}
}

type lossyNet struct {
	transport.Net
	every uint64
}

func (n *lossyNet) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	c, err := n.Net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	return &lossyConn{UDPConn: c, every: n.every}, nil
}

type lossyConn struct {
	transport.UDPConn
	every uint64
	seen  atomic.Uint64
}

func (c *lossyConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(b)
		if err == nil && n > 190 && b[0]>>6 == 2 && c.seen.Add(1)%c.every == 0 {
			continue
		}
		return n, from, err
	}
}
