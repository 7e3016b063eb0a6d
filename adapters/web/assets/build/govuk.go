package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// GDS Transport, the crown and the royal crest may be used on gov.uk hosts only, so the style sheets are taken without
// them: no @font-face, Arial in the font stack (what govuk-frontend falls back to), no crest behind the copyright notice.
var (
	fontFace   = regexp.MustCompile(`@font-face\s*\{[^}]*\}`)
	gdsFont    = regexp.MustCompile(`(?i)["']?GDS Transport["']?\s*,\s*`)
	crestImage = regexp.MustCompile(`url\(["']?/assets/images/govuk-crest[^)]*\)`)
	logoRules  = regexp.MustCompile(`[^{};]*\.govuk-(?:footer__crown|logo-dot)\s*\{[^}]*\}`)
	mojImage   = regexp.MustCompile(`url\(["']?/assets/images/([a-z-]+\.svg)["']?\)`)
	sourceMap  = regexp.MustCompile(`/\*# sourceMappingURL=[^*]*\*/`)
	charset    = regexp.MustCompile(`@charset "[^"]*";`)
)

// forbidden are the names whose presence in any output fails the build, so that an update of govuk-frontend that writes
// them in a new way is noticed.
var forbidden = []string{"gds transport", "gds-transport", "govuk-crest", "footer__crown", "govuk-logo"}

// withoutGOVUKProperty removes from a style sheet what only gov.uk hosts may show.
func withoutGOVUKProperty(css []byte) []byte {
	for _, r := range []*regexp.Regexp{fontFace, gdsFont, logoRules, sourceMap, charset} {
		css = r.ReplaceAll(css, nil)
	}
	return crestImage.ReplaceAll(css, []byte("none"))
}

// noGOVUKProperty fails when an output still names the font, the crown or the crest.
func noGOVUKProperty(files []api.OutputFile) error {
	for _, f := range files {
		lower := bytes.ToLower(f.Contents)
		for _, name := range forbidden {
			if bytes.Contains(lower, []byte(name)) {
				return fmt.Errorf("%s still contains %q, which only gov.uk hosts may use: strip it in assets/build/govuk.go", filepath.Base(f.Path), name)
			}
		}
	}
	return nil
}

// govukStyles is the esbuild plugin that cleans the vendors' style sheets on their way in, and points MoJ's icons, which
// are written as /assets/images/…, at the files of the package so that they are bundled as data URLs.
func govukStyles(web string) api.Plugin {
	icons := filepath.Join(web, "node_modules", "@ministryofjustice", "frontend", "moj", "assets", "images")
	return api.Plugin{Name: "govuk-styles", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			css, err := os.ReadFile(a.Path)
			if err != nil {
				return api.OnLoadResult{}, err
			}
			text := string(css)
			switch {
			case strings.Contains(a.Path, "@fontsource"):
				text = strings.ReplaceAll(text, "./files/", filepath.ToSlash(filepath.Dir(a.Path))+"/files/")
				// Every browser we serve reads WOFF2; the WOFF copies would double the embedded fonts.
				text = woffSource.ReplaceAllString(text, "")
			case strings.Contains(a.Path, "node_modules"):
				text = string(withoutGOVUKProperty(css))
				text = mojImage.ReplaceAllString(text, `url("`+filepath.ToSlash(icons)+`/$1")`)
			}
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderCSS, ResolveDir: filepath.Dir(a.Path)}, nil
		})
	}}
}

// woffSource is the second, older source in each of Lexend's @font-face rules.
var woffSource = regexp.MustCompile(`,\s*url\([^)]*\.woff\)\s*format\(["']woff["']\)`)
