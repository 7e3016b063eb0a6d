package smtpout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"

	"github.com/emersion/go-smtp"

	"kinbridge/gateway/flow"
	"kinbridge/gateway/messages"
)

// stage is how far a try had come.
type stage string

const (
	atLookup  stage = "lookup"  // of the domain's servers
	atConnect stage = "connect" // and greeting and EHLO
	atTLS     stage = "tls"
	atAuth    stage = "auth"
	atMail    stage = "mail" // MAIL and RCPT
	atData    stage = "data" // DATA was sent: whether the server has the mail is not known unless it answered
)

// fault is why a try failed.
type fault struct {
	stage     stage
	permanent bool
	trouble   messages.Trouble // "" = read from err
	mayNotify bool             // a notice may go in the mail's place
	noAddress bool             // the server's name leads nowhere
	err       error
}

var (
	errNoAddress = errors.New("the server's name has no address to send to")
	errNoDomain  = refusal(550, smtp.EnhancedCode{5, 1, 2}, "the domain has no mail server and no address")
)

func (f *fault) Error() string { return string(f.stage) + ": " + f.err.Error() }
func (f *fault) Unwrap() error { return f.err }

// faultOf is err as a fault.
func faultOf(err error) *fault {
	var f *fault
	if !errors.As(err, &f) {
		f = &fault{stage: atLookup, err: err}
	}
	return f
}

// refusal is an answer that we give ourselves, in the form of a server's.
func refusal(code int, status smtp.EnhancedCode, words string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: status, Message: words}
}

// permanentAnswer reports whether trying a mail again is of no use: the server said 5xx about it. What it says about us instead (RFC 5321
// section 4.2.2: 500-504, commands it does not take; 521, no mail at all; RFC 4954 section 6: 530-538, who we are) is for an
// operator to mend, and no message is lost meanwhile.
func permanentAnswer(err error) bool {
	var e *smtp.SMTPError
	if !errors.As(err, &e) || e.Temporary() {
		return false
	}
	return !(e.Code <= 504 || e.Code == 521 || e.Code >= 530 && e.Code <= 538)
}

// elsewhere reports whether another of the domain's servers may do better (RFC 5321 section 5.1). Once the mail itself was on its way
// it may have been taken, so it is not given to another server in the same try.
func (f *fault) elsewhere() bool { return !f.permanent && f.stage != atData && f.stage != atLookup }

// failure tells the gateway what happened.
func (f *fault) failure() flow.MailFailure {
	m := flow.MailFailure{Permanent: f.permanent, MayNotify: f.mayNotify, Trouble: f.trouble, Answer: answerOf(f)}
	if m.Trouble == "" {
		m.Trouble = troubleOf(f.err)
	}
	return m
}

func troubleOf(err error) messages.Trouble {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return messages.TroubleOf(e.Code, status(e), e.Message)
	}
	if unanswered(err) {
		return messages.TroubleUnreachable
	}
	return messages.TroubleOther
}

// unanswered reports whether the network failed rather than the server refused.
func unanswered(err error) bool {
	var n net.Error
	return errors.As(err, &n) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded)
}

// status writes an enhanced status code; "" for none.
func status(e *smtp.SMTPError) string {
	c := e.EnhancedCode
	if c == (smtp.EnhancedCode{}) || c[0] < 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", c[0], c[1], c[2])
}

// answerOf is the server's answer in one line, or what happened instead of one.
func answerOf(err error) string {
	var e *smtp.SMTPError
	if errors.As(err, &e) {
		return strings.Join(strings.Fields(fmt.Sprintf("%d %s %s", e.Code, status(e), e.Message)), " ")
	}
	var f *fault
	switch {
	case errors.As(err, &f) && f.stage == atData && unanswered(f.err):
		return "the mail server took the text and closed the connection without an answer"
	case unanswered(err):
		return "the mail server could not be reached"
	}
	if f != nil {
		err = f.err
	}
	return "the mail server could not be used: " + err.Error()
}
