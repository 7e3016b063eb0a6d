package sfu

import (
	"fmt"
	"testing"

	"github.com/pion/rtcp"
)

// Every report goes out once, in packets that no network cuts up and that any receiver can read: a report first, and at
// the end the names of those who report in it (RFC 3550, section 6.1).
func TestReportsShareValidPackets(t *testing.T) {
	for _, received := range []int{0, 1, 31} {
		for _, sent := range []int{0, 1, 4, 18, maxLines} {
			rr := &rtcp.ReceiverReport{SSRC: 1}
			for n := range received {
				rr.Reports = append(rr.Reports, rtcp.ReceptionReport{SSRC: uint32(n)})
			}
			var all []senderReport
			for n := range sent {
				ssrc := uint32(1000 + n)
				all = append(all, senderReport{SenderReport: rtcp.SenderReport{SSRC: ssrc}, name: rtcp.SourceDescriptionChunk{Source: ssrc,
					Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: fmt.Sprint("slot-", n)}}}})
			}
			blocks, reports := 0, map[uint32]int{}
			out := compounds(rr, all)
			for _, packets := range out {
				raw, err := rtcp.Marshal(packets)
				if err != nil {
					t.Fatal(err)
				}
				if len(raw) > compoundSize {
					t.Errorf("%d received, %d sent: a packet of %d bytes", received, sent, len(raw))
				}
				read, err := rtcp.Unmarshal(raw)
				if err != nil {
					t.Fatal(err)
				}
				here := map[uint32]bool{}
				for i, p := range read {
					switch p := p.(type) {
					case *rtcp.ReceiverReport:
						blocks += len(p.Reports)
					case *rtcp.SenderReport:
						reports[p.SSRC]++
						here[p.SSRC] = true
					case *rtcp.SourceDescription:
						if i == 0 || i != len(read)-1 || len(p.Chunks) != len(here) {
							t.Errorf("%d names for %d reports, at place %d of %d", len(p.Chunks), len(here), i, len(read))
						}
						for _, c := range p.Chunks {
							if !here[c.Source] {
								t.Errorf("%d is named and reports elsewhere", c.Source)
							}
						}
					}
				}
				if _, named := read[len(read)-1].(*rtcp.SourceDescription); len(here) > 0 && !named {
					t.Error("reports without names")
				}
			}
			if blocks != received || len(reports) != sent {
				t.Errorf("%d blocks and %d reports of %d and %d", blocks, len(reports), received, sent)
			}
			for ssrc, n := range reports {
				if n != 1 {
					t.Errorf("%d reports %d times", ssrc, n)
				}
			}
			if received+sent == 0 && len(out) != 0 {
				t.Error("a packet with nothing in it")
			}
		}
	}
}
