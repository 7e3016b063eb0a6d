package surface_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kinbridge/gateway/ids"
)

// route is a pattern that a face answers, with the names of what it takes.
type route struct {
	method, path string
	params       []string
	body         string // of a POST to the API
}

var (
	pattern = regexp.MustCompile(`^(GET|POST) (/[^ ]*)$`)
	param   = regexp.MustCompile(`\{([a-z_]+)\}`)
)

// pageRoutes reads the patterns out of the source of the faces: whoever adds a route adds it here too.
var pageRoutes = sync.OnceValues(func() (out []route, err error) {
	for _, face := range []string{"staff", "kiosk", "guest"} {
		files, err := filepath.Glob("../../../adapters/" + face + "/*.go")
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					s, _ := strconv.Unquote(lit.Value)
					if m := pattern.FindStringSubmatch(s); m != nil {
						out = append(out, newRoute(m[1], m[2]))
					}
				}
				return true
			})
		}
	}
	return out, nil
})

func newRoute(method, path string) route {
	r := route{method: method, path: path}
	for _, m := range param.FindAllStringSubmatch(path, -1) {
		r.path = strings.Replace(r.path, m[0], "{"+strings.TrimSuffix(m[1], "_id")+"}", 1) // as the API names it
		r.params = append(r.params, strings.TrimSuffix(m[1], "_id"))
	}
	return r
}

// kindOf are the prefixes of what a pattern takes. "" is nothing of anybody's: a word, a number, or a secret link that nobody could guess.
var kindOf = map[string]string{"case": ids.Case, "thread": ids.Thread, "message": ids.Message, "hold": ids.Hold, "file": ids.Attachment, "child": ids.Child, "meeting": ids.Meeting,
	"handover": ids.Handover, "request": ids.Request, "ask": ids.Ask, "step": ids.AskStep, "delivery": ids.Delivery, "mail": ids.Inbound, "mother": ids.Mother, "alert": ids.Alert,
	"attachment": ids.Attachment, "participant": ids.Participant, "restriction": ids.Restriction, "movement": ids.Movement, "poll": ids.Poll, "authority": "", "secret": "", "flag": "", "user": "", "kiosk": "", "agency": "", "page": "", "act": "", "do": "", "says": "", "link": "", "question": "", "what": "", "table": ""}

// fillers are what is put where a pattern takes nothing of anybody's.
var fillers = map[string]string{"page": "1", "act": "read_message", "do": "book", "says": "yes", "question": "how", "what": "check", "table": "caseload", "link": "0000000000000000000000000000000000000000000000000000", "secret": "00000000000000000000000000000000", "user": "stf_00000000000000000000000000",
	"kiosk": "ksk_00000000000000000000000000", "flag": "flg_00000000000000000000000000", "authority": "nowhere", "agency": "agy_00000000000000000000000000"}

func TestEveryRouteIsKnown(t *testing.T) {
	w := newWorld(t, "sqlite", 1)
	w.mount(real(w.f))
	all := append(must(pageRoutes())(t), apiRoutes(w)...)
	if len(all) < 150 {
		t.Errorf("only %d routes were found", len(all))
	}
	for _, r := range all {
		for _, p := range r.params {
			if _, ok := kindOf[p]; !ok {
				t.Errorf("%s %s takes a {%s}: teach kindOf what that is, so that it is guessed", r.method, r.path, p)
			}
		}
	}
}

// staffHomes are where a member of staff begins; the links lead on.
var staffHomes = []string{"/", "/cases", "/cases.csv", "/queue", "/meetings", "/calendar", "/before", "/movements", "/movements.csv", "/movements/board", "/undelivered", "/handovers", "/asks", "/asks/report", "/asks/report.csv", "/reports", "/find", "/together", "/alerts", "/women", "/restrictions", "/arrivals", "/custody/record", "/custody/unknown",
	"/audit", "/users", "/kiosks", "/authorities", "/rules", "/flags", "/review", "/alert-list", "/hints"}

// apiRoutes reads the API's own document.
func apiRoutes(w *world) (out []route) {
	a := w.ask(&visitor{}, http.MethodGet, "/api/v1/openapi.json", "", "")
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Schema schema `json:"schema"`
				} `json:"content"`
			} `json:"requestBody"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil || len(doc.Paths) < 10 {
		w.t.Fatalf("the API's document: %d %v", a.status, err)
	}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			r := newRoute(strings.ToUpper(method), "/api/v1"+path)
			if c, ok := op.RequestBody.Content["application/json"]; ok {
				b, _ := json.Marshal(c.Schema.sample(doc.Components.Schemas, 0))
				r.body = string(b)
			}
			out = append(out, r)
		}
	}
	return out
}

// schema is as much of a JSON schema as makes a body that fits.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"`
	Enum       []any             `json:"enum"`
	Format     string            `json:"format"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
}

func (s schema) sample(all map[string]schema, deep int) any {
	if s.Ref != "" {
		s = all[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
	}
	kind, _ := s.Type.(string)
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case kind == "object" && deep < 4:
		out := map[string]any{}
		for _, name := range s.Required {
			if name != "$schema" {
				out[name] = s.Properties[name].sample(all, deep+1)
			}
		}
		return out
	case kind == "integer" || kind == "number":
		return 1
	case kind == "boolean":
		return false
	case s.Format == "date-time":
		return "2030-01-07T10:00:00Z"
	case kind == "string":
		return "somewords"
	}
	return []any{}
}

// apiHomes are the lists.
func apiHomes(w *world) (out []string) {
	if w.apiLists == nil {
		w.apiAll = apiRoutes(w)
		for _, r := range w.apiAll {
			if r.method == http.MethodGet && len(r.params) == 0 {
				w.apiLists = append(w.apiLists, r.path)
			}
		}
	}
	return w.apiLists
}
