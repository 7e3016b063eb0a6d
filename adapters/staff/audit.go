package staff

import (
	"net/http"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/gateway/audit"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
)

type auditView struct {
	Bar      *web.IdentityBar
	Sub      *web.SubNavigation
	Timeline web.Timeline
	Older    string
	Newest   string
}

const auditPerPage = 50

// audit is the whole log, for administrators.
func (s *Staff) audit(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	return s.showAudit(w, r, me, "", auditView{})
}

// caseAudit is what happened in one case.
func (s *Staff) caseAudit(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	id := ids.CaseID(r.PathValue("case"))
	var v auditView
	c, err := s.flow.Case(r.Context(), me.Actor(), id)
	if err == nil {
		bar, sub := caseBar(s.pages.Loc(r), c), caseNav(s.pages.Loc(r), c, r.URL.Path)
		v.Bar, v.Sub = &bar, &sub
	} else if ids.KindOf(err) != ids.NotFound { // an administrator reads a case's log and not the case
		return err
	}
	return s.showAudit(w, r, me, id, v)
}

func (s *Staff) showAudit(w http.ResponseWriter, r *http.Request, me people.Staff, c ids.CaseID, v auditView) error {
	loc := s.pages.Loc(r)
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before < 0 {
		before = 0
	}
	page, err := s.flow.AuditTimeline(r.Context(), me.Actor(), c, before, auditPerPage)
	if err != nil {
		return err
	}
	for _, row := range page.Rows {
		v.Timeline.Items = append(v.Timeline.Items, s.auditItem(r, row))
	}
	if page.Next > 0 {
		v.Older = r.URL.Path + "?before=" + strconv.FormatInt(page.Next, 10)
	}
	if before > 0 {
		v.Newest = r.URL.Path
	}
	return s.pages.Render(w, r, http.StatusOK, "audit", s.page(r, me, loc.T("staff.audit.title"), v))
}

// auditItem writes an entry. Reasons are the rules' own words, in English.
func (s *Staff) auditItem(r *http.Request, row flow.AuditRow) web.TimelineItem {
	loc := s.pages.Loc(r)
	item := web.TimelineItem{Title: loc.T(auditKey(row.Kind)), By: row.ActorName, At: row.At, Lines: []string{loc.T("staff.audit.entry", "ID", row.ID, "Seq", row.Seq)}}
	if row.Outcome != audit.Done {
		item.Lines = append(item.Lines, loc.T("staff.audit.o_"+string(row.Outcome)))
	}
	if len(row.Reasons) > 0 {
		item.Lines = append(item.Lines, strings.Join(row.Reasons, " "))
	}
	if row.Subject != "" {
		item.Lines = append(item.Lines, row.Subject)
	}
	return item
}

// auditKey is the key of the words for a kind of entry.
func auditKey(k audit.Kind) string {
	return "staff.event." + strings.NewReplacer(".", "_").Replace(string(k))
}
