package wording

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"kinbridge/gateway/ids"
)

// Line is one phrase of a file of phrases.
type Line struct {
	Section string // [section] that it stands in
	Not     bool   // it was written with a "!" before it
}

const maxFile = 1 << 20

// Embedded gives the files phrases/LANG.txt that are built into a package, by language. It panics when one is missing.
func Embedded(files fs.FS) map[string]string {
	out := map[string]string{}
	for _, lang := range []string{English, Welsh} {
		b, err := fs.ReadFile(files, "phrases/"+lang+".txt")
		if err != nil {
			panic(err)
		}
		out[lang] = string(b)
	}
	return out
}

// CompileFiles reads files of phrases by language ("en", "cy"): a line is a phrase in the section above it, "#" begins a comment, "!" before a phrase
// is noted and left to the caller. Phrase n of the set is line n of the list. Its error is Invalid and names file and line. say names what the sections
// are ("kind"), for the error.
func CompileFiles(files map[string]string, sections []string, say string) (*Phrases, []Line, error) {
	var list []Phrase
	var lines []Line
	var where []string
	for _, lang := range []string{English, Welsh} {
		if len(files[lang]) > maxFile {
			return nil, nil, ids.E(ids.TooLarge, "The file of phrases (%s) is too long.", lang)
		}
		section := ""
		for i, line := range strings.Split(files[lang], "\n") {
			place := fmt.Sprintf("Phrases (%s), line %d", lang, i+1)
			line = strings.TrimSpace(line)
			switch {
			case line == "" || line[0] == '#':
			case line[0] == '[':
				if section = strings.Trim(line, "[]"); !slices.Contains(sections, section) {
					return nil, nil, ids.E(ids.Invalid, "%s: there is no %s %s.", place, say, line)
				}
			case section == "":
				return nil, nil, ids.E(ids.Invalid, "%s: name a %s first, like [%s].", place, say, sections[0])
			default:
				text, not := strings.CutPrefix(line, "!")
				list = append(list, Phrase{Text: text, Lang: lang, Clause: not})
				lines, where = append(lines, Line{section, not}), append(where, place)
			}
		}
	}
	for lang := range files {
		if lang != English && lang != Welsh {
			return nil, nil, ids.E(ids.Invalid, "There are phrases in English (en) and Welsh (cy), not in “%s”.", lang)
		}
	}
	p, err := CompilePhrases(list)
	if e, ok := err.(*PhraseError); ok {
		return nil, nil, ids.E(ids.Invalid, "%s: %s.", where[e.Index], e)
	}
	if err != nil {
		return nil, nil, ids.E(ids.Invalid, "The phrases cannot be used: %s.", err)
	}
	return p, lines, nil
}
