package audit

import "kinbridge/gateway/ids"

// The kinds of this file, and what each means.
const (
	DeliveryNoticeKind Kind = "delivery.notice"
	PageNoticedKind    Kind = "page.noticed"
	PageCodeAskedKind  Kind = "page.code_asked"
	PageCodeSentKind   Kind = "page.code_sent"
	PageCodeFailedKind Kind = "page.code_failed"
	PageEnteredKind    Kind = "page.entered"
	PageReadKind       Kind = "page.read"
	PageLeftKind       Kind = "page.left"
)

var pagesKinds = []Info{
	{DeliveryNoticeKind, "Chose a notice: their mail server is not secure", "delivery", true},
	{PageNoticedKind, "Sent a notice with a link to a secure page", "reading page", true},
	{PageCodeAskedKind, "A code was asked for on a secure page", "reading page", true},
	{PageCodeSentKind, "Sent a code for a secure page", "reading page", true},
	{PageCodeFailedKind, "A code for a secure page was wrong or did not arrive", "reading page", true},
	{PageEnteredKind, "Gave the right code on a secure page", "reading page", true},
	{PageReadKind, "Read the message on the secure page", "reading page", true},
	{PageLeftKind, "Closed the secure page", "reading page", true},
}

// DeliveryNotice: the recipient's server could not be reached securely, so that a notice without content goes in the message's place; code
// is the trouble ("no_tls", "bad_tls").
func DeliveryNotice(d Delivered, code string) Entry {
	return d.entry(DeliveryNoticeKind, Done).With("code", Code(code))
}

// Reading names one reading page and the message on its way that is read there.
type Reading struct {
	Delivered
	Page ids.PageID
}

func (r Reading) entry(k Kind, o Outcome) Entry {
	return made(k, o, string(r.Page)).In(r.Case, r.Thread).With("message", string(r.Message)).With("delivery", string(r.Delivery))
}

// PageNoticed: a server took the notice.
func PageNoticed(r Reading) Entry { return r.entry(PageNoticedKind, Done) }

// PageCodeAsked: somebody who has the link asked for a code, which goes to the recipient's address.
func PageCodeAsked(r Reading) Entry { return r.entry(PageCodeAskedKind, Done) }

// PageCodeSent: a server took the mail with the code.
func PageCodeSent(r Reading) Entry { return r.entry(PageCodeSentKind, Done) }

// PageCodeFailed: code says how: "wrong" or "dead" of a code that was entered, a server's reply code of one that could not be sent.
func PageCodeFailed(r Reading, code string) Entry {
	o := Refused
	if code != "wrong" && code != "dead" {
		o = Failed
	}
	return r.entry(PageCodeFailedKind, o).With("code", Code(code))
}

// PageEntered: the recipient gave the right code.
func PageEntered(r Reading) Entry { return r.entry(PageEnteredKind, Done) }

// PageRead: the message was shown to her.
func PageRead(r Reading) Entry { return r.entry(PageReadKind, Done) }

// PageLeft: she closed the page on her device; to come back she needs a new code.
func PageLeft(r Reading) Entry { return r.entry(PageLeftKind, Done) }
