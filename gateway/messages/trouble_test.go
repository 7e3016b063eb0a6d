package messages

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Each line is how a kind of server says it.
func TestTroubleInWords(t *testing.T) {
	for line, want := range map[string]Trouble{
		"550 5.1.1 <anna@anytown.example>: Recipient address rejected: User unknown in virtual mailbox table": TroubleNoMailbox,
		"550 5.1.1 RESOLVER.ADR.RecipNotFound; not found":                                                     TroubleNoMailbox,
		"550 5.4.1 Recipient address rejected: Access denied.":                                                TroubleNoMailbox,
		"550 No such user here":   TroubleNoMailbox,
		"550 Unrouteable address": TroubleNoDomain,
		"550-5.1.1 The email account that you tried to reach does not exist.":                                     TroubleNoMailbox,
		"553 5.3.0 <anna@anytown.example>... Addressee unknown":                                                   TroubleNoMailbox,
		"511 sorry, no mailbox here by that name":                                                                 TroubleNoMailbox,
		"550 5.2.1 The user you are trying to contact is disabled":                                                TroubleDisabled,
		"550 account suspended":                                                                                   TroubleDisabled,
		"452 4.2.2 The recipient's inbox is out of storage space":                                                 TroubleFull,
		"552 5.2.2 Mailbox full":                                                                                  TroubleFull,
		"554 delivery error: this user's mailbox exceeds its quota":                                               TroubleFull,
		"552 5.3.4 Message size exceeds fixed limit":                                                              TroubleTooLarge,
		"552 message too big":                                                                                     TroubleTooLarge,
		"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a block list":                       TroubleSpam,
		"550 5.7.1 This message was classified as SPAM and may not be delivered":                                  TroubleSpam,
		"550 5.7.26 This mail has been blocked because the sender is unauthenticated":                             TroubleOurProof,
		"550 5.7.1 SPF check failed":                                                                              TroubleOurProof,
		"550 5.7.1 rejected by policy":                                                                            TroubleRefused,
		"554 5.7.1 <x@y.example>: Relay access denied":                                                            TroubleNoDomain,
		"554 transaction failed":                                                                                  TroubleRefused,
		"450 4.7.1 Greylisting in action, please come back later":                                                 TroubleBusy,
		"421 4.3.2 try again later":                                                                               TroubleBusy,
		"451 4.4.1 connection timed out":                                                                          TroubleUnreachable,
		"4.4.1 (delivery temporarily suspended: connect to mx.anytown.example[192.0.2.7]:25: Connection refused)": TroubleUnreachable,
		"530 5.7.0 Must issue a STARTTLS command first":                                                           TroubleNoTLS,
		"5.7.30 REQUIRETLS support required":                                                                      TroubleNoTLS,
		"535 5.7.8 Authentication credentials invalid":                                                            TroubleOurServer,
		"554 5.4.6 Too many hops":                                                                                 TroubleLoop,
		"553 5.6.7 SMTPUTF8 is required":                                                                          TroubleLetters,
		"550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup":                   TroubleNoMailbox,
		"556 5.1.10 Recipient address has null MX":                                                                TroubleNoDomain,
		"5.1.10 null MX": TroubleNoDomain,
		"5.1.2 Host unknown (Name server: anytwon.example: host not found)": TroubleNoDomain,
		"":                            TroubleOther,
		"what":                        TroubleOther,
		"9\x00\xff":                   TroubleOther,
		strings.Repeat("a ", 100_000): TroubleOther,
	} {
		if got := troubleOfLine(line); got != want {
			t.Errorf("%.80q: %s, want %s", line, got, want)
		}
	}
	seen := map[Trouble]bool{}
	for _, k := range Troubles {
		if k.Words == "" || seen[k.Code] || !k.Code.Known() || k.Code.Insecure() != strings.HasSuffix(string(k.Code), "_tls") {
			t.Errorf("%+v", k)
		}
		seen[k.Code] = true
	}
	if Trouble("").Known() {
		t.Error("nothing is a trouble")
	}
}

func FuzzTrouble(f *testing.F) {
	f.Add("550 5.1.1 no such user")
	f.Add("421")
	f.Fuzz(func(t *testing.T, line string) {
		if got := troubleOfLine(line); !got.Known() {
			t.Errorf("%q: %q", line, got)
		}
	})
}

var answered = regexp.MustCompile(`^(\d{3})?[ -]?(?:([245]\.\d{1,3}\.\d{1,3})\b)?\s*(.*)$`)

// troubleOfLine is TroubleOf of an answer in one line: "550 5.1.1 no such user", "5.1.1 …", or words alone.
func troubleOfLine(line string) Trouble {
	m := answered.FindStringSubmatch(strings.Join(strings.Fields(line), " "))
	if m == nil {
		return TroubleOther
	}
	code, _ := strconv.Atoi(m[1]) // three digits, or none
	return TroubleOf(code, m[2], m[3])
}
