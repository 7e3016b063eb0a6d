//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	datagrams  = 64      // taken by one system call
	largest    = 1600    // bytes of a datagram
	sampled    = 16      // one packet of so many goes up to pion to be decrypted
	firstGoUp  = 6       // of a flow, so that pion finds its track
	bufferSize = 1 << 20 // of every socket: the load must not be the one that loses
	lookEvery  = time.Millisecond
	remembered = 64 // times of arrival of a flow, of sampled packets only
)

// intake is the load's receiving side: one thread that reads every socket with recvmmsg. RTP is only counted, by SSRC; one packet of
// sixteen, and all that is not RTP, goes up to pion. So the load costs far less than the server it measures. It looks once in a millisecond, so
// that no server pays for waking it, as none does for receivers elsewhere; when each packet arrived is noted by the kernel.
type intake struct {
	poll    int
	address netip.Addr // of every socket, and the only one that is ever sent to
	mu      sync.RWMutex
	sockets map[int32]*socket
	dropped atomic.Int64 // datagrams that pion's side was too slow to take
	closed  atomic.Bool
	ended   chan struct{}
}

func newIntake(address netip.Addr) (*intake, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	in := &intake{poll: poll, address: address, sockets: map[int32]*socket{}, ended: make(chan struct{})}
	go in.loop()
	return in, nil
}

func (in *intake) close() {
	in.closed.Store(true)
	<-in.ended
	_ = unix.Close(in.poll)
}

// socket is one UDP socket, for one peer connection: both the ice.UDPMux that pion is given and the net.PacketConn it hands out.
type socket struct {
	in     *intake
	fd     int
	local  *net.UDPAddr
	up     chan datagram
	closed chan struct{}
	once   sync.Once
	mu     sync.RWMutex
	flows  map[uint32]*flow // by SSRC
}

type datagram struct {
	b    []byte
	from *net.UDPAddr
}

// flow counts what arrives of one SSRC.
type flow struct {
	packets atomic.Int64
	highest atomic.Uint32 // extended sequence number, for receiver reports
	passed  int           // to pion; of the receiving thread
	mu      sync.Mutex
	arrived [remembered]struct {
		sequence uint16
		at       int64 // nanoseconds
	}
}

// arrival says when a sampled packet arrived.
func (f *flow) arrival(sequence uint16) (at int64, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a := f.arrived[sequence/sampled%remembered]
	return a.at, a.sequence == sequence && a.at != 0
}

// count takes note of one packet and says whether it goes up to pion.
func (f *flow) count(sequence uint16, at func() int64) (up bool) {
	f.packets.Add(1)
	switch highest := f.highest.Load(); {
	case highest == 0:
		f.highest.Store(1<<16 | uint32(sequence))
	case int16(sequence-uint16(highest)) > 0:
		f.highest.Store(highest + uint32(sequence-uint16(highest)))
	}
	sample := sequence%sampled == 0
	if sample {
		f.mu.Lock()
		a := &f.arrived[sequence/sampled%remembered]
		a.sequence, a.at = sequence, at()
		f.mu.Unlock()
	}
	if f.passed < firstGoUp {
		f.passed++
		return true
	}
	return sample
}

