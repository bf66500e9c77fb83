package main

// Zips and hashes: what golang.org/x/mod/zip and sumdb/dirhash answer.

import (
	"errors"
	"path"
	"unicode"

	"golang.org/x/mod/module"
)

func init() {
	register("zip.edition", func(args [][]byte) ([][]byte, error) {
		return words(unicode.Version), nil
	})
	register("zip.letters", zipLetters)
	register("zip.folds", zipFolds)
	register("zip.filepath", func(args [][]byte) ([][]byte, error) {
		return nil, module.CheckFilePath(string(args[0]))
	})
	register("zip.clean", func(args [][]byte) ([][]byte, error) {
		if given := string(args[0]); path.Clean(given) != given {
			return nil, errors.New("not clean")
		}
		return nil, nil
	})
}

// zipLetters answers with the given text's letters only.
func zipLetters(args [][]byte) ([][]byte, error) {
	var kept []rune
	for _, r := range string(args[0]) {
		if unicode.IsLetter(r) {
			kept = append(kept, r)
		}
	}
	return words(string(kept)), nil
}

// zipFolds answers with each character of the given text replaced by the least
// one that equals it under simple folding, ASCII letters in lower case.
func zipFolds(args [][]byte) ([][]byte, error) {
	var folded []rune
	for _, r := range string(args[0]) {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		if 'A' <= least && least <= 'Z' {
			least += 'a' - 'A'
		}
		folded = append(folded, least)
	}
	return words(string(folded)), nil
}
