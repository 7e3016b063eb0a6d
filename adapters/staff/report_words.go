package staff

import (
	"strconv"
	"strings"

	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/reports"
)

// ReportTable is a table of the report in the words of a language: what pages, files and the command line show, so that they show the same.
type ReportTable struct {
	Name, Caption string
	Head          []string
	Rows          [][]string // the first cell says what the row is; a number that is not known is ""
}

// ReportWords says a table in a language.
func ReportWords(loc i18n.Loc, t reports.Table) ReportTable {
	out := ReportTable{Name: t.Name, Caption: loc.T("staff.report.t_" + strings.ReplaceAll(t.Name, "-", "_")), Head: []string{reportText(loc, t.First)}}
	for _, c := range t.Columns {
		out.Head = append(out.Head, reportText(loc, c))
	}
	for _, r := range t.Rows {
		row := []string{reportText(loc, r.Text)}
		for _, v := range r.Values {
			row = append(row, reportNumber(v))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// reportText says what a row or a column is. The words of kinds, parts and reasons are those of the pages on which they are recorded.
func reportText(loc i18n.Loc, t reports.Text) string {
	prefix, rest, _ := strings.Cut(t.Word, "_")
	switch {
	case t.Word == "":
		return t.Name
	case prefix == "k":
		return loc.T("staff.kind." + rest)
	case prefix == "p" || prefix == "w":
		return loc.T("staff.held_meeting." + t.Word)
	}
	if t.Word == "days_within" {
		return loc.N("staff.report.days_within", t.N)
	}
	return loc.T("staff.report."+t.Word, "N", t.N, "To", t.To)
}

func reportNumber(v reports.Value) string {
	switch {
	case !v.Known:
		return ""
	case v.Percent:
		return strconv.Itoa(v.N) + "%"
	}
	return strconv.Itoa(v.N)
}

// ReportLines are tables as one table for programs: a line for each number, with its table, row and column.
func ReportLines(loc i18n.Loc, tables []reports.Table) [][]string {
	out := [][]string{{loc.T("staff.report.table"), loc.T("staff.report.row"), loc.T("staff.report.column"), loc.T("staff.report.value")}}
	for _, t := range tables {
		w := ReportWords(loc, t)
		for _, row := range w.Rows {
			for i, v := range row[1:] {
				out = append(out, []string{plain(w.Caption), plain(row[0]), plain(w.Head[i+1]), v})
			}
		}
	}
	return out
}
