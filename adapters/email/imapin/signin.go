package imapin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-sasl"
)

// signedIn connects and signs in as the account says. A token that the server refuses may have been withdrawn before its time: another is asked
// for, once, and given over a new connection.
func (w *watcher) signedIn(ctx context.Context) (*conn, error) {
	last, refusal := "", error(nil)
	for _, fresh := range []bool{false, true} {
		secret, err := w.secret(ctx, fresh)
		if err != nil {
			return nil, err
		}
		if fresh && secret == last {
			break // it is the one that was refused
		}
		c, err := w.connect(ctx)
		if err != nil {
			return nil, err
		}
		if err = w.signIn(ctx, c, secret); err == nil {
			return c, nil
		}
		c.close()
		if w.account.Tokens == nil || causeOf(err) != CauseSignIn {
			return nil, err
		}
		last, refusal = secret, err
	}
	return nil, refusal
}

// secret is the password or the token to sign in with.
func (w *watcher) secret(ctx context.Context, fresh bool) (string, error) {
	a := w.account
	if a.Tokens == nil {
		password, err := readSecret(a.PasswordFile)
		if err != nil {
			return "", fault(CauseSignIn, err, "The password file of the account %q cannot be read (mail.imap.password_file).", a.Name)
		}
		return password, nil
	}
	token, err := a.Tokens.Token(ctx, fresh)
	if err != nil {
		return "", fault(CauseSignIn, err, "No token could be had for the account %q (mail.imap.oauth).", a.Name)
	}
	return token, nil
}

func (w *watcher) signIn(ctx context.Context, c *conn, secret string) error {
	return w.trySignIn(ctx, c, func() error {
		if w.account.Tokens != nil {
			return c.Authenticate(w.account.bearer(secret))
		}
		return c.password(w.account.Username, secret)
	})
}

func (w *watcher) trySignIn(ctx context.Context, c *conn, f func() error) error {
	err := c.within(ctx, w.cfg.Patience, smallTalk, f)
	var no *imap.Error
	if errors.As(err, &no) || errors.Is(err, errTokenRefused) {
		if no != nil && (no.Code == imap.ResponseCodeUnavailable || no.Code == imap.ResponseCodeInUse || no.Code == imap.ResponseCodeLimit) {
			return fault(CauseServer, nil, "The server takes no sign-in just now (%s).", no.Code)
		}
		return fault(CauseSignIn, nil, "The server refuses the user name or the password or token of the account %q. Mend it there; it is tried again slowly.", w.account.Name)
	}
	return answer(err, CauseSignIn, "signing in")
}

// password signs in with AUTHENTICATE PLAIN (RFC 4616) where it is offered, else with LOGIN.
func (c *conn) password(username, password string) error {
	caps := c.Caps()
	if caps.Has(imap.AuthCap(sasl.Plain)) {
		return c.Authenticate(sasl.NewPlainClient("", username, password))
	}
	if caps.Has(imap.CapLoginDisabled) {
		return fault(CauseSecurity, nil, "The server takes no password over this connection. Set mail.imap.tls.")
	}
	return c.Login(username, password).Wait()
}

// bearer is the SASL client that gives a token: XOAUTH2 as Google and Microsoft define it, or OAUTHBEARER (RFC 7628).
type bearer struct{ mechanism, message string }

var errTokenRefused = errors.New("the server refuses the token")

func (a Account) bearer(token string) sasl.Client {
	if a.Mechanism == OAuthBearer {
		// The user name is escaped as RFC 5801 section 4 says.
		name := strings.NewReplacer("=", "=3D", ",", "=2C").Replace(a.Username)
		return &bearer{OAuthBearer, fmt.Sprintf("n,a=%s,\x01auth=Bearer %s\x01\x01", name, token)}
	}
	return &bearer{XOAuth2, fmt.Sprintf("user=%s\x01auth=Bearer %s\x01\x01", a.Username, token)}
}

// Start implements sasl.Client.
func (b *bearer) Start() (string, []byte, error) { return b.mechanism, []byte(b.message), nil }

// Next implements sasl.Client: the server's only challenge tells why it refuses. It is not answered, for the IMAP client can miss what comes
// after the answer and then waits for ever: the connection has no further use.
func (b *bearer) Next([]byte) ([]byte, error) { return nil, errTokenRefused }

// readSecret reads a file that holds one secret. It is read at each use: who changes the file need not restart anything.
func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(b))
	if s == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return s, nil
}
