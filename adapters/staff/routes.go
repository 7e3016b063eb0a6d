package staff

import (
	"net/http"

	"kinbridge/adapters/web"
	"kinbridge/gateway/ids"
)

// routes is the whole of the staff site's addresses.
func (s *Staff) routes() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, h web.Handler) { mux.Handle(pattern, s.pages.Handle(h)) }
	open("GET /sign-in", s.signInPage)
	open("POST /sign-in", s.signIn)
	open("POST /sign-out", s.signOut)
	open("GET /accessibility", s.about("accessibility"))
	open("GET /privacy", s.about("privacy"))
	open("/", func(http.ResponseWriter, *http.Request) error { return ids.ErrNotFound })

	in := func(pattern string, h handler) { mux.Handle(pattern, s.pages.Handle(s.signedIn(h))) }
	in("GET /{$}", s.home)
	in("GET /cases", s.cases)
	in("POST /cases", s.searchCases)
	in("GET /cases.csv", s.casesCSV)
	in("GET /cases/{case}", s.casePage)
	in("GET /cases/{case}/audit", s.caseAudit)
	in("GET /cases/{case}/pin", s.pinPage)
	in("POST /cases/{case}/pin", s.resetPIN)
	in("GET /cases/{case}/begin", s.beginPage)
	in("POST /cases/{case}/begin", s.begin)
	in("GET /cases/{case}/plan", s.planPage)
	in("POST /cases/{case}/plan", s.plan)
	in("GET /threads/{thread}", s.threadPage)
	in("POST /threads/{thread}", s.compose)
	in("POST /threads/{thread}/draft", s.draft)
	in("GET /files/{file}", s.file)
	in("GET /files/{file}/pages/{page}", s.filePicture)
	in("GET /queue", s.queue)
	in("POST /queue", s.queueAct)
	in("GET /queue/several", s.several)
	in("POST /queue/several", s.decideSeveral)
	in("GET /queue/{hold}", s.holdPage)
	in("POST /queue/{hold}/claim", s.claim)
	in("POST /queue/{hold}/release", s.release)
	in("POST /queue/{hold}/withhold", s.withhold)
	in("POST /queue/{hold}/sort", s.sortMail)
	in("GET /handovers", s.handovers)
	in("GET /handovers/{handover}", s.handoverPage)
	in("POST /handovers/{handover}", s.handOver)
	in("POST /threads/{thread}/handover", s.askHandover)
	in("GET /undelivered", s.undelivered)
	in("POST /undelivered/{delivery}", s.dealWithFailure)
	in("GET /mail/{mail}", s.mail)
	in("GET /mail/{mail}/original", s.original)
	in("GET /meetings", s.meetings)
	in("GET /meetings/{meeting}", s.meeting)
	in("GET /meetings/{meeting}/cancel", s.cancelPage)
	in("POST /meetings/{meeting}/cancel", s.cancel)
	in("GET /meetings/{meeting}/room", s.room)
	in("GET /movements", s.movements)

	// Where women are, who has come, and what follows.
	in("GET /arrivals", s.arrivals)
	in("POST /arrivals/{mother}/wing", s.giveWing)
	in("POST /reoffers/{meeting}", s.settleReoffer)
	in("GET /custody/record", s.recordPage)
	in("POST /custody/record", s.record)
	in("GET /custody/file", s.custodyFilePage)
	in("POST /custody/file", s.custodyFile)
	in("GET /custody/unknown", s.unknownCustody)
	in("POST /custody/codes/{agency}", s.setPrisonCode)
	in("GET /cases/{case}/custody", s.custodyPage)
	in("GET /cases/{case}/kept", s.kept)
	in("POST /cases/{case}/kept/{delivery}", s.giveKept)
	in("POST /cases/{case}/follow-on", s.agreeFollowOn)
	in("GET /cases/{case}/team", s.teamPage)
	in("POST /cases/{case}/team", s.changeTeam)

	in("GET /women", s.women)
	in("POST /women/{mother}/pin", s.womanPIN)
	in("GET /audit", s.audit)
	in("GET /kiosks", s.kiosks)
	in("POST /kiosks", s.kioskCode)
	in("GET /kiosks/{kiosk}/withdraw", s.withdrawPage)
	in("POST /kiosks/{kiosk}/withdraw", s.withdraw)
	in("GET /users", s.users)
	in("GET /users/new", s.newUserPage)
	in("POST /users/new", s.newUser)
	in("GET /users/{user}", s.user)
	in("POST /users/{user}/disable", s.disable)
	in("POST /users/{user}/token", s.token)
	in("GET /rules", s.rules)
	in("GET /rules/{act}", s.chapter)

	// What a page asks by itself: answers for scripts, which do not keep a session alive.
	mux.Handle("GET /threads/{thread}/live", s.pages.Handle(s.atPage(s.live)))
	mux.Handle("GET /threads/{thread}/messages", s.pages.Handle(s.atPage(s.threadPart)))
	mux.Handle("POST /meetings/{meeting}/ticket", s.pages.Handle(s.ticket))
	return mux
}
