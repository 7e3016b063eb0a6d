package smtpout

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"kinbridge/adapters/email/mtasts"
)

// Result is how securing one session, or finding a policy for it, ended, in the words of TLS reports (RFC 8460 section 4.3).
type Result string

// The results.
const (
	TLSSuccess       Result = "successful"
	TLSNotSupported  Result = "starttls-not-supported"
	TLSHostMismatch  Result = "certificate-host-mismatch"
	TLSExpired       Result = "certificate-expired"
	TLSNotTrusted    Result = "certificate-not-trusted"
	TLSFailed        Result = "validation-failure"
	STSFetchError    Result = "sts-policy-fetch-error"
	STSPolicyInvalid Result = "sts-policy-invalid"
	STSWebPKIInvalid Result = "sts-webpki-invalid"
)

// mostReported bounds the domains that are counted apart; the rest are counted together as "other".
const mostReported = 200

// tlsReport counts. Not every domain is new to Prometheus: labels are bounded.
type tlsReport struct {
	counter *prometheus.CounterVec

	mu      sync.Mutex
	domains map[string]bool
}

func newReport(reg prometheus.Registerer) (*tlsReport, error) {
	r := &tlsReport{domains: map[string]bool{}, counter: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kinbridge_mail_tls_sessions_total", Help: "Sessions to mail servers by domain, policy and result (RFC 8460 section 4.3)."},
		[]string{"domain", "policy", "result"})}
	if reg == nil {
		return r, nil
	}
	return r, reg.Register(r.counter)
}

func (r *tlsReport) add(domain, policy string, result Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.domains[domain] {
		if len(r.domains) >= mostReported {
			domain = "other"
		} else {
			r.domains[domain] = true
		}
	}
	r.counter.WithLabelValues(domain, policy, string(result)).Inc()
}

// policyResult names what was wrong with a domain's policy.
func policyResult(err error) Result {
	switch {
	case errors.Is(err, mtasts.ErrWebPKI):
		return STSWebPKIInvalid
	case errors.Is(err, mtasts.ErrPolicy):
		return STSPolicyInvalid
	}
	return STSFetchError
}

// tlsResult names what was wrong with a handshake.
func tlsResult(err error) Result {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var any *tls.CertificateVerificationError
	switch {
	case err == nil:
		return TLSSuccess
	case errors.As(err, &host):
		return TLSHostMismatch
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return TLSExpired
	case errors.As(err, &unknown), errors.As(err, &invalid), errors.As(err, &any):
		return TLSNotTrusted
	}
	return TLSFailed
}
