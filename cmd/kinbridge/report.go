package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"text/tabwriter"

	"kinbridge/adapters/staff"
	"kinbridge/adapters/web/i18n"
	"kinbridge/gateway/ids"
	"kinbridge/gateway/reports"
	"kinbridge/gateway/workdays"
)

type reportCmd struct {
	worldFlags
	Section  string `arg:"" enum:"caseload,meetings,answers,goals,all" help:"What to count: caseload, meetings, answers, goals or all."`
	From     string `placeholder:"DAY" help:"The first day of what is counted by when it began (2026-01-31). Without both days: the last year."`
	Until    string `placeholder:"DAY" help:"The last day."`
	CSV      bool   `name:"csv" help:"Write every number on a line of its own, with its table, row and column (RFC 4180)."`
	Language string `default:"en" enum:"en,cy" help:"en or cy."`
}

// Help is shown by --help.
func (reportCmd) Help() string {
	return `The caseload is counted as it stands today; meetings, answers and goals by when they began. Nobody is named, but numbers below 5 can tell who is counted to somebody
who knows the women: join rows or leave them out before a table is passed on. Each report is an entry of the audit log.

  kinbridge report caseload --dir D
  kinbridge report all --csv --from 2026-01-01 --until 2026-03-31 --dir D`
}

// Run prints the tables of a section.
func (c reportCmd) Run(ctx context.Context, out *output) error {
	period, err := c.period()
	if err != nil {
		return err
	}
	words, err := i18n.Load()
	if err != nil {
		return err
	}
	loc := words.Loc(i18n.Lang(c.Language))
	return c.changing(ctx, func(w *world) error {
		r, err := w.Flow.Report(ctx, operator, period, c.Section)
		if err != nil {
			return err
		}
		if c.CSV {
			f := csv.NewWriter(out.Out)
			return f.WriteAll(staff.ReportLines(loc, r.Section(c.Section)))
		}
		for i, t := range r.Section(c.Section) {
			if i > 0 {
				fmt.Fprintln(out.Out)
			}
			if err := printTable(out, staff.ReportWords(loc, t)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c reportCmd) period() (p reports.Period, err error) {
	if c.From == "" && c.Until == "" {
		return p, nil
	}
	for _, d := range []struct {
		flag, text string
		into       *workdays.Day
	}{{"--from", c.From, &p.From}, {"--until", c.Until, &p.Until}} {
		if *d.into, err = workdays.Parse(d.text); err != nil {
			return p, ids.E(ids.Invalid, "%s: give a day such as 2026-01-31.", d.flag)
		}
	}
	return p, p.Check().Err()
}

// printTable writes a table in columns for people: numbers to the right, and a dash for what is not known. Its columns are numbered above, since their names are long.
func printTable(out *output, t staff.ReportTable) error {
	fmt.Fprintf(out.Out, "%s\n", t.Caption)
	if len(t.Head) > 2 {
		for i, h := range t.Head[1:] {
			fmt.Fprintf(out.Out, "  (%d) %s\n", i+1, h)
		}
	}
	w := tabwriter.NewWriter(out.Out, 0, 4, 2, ' ', tabwriter.AlignRight)
	widest := len([]rune(t.Head[0]))
	for _, r := range t.Rows {
		widest = max(widest, len([]rune(r[0])))
	}
	line := func(first string, rest []string) {
		fmt.Fprintf(w, "  %s%s", first, strings.Repeat(" ", widest-len([]rune(first))))
		for _, v := range rest {
			if v == "" {
				v = "-"
			}
			fmt.Fprintf(w, "\t%s", v)
		}
		fmt.Fprintln(w, "\t")
	}
	head := t.Head[1:]
	if len(t.Head) > 2 {
		head = make([]string, len(t.Head)-1)
		for i := range head {
			head[i] = fmt.Sprintf("(%d)", i+1)
		}
	}
	line(t.Head[0], head)
	for _, r := range t.Rows {
		line(r[0], r[1:])
	}
	return w.Flush()
}
