// Standard prints what Go's own packages import of each other, in any of the
// releases whose GOROOTs are its arguments, on any system: a line a package.
//
//	go run ./standard "$(go env GOROOT)" MORE... > ../crates/project/src/standard/imports.txt
package main

import (
	"fmt"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

func main() {
	imports := map[string]map[string]bool{}
	for _, root := range os.Args[1:] {
		if err := read(filepath.Join(root, "src"), imports); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	for _, path := range sorted(imports) {
		fmt.Printf("%s: %s\n", path, strings.Join(sorted(imports[path]), " "))
	}
}

func sorted[T any](set map[string]T) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// read adds the packages below a directory, commands and tests left out.
func read(src string, imports map[string]map[string]bool) error {
	return filepath.WalkDir(src, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if name == "testdata" || name == "cmd" || strings.HasPrefix(name, "_") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := os.ReadFile(file)
		if err != nil || ignored(string(source)) {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		if parsed.Name.Name == "main" {
			return nil
		}
		path := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(file), src+string(filepath.Separator)))
		if imports[path] == nil {
			imports[path] = map[string]bool{}
		}
		for _, spec := range parsed.Imports {
			to := strings.Trim(spec.Path.Value, `"`)
			if strings.HasPrefix(to, "golang.org/") {
				to = "vendor/" + to
			}
			if to != "C" && to != "unsafe" {
				imports[path][to] = true
			}
		}
		return nil
	})
}

// ignored says whether a file is run by hand and built by nobody.
func ignored(source string) bool {
	for _, line := range strings.Split(source, "\n") {
		if strings.HasPrefix(line, "package ") {
			return false
		}
		if constraint.IsGoBuild(line) {
			return strings.Contains(line, "ignore")
		}
	}
	return false
}
