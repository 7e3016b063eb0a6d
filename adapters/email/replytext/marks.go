package replytext

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/html/atom"
)

// The marks by which mail programs tell what an element is: classes, identifiers and styles.

var (
	quoteClass = newSet("yahoo_quoted protonmail_quote tutanota_quote moz-forward-container ms-outlook-mobile-reference-message quoted-text-container front-blockquote hm_quote wlmailquote zmail_extra zmail_extra_hr quotedmessage reply-quote mailquote nylas-quote")
	headClass  = newSet("gmail_attr moz-cite-prefix moz-email-headers-table yahoo-quoted-begin jive-quote-header headerblock hm_ll")
	sigClass   = newSet("gmail_signature gmail_signature_prefix moz-signature protonmail_signature_block ms-outlook-ios-signature ms-outlook-android-signature")
	sigID      = newSet("signature x_signature ms-outlook-mobile-signature ms-outlook-ios-signature ms-outlook-android-signature ymail_android_signature ymail_ios_signature composer_signature gmail_signature mobile_signature")
	tailID     = newSet("divrplyfwdmsg x_divrplyfwdmsg mail-editor-reference-message-container orimsghtmlseperator isforwardcontent replybody_container reference-message-container olk_src_body_section")
)

// anyOf says that one of the classes of an element is in s.
func anyOf(classes string, s set) bool {
	if classes == "" {
		return false
	}
	for c := range strings.FieldsSeq(classes) {
		if s[c] {
			return true
		}
	}
	return false
}

// styleMatters says that a style attribute may hold one of the few properties that are read.
func styleMatters(v []byte) bool {
	for i := 0; i+6 < len(v); i++ {
		switch v[i] | 0x20 {
		case 'b', 'd', 'w', 'm':
			if f := string(bytes.ToLower(v[i : i+6])); f == "border" || f == "displa" || f == "white-" || f == "margin" {
				return true
			}
		}
	}
	return false
}

// css returns the value of a property in a style attribute in lower case, or "".
func css(style, property string) string {
	for rest := style; ; {
		i := strings.Index(rest, property)
		if i < 0 {
			return ""
		}
		after := strings.TrimLeft(rest[i+len(property):], " ")
		if (i == 0 || rest[i-1] == ';' || rest[i-1] == ' ' || rest[i-1] == '\n' || rest[i-1] == '\t') && strings.HasPrefix(after, ":") {
			value, _, _ := strings.Cut(after[1:], ";")
			return strings.TrimSpace(value)
		}
		rest = rest[i+len(property):]
	}
}

func zeroMargin(style string) bool {
	if !strings.Contains(style, "margin") {
		return false
	}
	return strings.HasPrefix(css(style, "margin"), "0") || strings.HasPrefix(css(style, "margin-top"), "0") || strings.HasPrefix(css(style, "margin-bottom"), "0")
}

// topBorder says that a style draws a line above the element.
func topBorder(style string) bool {
	if !strings.Contains(style, "border-top") {
		return false
	}
	v := css(style, "border-top")
	return v != "" && !strings.HasPrefix(v, "none") && !strings.HasPrefix(v, "0") && (strings.Contains(v, "solid") || strings.ContainsAny(v, "#0123456789"))
}

// describe sets what an element means, from the marks mail programs leave.
func (f *flattener) describe(e *element, a attrs) {
	switch e.tag {
	case atom.Script, atom.Style, atom.Title, atom.Template, atom.Iframe:
		e.skip = true
	case atom.Pre:
		e.pre = true
	case atom.Ol:
		if n, err := strconv.Atoi(a.start); err == nil && n > 1 && n < 10000 {
			e.item = n
		} else {
			e.item = 1
		}
		e.spaced = !f.inList()
	case atom.Ul:
		e.spaced = !f.inList()
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		e.spaced = true
	case atom.P:
		e.spaced = !strings.Contains(a.class, "mso") && !zeroMargin(a.style)
	case atom.Blockquote:
		switch {
		case a.kind == "cite", strings.Contains(a.class, "gmail_quote"), strings.HasPrefix(a.cite, "mid:"), strings.Contains(a.class, "quote") && !strings.Contains(a.class, "pullquote"):
			e.depth, e.hint = 1, quoted
		default:
			e.hint = indented
		}
	}
	if a.style != "" {
		if v := css(a.style, "white-space"); strings.HasPrefix(v, "pre") || strings.HasPrefix(v, "break-spaces") {
			e.pre = true
		}
		if strings.HasPrefix(css(a.style, "display"), "none") {
			e.hint |= quoted // words nobody saw are not what the author says, but they are not lost
		}
	}
	if a.id != "" || a.class != "" || a.name != "" || a.marker != "" || a.smart != "" || a.sigblock != "" {
		f.marked(e, a)
	}
	if e.hint&(heading|tail|quoted|signature) == 0 && (e.tag == atom.Div || e.tag == atom.P) && topBorder(a.style) {
		e.hint |= ruled
	}
}

// marked reads the marks that name what an element holds.
func (f *flattener) marked(e *element, a attrs) {
	switch {
	case strings.Contains(a.class, "gmail_quote") && e.tag == atom.Div:
		e.gmail = true
	case anyOf(a.class, headClass), a.id == "reply-intro":
		e.hint |= heading
	case tailID[a.id], strings.HasPrefix(a.id, "divrpf"), strings.Contains(a.class, "outlookmessageheader"):
		e.hint |= tail
	case anyOf(a.class, quoteClass), strings.HasPrefix(a.id, "yahoo_quoted"),
		a.name == "messagereplysection", a.marker == "__quoted_text__", a.name == "quote" && e.tag == atom.Div, strings.HasPrefix(a.class, "zmail_extra"):
		e.hint |= quoted
	case anyOf(a.class, sigClass), sigID[a.id], strings.HasPrefix(a.id, "applemailsignature"), a.smart == "gmail_signature", a.sigblock == "true",
		a.name == "messagesignaturesection", a.marker == "__sig_post__", a.marker == "__sig_pre__",
		e.tag != atom.Body && (strings.Contains(a.class, "signature") || strings.Contains(a.id, "signature")):
		e.hint |= signature
	}
}
