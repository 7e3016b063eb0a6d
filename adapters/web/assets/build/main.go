// Command build bundles what the browser gets: the TypeScript islands of ../ts and the style sheets of ../css, with the
// parts of govuk-frontend, MoJ Frontend and Lexend they use, into ../assets/dist, which package assets embeds.
//
// It needs the npm packages (make assets fetches them) and no node program.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("assets: ")
	web := flag.String("web", "adapters/web", "the `folder` that holds ts, css, node_modules and assets")
	flag.Parse()
	names, err := build(*web)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("%d files in %s", len(names), filepath.Join(*web, "assets", "dist"))
}

// build bundles everything and puts the result in place of what dist held; it returns the names of the files written.
func build(web string) ([]string, error) {
	web, err := filepath.Abs(web)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(web, "node_modules", "govuk-frontend")); err != nil {
		return nil, fmt.Errorf("the npm packages are not there: run \"make assets\", which fetches them first")
	}
	var files []api.OutputFile
	for _, run := range []func(string) ([]api.OutputFile, error){bundleModules, bundleWorkers, bundleStyles} {
		out, err := run(web)
		if err != nil {
			return nil, err
		}
		files = append(files, out...)
	}
	if err := noGOVUKProperty(files); err != nil {
		return nil, err
	}
	return replaceDist(filepath.Join(web, "assets", "dist"), files)
}

// options are the settings every bundle shares. Source maps are left out: the sources are public and the pages small.
func options(web string, entries []string) api.BuildOptions {
	return api.BuildOptions{
		AbsWorkingDir:     web,
		EntryPoints:       entries,
		Bundle:            true,
		Outdir:            filepath.Join(web, "assets", "dist"),
		EntryNames:        "[name]",
		ChunkNames:        "[name]-[hash]",
		AssetNames:        "[name]-[hash]",
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsEndOfFile,
		Engines:           []api.Engine{{Name: api.EngineChrome, Version: "109"}, {Name: api.EngineFirefox, Version: "115"}, {Name: api.EngineSafari, Version: "16.4"}},
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile, ".svg": api.LoaderDataURL},
		LogLevel:          api.LogLevelSilent,
	}
}

// bundleModules builds every ts/*.ts as an ES module; what several share, or import() late, becomes a chunk.
func bundleModules(web string) ([]api.OutputFile, error) {
	entries, err := entryPoints(web, "ts", func(name string) bool {
		return strings.HasSuffix(name, ".ts") && !strings.HasSuffix(name, ".d.ts") && !strings.HasSuffix(name, "-sw.ts")
	})
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	o := options(web, entries)
	o.Format = api.FormatESModule
	o.Splitting = true
	return runBuild(o)
}

// bundleWorkers builds every ts/*-sw.ts as one self-contained classic script: a service worker is fetched alone.
func bundleWorkers(web string) ([]api.OutputFile, error) {
	entries, err := entryPoints(web, "ts", func(name string) bool { return strings.HasSuffix(name, "-sw.ts") })
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	o := options(web, entries)
	o.Format = api.FormatIIFE
	return runBuild(o)
}

// bundleStyles builds every css/*.css whose name does not begin with an underscore.
func bundleStyles(web string) ([]api.OutputFile, error) {
	entries, err := entryPoints(web, "css", func(name string) bool {
		return strings.HasSuffix(name, ".css") && !strings.HasPrefix(name, "_")
	})
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	o := options(web, entries)
	o.Plugins = []api.Plugin{govukStyles(web)}
	return runBuild(o)
}

// entryPoints lists the files of web/dir that the filter wants, as paths esbuild resolves from web.
func entryPoints(web, dir string, want func(name string) bool) ([]string, error) {
	found, err := os.ReadDir(filepath.Join(web, dir))
	if err != nil {
		return nil, err
	}
	var entries []string
	for _, f := range found {
		if !f.IsDir() && want(f.Name()) {
			entries = append(entries, "./"+dir+"/"+f.Name())
		}
	}
	return entries, nil
}

// runBuild runs esbuild in memory and turns its messages into one error that names file and line. A warning about a file
// of ours is an error; the vendors' style sheets keep hacks for Internet Explorer that esbuild warns of.
func runBuild(o api.BuildOptions) ([]api.OutputFile, error) {
	result := api.Build(o)
	problems := result.Errors
	for _, w := range result.Warnings {
		if w.Location == nil || !strings.HasPrefix(w.Location.File, "node_modules/") {
			problems = append(problems, w)
		}
	}
	if len(problems) > 0 {
		text := api.FormatMessages(problems, api.FormatMessagesOptions{})
		return nil, fmt.Errorf("the bundle failed:\n%s", strings.Join(text, ""))
	}
	return result.OutputFiles, nil
}

// replaceDist empties dist of all but its .gitkeep and writes the files.
func replaceDist(dist string, files []api.OutputFile) ([]string, error) {
	old, err := os.ReadDir(dist)
	if err != nil {
		return nil, err
	}
	for _, f := range old {
		if f.Name() != ".gitkeep" {
			if err := os.RemoveAll(filepath.Join(dist, f.Name())); err != nil {
				return nil, err
			}
		}
	}
	var names []string
	for _, f := range files {
		if err := os.WriteFile(f.Path, f.Contents, 0o644); err != nil {
			return nil, err
		}
		names = append(names, filepath.Base(f.Path))
	}
	return names, nil
}
