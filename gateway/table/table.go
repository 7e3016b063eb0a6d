// Package table reads the tables that people save from a spreadsheet: columns named in the first row, in any order, parted by commas,
// semicolons or tabs, in UTF-8 or Windows-1252, with or without a byte order mark. It is pure; every fault names its row.
package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/wording"
)

// The limits of a table.
const (
	MaxBytes  = 8 << 20
	MaxRows   = 50_000
	MaxFaults = 100 // faults told; what is wrong with more rows than that is wrong with the file
	maxCell   = 4000
)

// Column is a column that a caller can use. Names are compared without case, accents, spaces and punctuation ("Prison No." is "prisonno").
type Column struct {
	Name     string   // as the caller asks for it, and as faults call it
	Also     []string // other headings for the same
	Required bool     // the table is refused without it
}

// Row is one row: its number as a spreadsheet counts (the heading is row 1) and its cells by column name, trimmed. A row that a cell's line
// breaks stretch over several lines counts once.
type Row struct {
	Number int
	cells  map[string]string
}

// Get is the row's cell in a column; "" where the table has none.
func (r Row) Get(column string) string { return r.cells[column] }

// Fault is what is wrong with one row, in words for the person who made the table. Row 0 is the table as a whole.
type Fault struct {
	Row    int
	Column string // "" when it concerns the row
	Words  string
}

// Error writes the fault with its place.
func (f Fault) Error() string {
	switch {
	case f.Row == 0:
		return f.Words
	case f.Column == "":
		return fmt.Sprintf("Row %d: %s", f.Row, f.Words)
	}
	return fmt.Sprintf("Row %d, %s: %s", f.Row, f.Column, f.Words)
}

// Faults collects what is wrong, up to MaxFaults; More counts the rest.
type Faults struct {
	List []Fault
	More int
}

// Add notes a fault.
func (f *Faults) Add(row int, column, format string, args ...any) {
	if len(f.List) >= MaxFaults {
		f.More++
		return
	}
	f.List = append(f.List, Fault{Row: row, Column: column, Words: fmt.Sprintf(format, args...)})
}

// Err is nil, or one error of kind Invalid that tells all of it, a line each.
func (f *Faults) Err() error {
	if len(f.List) == 0 {
		return nil
	}
	lines := make([]string, 0, len(f.List)+1)
	for _, x := range f.List {
		lines = append(lines, x.Error())
	}
	if f.More > 0 {
		lines = append(lines, fmt.Sprintf("And %d more.", f.More))
	}
	return ids.E(ids.Invalid, "%s", strings.Join(lines, "\n"))
}

// heading is how headings are compared.
func heading(s string) string {
	var b strings.Builder
	for _, w := range wording.Words(s) {
		b.WriteString(w.Text)
	}
	return b.String()
}

// Read reads a table. An error means that nothing could be read (Invalid, TooLarge); faults of single rows are in the Faults, and the other
// rows are returned all the same. Empty rows are left out.
func Read(data []byte, columns []Column) ([]Row, *Faults, error) {
	if len(data) > MaxBytes {
		return nil, nil, ids.E(ids.TooLarge, "The file is too large: %d MB at most.", MaxBytes>>20)
	}
	text, err := decode(data)
	if err != nil {
		return nil, nil, err
	}
	faults := &Faults{}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma(text), -1, true, true
	var at []string // the column name of each place; "" for one that nobody asks for
	var rows []Row
	for n, from := 1, int64(0); ; n++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		n += emptyLines(text[from:r.InputOffset()])
		from = r.InputOffset()
		if err != nil {
			return nil, nil, ids.Wrap(ids.Invalid, err, "Row %d cannot be read as a row of a table.", n)
		}
		if empty(record) {
			continue
		}
		if at == nil {
			if at, err = headings(record, columns); err != nil {
				return nil, nil, err
			}
			continue
		}
		if len(rows) >= MaxRows {
			return nil, nil, ids.E(ids.TooLarge, "The table has more than %d rows: send it in parts.", MaxRows)
		}
		if row, ok := readRow(n, record, at, faults); ok {
			rows = append(rows, row)
		}
	}
	if at == nil {
		return nil, nil, ids.E(ids.Invalid, "The table is empty: its first row names the columns.")
	}
	return rows, faults, nil
}

