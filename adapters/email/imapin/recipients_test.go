package imapin

import (
	"slices"
	"strings"
	"testing"
)

func ours(a string) bool { return strings.HasSuffix(strings.ToLower(a), "@in.kinbridge.example") }

var inOrder = reading{Own: "kinbridge@in.kinbridge.example", Sources: Sources, Ours: ours}

func TestWhomAMailIsFor(t *testing.T) {
	for _, c := range []struct {
		name, head, from string
		to               []string
	}{
		{"Delivered-To", "Return-Path: <a@x.example>\nDelivered-To: r-1@in.kinbridge.example\nTo: r-2@in.kinbridge.example\nFrom: a@x.example\n", "a@x.example", []string{"r-1@in.kinbridge.example"}},
		{"Delivered-To is the mailbox, the alias is below", "Delivered-To: kinbridge@in.kinbridge.example\nX-Original-To: R-1@In.Kinbridge.example\nFrom: a@x.example\n", "a@x.example", []string{"r-1@in.kinbridge.example"}},
		{"Exim", "Envelope-to: r-1@in.kinbridge.example\nReturn-path: <b@x.example>\nFrom: a@x.example\n", "b@x.example", []string{"r-1@in.kinbridge.example"}},
		{"several in one field", "X-Delivered-To: <r-1@in.kinbridge.example>, r-2@in.kinbridge.example\nFrom: a@x.example\n", "a@x.example", []string{"r-1@in.kinbridge.example", "r-2@in.kinbridge.example"}},
		{"Received", "Received: from mx.x.example (for <r-9@in.kinbridge.example>) by mail.example\n with ESMTP id 1 for <r-1@in.kinbridge.example>; Fri, 1 May 2026 10:00:00 +0100\nFrom: a@x.example\n", "a@x.example", []string{"r-1@in.kinbridge.example"}},
		{"To and Cc", "From: a@x.example\nTo: \"r-9@in.kinbridge.example\" <b@x.example>, R <r-1@in.kinbridge.example>\nCc: r-2@in.kinbridge.example, R-1@in.kinbridge.example\n", "a@x.example", []string{"r-1@in.kinbridge.example", "r-2@in.kinbridge.example"}},
		{"Bcc", "From: a@x.example\nTo: b@x.example\nBcc: <r-1@in.kinbridge.example>\n", "a@x.example", []string{"r-1@in.kinbridge.example"}},
		{"nobody of ours", "From: a@x.example\nTo: b@x.example\n", "a@x.example", []string{"kinbridge@in.kinbridge.example"}},
		{"the mailbox alone", "From: a@x.example\nTo: kinbridge@in.kinbridge.example\n", "a@x.example", []string{"kinbridge@in.kinbridge.example"}},
		{"a bounce", "Return-Path: <>\nDelivered-To: b-1@in.kinbridge.example\nFrom: MAILER-DAEMON@x.example\n", "", []string{"b-1@in.kinbridge.example"}},
		{"two Return-Path, the upper counts", "Return-Path: <a@x.example>\nReturn-Path: <>\nFrom: c@x.example\n", "a@x.example", []string{"kinbridge@in.kinbridge.example"}},
		{"no header at all", "just words\n", "", []string{"kinbridge@in.kinbridge.example"}},
		{"nothing", "", "", []string{"kinbridge@in.kinbridge.example"}},
	} {
		for _, eol := range []string{"\n", "\r\n"} {
			raw := []byte(strings.ReplaceAll(c.head+"\nDelivered-To: r-8@in.kinbridge.example\n", "\n", eol))
			if c.name == "no header at all" || c.name == "nothing" {
				raw = []byte(c.head)
			}
			if from, to := inOrder.envelope(raw); from != c.from || !slices.Equal(to, c.to) {
				t.Errorf("%s: from %q to %q", c.name, from, to)
			}
		}
	}
	many := "From: a@x.example\nTo: " + strings.Repeat("r-@in.kinbridge.example, ", 3) + "x@in.kinbridge.example"
	for i := range 300 {
		many += ", r-" + strings.Repeat("a", i) + "@in.kinbridge.example"
	}
	if _, to := inOrder.envelope([]byte(many + "\n\n")); len(to) != maxRecipients {
		t.Errorf("%d recipients", len(to))
	}
	header := inOrder
	header.Sources = []string{FromHeader}
	if _, to := header.envelope([]byte("Delivered-To: r-1@in.kinbridge.example\nTo: r-2@in.kinbridge.example\nFrom: a@x.example\n\n")); !slices.Equal(to, []string{"r-2@in.kinbridge.example"}) {
		t.Errorf("another order: %q", to)
	}
}

func FuzzEnvelope(f *testing.F) {
	f.Add([]byte("Return-Path: <a@x.example>\nDelivered-To: r-1@in.kinbridge.example\nReceived: from x (for <) by y for <r-2@in.kinbridge.example>\n\nbody"))
	f.Add([]byte("To: \"@in.kinbridge.example\x00\xff <r@in.kinbridge.example>\r\n\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		from, to := inOrder.envelope(raw)
		if len(to) == 0 || len(to) > maxRecipients || !usable(from) {
			t.Fatalf("from %q to %d", from, len(to))
		}
		for i, a := range to {
			if !usable(a) || !ours(a) || slices.Contains(to[:i], a) {
				t.Fatalf("a recipient %q", a)
			}
		}
		head, body := splitHeader(raw)
		if string(head)+string(body) != string(raw) {
			t.Fatal("bytes are lost")
		}
		if from2, to2 := inOrder.envelope(raw); from2 != from || !slices.Equal(to, to2) {
			t.Fatal("not the same again")
		}
	})
}
