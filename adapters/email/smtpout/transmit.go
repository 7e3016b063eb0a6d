package smtpout

import (
	"errors"
	"strings"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/idna"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/messages"
)

// errNoRequireTLS says that the smarthost promises nothing about the way on.
var errNoRequireTLS = errors.New("the smarthost does not promise to protect the mail on its way on (REQUIRETLS, RFC 8689)")

// transmit hands a mail over and returns the server's answer. A fault after DATA does not say whether the server has the mail. onward asks the
// server for REQUIRETLS.
func transmit(c *smtp.Client, m flow.OutMail, raw []byte, onward bool) (string, error) {
	to, opts, err := envelope(c, m)
	if err != nil {
		return "", err
	}
	opts.mail.Size, opts.mail.RequireTLS = int64(len(raw)), onward
	if most, ok := c.MaxMessageSize(); ok && most > 0 && len(raw) > most {
		return "", &fault{stage: atMail, permanent: true, trouble: messages.TroubleTooLarge, err: refusal(552, smtp.EnhancedCode{5, 3, 4}, "the mail is larger than the server says it takes")}
	}
	if err := c.Mail(m.EnvelopeFrom, &opts.mail); err != nil {
		return "", &fault{stage: atMail, permanent: permanentAnswer(err), err: err}
	}
	if err := c.Rcpt(to, &opts.rcpt); err != nil {
		return "", &fault{stage: atMail, permanent: permanentAnswer(err), err: err}
	}
	w, err := c.Data()
	if err != nil {
		return "", &fault{stage: atMail, permanent: permanentAnswer(err), err: err}
	}
	if _, err := w.Write(raw); err != nil {
		return "", &fault{stage: atData, err: err}
	}
	answer, err := w.CloseWithResponse()
	if err != nil { // without a 250 it was not sent, whatever the server does with it
		return "", &fault{stage: atData, permanent: permanentAnswer(err), err: err}
	}
	_ = c.Quit() // the mail is taken, whatever becomes of the connection
	return "250 " + strings.TrimSpace(answer.StatusText), nil
}

type envelopeOptions struct {
	mail smtp.MailOptions
	rcpt smtp.RcptOptions
}

// envelope is the recipient and the options of MAIL and RCPT: a report of what becomes of the mail is asked for where the server offers it
// (RFC 3461), with the headers alone, and an address with letters beyond ASCII needs a server that takes it (RFC 6531).
func envelope(c *smtp.Client, m flow.OutMail) (string, envelopeOptions, error) {
	var o envelopeOptions
	to := m.To
	if i := strings.LastIndexByte(to, '@'); i > 0 && !ascii(to[i+1:]) {
		if a, err := idna.Lookup.ToASCII(to[i+1:]); err == nil {
			to = to[:i+1] + a
		}
	}
	utf8, _ := c.Extension("SMTPUTF8")
	if !ascii(to) && !utf8 {
		return "", o, &fault{stage: atMail, permanent: true, trouble: messages.TroubleLetters,
			err: refusal(553, smtp.EnhancedCode{5, 6, 7}, "the address has letters that the server does not take")}
	}
	o.mail.UTF8 = !ascii(to)
	if dsn, _ := c.Extension("DSN"); dsn && m.EnvelopeFrom != "" {
		o.mail.Return, o.mail.EnvelopeID = smtp.DSNReturnHeaders, m.EnvelopeID
		o.rcpt.Notify = []smtp.DSNNotify{smtp.DSNNotifySuccess, smtp.DSNNotifyFailure, smtp.DSNNotifyDelayed}
		if ascii(to) {
			o.rcpt.OriginalRecipientType, o.rcpt.OriginalRecipient = smtp.DSNAddressTypeRFC822, to
		}
	}
	return to, o, nil
}

func (s *Sender) authenticate(c *smtp.Client) error {
	h := s.cfg.Smarthost
	if h.Username == "" {
		return nil
	}
	if err := c.Auth(sasl.NewPlainClient("", h.Username, h.Password)); err != nil {
		return &fault{stage: atAuth, trouble: messages.TroubleOurServer, err: err}
	}
	return nil
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 127 })
}
