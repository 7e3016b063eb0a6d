package staff

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kinbridge/adapters/web"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/people"
	"kinbridge/gateway/reports"
)

type reportView struct {
	Today, From, Until string // in words
	Few                int
	AllCSV             string
	Sections           []reportSection
}

type reportSection struct {
	Name, Title, About string
	Tables             []reportPart
}

type reportPart struct {
	Table web.Table
	CSV   string
	Plot  *reportPlot
}

// reports is the page of all numbers.
func (s *Staff) reports(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, period := s.reportPeriod(r)
	status := http.StatusOK
	if form.Bad() { // what was typed stays in the form, and the numbers are of the last year
		status, period = http.StatusUnprocessableEntity, reports.Period{}
	}
	rep, err := s.flow.Report(r.Context(), me.Actor(), period, "page")
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	query := "?" + url.Values{"from": {rep.Period.From.String()}, "until": {rep.Period.Until.String()}}.Encode()
	v := reportView{Today: day(loc, rep.Today), From: day(loc, rep.Period.From), Until: day(loc, rep.Period.Until), Few: reports.Few, AllCSV: "/reports/csv/all" + query}
	for _, sec := range reports.Sections {
		part := reportSection{Name: sec.Name, Title: loc.T("staff.report.s_" + sec.Name), About: loc.T("staff.report.about_"+sec.Name, "From", v.From, "Until", v.Until, "Today", v.Today)}
		for _, t := range rep.Section(sec.Name) {
			part.Tables = append(part.Tables, reportPart{Table: reportTable(ReportWords(loc, t)), CSV: "/reports/csv/" + t.Name + query, Plot: plotOf(loc, t, rep.Plots[t.Name])})
		}
		v.Sections = append(v.Sections, part)
	}
	if len(form.Values) == 0 {
		form.Values = url.Values{"from": {rep.Period.From.String()}, "until": {rep.Period.Until.String()}}
	}
	p := s.page(r, me, loc.T("staff.report.title"), v)
	p.Form = form
	return s.pages.Render(w, r, status, "report", p)
}

// reportPeriod reads the days from the address; none is the last year.
func (s *Staff) reportPeriod(r *http.Request) (*web.Form, reports.Period) {
	form := &web.Form{Values: url.Values{}}
	for _, field := range []string{"from", "until"} {
		if v := r.URL.Query().Get(field); v != "" {
			form.Values.Set(field, v)
		}
	}
	if len(form.Values) == 0 {
		return form, reports.Period{}
	}
	p := reports.Period{From: s.readDay(r, form, "from"), Until: s.readDay(r, form, "until")}
	if fault := p.Check(); fault != nil && !form.Bad() {
		form.Fail(fault.Field, s.pages.Loc(r).T("staff.report.bad_"+fault.Code))
	}
	return form, p
}

