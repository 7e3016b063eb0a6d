package ids

import (
	"errors"
	"fmt"
)

// Kind is what an error means to the person who caused it; each edge renders it in its own way (status, close code, text).
type Kind int

// The kinds of error. Internal is the zero value: an error nobody classified is a fault of ours.
const (
	Internal        Kind = iota // our fault; the cause is logged, the person is told to try again
	Invalid                     // the input cannot be used; Public says how to mend it
	Unauthenticated             // nobody is signed in, or the credentials are wrong
	NotFound                    // there is none, or the actor may not know there is one: the two look the same
	Forbidden                   // the actor may know of it but not do this
	Conflict                    // somebody else was first, or the state no longer allows it
	TooMany                     // throttled; try later
	TooLarge                    // over a size limit
	Unavailable                 // a part we need is down or full; nothing was accepted, retry is safe
)

var kindNames = [...]string{"internal", "invalid", "unauthenticated", "not_found", "forbidden", "conflict", "too_many", "too_large", "unavailable"}

// String is the kind's stable code, as the API shows it.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "internal"
	}
	return kindNames[k]
}

// Error carries a kind, words for the person, and a private cause for the log.
type Error struct {
	Kind   Kind
	Public string // plain words the person can act on; no content, no names
	Cause  error  // never shown
	// Code names the sentence for faces that say it in several languages; "" = the public words are all there is.
	Code string
}

// Error returns the public words and the cause, for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %v", e.Public, e.Cause)
	}
	return e.Public
}

// Unwrap returns the private cause.
func (e *Error) Unwrap() error { return e.Cause }

// E makes an error of a kind with words for the person; a %w in the format becomes no part of the public words:
// wrap a cause with Wrap instead.
func E(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Public: fmt.Sprintf(format, args...)}
}

// Wrap makes an error of a kind with words for the person and a private cause.
func Wrap(kind Kind, cause error, format string, args ...any) error {
	return &Error{Kind: kind, Public: fmt.Sprintf(format, args...), Cause: cause}
}

// Coded makes an error of a kind whose words the faces have in every language under a code; public are the same words in English.
func Coded(kind Kind, code, public string) error {
	return &Error{Kind: kind, Code: code, Public: public}
}

// CodeOf returns the code of the first Error in err's chain, "" for none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// KindOf returns the kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Public returns words fit to show, whatever the error is.
func Public(err error) string {
	var e *Error
	if errors.As(err, &e) && e.Kind != Internal {
		return e.Public
	}
	return "Sorry, something went wrong on our side. Nothing you did is lost. Try again in a moment."
}

// ErrNotFound is what a look-up returns both when there is nothing and when the actor may not know there is something.
var ErrNotFound = E(NotFound, "There is nothing here, or you do not have access to it.")
