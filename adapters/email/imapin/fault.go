package imapin

import (
	"context"
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// Cause is what kind of thing went wrong: a label of the metrics and of the log.
type Cause string

// The causes. The first three will not mend themselves: they are tried again slowly, and say in words what to do.
const (
	CauseSignIn     Cause = "sign_in"    // the server refuses the user name, password or token
	CauseFolder     Cause = "folder"     // the mailbox, or the one to move to, is not there
	CauseSecurity   Cause = "security"   // no TLS, or a certificate that does not verify
	CauseConnection Cause = "connection" // the server cannot be reached, or the connection broke
	CauseTimeout    Cause = "timeout"    // the server did not answer in time
	CauseProtocol   Cause = "protocol"   // the server answered what no server may
	CauseServer     Cause = "server"     // the server said no
	CauseStore      Cause = "store"      // the gateway could not keep a mail or its place
	CauseRefused    Cause = "refused"    // the gateway does not take this one mail
	CauseMissing    Cause = "missing"    // the server lists a mail and does not give it
	CauseTooLarge   Cause = "too_large"  // a mail is larger than the server said, and over the limit
)

// Fault is an error with its cause and words for the operator. It holds no address, no password and nothing of a mail.
type Fault struct {
	Cause Cause
	Words string
	Err   error // for errors.Is and the details; may be nil
}

// Error is the words, and the cause where one is known.
func (f *Fault) Error() string {
	if f.Err == nil {
		return f.Words
	}
	return f.Words + " (" + f.Err.Error() + ")"
}

// Unwrap returns the underlying error.
func (f *Fault) Unwrap() error { return f.Err }

func fault(c Cause, err error, format string, args ...any) error {
	return &Fault{Cause: c, Words: fmt.Sprintf(format, args...), Err: err}
}

// causeOf is an error's cause; what nobody named is the connection's.
func causeOf(err error) Cause {
	var f *Fault
	if errors.As(err, &f) {
		return f.Cause
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return CauseTimeout
	}
	return CauseConnection
}

// slow reports whether trying again soon is of no use, and may get the account locked.
func (c Cause) slow() bool { return c == CauseSignIn || c == CauseFolder || c == CauseSecurity }

// answer turns a command's error into a fault: what the server refused apart from what broke. The server's own words are not kept, for they
// may hold a user's name; its code is.
func answer(err error, cause Cause, doing string) error {
	var no *imap.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &no):
		code := string(no.Code)
		if code == "" {
			code = string(no.Type)
		}
		return fault(cause, nil, "The server refused %s (%s).", doing, code)
	}
	var f *Fault
	if errors.As(err, &f) {
		return err
	}
	return fault(CauseConnection, err, "The connection broke during %s.", doing)
}

// refused reports whether the server answered NO or BAD, and the connection lives on.
func refused(err error) bool {
	var no *imap.Error
	return errors.As(err, &no)
}
