package staff

import (
	"strings"
	"testing"
	"time"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/messages"
)

func TestACellIsNoFormula(t *testing.T) {
	for in, want := range map[string]string{"": "", "KB-1": "KB-1", "=1+1": "'=1+1", "+44": "'+44", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "Mair": "Mair"} {
		if got := plain(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestANameToSaveUnder(t *testing.T) {
	for in, want := range map[string]string{"plan.pdf": "plan.pdf", "../../etc/passwd": "passwd", `C:\x\y.doc`: "y.doc", ".bashrc": "bashrc", "": "file", "/": "file",
		"a\r\nb.txt": "a__b.txt", "x\u202egpj.exe": "x_gpj.exe", "cynllun â.odt": "cynllun â.odt"} {
		if got := web.FileName(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// A file that has no name is called so, and one that has no content is not offered to be saved.
func TestAFileWithoutNameOrContent(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	for l, want := range map[i18n.Lang][2]string{"en": {"A file without a name", "Empty file, 0 bytes"}, "cy": {"Ffeil heb enw", "Ffeil wag, 0 beit"}} {
		shown := fileItem(words.Loc(l), messages.Attachment{ID: "att_1", Size: 9, Verdict: messages.FileVerdict{State: messages.FileShown, Found: "png", Shown: 1, Total: 1}})
		if shown.Name != want[0] || shown.Download == nil || shown.Download.Hidden != want[0] || !strings.HasPrefix(shown.Pictures[0].Alt, want[0]) {
			t.Errorf("%s: %+v", l, shown)
		}
		empty := fileItem(words.Loc(l), messages.Attachment{ID: "att_2", Name: "plan.pdf", Verdict: messages.FileVerdict{State: messages.FileWithheld, Reason: messages.FileEmpty, Found: "empty"}})
		if empty.About != want[1] || empty.Download != nil || len(empty.Notes) != 1 {
			t.Errorf("%s: %+v", l, empty)
		}
	}
}

func TestHowLongSomethingWaits(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)
	for d, want := range map[time.Duration][2]string{-time.Hour: {"0 minutes", "0 munud"}, time.Minute: {"1 minute", "1 munud"}, 2 * time.Minute: {"2 minutes", "2 funud"},
		59 * time.Minute: {"59 minutes", "59 munud"}, time.Hour: {"1 hour", "1 awr"}, 47 * time.Hour: {"47 hours", "47 awr"}, 48 * time.Hour: {"2 days", "2 ddiwrnod"}} {
		for i, l := range i18n.Langs {
			if got := ago(words.Loc(l), now.Add(-d), now); got != want[i] {
				t.Errorf("%s in %s: %q, want %q", d, l, got, want[i])
			}
		}
	}
}

func TestEnrolmentCodesAreReadableAloud(t *testing.T) {
	if got := groups("0123456789"); got != "01234 56789" {
		t.Error(got)
	}
}

// How far an email has come, and why not further, in words.
func TestDeliveryInWords(t *testing.T) {
	words, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	en, cy, now := words.Loc("en"), words.Loc("cy"), time.Now()
	mail := messages.Delivery{RecipientKind: messages.ToContact, Address: "anna@anytown.example", State: messages.Queued}
	with := func(s messages.DeliveryState, w messages.Way) messages.Delivery {
		d := mail
		d.State, d.Way = s, w
		return d
	}
	for _, c := range []struct {
		d               messages.Delivery
		tag, note, inCy string
	}{
		{mail, "Ready to send", "", "Yn barod i’w hanfon"},
		{with(messages.Queued, messages.Way{Tries: 2, Trouble: messages.TroubleUnreachable}), "Not yet: we try again", "Their mail server does not answer. Tried 2 times", "Ddim eto"},
		{with(messages.Sent, messages.Way{Tries: 2}), "Sent", "", "Wedi’i hanfon"},
		{with(messages.Queued, messages.Way{Tries: 1, Trouble: messages.TroubleNoTLS, Notice: true}), "Sending a notice", "Their mail server offers no secure connection. Tried once", "Yn anfon hysbysiad"},
		{with(messages.Sent, messages.Way{Tries: 2, Notice: true, NoticeSent: now}), "Notice sent", "Notice sent: the mail server of anytown.example cannot be reached securely.", "Hysbysiad"},
		{with(messages.Seen, messages.Way{Tries: 2, Notice: true, NoticeSent: now}), "Read on the secure page", "anytown.example", "ar y dudalen ddiogel"},
		{with(messages.Failed, messages.Way{Tries: 1, Trouble: messages.TroubleOther}), "Could not be delivered", "Their server gave another reason", "Nid oedd modd"},
	} {
		if got := deliveryWords(en, c.d).Text; got != c.tag {
			t.Errorf("%+v: %q", c.d.Way, got)
		}
		if got := deliveryNote(en, c.d); !strings.Contains(got, c.note) || c.note == "" && got != "" {
			t.Errorf("%+v: %q", c.d.Way, got)
		}
		if got := deliveryWords(cy, c.d).Text; !strings.Contains(got, c.inCy) {
			t.Errorf("%+v: %q", c.d.Way, got)
		}
	}
}
