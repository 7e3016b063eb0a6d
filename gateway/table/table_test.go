package table_test

import (
	"strings"
	"testing"

	"kinbridge/gateway/ids"
	"kinbridge/gateway/table"
)

var columns = []table.Column{{Name: "name", Also: []string{"Authority name"}, Required: true}, {Name: "phone", Also: []string{"Tel. no."}}}

func TestTheWaysSpreadsheetsSave(t *testing.T) {
	for what, text := range map[string]string{
		"plain":             "name,phone\nYnys Môn,01632 960001\n",
		"byte order mark":   "\ufeffname,phone\r\nYnys Môn,01632 960001\r\n",
		"semicolons":        "Phone;Name\n01632 960001;Ynys Môn",
		"tabs":              "NAME\tTel no\nYnys Môn\t01632 960001",
		"windows-1252":      "name,phone\nYnys M\xf4n,01632 960001\n",
		"utf-16":            "\xff\xfen\x00a\x00m\x00e\x00,\x00p\x00h\x00o\x00n\x00e\x00\n\x00Y\x00n\x00y\x00s\x00 \x00M\x00\xf4\x00n\x00,\x000\x001\x006\x003\x002\x00 \x009\x006\x000\x000\x000\x001\x00",
		"carriage returns":  "name,phone\rYnys Môn,01632 960001\r",
		"quotes, others":    "x,\"a, b\",\"authority, name\",tel no.\n1,2,\"Ynys Môn \",01632 960001,\n,,,\n",
		"empty rows before": "\n ,\nname,phone\n\r\nYnys Môn,\u00a001632 960001\n",
	} {
		rows, faults, err := table.Read([]byte(text), columns)
		if err != nil || faults.Err() != nil || len(rows) != 1 || rows[0].Get("name") != "Ynys Môn" || rows[0].Get("phone") != "01632 960001" || rows[0].Get("x") != "" {
			t.Errorf("%s: %v %v %v", what, rows, faults, err)
		}
	}
}

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", "\n\n": "empty", "phone\n1": "“name”", "name,Authority name\n": "Two columns", "PK\x03\x04\x00": "no text", "name\x00": "no text",
	} {
		if _, _, err := table.Read([]byte(text), columns); ids.KindOf(err) != ids.Invalid || !strings.Contains(ids.Public(err), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, _, err := table.Read(make([]byte, table.MaxBytes+1), columns); ids.KindOf(err) != ids.TooLarge {
		t.Error(err)
	}
	rows, faults, err := table.Read([]byte("\nname\na\n\nb,c\n\"d\n e\",\nf\n"), columns)
	if err != nil || len(rows) != 3 || rows[2].Number != 7 || faults.Err() == nil || faults.List[0].Row != 5 {
		t.Errorf("%v %v %v", rows, faults, err)
	}
	var many table.Faults
	for i := range 120 {
		many.Add(i+2, "phone", "Wrong.")
	}
	if e := ids.Public(many.Err()); !strings.HasPrefix(e, "Row 2, phone: Wrong.\n") || !strings.HasSuffix(e, "And 20 more.") {
		t.Error(e)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("name,phone\nYnys M\xf4n;\"x\"\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, _, _ := table.Read(b, columns)
		for i, r := range rows {
			if r.Number < 2 || i > 0 && r.Number <= rows[i-1].Number {
				t.Fatalf("row %d", r.Number)
			}
		}
	})
}
