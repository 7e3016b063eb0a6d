package main

import (
	"bytes"
	"fmt"
	"runtime"
	"slices"
	"time"

	"kinbridge/adapters/email/smtpin/smtpload"
)

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// spread writes the median of some ratios with the lowest and the highest.
func spread(of []float64) string {
	return fmt.Sprintf("**%.2f** (%.2f–%.2f)", median(of), slices.Min(of), slices.Max(of))
}

// markdown writes the results page.
func (r report) markdown() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# How quick it is

Written by `+"`make bench-mail`"+` on %s: %d processors, load %s before it began. The machine was shared, so trust the ratios more than the
rates. Each number is the median of %d measurements of %d mails of %d KB; the two programs were measured one right after the other, in
turns first, with the same client and the same mails: a quarter each plain text, Outlook's HTML, both forms as webmail writes them, and plain
text signed by its domain (DKIM, RSA 2048).

## Accepting mail

**Kinbridge** answers 250 when the mail has been parsed, its sender checked (SPF, DKIM, DMARC, with the DNS's answers in memory), the new words
taken apart from the history, put into its thread encrypted, held for review and audited, and all of that is committed to SQLite with
`+"`synchronous=FULL`"+` (concurrent mails share an fsync). What cannot be read at once is accepted first; *filed* is the rate until the last is held.
**Postfix** answers when the mail is in its queue; *delivered* is the rate until the last is in the Maildir. It looks up no names, writes no log
and does not slow down senders. *Processor* is the time that the processes of each used for a mail, user and system, the client's not counted.
Beside each ratio are the lowest and the highest of the turns. Postfix is quickest in the first seconds after a pause and slows down as the file system
takes in its many small files: a short measurement on a rested machine (`+"`"+`-only "10, kept" -repeats 1`+"`"+`) gives a lower ratio than this run does.

| Connections | Kinbridge, accepted | Postfix, accepted | ratio | Kinbridge, filed | Postfix, delivered | ratio | p99 to the answer | Postfix | processor, Kinbridge | Postfix |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
`, r.at.Format("2 January 2006"), runtime.NumCPU(), r.load, r.repeats, r.mails, mailSize>>10)
	for _, w := range r.rows {
		fmt.Fprintf(&b, "| %s | %.0f/s | %.0f/s | %s | %.0f/s | %.0f/s | %s | %.1f ms | %.1f ms | %.2f ms | %.2f ms |\n", w.shape, median(w.accept), median(w.postfix), spread(w.ratio),
			median(w.done), median(w.postfixDone), spread(w.doneRatio), ms(median(w.p99)), ms(median(w.postfixP99)), median(w.cpu), median(w.postfixCPU))
	}
	fmt.Fprintf(&b, `
![Mails accepted in a second](rates.svg)

## From the end of DATA to held

At a steady hundred mails a second over ten connections, from the last byte of the mail until another program finds the message and its hold in
the database.

| p50 | p99 | worst |
|---:|---:|---:|
| %.1f ms | %.1f ms | %.1f ms |

## Reply to kiosk

At 50 replies a second, from the first word of the SMTP session to the frame at the mother's kiosk; a loop releases each as soon as it is held.

| p50 | p99 | worst |
|---:|---:|---:|
| %.1f ms | %.1f ms | %.1f ms |

## Verifying the audit log

100,000 entries from a SQLite file, whole: %.2f s (%.0f entries a second).

## To measure it yourself

`+"`make bench-mail`"+` needs Postfix and root (Postfix's master process); the Go benchmarks behind it need neither:
`+"`go test -run '^$' -bench Accept ./adapters/email/smtpin`, `-bench ReplyToKiosk -benchtime 1000x ./cmd/kinbridge`, `-bench AuditVerify ./gateway/store`.\n",
		ms(smtpload.Percentile(r.held, 0.5)), ms(smtpload.Percentile(r.held, 0.99)), ms(smtpload.Percentile(r.held, 1)),
		r.latency["p50-ms"], r.latency["p99-ms"], r.latency["max-ms"], r.audit["ns/op"]/1e9, r.audit["entries/s"])
	return b.Bytes()
}

// svg draws the accepted rates as pairs of bars.
func (r report) svg() []byte {
	const width, left, bar, gap, perPixel = 760, 150, 16, 14, 560.0
	most := 1.0
	for _, w := range r.rows {
		most = max(most, median(w.accept), median(w.postfix))
	}
	height := 60 + len(r.rows)*(2*bar+gap)
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" font-family="sans-serif" font-size="13">
<title>Mails accepted in a second, by connections: Kinbridge and Postfix</title>
<rect width="100%%" height="100%%" fill="#fff"/>
<rect x="%d" y="14" width="12" height="12" fill="#1d70b8"/><text x="%d" y="25">Kinbridge</text>
<rect x="%d" y="14" width="12" height="12" fill="#b1b4b6"/><text x="%d" y="25">Postfix</text>
`, width, height, left, left+18, left+110, left+128)
	for i, w := range r.rows {
		y := 42 + i*(2*bar+gap)
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", left-10, y+bar+4, w.shape)
		for j, v := range []float64{median(w.accept), median(w.postfix)} {
			fill := []string{"#1d70b8", "#b1b4b6"}[j]
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.0f" height="%d" fill="%s"/><text x="%.0f" y="%d">%.0f/s</text>`+"\n",
				left, y+j*bar, v/most*(perPixel-60), bar-2, fill, float64(left)+v/most*(perPixel-60)+6, y+j*bar+12, v)
		}
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}
