package mailparse

import (
	"path"
	"strings"

	"kinbridge/adapters/email/mailparse/cms"
)

// Protection says which cryptographic envelope the message came in. What is only signed is opened, what is encrypted is not.
type Protection string

// The kinds of protection.
const (
	Unprotected  Protection = ""
	SMIMESigned  Protection = "smime-signed"
	SMIMESealed  Protection = "smime-encrypted"
	PGPSigned    Protection = "pgp-signed"
	PGPSealed    Protection = "pgp-encrypted"
	RightsSealed Protection = "rights-managed" // Microsoft rights management: the words are in message.rpmsg
	PortalSealed Protection = "portal"         // a notice that the words wait in the sender's web portal, or in an attached page for it
)

// Sealed says that the words of the message are not in what we can read.
func (p Protection) Sealed() bool {
	return p == SMIMESealed || p == PGPSealed || p == RightsSealed || p == PortalSealed
}

// protect notes a protection: one that hides the words outweighs one that does not.
func (r *reader) protect(p Protection) {
	if p != Unprotected && (r.msg.Protection == Unprotected || p.Sealed() && !r.msg.Protection.Sealed()) {
		r.msg.Protection = p
	}
}

// protection is what the header of one part says.
func protection(p part) Protection {
	proto := strings.ToLower(p.params["protocol"])
	name := strings.ToLower(p.name)
	switch p.mediaType {
	case "multipart/signed":
		if strings.Contains(proto, "pgp") {
			return PGPSigned
		}
		return SMIMESigned
	case "multipart/encrypted":
		return PGPSealed
	case "application/x-microsoft-rpmsg-message":
		return RightsSealed
	}
	switch {
	case strings.HasPrefix(name, "message") && path.Ext(name) == ".rpmsg":
		return RightsSealed
	case name == "securemessageatt.html", strings.HasPrefix(name, "securedoc") && strings.HasPrefix(path.Ext(name), ".htm"), path.Ext(name) == ".gxk",
		name == "encrypted_message.htm", name == "encrypted_message.html", path.Ext(name) == ".switch":
		return PortalSealed // Proofpoint, Cisco, Galaxkey, Egress
	}
	return Unprotected
}

// isCMS says that a part is an S/MIME envelope (RFC 8551 section 3.2.1).
func isCMS(p part) bool {
	switch p.mediaType {
	case "application/pkcs7-mime", "application/x-pkcs7-mime", "application/cms":
		return true
	}
	return p.mediaType == "application/octet-stream" && strings.EqualFold(p.name, "smime.p7m")
}

// unpackCMS reads the message inside an S/MIME envelope that is not encrypted, in its place. It returns false when there is none inside: the
// part then stays an attachment.
func (r *reader) unpackCMS(p part, data []byte, depth int, ctx context) bool {
	kind, content := cms.Read(data, min(r.decoded, 16<<20))
	smimeType := strings.ToLower(p.params["smime-type"])
	if strings.HasPrefix(smimeType, "certs") || strings.EqualFold(path.Ext(p.name), ".p7c") {
		return false
	}
	switch {
	case kind == cms.Signed, kind == cms.Unknown && strings.HasPrefix(smimeType, "signed"):
		r.protect(SMIMESigned)
	case kind == cms.Enveloped, kind == cms.Unknown && !strings.HasPrefix(smimeType, "compressed"):
		r.protect(SMIMESealed)
		return false
	}
	if len(content) == 0 {
		if kind != cms.Compressed {
			r.problem("A signed part holds no message.")
		}
		return false
	}
	if r.decoded -= len(content); r.decoded < 0 {
		r.tooLarge("The parts are larger than the limit; the rest were not read.")
		return true
	}
	r.child(unixLines(content), depth+1, ctx)
	return true
}

// The marks of inline PGP (RFC 9580 section 6.2 and 7).
const (
	pgpSigned    = "-----BEGIN PGP SIGNED MESSAGE-----"
	pgpSignature = "-----BEGIN PGP SIGNATURE-----"
	pgpMessage   = "-----BEGIN PGP MESSAGE-----"
	pgpEnd       = "-----END PGP "
)

// inlinePGP takes the armour off signed text, which stays in its place, and notices encrypted text, which stays as it is.
func (r *reader) inlinePGP(text string) string {
	if !strings.Contains(text, "-----BEGIN PGP ") {
		return text
	}
	if sealed, all := pgpArmour(text); sealed*2 > all {
		r.protect(PGPSealed)
	}
	if !strings.Contains(text, pgpSigned) {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	state := 0 // 1 in the armour's header, 2 in signed text, 3 in the signature
	for rest := text; rest != ""; {
		line, after, found := strings.Cut(rest, "\n")
		rest = after
		bare := strings.TrimRight(line, " \t")
		switch {
		case state == 0 && bare == pgpSigned && strings.Contains(rest, pgpSignature):
			r.protect(PGPSigned)
			state = 1
			continue
		case state == 1:
			if bare == "" {
				state = 2
				continue
			}
			if strings.Contains(bare, ": ") {
				continue
			}
			state = 2 // the blank line is missing
		case state == 2 && bare == pgpSignature:
			state = 3
			continue
		case state == 3:
			if strings.HasPrefix(bare, pgpEnd) {
				state = 0
			}
			continue
		}
		if state == 2 {
			line = strings.TrimPrefix(line, "- ") // dash-escaping
		}
		out.WriteString(line)
		if found {
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// pgpArmour counts the characters of encrypted text and of all.
func pgpArmour(text string) (sealed, all int) {
	inside := false
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		if bare == pgpMessage {
			inside = true
		}
		if all += len(bare); inside {
			sealed += len(bare)
		}
		if inside && strings.HasPrefix(bare, pgpEnd) {
			inside = false
		}
	}
	return sealed, all
}

// portalLinks begin the addresses at which the services keep encrypted mail; nothing else is there.
var portalLinks = []string{
	"https://outlook.office365.com/encryption/", "https://outlook.office.com/encryption/", "https://switch.egress.com/ui/",
	"https://web1.zixmail.net/", "https://encrypt.barracudanetworks.com/",
}

// portalNotice says that the message is a notice of one of those services, and not an answer that quotes one.
func (r *reader) portalNotice() bool {
	if len(r.msg.Text) > 2500 || len(r.msg.HTML) > 100<<10 || !strings.Contains(r.msg.Text, "https://") && !strings.Contains(r.msg.HTML, "https://") {
		return false
	}
	text := strings.ToLower(r.msg.Text)
	if len(r.msg.InReplyTo) > 0 || strings.Contains(text, "\n>") || strings.Contains(text, "wrote:") || strings.Contains(text, "\nfrom:") {
		return false
	}
	all := text + "\n" + strings.ToLower(r.msg.HTML)
	if !strings.Contains(all, "encrypted message") && !strings.Contains(all, "protected message") && !strings.Contains(all, "secure message") {
		return false
	}
	for _, link := range portalLinks {
		if strings.Contains(all, link) {
			return true
		}
	}
	return false
}