// emptyLines counts those that package csv passes over before a record: a spreadsheet counts them as rows.
func emptyLines(s string) (n int) {
	for {
		rest, ok := strings.CutPrefix(strings.TrimPrefix(s, "\r"), "\n")
		if !ok {
			return n
		}
		s, n = rest, n+1
	}
}

func readRow(n int, record, at []string, faults *Faults) (Row, bool) {
	row := Row{Number: n, cells: make(map[string]string, len(at))}
	for i, cell := range record {
		if i >= len(at) {
			if strings.TrimSpace(cell) != "" {
				faults.Add(n, "", "It has more cells than the first row has headings.")
				return row, false
			}
			continue
		}
		if at[i] == "" {
			continue
		}
		if len(cell) > maxCell {
			faults.Add(n, at[i], "The cell is too long.")
			return row, false
		}
		row.cells[at[i]] = strings.TrimSpace(strings.ReplaceAll(cell, "\u00a0", " "))
	}
	return row, true
}

func empty(record []string) bool {
	return !slices.ContainsFunc(record, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// headings finds the place of each column.
func headings(record []string, columns []Column) ([]string, error) {
	names := map[string]string{}
	for _, c := range columns {
		names[heading(c.Name)] = c.Name
		for _, a := range c.Also {
			names[heading(a)] = c.Name
		}
	}
	at := make([]string, len(record))
	for i, h := range record {
		name := names[heading(h)]
		if name != "" && slices.Contains(at[:i], name) {
			return nil, ids.E(ids.Invalid, "Two columns are headed “%s”: take one away.", name)
		}
		at[i] = name
	}
	var missing []string
	for _, c := range columns {
		if c.Required && !slices.Contains(at, c.Name) {
			missing = append(missing, "“"+c.Name+"”")
		}
	}
	if len(missing) > 0 {
		return nil, ids.E(ids.Invalid, "The first row must name the columns; there is none headed %s.", strings.Join(missing, ", "))
	}
	return at, nil
}

// decode finds out the character encoding. What is no UTF-8 was saved by a spreadsheet on Windows.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}): // "Unicode text"
		out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", ids.Wrap(ids.Invalid, err, "The file's text cannot be read: save it as CSV UTF-8.")
		}
		data = out
	case !utf8.Valid(data):
		out, err := charmap.Windows1252.NewDecoder().Bytes(data)
		if err != nil {
			return "", ids.Wrap(ids.Invalid, err, "The file's text cannot be read: save it as CSV UTF-8.")
		}
		data = out
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if bytes.IndexByte(data, 0) >= 0 || bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return "", ids.E(ids.Invalid, "This is no text: save the sheet as CSV and send that.")
	}
	// Old Macs end lines with a carriage return alone, which package csv does not know.
	if bytes.IndexByte(data, '\n') < 0 {
		data = bytes.ReplaceAll(data, []byte{'\r'}, []byte{'\n'})
	}
	return string(data), nil
}

// comma finds what parts the cells, by what the first line has most of outside quotes.
func comma(text string) rune {
	var commas, semicolons, tabs int
	quoted, seen := false, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
		case r == '\n' && seen:
			return most(commas, semicolons, tabs)
		case r == ',':
			commas++
		case r == ';':
			semicolons++
		case r == '\t':
			tabs++
		case r != ' ' && r != '\r' && r != '\n':
			seen = true
		}
	}
	return most(commas, semicolons, tabs)
}

func most(commas, semicolons, tabs int) rune {
	switch {
	case tabs > commas && tabs > semicolons:
		return '\t'
	case semicolons > commas:
		return ';'
	}
	return ','
}
