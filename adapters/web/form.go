package web

import (
	"net/http"
	"net/url"

	"kinbridge/gateway/ids"
)

// FieldError is what is wrong with one field, in words the reader can act on. An empty Field means the form as a whole.
type FieldError struct{ Field, Text string }

// Form is what somebody sent, kept so that the page can show it again with what is wrong. The zero Form is an empty page.
type Form struct {
	Values url.Values
	Errors []FieldError
}

// MaxForm is how large a form without files may be, in bytes.
const MaxForm = 256 << 10

// ReadForm parses the request's form, of at most MaxForm bytes. Line ends become "\n".
func ReadForm(w http.ResponseWriter, r *http.Request) (*Form, error) {
	r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
	if err := r.ParseForm(); err != nil {
		if kindOf(err) == ids.TooLarge {
			return nil, ids.Wrap(ids.TooLarge, err, "The form is larger than we can take.")
		}
		return nil, ids.Wrap(ids.Invalid, err, "We could not read the form.")
	}
	values := make(url.Values, len(r.PostForm))
	for name, list := range r.PostForm {
		for _, v := range list {
			values.Add(name, cleanField(v))
		}
	}
	return &Form{Values: values}, nil
}

// Value returns a field's first value.
func (f *Form) Value(name string) string {
	if f == nil {
		return ""
	}
	return f.Values.Get(name)
}

// Has reports whether a field has value among its values, as with checkboxes.
func (f *Form) Has(name, value string) bool {
	if f == nil {
		return false
	}
	for _, v := range f.Values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Fail notes what is wrong with a field.
func (f *Form) Fail(field, text string) {
	f.Errors = append(f.Errors, FieldError{Field: field, Text: text})
}

// Bad reports whether anything is wrong.
func (f *Form) Bad() bool { return f != nil && len(f.Errors) > 0 }

// Error returns what is wrong with a field, or "".
func (f *Form) Error(field string) string {
	if f != nil {
		for _, e := range f.Errors {
			if e.Field == field {
				return e.Text
			}
		}
	}
	return ""
}

// FailWith notes an error of kind Invalid, Conflict or TooMany on a field and returns nil; it returns any other error for the
// error page.
func (f *Form) FailWith(field string, err error) error {
	switch ids.KindOf(err) {
	case ids.Invalid, ids.Conflict, ids.TooMany:
		f.Fail(field, ids.Public(err))
		return nil
	}
	return err
}
