package main

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// The client of a checksum database: golang.org/x/mod/sumdb.

func init() {
	register("sumdb.lookup", lookUp)
}

// database is all that a client can reach: a server's files and its own settings.
// Its cache is always empty, so that every tile comes from the server.
type database struct {
	mu     sync.Mutex
	key    []byte
	latest []byte
	files  map[string][]byte
	lied   bool
	reads  int
	// Whether Go has stored anything.
	written bool
}

func (d *database) ReadConfig(file string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if file == "key" {
		return d.key, nil
	}
	// At its start Go reads the stored head twice: to know it, and to store it if what is
	// stored is older by now. The second time it checks it against tiles of its own tree,
	// and gives up for good if these cannot be had. modkeep believes its own store, which
	// is given no head without such tiles; so what Go reads then is nothing, which is older.
	if d.reads++; d.reads == 2 && len(d.latest) > 0 && !d.written {
		return nil, nil
	}
	return d.latest, nil
}

func (d *database) WriteConfig(_ string, old, new []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.written && !bytes.Equal(old, d.latest) {
		return sumdb.ErrWriteConflict
	}
	d.latest, d.written = new, true
	return nil
}

func (d *database) ReadRemote(path string) ([]byte, error) {
	data, ok := d.files[strings.TrimPrefix(path, "/")]
	if !ok {
		return nil, errors.New("404 Not Found")
	}
	if strings.HasPrefix(path, "/lookup/") {
		return data, d.checkAnswer(data)
	}
	// A tile that is wider than asked for begins with what was asked for: modkeep cuts
	// it wherever it comes from, Go only where it asks for the full one.
	tile, err := tlog.ParseTilePath(path[1:])
	if err == nil && len(data) > tile.W*tlog.HashSize {
		data = data[:tile.W*tlog.HashSize]
	}
	return data, nil
}

// checkAnswer refuses what modkeep refuses and Go does not: odd numbers, and an answer
// without any signed head, which Go takes for the empty tree and judges by what it knows.
// And it sees a fork in two heads of one size, where Go sees one only if it can still
// get tiles of the head it knows.
func (d *database) checkAnswer(data []byte) error {
	_, _, head, err := parseRecord(data)
	if err != nil {
		return err
	}
	if len(head) == 0 {
		return errors.New("no head in the answer")
	}
	offered, err1 := d.open(head)
	known, err2 := d.open(d.latest)
	if err1 == nil && err2 == nil && offered.N == known.N && offered.Hash != known.Hash {
		d.SecurityError("two heads of one size")
		return sumdb.ErrSecurity
	}
	return nil
}

func (d *database) open(msg []byte) (tree tlog.Tree, err error) {
	verifier, err := note.NewVerifier(string(d.key))
	if err != nil {
		return tree, err
	}
	opened, err := note.Open(msg, note.VerifierList(verifier))
	if err != nil {
		return tree, err
	}
	return tlog.ParseTree([]byte(opened.Text))
}

func (d *database) ReadCache(string) ([]byte, error) { return nil, errors.New("nothing is cached") }
func (d *database) WriteCache(string, []byte)        {}
func (d *database) Log(string)                       {}
func (d *database) SecurityError(string)             { d.lied = true }

// lookUp takes a verifier key, the stored head, the number of files, these as pairs of
// path and bytes, and pairs of module path and version. For each of the pairs it gives
// "security", "refused", or the lines of go.sum; and the stored head in the end.
func lookUp(args [][]byte) ([][]byte, error) {
	if len(args) < 3 {
		return nil, errWrongCount
	}
	d := &database{key: args[0], latest: args[1], files: map[string][]byte{}}
	count, err := strconv.Atoi(string(args[2]))
	if args = args[3:]; err != nil || len(args) < 2*count || len(args)%2 != 0 {
		return nil, errWrongCount
	}
	for range count {
		d.files[string(args[0])] = args[1]
		args = args[2:]
	}
	client := sumdb.NewClient(d)
	var results [][]byte
	for ; len(args) > 0; args = args[2:] {
		verdict := d.verdict(client, string(args[0]), string(args[1]))
		results = append(results, []byte(verdict))
	}
	return append(results, d.latest), nil
}

// verdict asks for both hashes of a module's version, as modkeep does: Go gives no
// lines, and no error, for a record about something else.
func (d *database) verdict(client *sumdb.Client, path, version string) string {
	d.lied = false
	var all []string
	for _, version := range []string{version, version + "/go.mod"} {
		lines, err := client.Lookup(path, version)
		switch {
		case d.lied:
			return "security"
		case err != nil || len(lines) == 0:
			return "refused"
		}
		all = append(all, lines...)
	}
	return strings.Join(all, "\n")
}
