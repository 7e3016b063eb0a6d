package imapin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"kinbridge/gateway/store/vault"
)

// TokenSource gives access tokens (RFC 6750). fresh asks for another than the last one, which the server refused.
type TokenSource interface {
	Token(ctx context.Context, fresh bool) (string, error)
}

// TokenFile is a token that another program keeps fresh in a file.
type TokenFile string

// Token implements TokenSource: it reads the file at each sign-in.
func (f TokenFile) Token(context.Context, bool) (string, error) { return readSecret(string(f)) }

// OAuth gets tokens from a token endpoint: with a refresh token (RFC 6749 section 6) when RefreshTokenFile is given, else with the client's own
// credentials (section 4.4). It is safe for concurrent use.
type OAuth struct {
	TokenURL         string // https
	ClientID         string
	ClientSecretFile string // may be "" with a refresh token
	RefreshTokenFile string // a new refresh token, where the endpoint gives one with each answer, is written back to it
	Scope            string
	Client           *http.Client     // nil = one with the system's certificates
	Now              func() time.Time // nil = time.Now
	Log              *slog.Logger     // nil = slog.Default

	mu      sync.Mutex
	token   string
	got     time.Time
	life    time.Duration
	rotated string // a refresh token that could not be written back
}

// tokenAnswer is the endpoint's answer (RFC 6749 sections 5.1 and 5.2).
type tokenAnswer struct {
	AccessToken  string      `json:"access_token"`
	ExpiresIn    json.Number `json:"expires_in"`
	RefreshToken string      `json:"refresh_token"`
	Error        string      `json:"error"`
}

// Token implements TokenSource. A token is used until a tenth of its life, and at least two minutes of a long one, is left.
func (o *OAuth) Token(ctx context.Context, fresh bool) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	margin := o.life / 10
	if o.life > 10*time.Minute {
		margin = max(margin, 2*time.Minute)
	}
	// Where the clock went back, nobody knows how old the token is.
	if age := now().Sub(o.got); o.token != "" && !fresh && age >= 0 && age < o.life-margin {
		return o.token, nil
	}
	a, err := o.ask(ctx)
	if err != nil {
		return "", err
	}
	o.token, o.got, o.life = a.AccessToken, now(), time.Hour
	if n, err := a.ExpiresIn.Int64(); err == nil && n > 0 && n < 1<<31 {
		o.life = time.Duration(n) * time.Second
	}
	return o.token, nil
}

func (o *OAuth) ask(ctx context.Context) (tokenAnswer, error) {
	form := url.Values{"client_id": {o.ClientID}, "grant_type": {"client_credentials"}}
	if o.Scope != "" {
		form.Set("scope", o.Scope)
	}
	if o.ClientSecretFile != "" {
		secret, err := readSecret(o.ClientSecretFile)
		if err != nil {
			return tokenAnswer{}, err
		}
		form.Set("client_secret", secret)
	}
	if o.RefreshTokenFile != "" {
		refresh, err := o.rotated, error(nil)
		if refresh == "" {
			if refresh, err = readSecret(o.RefreshTokenFile); err != nil {
				return tokenAnswer{}, err
			}
		}
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", refresh)
	}
	a, err := o.post(ctx, form)
	if err != nil {
		o.rotated = "" // the file may hold a newer one by the next time
	}
	if err == nil && o.RefreshTokenFile != "" && a.RefreshToken != "" && a.RefreshToken != form.Get("refresh_token") {
		o.keepRefresh(a.RefreshToken)
	}
	return a, err
}

// keepRefresh keeps the new refresh token: the old one may be worth nothing any more.
func (o *OAuth) keepRefresh(token string) {
	o.rotated = ""
	if err := vault.WriteFile(o.RefreshTokenFile, []byte(token+"\n"), 0o600); err != nil {
		o.rotated = token
		log := o.Log
		if log == nil {
			log = slog.Default()
		}
		log.Error("imap: the new refresh token could not be written; it is lost when the program ends", "err", err)
	}
}

func (o *OAuth) post(ctx context.Context, form url.Values) (a tokenAnswer, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return a, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // secrets go nowhere else
	res, err := client.Do(req)
	if err != nil {
		return a, fmt.Errorf("the token endpoint cannot be reached: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("the token endpoint answered %d and no JSON", res.StatusCode)
	}
	if res.StatusCode != http.StatusOK || a.AccessToken == "" {
		// "invalid_grant" and its like are codes of the RFC; the rest of the answer may hold what is nobody's business.
		return a, fmt.Errorf("the token endpoint answered %d %.40q", res.StatusCode, a.Error)
	}
	if strings.ContainsFunc(a.AccessToken, func(r rune) bool { return r < ' ' || r > '~' }) {
		return a, errors.New("the token endpoint gave a token that is none")
	}
	return a, nil
}
