package main

// Zips and hashes: what golang.org/x/mod/zip and sumdb/dirhash answer.

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"
	"unicode"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"
)

func init() {
	register("zip.edition", func(args [][]byte) ([][]byte, error) {
		return words(unicode.Version), nil
	})
	register("zip.letters", zipLetters)
	register("zip.folds", zipFolds)
	verdict("zip.filepath", module.CheckFilePath)
	verdict("zip.clean", func(given string) error {
		if path.Clean(given) != given {
			return errors.New("not clean")
		}
		return nil
	})
	one("zip.hashmod", func(content string) (string, error) {
		return dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader([]byte(content))), nil
		})
	})
	register("zip.check", zipCheck)
	register("zip.hash", zipHash)
	register("zip.create", zipCreate)
	two("zip.createdir", zipCreateDir)
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

// scratch makes a directory for one question, in memory where there is such a place.
func scratch() (string, error) {
	const memory = "/dev/shm"
	if info, err := os.Stat(memory); err == nil && info.IsDir() {
		return os.MkdirTemp(memory, "oracle-zip-")
	}
	return os.MkdirTemp("", "oracle-zip-")
}

// zipCheck takes module, version and a zip. It passes if the zip can be
// checked, hashed and unpacked, which is what the go command does with it, and
// answers with its hash and then path and size of each file unpacked, by path.
func zipCheck(args [][]byte) ([][]byte, error) {
	m := module.Version{Path: string(args[0]), Version: string(args[1])}
	dir, err := scratch()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "zip")
	if err := os.WriteFile(file, args[2], 0o666); err != nil {
		return nil, err
	}
	if _, err := zip.CheckZip(m, file); err != nil {
		return nil, fmt.Errorf("check: %v", err)
	}
	h1, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		return nil, fmt.Errorf("hash: %v", err)
	}
	if err := zip.Unzip(filepath.Join(dir, "unpacked"), m, file); err != nil {
		return nil, fmt.Errorf("unzip: %v", err)
	}
	answer := words(h1)
	root := filepath.Join(dir, "unpacked")
	err = filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, file)
		answer = append(answer, []byte(filepath.ToSlash(name)), strconv.AppendInt(nil, info.Size(), 10))
		return err
	})
	return answer, err
}

// zipHash takes any zip and answers with its hash.
func zipHash(args [][]byte) ([][]byte, error) {
	dir, err := scratch()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "zip")
	if err := os.WriteFile(file, args[0], 0o666); err != nil {
		return nil, err
	}
	h1, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		return nil, err
	}
	return words(h1), nil
}

// A givenFile is a file of a list: its kind, and a size that need not be true.
type givenFile struct {
	path    string
	mode    fs.FileMode
	size    int64
	content []byte
}

func (f givenFile) Path() string                { return f.path }
func (f givenFile) Lstat() (os.FileInfo, error) { return givenInfo{f}, nil }
func (f givenFile) Open() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(f.content)), nil
}

type givenInfo struct{ file givenFile }

func (i givenInfo) Name() string       { return path.Base(i.file.path) }
func (i givenInfo) Size() int64        { return i.file.size }
func (i givenInfo) Mode() fs.FileMode  { return i.file.mode }
func (i givenInfo) ModTime() time.Time { return time.Time{} }
func (i givenInfo) IsDir() bool        { return i.file.mode.IsDir() }
func (i givenInfo) Sys() any           { return nil }

var givenModes = map[string]fs.FileMode{
	"regular":   0o644,
	"directory": fs.ModeDir | 0o755,
	"symlink":   fs.ModeSymlink | 0o777,
	"irregular": fs.ModeNamedPipe | 0o644,
}

// zipCreate takes module, version and then path, kind, declared size and
// content of each file. It answers with the paths that belong into the zip,
// each behind a "+", those left out behind a "-", those not allowed behind a
// "!", "size" if they are too large together, and last the hash of the zip, or
// nothing if there is none.
func zipCreate(args [][]byte) ([][]byte, error) {
	m := module.Version{Path: string(args[0]), Version: string(args[1])}
	var files []zip.File
	for rest := args[2:]; len(rest) >= 4; rest = rest[4:] {
		size, err := strconv.ParseInt(string(rest[2]), 10, 64)
		if err != nil {
			return nil, err
		}
		files = append(files, givenFile{string(rest[0]), givenModes[string(rest[1])], size, rest[3]})
	}
	checked, _ := zip.CheckFiles(files)
	var answer [][]byte
	for _, path := range checked.Valid {
		answer = append(answer, []byte("+"+path))
	}
	for _, file := range checked.Omitted {
		answer = append(answer, []byte("-"+file.Path))
	}
	for _, file := range checked.Invalid {
		answer = append(answer, []byte("!"+file.Path))
	}
	if checked.SizeError != nil {
		answer = append(answer, []byte("size"))
	}
	h1, err := created(func(w io.Writer) error { return zip.Create(w, m, files) })
	if err != nil {
		return append(answer, []byte{}), nil
	}
	return append(answer, []byte(h1)), nil
}

// zipCreateDir takes module@version and a directory, and answers with the hash
// of the zip made of it.
func zipCreateDir(target, dir string) ([]string, error) {
	at := bytes.IndexByte([]byte(target), '@')
	m := module.Version{Path: target[:at], Version: target[at+1:]}
	h1, err := created(func(w io.Writer) error { return zip.CreateFromDir(w, m, dir) })
	return []string{h1}, err
}

// created hashes the zip that write makes.
func created(write func(io.Writer) error) (string, error) {
	var buffer bytes.Buffer
	if err := write(&buffer); err != nil {
		return "", err
	}
	answer, err := zipHash([][]byte{buffer.Bytes()})
	if err != nil {
		return "", err
	}
	return string(answer[0]), nil
}
