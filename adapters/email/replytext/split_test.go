package replytext

import (
	"testing"

	"kinbridge/adapters/email/mailparse"
)

func splitText(t *testing.T, body string) Reply {
	t.Helper()
	m, err := mailparse.Parse([]byte("From: Jo Price <jo.price@la.example>\nSubject: Re: review\nContent-Type: text/plain; charset=utf-8\n\n"+body), mailparse.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return Split(m)
}

func TestPlainReplies(t *testing.T) {
	for _, c := range []struct{ name, body, text string }{
		{"gmail", "Yes, she can.\n\nOn Mon, 3 Mar 2025 at 10:00, Kinbridge <k@kin.example> wrote:\n\n> Can she come?\n>\n", "Yes, she can."},
		{"wrapped in the address", "Yes.\n\nOn Mon, 3 Mar 2025 at 10:00, Kinbridge Messages <\nthread-abc@kin.example> wrote:\n> x\n", "Yes."},
		{"welsh", "Iawn, diolch.\n\nAr Llun, 3 Maw 2025 am 10:00, ysgrifennodd Kinbridge <k@kin.example>:\n> x\n", "Iawn, diolch."},
		{"welsh, verb last", "Iawn.\n\nAr 3 Mawrth 2025 10:00, Kinbridge <k@kin.example> ysgrifennodd:\n\nHelo\n", "Iawn."},
		{"outlook", "Yes.\n\nFrom: Kinbridge <k@kin.example>\nSent: 03 March 2025 10:00\nTo: Jo Price <jo@la.example>\nSubject: review\n\nCan she come?\n", "Yes."},
		{"outlook, Welsh", "Iawn.\n\nOddi wrth: Kinbridge <k@kin.example>\nAnfonwyd: 03 Mawrth 2025 10:00\nAt: Jo Price\nPwnc: adolygiad\n\nHelo\n", "Iawn."},
		{"original message", "Yes.\n\n-----Original Message-----\nFrom: K\nSent: x\nTo: y\nSubject: z\n\nold\n", "Yes."},
		{"on one line", "Yes please. On Mon, 3 Mar 2025 at 10:00, K <k@kin.example> wrote: Can she come?", "Yes please."},
		{"bottom", "On Mon, 3 Mar 2025 at 10:00, K <k@kin.example> wrote:\n> Can she come?\n\nYes, she can.\n", "Yes, she can."},
		{"closing and block", "The review is on Tuesday.\n\nKind regards,\n\nJo Price\nSocial Worker\nTel: 020 7946 0123\n\nOn Mon, 3 Mar 2025 at 10:00, K <k@kin.example> wrote:\n> x", "The review is on Tuesday."},
		{"only thanks", "Thanks\n\n> x\n", "Thanks"},
		{"prose that starts with On", "On Monday I wrote to the school and they said:\nshe may come.\n", "On Monday I wrote to the school and they said:\nshe may come."},
		{"prose with From:", "From: the school's view it is fine.\nTo: my mind too.\n", "From: the school's view it is fine.\nTo: my mind too."},
		{"interleaved", "> Can she come?\nYes.\n> When?\nTuesday.\n> bye\n", "> Can she come?\n\nYes.\n\n> When?\n\nTuesday."},
		{"slash", "See you there.\n/Jo\n", "See you there."},
		{"name", "See you there.\n\nJo\n", "See you there."},
		{"mobile", "See you there.\n\nSent from my iPhone\n\n> On 3 Mar 2025, at 10:00, K <k@kin.example> wrote:\n> \n> x\n", "See you there."},
		{"banner", "CAUTION: This email originated from outside of the organisation. Do not click links.\n\nSee you.\n", "See you."},
		{"disclaimer", "See you.\n\nThis email and any files transmitted with it are confidential and intended solely for the use of the addressee.\n", "See you."},
	} {
		if r := splitText(t, c.body); r.Text != c.text {
			t.Errorf("%s:\n%q, want\n%q\nsig %q quoted %q", c.name, r.Text, c.text, r.Signature, r.Quoted)
		}
	}
}