func (in *intake) open() (*socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferSize) != nil { // without the right: as much as is allowed
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferSize)
	}
	var local unix.Sockaddr
	if err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: in.address.As4()})
	}
	if err == nil {
		local, err = unix.Getsockname(fd)
	}
	port, ok := local.(*unix.SockaddrInet4)
	if err == nil && !ok {
		err = errors.New("not an IPv4 socket")
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	s := &socket{in: in, fd: fd, local: &net.UDPAddr{IP: in.address.AsSlice(), Port: port.Port}, up: make(chan datagram, 256),
		closed: make(chan struct{}), flows: map[uint32]*flow{}}
	in.mu.Lock()
	in.sockets[int32(fd)] = s
	in.mu.Unlock()
	return s, unix.EpollCtl(in.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// message is struct mmsghdr of recvmmsg(2).
type message struct {
	header unix.Msghdr
	size   uint32
	_      [4]byte
}

// batch is the memory of one recvmmsg.
type batch struct {
	messages [datagrams]message
	vectors  [datagrams]unix.Iovec
	from     [datagrams]unix.RawSockaddrInet4
	bytes    [datagrams][largest]byte
	control  [datagrams][64]byte
}

func newBatch() *batch {
	b := &batch{}
	for i := range b.messages {
		b.vectors[i].Base = &b.bytes[i][0]
		b.vectors[i].SetLen(largest)
		b.messages[i].header.Iov = &b.vectors[i]
		b.messages[i].header.SetIovlen(1)
		b.messages[i].header.Name = (*byte)(unsafe.Pointer(&b.from[i]))
	}
	return b
}

func (b *batch) receive(fd int32) int {
	for i := range b.messages {
		h := &b.messages[i].header
		h.Namelen = uint32(unsafe.Sizeof(b.from[i]))
		h.Control = &b.control[i][0]
		h.SetControllen(len(b.control[i]))
	}
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.messages[0])), datagrams, unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (in *intake) loop() {
	defer close(in.ended)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	b, events, pause := newBatch(), [256]unix.EpollEvent{}, unix.NsecToTimespec(int64(lookEvery))
	for !in.closed.Load() {
		_ = unix.Nanosleep(&pause, nil)
		n, err := unix.EpollWait(in.poll, events[:], 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		for _, e := range events[:n] {
			in.mu.RLock()
			s := in.sockets[e.Fd]
			in.mu.RUnlock()
			if s == nil {
				continue
			}
			for i := range b.receive(e.Fd) {
				m := &b.messages[i]
				s.take(b.bytes[i][:m.size], &b.from[i], b.control[i][:m.header.Controllen])
			}
		}
	}
}

// take handles one datagram, on the receiving thread. RTP and RTCP are told apart as RFC 5761 says.
func (s *socket) take(b []byte, from *unix.RawSockaddrInet4, control []byte) {
	if len(b) >= 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223) {
		sequence, ssrc := binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint32(b[8:])
		if !s.flow(ssrc).count(sequence, func() int64 { return stamp(control) }) {
			return
		}
	}
	port := (*[2]byte)(unsafe.Pointer(&from.Port))
	a := from.Addr
	select {
	case s.up <- datagram{append([]byte(nil), b...), &net.UDPAddr{IP: net.IPv4(a[0], a[1], a[2], a[3]), Port: int(port[0])<<8 | int(port[1])}}:
	default:
		s.in.dropped.Add(1)
	}
}

// stamp reads the kernel's time of arrival (SCM_TIMESTAMPNS).
func stamp(control []byte) int64 {
	if len(control) < unix.CmsgSpace(16) {
		return time.Now().UnixNano()
	}
	t := (*unix.Timespec)(unsafe.Pointer(&control[unix.CmsgLen(0)]))
	return t.Nano()
}

func (s *socket) flow(ssrc uint32) *flow {
	s.mu.RLock()
	f := s.flows[ssrc]
	s.mu.RUnlock()
	if f == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		if f = s.flows[ssrc]; f == nil {
			f = &flow{}
			s.flows[ssrc] = f
		}
	}
	return f
}

func (s *socket) GetConn(string, net.Addr) (net.PacketConn, error) { return s, nil }
func (s *socket) RemoveConnByUfrag(string)                         {}
func (s *socket) GetListenAddresses() []net.Addr                   { return []net.Addr{s.local} }

func (s *socket) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case d := <-s.up:
		return copy(p, d.b), d.from, nil
	case <-s.closed:
		return 0, nil, net.ErrClosed
	}
}

func (s *socket) WriteTo(p []byte, a net.Addr) (int, error) {
	address, ok := a.(*net.UDPAddr)
	if !ok {
		return 0, errors.New("not a UDP address")
	}
	to := address.AddrPort()
	if to.Addr().Unmap() != s.in.address {
		return len(p), nil // never to another machine
	}
	return len(p), unix.Sendto(s.fd, p, 0, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()})
}

func (s *socket) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.in.mu.Lock()
		delete(s.in.sockets, int32(s.fd))
		s.in.mu.Unlock()
		_ = unix.Close(s.fd)
	})
	return nil
}

func (s *socket) LocalAddr() net.Addr              { return s.local }
func (s *socket) SetDeadline(time.Time) error      { return nil }
func (s *socket) SetReadDeadline(time.Time) error  { return nil }
func (s *socket) SetWriteDeadline(time.Time) error { return nil }
