package web

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Field is one control of a form with its label, hint and error, as the templates "input", "textarea", "select", "radios"
// and "checkboxes" show it. Templates make one with the function of the same name:
//
//	{{template "input" (input .Form "email" (t "staff.sign_in.email") "type" "email" "autocomplete" "username")}}
type Field struct {
	Name    string
	ID      string // the name, unless "id" is given
	Label   string
	Hint    string
	Error   string
	Value   string
	Look    FieldLook
	Control FieldControl
	Options []Option // of select, radios, checkboxes
}

// FieldLook is how a field is drawn.
type FieldLook struct {
	LabelClass string // govuk-label--l and the like; govuk-fieldset__legend--l for radios and checkboxes
	Heading    bool   // the label is the page's h1
	Class      string // more classes for the control
	Inline     bool   // radios beside each other
	Small      bool   // small radios and checkboxes
}

// FieldControl holds attributes of the control itself.
type FieldControl struct {
	Type         string // of an input; "text" when empty
	Autocomplete string // WCAG 1.3.5 asks for it on fields about the reader
	InputMode    string
	Spellcheck   string // "false" on codes and addresses
	Rows         int
	MaxLength    int // characters; a textarea then counts what is left
	Lang         string
}

// Option is one choice of a select, radios or checkboxes.
type Option struct {
	Value, Text, Hint string
	Checked           bool
}

// Opt makes an Option.
func Opt(value, text string) Option { return Option{Value: value, Text: text} }

// Notes is the value of aria-describedby: the IDs of the hint and the error that are there.
func (f Field) Notes() string {
	var list []string
	if f.Hint != "" {
		list = append(list, f.ID+"-hint")
	}
	if f.Error != "" {
		list = append(list, f.ID+"-error")
	}
	return strings.Join(list, " ")
}

// NotesAndCount is Notes for a textarea, which may also have a character count.
func (f Field) NotesAndCount() string {
	if f.Control.MaxLength == 0 {
		return f.Notes()
	}
	return strings.TrimSpace(f.ID + "-info " + f.Notes())
}

// InputType is Control.Type, or "text".
func (f Field) InputType() string {
	if f.Control.Type == "" {
		return "text"
	}
	return f.Control.Type
}

// OptionID is the ID of the i-th choice: the first has the field's own, so that the error summary's link leads to it.
func (f Field) OptionID(i int) string {
	if i == 0 {
		return f.ID
	}
	return f.ID + "-" + strconv.Itoa(i+1)
}

// NewField builds a Field from what was sent and options given as names and values, as templates call it. Password fields
// never get their value back.
func NewField(form *Form, name, label string, pairs ...any) (Field, error) {
	f := Field{Name: name, ID: name, Label: label, Value: form.Value(name), Error: form.Error(name)}
	if len(pairs)%2 != 0 {
		return f, fmt.Errorf("field %q: options must come in pairs", name)
	}
	for i := 0; i < len(pairs); i += 2 {
		option, _ := pairs[i].(string)
		if err := f.set(option, pairs[i+1]); err != nil {
			return f, fmt.Errorf("field %q: %w", name, err)
		}
	}
	if form != nil && form.Values != nil && len(f.Options) > 0 {
		options := make([]Option, len(f.Options))
		for i, o := range f.Options {
			_, sent := form.Values[name]
			o.Checked = form.Has(name, o.Value) || (!sent && !form.Bad() && o.Checked)
			options[i] = o
		}
		f.Options = options
	}
	if f.Control.Type == "password" {
		f.Value = ""
	}
	return f, nil
}

func (f *Field) set(option string, value any) error {
	texts := map[string]*string{
		"id": &f.ID, "hint": &f.Hint, "class": &f.Look.Class, "label-class": &f.Look.LabelClass, "type": &f.Control.Type,
		"autocomplete": &f.Control.Autocomplete, "inputmode": &f.Control.InputMode, "spellcheck": &f.Control.Spellcheck, "lang": &f.Control.Lang,
	}
	flags := map[string]*bool{"heading": &f.Look.Heading, "inline": &f.Look.Inline, "small": &f.Look.Small}
	numbers := map[string]*int{"rows": &f.Control.Rows, "maxlength": &f.Control.MaxLength}
	var ok bool
	switch {
	case texts[option] != nil:
		*texts[option], ok = value.(string)
	case flags[option] != nil:
		*flags[option], ok = value.(bool)
	case numbers[option] != nil:
		*numbers[option], ok = value.(int)
	case option == "options":
		f.Options, ok = value.([]Option)
	case option == "value":
		var s string
		if s, ok = value.(string); ok && f.Value == "" {
			f.Value = s
		}
	default:
		return fmt.Errorf("there is no option %q", option)
	}
	if !ok {
		return fmt.Errorf("option %q cannot be a %T", option, value)
	}
	return nil
}

// cleanField makes a field's text fit to keep: "\n" for line ends, no NUL, valid UTF-8.
func cleanField(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	s = strings.ReplaceAll(s, "\x00", "")
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	return s
}
