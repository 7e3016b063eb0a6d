package web

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"
)

// cspReports answers browsers' reports of content-security-policy violations: it counts and logs them. A report comes from
// anybody, so it is bounded in size and rate, and only words of a known set and bare origins reach the log: addresses of
// guest pages hold secrets.
type cspReports struct {
	log     *slog.Logger
	counter *prometheus.CounterVec
	limit   *Limiter
	total   atomic.Int64
}

func newCSPReports(log *slog.Logger, now func() time.Time, meter prometheus.Registerer) (*cspReports, error) {
	c := &cspReports{
		log: log,
		counter: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kinbridge_csp_reports_total",
			Help: "Content security policy violations that browsers reported, by directive.",
		}, []string{"directive"}),
		limit: NewLimiter(rate.Every(time.Second), 30, 4096, now),
	}
	if meter != nil {
		if err := meter.Register(c.counter); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// cspDirectives are the labels a counter may have; anything else counts as "other".
var cspDirectives = map[string]bool{
	"default-src": true, "script-src": true, "script-src-elem": true, "script-src-attr": true, "style-src": true,
	"style-src-elem": true, "style-src-attr": true, "img-src": true, "font-src": true, "connect-src": true, "media-src": true,
	"form-action": true, "frame-ancestors": true, "base-uri": true, "worker-src": true, "manifest-src": true,
	"require-trusted-types-for": true, "trusted-types": true, "frame-src": true, "object-src": true,
}

// cspReport is the part we read of both report formats: Content Security Policy Level 3 section 5.3 (application/csp-report)
// and the Reporting API (application/reports+json).
type cspReport struct {
	EffectiveDirective string `json:"effective-directive"`
	ViolatedDirective  string `json:"violated-directive"`
	BlockedURI         string `json:"blocked-uri"`
}

const maxCSPReport = 16 << 10

func (c *cspReports) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if ok, _ := c.limit.Allow(ClientIP(r)); !ok {
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCSPReport))
	if err != nil {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	reports, ok := parseCSPReports(body)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	for _, report := range reports {
		directive := report.EffectiveDirective
		if directive == "" {
			directive = report.ViolatedDirective
		}
		if !cspDirectives[directive] {
			directive = "other"
		}
		c.total.Add(1)
		c.counter.WithLabelValues(directive).Inc()
		c.log.Warn("content security policy violated", "directive", directive, "blocked", blockedOrigin(report.BlockedURI))
	}
	w.WriteHeader(http.StatusNoContent)
}

func parseCSPReports(body []byte) ([]cspReport, bool) {
	var old struct {
		Report *cspReport `json:"csp-report"`
	}
	if err := json.Unmarshal(body, &old); err == nil {
		if old.Report == nil {
			return nil, false
		}
		return []cspReport{*old.Report}, true
	}
	var list []struct {
		Type string `json:"type"`
		Body struct {
			EffectiveDirective string `json:"effectiveDirective"`
			BlockedURL         string `json:"blockedURL"`
		} `json:"body"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, false
	}
	var reports []cspReport
	for _, item := range list {
		if item.Type == "csp-violation" {
			reports = append(reports, cspReport{EffectiveDirective: item.Body.EffectiveDirective, BlockedURI: item.Body.BlockedURL})
		}
	}
	return reports, true
}

// blockedOrigin shortens what was blocked to a keyword ("inline", "eval") or an origin, never a whole address.
func blockedOrigin(uri string) string {
	switch uri {
	case "inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-policy", "trusted-types-sink":
		return uri
	}
	u, err := url.Parse(uri)
	if err != nil || u.Host == "" || len(u.Host) > 255 {
		return "other"
	}
	return u.Scheme + "://" + u.Host
}
