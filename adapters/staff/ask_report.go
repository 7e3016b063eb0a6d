package staff

import (
	"net/http"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/flow"
	"kinbridge/gateway/people"
)

type askReportView struct {
	Open, Answered web.Table
	Chart          *askChart
}

// askChart is a plot of response times: a bar to the median, and a mark where nine of ten answers had come. Lengths are in units of the drawing.
type askChart struct {
	Title, Says string // what it shows, in a line and in words
	Width       int
	Height      int
	Bars        []askBar
}

type askBar struct {
	Name, Label string
	Y           int // of the name; the bar lies below it
	BarY, MarkY int
	LabelY      int
	Median      int // length of the bar
	Ninetieth   int // where the mark is
}

// The drawing: wide as a small telephone, so that its letters stay readable there.
const (
	chartWidth = 300
	chartRow   = 44
)

// askReport says how authorities answer, of the cases that she may see.
func (s *Staff) askReport(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.AskReport(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	num := func(n int) web.Cell { return web.Cell{Text: strconv.Itoa(n), Numeric: true} }
	col := func(key string) web.Column { return web.Column{Title: loc.T("staff.ask_report." + key), Numeric: true} }
	name := web.Column{Title: loc.T("staff.authority.name")}
	v := askReportView{Open: web.Table{Caption: loc.T("staff.ask_report.open_title"), Empty: loc.T("staff.ask.none"), Columns: []web.Column{name, col("open"), col("overdue")}},
		Answered: web.Table{Caption: loc.T("staff.ask_report.answered_title"), Empty: loc.T("staff.ask_report.none_answered"), Columns: []web.Column{name, col("answered"), col("median"), col("ninetieth")}}}
	for _, title := range ageTitles(loc) {
		v.Open.Columns = append(v.Open.Columns, web.Column{Title: title, Numeric: true})
	}
	v.Open.Columns = append(v.Open.Columns, col("oldest"))
	for _, a := range rows {
		if a.Open > 0 {
			cells := []web.Cell{{Text: a.Name}, num(a.Open), num(a.Overdue)}
			for _, n := range a.Ages {
				cells = append(cells, num(n))
			}
			v.Open.Rows = append(v.Open.Rows, append(cells, num(a.Oldest)))
		}
		if a.Answered > 0 {
			v.Answered.Rows = append(v.Answered.Rows, []web.Cell{{Text: a.Name}, num(a.Answered), num(a.Median), num(a.Ninetieth)})
		}
	}
	v.Chart = chartOf(loc, rows)
	p := s.page(r, me, loc.T("staff.ask_report.title"), v)
	p.Back = backTo(loc, "asks", "/asks")
	return s.pages.Render(w, r, http.StatusOK, "ask_report", p)
}

// ageTitles name the classes of age: "Up to 5 days", "6 to 10 days", "More than 20 days".
func ageTitles(loc i18n.Loc) (out []string) {
	from := 0
	for _, to := range flow.AskAges {
		if from == 0 {
			out = append(out, loc.T("staff.ask_report.age_first", "To", strconv.Itoa(to)))
		} else {
			out = append(out, loc.T("staff.ask_report.age", "From", strconv.Itoa(from), "To", strconv.Itoa(to)))
		}
		from = to + 1
	}
	return append(out, loc.T("staff.ask_report.age_last", "From", strconv.Itoa(from-1)))
}

// chartOf draws the response times; nil when no answer has come.
func chartOf(loc i18n.Loc, rows []flow.AuthorityAsks) *askChart {
	c, most := &askChart{Title: loc.T("staff.ask_report.chart"), Width: chartWidth}, 1
	for _, a := range rows {
		most = max(most, a.Ninetieth)
	}
	var says []string
	for _, a := range rows {
		if a.Answered == 0 {
			continue
		}
		y := len(c.Bars) * chartRow
		b := askBar{Name: a.Name, Label: loc.T("staff.ask_report.bar", "Median", strconv.Itoa(a.Median), "Ninetieth", strconv.Itoa(a.Ninetieth)), Y: y + 12, BarY: y + 18, MarkY: y + 15, LabelY: y + 38,
			Median: max(a.Median*(chartWidth-4)/most, 1), Ninetieth: min(max(a.Ninetieth*(chartWidth-4)/most, 1), chartWidth-4)}
		c.Bars = append(c.Bars, b)
		says = append(says, a.Name+": "+b.Label+".")
	}
	if len(c.Bars) == 0 {
		return nil
	}
	c.Height, c.Says = len(c.Bars)*chartRow, strings.Join(says, " ")
	return c
}

// askReportCSV is the report as a file.
func (s *Staff) askReportCSV(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	loc := s.pages.Loc(r)
	rows, err := s.flow.AskReport(r.Context(), me.Actor())
	if err != nil {
		return err
	}
	head := []string{loc.T("staff.authority.name"), loc.T("staff.ask_report.open"), loc.T("staff.ask_report.overdue")}
	head = append(head, ageTitles(loc)...)
	for _, key := range []string{"oldest", "answered", "median", "ninetieth"} {
		head = append(head, loc.T("staff.ask_report."+key))
	}
	out := [][]string{head}
	for _, a := range rows {
		line, n := []string{plain(a.Name)}, append([]int{a.Open, a.Overdue}, a.Ages[:]...)
		for _, x := range append(n, a.Oldest, a.Answered) {
			line = append(line, strconv.Itoa(x))
		}
		if a.Answered == 0 { // no time is not a time of 0
			line = append(line, "", "")
		} else {
			line = append(line, strconv.Itoa(a.Median), strconv.Itoa(a.Ninetieth))
		}
		out = append(out, line)
	}
	return sendCSV(w, "asks.csv", out)
}
