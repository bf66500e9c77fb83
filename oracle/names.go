package main

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// Paths, versions, escaping, patterns: golang.org/x/mod/module and semver.

var errWrongCount = errors.New("oracle: wrong number of arguments")

// verdict registers an area that only accepts or refuses one text.
func verdict(name string, check func(string) error) {
	register(name, func(args [][]byte) ([][]byte, error) {
		if len(args) != 1 {
			return nil, errWrongCount
		}
		return nil, check(string(args[0]))
	})
}

// one registers an area from one text to one text.
func one(name string, convert func(string) (string, error)) {
	register(name, func(args [][]byte) ([][]byte, error) {
		if len(args) != 1 {
			return nil, errWrongCount
		}
		result, err := convert(string(args[0]))
		if err != nil {
			return nil, err
		}
		return words(result), nil
	})
}

// two registers an area from two texts to any number.
func two(name string, convert func(a, b string) ([]string, error)) {
	register(name, func(args [][]byte) ([][]byte, error) {
		if len(args) != 2 {
			return nil, errWrongCount
		}
		result, err := convert(string(args[0]), string(args[1]))
		if err != nil {
			return nil, err
		}
		return words(result...), nil
	})
}

func init() {
	verdict("path.module", module.CheckPath)
	verdict("path.import", module.CheckImportPath)
	verdict("path.file", module.CheckFilePath)
	one("path.escape", module.EscapePath)
	one("path.unescape", module.UnescapePath)
	one("version.escape", module.EscapeVersion)
	one("version.unescape", module.UnescapeVersion)
	// As cmd/go/internal/modfetch.pathEscape.
	one("path.url", func(path string) (string, error) {
		return strings.ReplaceAll(url.PathEscape(path), "%2F", "/"), nil
	})
	register("path.split", splitPathVersion)
	two("path.major", func(version, major string) ([]string, error) {
		return nil, module.CheckPathMajor(version, major)
	})
	two("path.check", func(path, version string) ([]string, error) {
		return nil, module.Check(path, version)
	})
	two("pattern.match", func(globs, target string) ([]string, error) {
		return []string{strconv.FormatBool(module.MatchPrefixPatterns(globs, target))}, nil
	})
	one("version.canonical", func(v string) (string, error) { return module.CanonicalVersion(v), nil })
}

func splitPathVersion(args [][]byte) ([][]byte, error) {
	prefix, major, ok := module.SplitPathVersion(string(args[0]))
	if !ok {
		return nil, errors.New("no")
	}
	return words(prefix, major), nil
}

func init() {
	verdict("semver.valid", func(v string) error {
		if !semver.IsValid(v) {
			return errors.New("no")
		}
		return nil
	})
	register("semver.parts", func(args [][]byte) ([][]byte, error) {
		v := string(args[0])
		return words(semver.Canonical(v), semver.Major(v), semver.MajorMinor(v),
			semver.Prerelease(v), semver.Build(v)), nil
	})
	two("semver.compare", func(v, w string) ([]string, error) {
		return []string{strconv.Itoa(semver.Compare(v, w))}, nil
	})
	register("semver.sort", func(args [][]byte) ([][]byte, error) {
		list := make([]string, len(args))
		for i, v := range args {
			list[i] = string(v)
		}
		semver.Sort(list)
		return words(list...), nil
	})
}

func init() {
	verdict("pseudo.is", func(v string) error {
		if !module.IsPseudoVersion(v) {
			return errors.New("no")
		}
		return nil
	})
	verdict("pseudo.zero", func(v string) error {
		if !module.IsZeroPseudoVersion(v) {
			return errors.New("no")
		}
		return nil
	})
	one("pseudo.base", module.PseudoVersionBase)
	one("pseudo.rev", module.PseudoVersionRev)
	one("pseudo.time", func(v string) (string, error) {
		t, err := module.PseudoVersionTime(v)
		return t.Format(time.RFC3339), err
	})
	// major, older, seconds since 1970, revision
	register("pseudo.build", func(args [][]byte) ([][]byte, error) {
		if len(args) != 4 {
			return nil, errWrongCount
		}
		seconds, err := strconv.ParseInt(string(args[2]), 10, 64)
		if err != nil {
			return nil, err
		}
		return words(module.PseudoVersion(string(args[0]), string(args[1]), time.Unix(seconds, 0), string(args[3]))), nil
	})
}

func init() {
	// A URL for a proxy: what net/url makes of it. Whether cmd/go's list accepts it
	// is asked of cmd/go itself; this is about the URL only.
	register("url.parse", func(args [][]byte) ([][]byte, error) {
		u, err := url.Parse(string(args[0]))
		if err != nil {
			return nil, err
		}
		onlyPath := *u == url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}
		return words(u.Scheme, u.Hostname(), strconv.FormatBool(onlyPath), strconv.FormatBool(u.User != nil)), nil
	})
}
