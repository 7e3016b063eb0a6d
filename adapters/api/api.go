// Package api is Kinbridge for programs: JSON over HTTP under /api/v1, with an OpenAPI 3.1 document at /api/v1/openapi.json. A request
// carries a bearer token (RFC 6750) that acts for a member of staff in her role; every operation is one use case of package flow, so the
// same rules hold as on the pages. Errors are problem details (RFC 9457); what the token may not know of is not found.
package api

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"golang.org/x/time/rate"

	"kinbridge/adapters/web"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
)

// Prefix is where the API is mounted.
const Prefix = "/api/v1"

// Config says how the API behaves. Zero values mean the defaults.
type Config struct {
	RequestsPerSecond float64 // of one token, on average; default 20
	Burst             int     // requests of one token at once; default 60
	Log               *slog.Logger
	Now               func() time.Time
}

// API is the machines' face of one gateway.
type API struct {
	f       *flow.Flow
	api     huma.API
	mux     *http.ServeMux
	log     *slog.Logger
	now     func() time.Time
	tokens  *web.Limiter // requests of each token
	refused *web.Limiter // refused tokens of each address
}

// New builds the route table and the OpenAPI document.
func New(cfg Config, f *flow.Flow) (*API, error) {
	if cfg.RequestsPerSecond == 0 {
		cfg.RequestsPerSecond = 20
	}
	if cfg.Burst == 0 {
		cfg.Burst = 60
	}
	a := &API{f: f, mux: http.NewServeMux(), log: cfg.Log, now: cfg.Now}
	if a.log == nil {
		a.log = slog.Default()
	}
	if a.now == nil {
		a.now = time.Now
	}
	a.tokens = web.NewLimiter(rate.Limit(cfg.RequestsPerSecond), cfg.Burst, 10_000, a.now)
	a.refused = web.NewLimiter(1, 30, 10_000, a.now)
	a.api = humago.NewWithPrefix(a.mux, Prefix, a.describe())
	a.api.UseMiddleware(a.authenticate)
	a.caseOperations()
	a.restrictionOperations()
	a.messageOperations()
	a.holdOperations()
	a.meetingOperations()
	a.auditOperations()
	a.custodyOperations()
	a.askOperations()
	a.requestOperations()
	a.togetherOperations()
	a.reviewOperations()
	a.mux.HandleFunc("/", a.elsewhere)
	return a, nil
}

// describe is the head of the OpenAPI document. Interactive documentation is left out: it would load scripts from elsewhere.
func (a *API) describe() huma.Config {
	c := huma.DefaultConfig("Kinbridge", "1")
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "/openapi", "", "", nil
	c.NoFormatFallback, c.RejectUnknownQueryParameters = false, true
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Info.Description = `Messages and meetings between mothers in prison, those who work with them, and local authorities.

A request carries "Authorization: Bearer TOKEN"; "kinbridge user token" makes tokens. A token acts for one member of staff, in her role, and may
do what she may do. What it may not know of is answered 404, as if it did not exist.

Times are RFC 3339 in UTC. Identifiers are opaque strings of at most 64 characters. Text is plain text in UTF-8 with "\n" line ends. Lists
are paged: give next_cursor of one answer as cursor of the next request; an answer without next_cursor is the last. Unknown members of a request and
unknown query parameters are refused.

Errors are application/problem+json (RFC 9457). "type" is urn:kinbridge:problem: and a stable code: invalid (422), unauthenticated (401), not_found (404),
forbidden (403), conflict (409), too_many (429, with Retry-After), too_large (413), unavailable (503), internal (500). A request that is no JSON is
answered 400, and one that does not fit its schema 422 with "errors" naming each place. "detail" is in words that a person can act on.`
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer", Description: "A token from kinbridge user token."}}
	c.Security = []map[string][]string{{"bearer": {}}}
	c.Tags = []*huma.Tag{{Name: "cases"}, {Name: "messages"}, {Name: "holds"}, {Name: "meetings"}, {Name: "audit"}, {Name: "custody"}, {Name: "asks"}, {Name: "requests"}, {Name: "reading together"}, {Name: "review"}}
	return c
}

// Handler answers everything under /api/.
func (a *API) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := a.now()
		rec := &recorder{ResponseWriter: w}
		defer func() {
			if v := recover(); v != nil {
				if v == http.ErrAbortHandler {
					panic(v)
				}
				// The value may be somebody's words: only its type is logged.
				a.log.Error("a handler panicked", "face", "api", "pattern", r.Pattern, "panic", fmt.Sprintf("a %T", v), "stack", string(debug.Stack()))
				if rec.status == 0 {
					writeProblem(rec, problemOf(nil))
				}
			}
			a.log.Info("request", "face", "api", "method", r.Method, "pattern", r.Pattern, "status", rec.status, "ms", a.now().Sub(start).Milliseconds())
		}()
		h := rec.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		a.mux.ServeHTTP(rec, r)
	})
}

