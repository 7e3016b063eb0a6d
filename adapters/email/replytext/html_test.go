package replytext

import (
	"strings"
	"testing"

	"kinbridge/adapters/email/mailparse"
)

func splitHTML(t *testing.T, body string) Reply {
	t.Helper()
	m, err := mailparse.Parse([]byte("From: Jo Price <jo.price@la.example>\nSubject: Re: review\nContent-Type: text/html; charset=utf-8\n\n"+body), mailparse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return Split(m)
}

// TestHTMLReplies has one case for each program whose structure is known, and for structure that people make themselves.
func TestHTMLReplies(t *testing.T) {
	for _, c := range []struct{ name, body, text string }{
		{"Gmail", `<div dir="ltr">Yes, she can.<div><br></div><div>At 10?</div></div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, 3 Mar 2025 at 10:00, K &lt;<a href="mailto:k@kin.example">k@kin.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex"><div>Can she come?</div></blockquote></div>`, "Yes, she can.\n\nAt 10?"},
		{"Gmail, answer below", `<div class="gmail_quote"><div class="gmail_attr">On Mon, 3 Mar 2025 K &lt;k@kin.example&gt; wrote:<br></div><blockquote class="gmail_quote">Can she come?</blockquote><div>Yes, she can.</div></div>`, "Yes, she can."},
		{"Gmail, between", `<div class="gmail_quote"><blockquote class="gmail_quote">Can she come?</blockquote><div>Yes.</div><blockquote class="gmail_quote">When?</blockquote><div>Tuesday.</div></div>`, "> Can she come?\n\nYes.\n\n> When?\n\nTuesday."},
		{"Gmail forward", `<div>For you.</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: <b>A</b> &lt;a@b.example&gt;<br></div><br><div>The letter.</div></div>`, "For you."},
		{"Outlook desktop", `<div class=WordSection1><p class=MsoNormal>Yes, she can.<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal><b>From:</b> K &lt;k@kin.example&gt; <br><b>Sent:</b> 03 March 2025 10:00<br><b>To:</b> Jo Price<br><b>Subject:</b> review</p></div><p class=MsoNormal>Can she come?</p></div>`, "Yes, she can."},
		{"Outlook on the web", `<div>Yes, she can.</div><div id="appendonsend"></div><hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>From:</b> K<br><b>Sent:</b> x<br></font></div><div>Can she come?</div>`, "Yes, she can."},
		{"new Outlook", `<div>Yes, she can.</div><div id="mail-editor-reference-message-container"><div><div><b>Oddi wrth: </b>K</div><p>Can she come?</p></div></div>`, "Yes, she can."},
		{"Outlook mobile", `<div>Yes, she can.</div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/x">Outlook for iOS</a></div><hr><div id="divRplyFwdMsg"><b>From:</b> K</div><p>Can she come?</p>`, "Yes, she can."},
		{"Apple Mail", `<html><body>Yes, she can.<div><br><blockquote type="cite"><div>On 3 Mar 2025, at 10:00, K &lt;k@kin.example&gt; wrote:</div><br><div>Can she come?</div></blockquote></div></body></html>`, "Yes, she can."},
		{"Thunderbird, below", `<div class="moz-cite-prefix">On 03/03/2025 10:00, K wrote:<br></div><blockquote type="cite" cite="mid:x@kin.example"><p>Can she come?</p></blockquote><p>Yes, she can.</p><div class="moz-signature">-- <br>Jo</div>`, "Yes, she can."},
		{"Yahoo", `<div>Yes, she can.</div><div id="yahoo_quoted_12" class="yahoo_quoted"><div>On Monday, 3 March 2025 at 10:00:00 GMT, K &lt;k@kin.example&gt; wrote:</div><div>Can she come?</div></div>`, "Yes, she can."},
		{"Proton", `Yes, she can.<div class="protonmail_signature_block">Sent with Proton Mail</div><div class="protonmail_quote">On Monday K wrote:<blockquote class="protonmail_quote" type="cite">Can she come?</blockquote></div>`, "Yes, she can."},
		{"GMX", `<div>Yes, she can.</div><div name="quote" style="margin:10px 5px"><div>Gesendet: x<br>Von: K</div><div>Can she come?</div></div>`, "Yes, she can."},
		{"her own blockquote", `<p>The court said:</p><blockquote style="margin-left:40px"><p>Contact is to be supervised.</p></blockquote><p>Is that clear?</p>`, "The court said:\n\nContact is to be supervised.\n\nIs that clear?"},
		{"blockquote after an attribution", `<div>Yes.</div><div>On 3 Mar 2025, at 10:00, K &lt;k@kin.example&gt; wrote:</div><blockquote><p>Can she come?</p></blockquote><p>And bring the papers.</p>`, "Yes.\n\nAnd bring the papers."},
		{"list and table", `<p>Please:</p><ol><li>read</li><li>sign</li></ol><table><tr><td>Mon</td><td>10:00</td></tr><tr><td>Tue</td><td>11:00</td></tr></table>`, "Please:\n\n1. read\n2. sign\n\nMon 10:00\nTue 11:00"},
		{"script and style are no words", `<style>p{color:red}</style><script>alert("x")</script><p onclick="x()">Hello<img src=x onerror=alert(1)></p>`, "Hello"},
		{"entities", `<p>A &lt;b&gt; &amp;amp; caf&eacute;</p>`, "A <b> &amp; café"},
		{"plain text in pre", `<pre>Yes.` + "\n\n&gt; Can she come?\n" + `</pre>`, "Yes."},
		{"Gmail signature", `<div>See you.</div><div>-- <br><div class="gmail_signature">Jo Price<br>Social Worker</div></div>`, "See you."},
	} {
		r := splitHTML(t, c.body)
		if r.Text != c.text {
			t.Errorf("%s:\n%q, want\n%q\nsig %q\nquoted %q", c.name, r.Text, c.text, r.Signature, r.Quoted)
		}
		if strings.Contains(r.Text, "alert") {
			t.Errorf("%s: script in the text", c.name)
		}
	}
}