func reportTable(t ReportTable) web.Table {
	out := web.Table{Caption: t.Caption}
	for i, h := range t.Head {
		out.Columns = append(out.Columns, web.Column{Title: h, Numeric: i > 0})
	}
	for _, r := range t.Rows {
		var cells []web.Cell
		for i, c := range r {
			if c == "" {
				c = "–" // not known: an empty cell would be read as nothing at all
			}
			cells = append(cells, web.Cell{Text: c, Numeric: i > 0})
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// reportCSV is one table as a file, or ("all") every number of the report on a line of its own.
func (s *Staff) reportCSV(w http.ResponseWriter, r *http.Request, me people.Staff) error {
	form, period := s.reportPeriod(r)
	if form.Bad() {
		return ids.E(ids.Invalid, "%s", s.pages.Loc(r).T("staff.restrict.bad_day"))
	}
	name := r.PathValue("table")
	rep, err := s.flow.Report(r.Context(), me.Actor(), period, name)
	if err != nil {
		return err
	}
	loc := s.pages.Loc(r)
	if name == "all" {
		return sendCSV(w, "report.csv", ReportLines(loc, rep.Section("all")))
	}
	t, ok := rep.Table(name)
	if !ok {
		return ids.ErrNotFound
	}
	words := ReportWords(loc, t)
	rows := [][]string{plainRow(words.Head)}
	for _, row := range words.Rows {
		rows = append(rows, append([]string{plain(row[0])}, row[1:]...))
	}
	return sendCSV(w, t.Name+".csv", rows)
}

func plainRow(row []string) []string {
	out := make([]string, len(row))
	for i, c := range row {
		out[i] = plain(c)
	}
	return out
}

// reportPlot is a picture of a table, with what it shows in words. Lengths are in units of the drawing.
type reportPlot struct {
	ID, Title, Says, Legend string
	Width, Height           int
	Bars                    []plotBar
	Curve                   string // points of a line that rises in steps
	Across, Up              []plotTick
	Floor, Right, Foot      int // where the axes are, and the words below them
}

type plotBar struct {
	Name, Label                string
	NameY, BarY, MarkY, LabelY int
	Length, Mark               int // Mark 0 = there is none
}

// plotTick is a mark on an axis with its number; X and Y are where its words stand, At is where its line is.
type plotTick struct {
	Text     string
	X, Y, At int
}

// The curve's drawing, in the same width as the bars': the axes leave room for their numbers.
const (
	curveLeft   = 34
	curveTop    = 10
	curveHeight = 150
)

// plotOf draws a table; nil when there is nothing to draw.
func plotOf(loc i18n.Loc, t reports.Table, p reports.Plot) *reportPlot {
	key := strings.ReplaceAll(t.Name, "-", "_")
	out := &reportPlot{ID: "plot-" + t.Name, Width: chartWidth}
	switch {
	case len(p.Curve) > 1:
		out.curve(loc, p.Curve)
	case len(p.Bars) > 0:
		if !out.bars(loc, key, p.Bars) {
			return nil
		}
	default:
		return nil
	}
	out.Title, out.Legend = loc.T("staff.report.plot_"+key), loc.T("staff.report.legend_"+key)
	return out
}

// bars draws one bar under each name; it reports whether there is any length to draw.
func (o *reportPlot) bars(loc i18n.Loc, key string, bars []reports.Bar) bool {
	most := 0
	for _, b := range bars {
		most = max(most, b.N, b.Mark)
	}
	if most == 0 {
		return false
	}
	length := func(n int) int { return n * (chartWidth - 4) / most }
	var says []string
	for i, b := range bars {
		y, words := i*chartRow, barWords(loc, key, b)
		bar := plotBar{Name: reportText(loc, b.Text), Label: words, NameY: y + 12, BarY: y + 18, MarkY: y + 15, LabelY: y + 38, Length: length(b.N)}
		if key == "children" || key == "authorities" || key == "workers" {
			bar.Name = loc.T("staff.report.so_many_"+key, "N", b.Text.Name)
		}
		if b.Mark > 0 {
			bar.Mark = length(b.Mark)
		}
		o.Bars = append(o.Bars, bar)
		says = append(says, bar.Name+": "+words+".")
	}
	o.Height, o.Says = len(bars)*chartRow, strings.Join(says, " ")
	return true
}

// barWords says how long a bar is.
func barWords(loc i18n.Loc, key string, b reports.Bar) string {
	switch key {
	case "children", "authorities", "workers":
		return loc.N("staff.report.bar_cases", b.N)
	case "means", "notice_days":
		return loc.N("staff.report.bar_meetings", b.N)
	}
	return loc.T("staff.report.bar_"+key, "N", b.N, "Mark", b.Mark)
}

// curve draws shares by day.
func (o *reportPlot) curve(loc i18n.Loc, ps []reports.Point) {
	last := ps[len(ps)-1].Days
	o.Floor, o.Right, o.Height = curveTop+curveHeight, chartWidth-6, curveTop+curveHeight+34
	o.Foot = o.Height - 4
	x := func(days int) int { return curveLeft + days*(o.Right-curveLeft)/max(last, 1) }
	y := func(percent int) int { return o.Floor - percent*curveHeight/100 }
	var line, says []string
	at := func(px, py int) { line = append(line, strconv.Itoa(px)+","+strconv.Itoa(py)) }
	for i, p := range ps {
		if i == 0 {
			at(x(0), o.Floor)
		} else {
			at(x(p.Days), y(ps[i-1].Percent))
		}
		at(x(p.Days), y(p.Percent))
		if p.Days%5 == 0 || i == 1 {
			says = append(says, loc.T("staff.report.point", "N", p.Days, "Percent", p.Percent))
		}
		if p.Days%5 == 0 {
			o.Across = append(o.Across, plotTick{Text: strconv.Itoa(p.Days), X: x(p.Days), Y: o.Floor + 14, At: x(p.Days)})
		}
	}
	for _, percent := range []int{0, 25, 50, 75, 100} {
		o.Up = append(o.Up, plotTick{Text: strconv.Itoa(percent) + "%", X: curveLeft - 4, Y: y(percent) + 4, At: y(percent)})
	}
	o.Curve, o.Says = strings.Join(line, " "), strings.Join(says, " ")
}