// recorder remembers the status for the log.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// elsewhere answers what no operation does, saying which methods the address knows.
func (a *API) elsewhere(w http.ResponseWriter, r *http.Request) {
	var allow []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		try := r.Clone(r.Context())
		try.Method = m
		if _, pattern := a.mux.Handler(try); pattern != "/" {
			allow = append(allow, m)
		}
	}
	if len(allow) > 0 {
		w.Header().Set("Allow", strings.Join(allow, ", "))
		writeProblem(w, &huma.ErrorModel{Type: problemType + "invalid", Title: http.StatusText(http.StatusMethodNotAllowed), Status: http.StatusMethodNotAllowed,
			Detail: "This address knows " + strings.Join(allow, " and ") + " only."})
		return
	}
	writeProblem(w, problemOf(ids.ErrNotFound))
}

func writeProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may have gone
}

type actorKey struct{}

// authenticate finds out for whom the request's token acts.
func (a *API) authenticate(ctx huma.Context, next func(huma.Context)) {
	r, _ := humago.Unwrap(ctx)
	ip := "ip " + web.ClientIP(r)
	scheme, token, _ := strings.Cut(ctx.Header("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 200 {
		a.deny(ctx, ids.E(ids.Unauthenticated, "Give a bearer token: Authorization: Bearer TOKEN."), "")
		return
	}
	actor, err := a.f.ActorByToken(ctx.Context(), token)
	switch {
	case ids.KindOf(err) == ids.Unauthenticated:
		if ok, wait := a.refused.Allow(ip); !ok {
			a.slowDown(ctx, wait)
			return
		}
		a.deny(ctx, ids.E(ids.Unauthenticated, "The token is not good: it was mistyped, has expired, or its owner's access has ended."), `, error="invalid_token"`)
	case err != nil:
		a.write(ctx, a.problem(ctx.Context(), err))
	default:
		if ok, wait := a.tokens.Allow(token); !ok {
			a.slowDown(ctx, wait)
			return
		}
		next(huma.WithValue(ctx, actorKey{}, actor))
	}
}

func (a *API) deny(ctx huma.Context, err error, more string) {
	ctx.SetHeader("WWW-Authenticate", `Bearer realm="kinbridge"`+more) // RFC 6750 section 3
	a.write(ctx, problemOf(err))
}

func (a *API) slowDown(ctx huma.Context, wait time.Duration) {
	ctx.SetHeader("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
	a.write(ctx, problemOf(ids.E(ids.TooMany, "Too many requests: wait as long as Retry-After says.")))
}

func (a *API) write(ctx huma.Context, p *huma.ErrorModel) {
	_, w := humago.Unwrap(ctx)
	writeProblem(w, p)
}

const problemType = "urn:kinbridge:problem:"

// statuses are those of package web, but for input that cannot be used: huma answers 422 to what does not fit a schema, so rules that no
// schema can say answer the same.
func statusOf(err error) int {
	if ids.KindOf(err) == ids.Invalid {
		return http.StatusUnprocessableEntity
	}
	return web.Status(err)
}

// problemOf makes an error a problem detail; nil is a fault of ours.
func problemOf(err error) *huma.ErrorModel {
	s := statusOf(err)
	return &huma.ErrorModel{Type: problemType + ids.KindOf(err).String(), Title: http.StatusText(s), Status: s, Detail: ids.Public(err)}
}

// problem is problemOf for an error of a use case; faults of ours are logged with their cause.
func (a *API) problem(ctx context.Context, err error) *huma.ErrorModel {
	if k := ids.KindOf(err); (k == ids.Internal || k == ids.Unavailable) && ctx.Err() == nil {
		a.log.Error("request failed", "face", "api", "kind", k.String(), "err", err)
	}
	return problemOf(err)
}

// operation registers one operation whose handler is told who acts. Its errors are problem details.
func operation[I, O any](a *API, o huma.Operation, h func(context.Context, ids.Actor, *I) (*O, error)) {
	o.Errors = append([]int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity,
		http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable}, o.Errors...)
	slices.Sort(o.Errors)
	huma.Register(a.api, o, func(ctx context.Context, in *I) (*O, error) {
		actor, _ := ctx.Value(actorKey{}).(ids.Actor) // authenticate has put it there; without it policy refuses everything
		out, err := h(ctx, actor, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

func get(id, path, tag, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description, Tags: []string{tag}}
}

func post(id, path, tag, summary, description string, status int) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, Description: description, Tags: []string{tag},
		DefaultStatus: status, Errors: []int{http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType}, MaxBodyBytes: 1 << 20}
}
