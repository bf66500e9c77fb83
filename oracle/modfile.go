package main

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

func init() {
	register("modfile.strict", func(args [][]byte) ([][]byte, error) { return askModFile(modfile.Parse, args) })
	register("modfile.lax", func(args [][]byte) ([][]byte, error) { return askModFile(modfile.ParseLax, args) })
	register("modfile.format", askModFormat)
	register("modfile.unicode", askUnicode)
	register("gowork.parse", askWorkFile)
	register("gowork.format", askWorkFormat)
	register("gosum.parse", askGoSum)
	register("mvs.unpruned", askUnpruned)
}

// Positions of refusals are part of the answer: "refused" and one "line:column" each.
func refusal(err error) ([][]byte, error) {
	var list modfile.ErrorList
	if !errors.As(err, &list) {
		return nil, err
	}
	results := words("refused")
	for _, e := range list {
		results = append(results, fmt.Appendf(nil, "%d:%d", e.Pos.Line, e.Pos.LineRune))
	}
	return results, nil
}

type modFileParser func(string, []byte, modfile.VersionFixer) (*modfile.File, error)

func askModFile(parse modFileParser, args [][]byte) ([][]byte, error) {
	f, err := parse("go.mod", args[0], nil)
	if err != nil {
		return refusal(err)
	}
	results := words("accepted")
	add := func(line *modfile.Line, fields ...string) {
		results = append(results, words(fields...)...)
		results = append(results, fmt.Appendf(nil, "%d:%d", line.Start.Line, line.End.Byte))
	}
	if m := f.Module; m != nil {
		add(m.Syntax, "module", m.Mod.Path, m.Deprecated)
	}
	if g := f.Go; g != nil {
		add(g.Syntax, "go", g.Version)
	}
	if t := f.Toolchain; t != nil {
		add(t.Syntax, "toolchain", t.Name)
	}
	for _, g := range f.Godebug {
		add(g.Syntax, "godebug", g.Key, g.Value)
	}
	for _, r := range f.Require {
		add(r.Syntax, "require", r.Mod.Path, r.Mod.Version, strconv.FormatBool(r.Indirect))
	}
	for _, x := range f.Exclude {
		add(x.Syntax, "exclude", x.Mod.Path, x.Mod.Version)
	}
	for _, r := range f.Replace {
		add(r.Syntax, "replace", r.Old.Path, r.Old.Version, r.New.Path, r.New.Version)
	}
	for _, r := range f.Retract {
		add(r.Syntax, "retract", r.Low, r.High, r.Rationale)
	}
	for _, t := range f.Tool {
		add(t.Syntax, "tool", t.Path)
	}
	for _, i := range f.Ignore {
		add(i.Syntax, "ignore", i.Path)
	}
	return append(results, modfile.Format(f.Syntax)), nil
}

// What "go mod edit -fmt" does.
func askModFormat(args [][]byte) ([][]byte, error) {
	f, err := modfile.Parse("go.mod", args[0], nil)
	if err != nil {
		return nil, err
	}
	f.SortBlocks()
	f.Cleanup()
	out, err := f.Format()
	return [][]byte{out}, err
}

func askWorkFile(args [][]byte) ([][]byte, error) {
	f, err := modfile.ParseWork("go.work", args[0], nil)
	if err != nil {
		return refusal(err)
	}
	results := words("accepted")
	add := func(line *modfile.Line, fields ...string) {
		results = append(results, words(fields...)...)
		results = append(results, fmt.Appendf(nil, "%d:%d", line.Start.Line, line.End.Byte))
	}
	if g := f.Go; g != nil {
		add(g.Syntax, "go", g.Version)
	}
	if t := f.Toolchain; t != nil {
		add(t.Syntax, "toolchain", t.Name)
	}
	for _, g := range f.Godebug {
		add(g.Syntax, "godebug", g.Key, g.Value)
	}
	for _, u := range f.Use {
		add(u.Syntax, "use", u.Path)
	}
	for _, r := range f.Replace {
		add(r.Syntax, "replace", r.Old.Path, r.Old.Version, r.New.Path, r.New.Version)
	}
	return append(results, modfile.Format(f.Syntax)), nil
}

// What "go work edit -fmt" does.
func askWorkFormat(args [][]byte) ([][]byte, error) {
	f, err := modfile.ParseWork("go.work", args[0], nil)
	if err != nil {
		return nil, err
	}
	f.SortBlocks()
	f.Cleanup()
	return [][]byte{modfile.Format(f.Syntax)}, nil
}

// The Unicode version, and the code points at which unicode.IsPrint changes.
func askUnicode([][]byte) ([][]byte, error) {
	results := words(unicode.Version)
	printable := false
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.IsPrint(r) != strconv.IsPrint(r) {
			return nil, fmt.Errorf("unicode and strconv disagree on %U", r)
		}
		if unicode.IsPrint(r) != printable {
			printable = !printable
			results = append(results, strconv.AppendInt(nil, int64(r), 10))
		}
	}
	return results, nil
}

// A go.sum by the documented rules: three fields a line, blank lines skipped,
// the hash of an empty go.mod dropped. The go command's own reader is not
// exported; the tests ask it too, on fewer inputs.
func askGoSum(args [][]byte) ([][]byte, error) {
	const emptyGoMod = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="
	results := words("accepted")
	for i, line := range strings.Split(string(args[0]), "\n") {
		switch f := strings.Fields(line); {
		case len(f) == 0:
		case len(f) != 3:
			return words("refused", fmt.Sprint(i+1), fmt.Sprint(len(f))), nil
		case f[2] != emptyGoMod:
			results = append(results, words(f...)...)
		}
	}
	return results, nil
}

// Minimal version selection by its definition, without pruning: the highest
// version of each module among all that can be reached from the main module.
//
// Arguments: one "path version" a line for each requirement of the main
// module, then for each other module a line "= path version" and its
// requirements. Answer: the build list, "path version" each.
func askUnpruned(args [][]byte) ([][]byte, error) {
	main := module.Version{}
	required := map[module.Version][]module.Version{}
	current := main
	for _, line := range bytes.Split(args[0], []byte("\n")) {
		f := strings.Fields(string(line))
		switch {
		case len(f) == 3 && f[0] == "=":
			current = module.Version{Path: f[1], Version: f[2]}
		case len(f) == 2:
			next := module.Version{Path: f[0], Version: f[1]}
			required[current] = append(required[current], next)
		}
	}
	reached := map[module.Version]bool{main: true}
	for grew := true; grew; {
		grew = false
		for m := range reached {
			for _, r := range required[m] {
				if !reached[r] {
					reached[r], grew = true, true
				}
			}
		}
	}
	selected := map[string]string{}
	for m := range reached {
		if m == main {
			continue
		}
		if old, ok := selected[m.Path]; !ok || semver.Compare(old, m.Version) < 0 {
			selected[m.Path] = m.Version
		}
	}
	var list []string
	for path, version := range selected {
		list = append(list, path+" "+version)
	}
	sort.Strings(list)
	return words(list...), nil
}
