package main

import (
	"fmt"
	"net/netip"
	"reflect"
	"strings"
)

// wholeNumbers is a decode hook that refuses a fraction where a whole number is meant, instead of cutting it: 1.5 days would become one.
func wholeNumbers(from, to reflect.Type, v any) (any, error) {
	if f, ok := v.(float64); ok && to.Kind() >= reflect.Int && to.Kind() <= reflect.Uint64 && f != float64(int64(f)) {
		return nil, fmt.Errorf("%v is no whole number: write one without a decimal point", f)
	}
	return v, nil
}

// hostName reports whether s can be the name of a host (RFC 1123 section 2.1): letters, digits and hyphens between dots.
func hostName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
		}) {
			return false
		}
	}
	return true
}

// check names the first key that cannot be used and how to mend it.
func (r RoomsConfig) check() error {
	for _, a := range []struct{ key, addr string }{{"rooms.udp", r.UDP}, {"rooms.tcp", r.TCP}, {"rooms.turn_udp", r.TURNUDP}, {"rooms.turn_tcp", r.TURNTCP}, {"rooms.turn_tls", r.TURNTLS}} {
		if a.addr == "" {
			continue
		}
		if err := checkAddr(a.key, a.addr, true); err != nil {
			return err
		}
	}
	if _, bad := netip.ParseAddr(r.TURNHost); r.TURNHost != "" && bad != nil && !hostName(r.TURNHost) {
		return fmt.Errorf("configuration: rooms.turn_host: %q is no host name and no IP address: write the name that browsers reach the relay by, such as \"turn.kinbridge.example\", without a port", r.TURNHost)
	}
	if ip, err := netip.ParseAddr(r.TURNRelay); r.TURNRelay != "" && (err != nil || ip.IsUnspecified()) {
		return fmt.Errorf("configuration: rooms.turn_relay: %q is no IP address of this machine: write the one that relayed media leaves from, such as \"192.0.2.1\"", r.TURNRelay)
	}
	for _, ip := range r.PublicIPs {
		if _, err := netip.ParseAddr(ip); err != nil {
			return fmt.Errorf("configuration: rooms.public_ips: %q is no IP address: write the address that browsers reach this machine at, such as \"192.0.2.1\"", ip)
		}
	}
	return nil
}
