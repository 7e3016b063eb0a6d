package ids

// Fault is what is wrong with one field of a form or request. Code names it for a screen's own words, Text says it in English.
type Fault struct{ Field, Code, Text string }

// Err is the fault as an Invalid error; nil for no fault.
func (f *Fault) Err() error {
	if f == nil {
		return nil
	}
	return E(Invalid, "%s", f.Text)
}

// BadField makes a fault.
func BadField(field, code, text string) *Fault { return &Fault{Field: field, Code: code, Text: text} }
