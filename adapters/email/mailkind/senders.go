package mailkind

import "regexp"

// The senders' addresses that tell what writes from there.
var (
	// noReply is an address that reads no answers.
	noReply = regexp.MustCompile(`(?i)^(?:no|do-?not|non|ne)[-_.]?(?:reply|respon|repond|responder|answer)|^(?:noreply|donotreply|autoreply|auto-?respon|autoconfirm|mailer|system|automailer|helpdesk|servicedesk)`)
	// notifier sends what happens in another program, which may be what a person wrote there.
	notifier = regexp.MustCompile(`(?i)^(?:notif|alert|jira|github|gitlab|confluence|bugzilla|trac|slack|teams|calendar|root@|cron|nagios|newsletter|news@|reports?@|rota|payroll|orders?@|sales@|hr@|info-?mail|marketing)|@(?:[a-z0-9.-]*\.)?(?:github|gitlab|atlassian|slack|facebookmail|linkedin|trello|asana)\.`)
	// administrator runs a mail system or a list.
	administrator = regexp.MustCompile(`(?i)^(?:postmaster|mailer|mail-?daemon|administrator|admin|mailmarshal|mailsweeper|antivirus|virus|spam|security|quarantine|mail-?(?:gateway|filter|admin|system|security)|content-?filter|system|abuse|listserv|majordomo|mailman|challenge|confirm|verify)`)
	// listServer is a program that distributes mail and reports what comes back in its own name.
	listServer = regexp.MustCompile(`(?i)^(?:listserv|listproc|majordomo|ezmlm)@`)
	// listAdmin is a list manager, or the address with which it administers.
	listAdmin = regexp.MustCompile(`(?i)^(?:listserv|majordomo|mailman|sympa|ezmlm|listproc|ecartis|lyris|owner-|mlmmj)|(?:-|\+)(?:request|owner|bounces?|admin|help|confirm|subscribe|unsubscribe|return)(?:[-+][^@]*)?@`)
)
