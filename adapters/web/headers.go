package web

import (
	"net/http"
)

const cspReportPath = "/csp-report"

// contentSecurityPolicy is what FACES.md found to give no violation with GOV.UK's and MoJ's components. connect-src 'self'
// covers a WebSocket to the same host (Content Security Policy Level 3 section 6.7.2.8).
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; media-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; " +
	"worker-src 'self'; manifest-src 'self'; report-uri " + cspReportPath

// trustedTypes forbids scripts to write HTML, and lets one policy, ts/lib/trusted.ts, name worker scripts. MoJ's components
// write innerHTML, so the staff site goes without.
const trustedTypes = "; require-trusted-types-for 'script'; trusted-types kinbridge"

// ContentSecurityPolicy returns the policy of a face.
func ContentSecurityPolicy(f Face) string {
	if f == Staff {
		return contentSecurityPolicy
	}
	return contentSecurityPolicy + trustedTypes
}

// setHeaders puts the security headers of a face on an answer. Everything is no-store until a handler says otherwise: these
// pages hold families' affairs, and kiosks are shared.
func setHeaders(h http.Header, f Face, secure bool) {
	h.Set("Content-Security-Policy", ContentSecurityPolicy(f))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	// A link in an email holds a secret, so no other site may see the address it was on. "no-referrer" would do that too, but
	// makes browsers send "Origin: null" with our own forms.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	if secure {
		h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
}
