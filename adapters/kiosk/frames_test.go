package kiosk

import (
	"strings"
	"testing"
)

func TestParseFrame(t *testing.T) {
	id := strings.Repeat("a", 8)
	for raw, ok := range map[string]bool{
		`{"type":"hello","v":1,"cursor":0}`:                                              true,
		`{"type":"hello","v":1,"cursor":-1}`:                                             false,
		`{"type":"hello","v":1,"cursor":1e30}`:                                           false,
		`{"type":"send","id":"` + id + `","thread":"thr_0","body":"x"}`:                  true,
		`{"type":"send","id":"` + id + `","thread":"thr_0","body":"x","z":1}`:            true,
		`{"type":"send","id":"short","thread":"thr_0","body":"x"}`:                       false,
		`{"type":"send","id":"` + id + ` ","thread":"thr_0"}`:                            false,
		`{"type":"send","id":"` + id + `","thread":"../x"}`:                              false,
		`{"type":"receipt","id":"` + id + `","message":"msg_1","what":"x"}`:              false,
		`{"type":"receipt","id":"` + id + `","message":"m","what":"seen"}`:               true,
		`{"type":"receipt","id":"` + id + `","meeting":"mtg_1","what":"seen"}`:           true,
		`{"type":"receipt","id":"` + id + `","meeting":"m","message":"m","what":"seen"}`: false,
		`{"type":"keep","id":"` + id + `","meeting":"mtg_1","question":"how"}`:           true,
		`{"type":"keep","id":"` + id + `","meeting":"mtg_1"}`:                            false,
		`{"type":"active","why":"touch"}`:                                                true,
		`{"type":"active"}`:                                                              false,
		`{"type":"lock"}`:                                                                true,
		`{"type":"unlock"}`:                                                              false,
		`{"type":7}`:                                                                     false,
		`[]`:                                                                             false,
		`null`:                                                                           false,
		``:                                                                               false,
		`{"type":"lock"}{"type":"lock"}`:                                                 false,
		`{"type":"lock","id":"` + strings.Repeat("a", maxFrame) + `"}`:                   false,
		"{\"type\":\"lock\",\"id\":\"\xff\"}":                                            false,
	} {
		if _, err := parseFrame([]byte(raw)); (err == nil) != ok {
			t.Errorf("%.80s: %v", raw, err)
		}
	}
}

func FuzzParseFrame(f *testing.F) {
	for _, s := range []string{`{"type":"hello","v":1,"cursor":3}`, `{"type":"send","id":"aaaaaaaa","thread":"thr_0","body":"ŵ\u0000"}`,
		`{"type":"receipt","id":"aaaaaaaa","message":"msg_1","what":"seen"}`, `{"type":"active","why":"audio"}`, `{"type":"lock"}`, `{`, "\xff", strings.Repeat("[", 5000)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		fr, err := parseFrame(raw)
		if err != nil {
			if fr != (inFrame{}) {
				t.Error("a refused frame has content")
			}
			return
		}
		if len(raw) > maxFrame || !fr.valid() {
			t.Errorf("accepted %d bytes of %+v", len(raw), fr.Type)
		}
		if fr.Type == "send" && (!frameID(fr.ID) || !known(fr.Thread)) {
			t.Error("a send without identifiers")
		}
	})
}
