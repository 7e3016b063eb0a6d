package staff

import (
	"encoding/csv"
	"net/http"
	"strings"
)

// sendCSV answers with a file for a spreadsheet (RFC 4180, in UTF-8 with a mark that Excel looks for).
func sendCSV(w http.ResponseWriter, name string, rows [][]string) error {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return nil // the reader has gone
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.WriteAll(rows) // an error means that the reader has gone
	return nil
}

// plain keeps a spreadsheet from taking a cell for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
