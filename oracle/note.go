package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Signed notes and what stands in them: golang.org/x/mod/sumdb/note and tlog.

// The largest note that modkeep reads. Go sets no limit.
const maxNote = 1 << 20

var (
	errNotText  = errors.New("a note's text is UTF-8, and this text is taken from a note")
	errSpelling = errors.New("modkeep takes a number in its one spelling only")
)

func init() {
	register("note.verifier", func(args [][]byte) ([][]byte, error) {
		if len(args) != 1 {
			return nil, errWrongCount
		}
		v, err := newVerifier(string(args[0]))
		if err != nil {
			return nil, err
		}
		return words(v.Name(), fmt.Sprintf("%08x", v.KeyHash())), nil
	})
	register("note.signer", func(args [][]byte) ([][]byte, error) {
		if len(args) != 1 {
			return nil, errWrongCount
		}
		s, err := note.NewSigner(string(args[0]))
		if err != nil {
			return nil, err
		}
		return words(s.Name(), fmt.Sprintf("%08x", s.KeyHash())), nil
	})
	register("note.open", openNote)
	register("note.sign", signNote)
}

// witness checks signatures with a time, as witnesses make them.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(sig)
	signed := fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, msg)
	return seconds < 1<<63 && ed25519.Verify(w.key, signed, sig[8:])
}

// strict is a verifier without keys that have a second encoding: modkeep's library takes
// a point in its one encoding, as RFC 8032 (section 5.1.3) demands, Go's takes any. There
// are two dozen such encodings, and nobody has the private key of one.
type strict struct{ note.Verifier }

func (strict) Verify(_, _ []byte) bool { return false }

// isReduced reports whether a point is in its one encoding: y is below 2^255-19, and
// there is no sign where x is zero, which is where y is 1 or -1.
func isReduced(point []byte) bool {
	y := slices.Clone(point)
	slices.Reverse(y)
	negative := y[0]&0x80 != 0
	y[0] &= 0x7f
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	n := new(big.Int).SetBytes(y)
	minusOne := new(big.Int).Sub(p, big.NewInt(1))
	isOne := n.Cmp(big.NewInt(1)) == 0 || n.Cmp(minusOne) == 0
	return n.Cmp(p) < 0 && !(negative && isOne)
}

// newVerifier knows what note.NewVerifier knows, and keys of witnesses (C2SP
// tlog-cosignature), which x/mod does not have: theirs is the rule above.
func newVerifier(vkey string) (note.Verifier, error) {
	v, err := note.NewVerifier(vkey)
	if err != nil && err.Error() != "unknown verifier algorithm" {
		return v, err
	}
	// Name, hash and base64 were found sound before the algorithm was looked at.
	name, rest, _ := strings.Cut(vkey, "+")
	hash16, key64, _ := strings.Cut(rest, "+")
	hash, err1 := strconv.ParseUint(hash16, 16, 32)
	key, err2 := base64.StdEncoding.DecodeString(key64)
	if err == nil && !isReduced(key[1:]) {
		return strict{v}, nil
	}
	if err == nil {
		return v, nil
	}
	if err1 != nil || err2 != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, err
	}
	return &witness{name, uint32(hash), key[1:]}, nil
}

// openNote takes a message and keys, and gives the text, the number of verified
// signatures, and all signatures.
func openNote(args [][]byte) ([][]byte, error) {
	if len(args) < 1 {
		return nil, errWrongCount
	}
	if len(args[0]) > maxNote {
		return nil, errors.New("larger than modkeep reads")
	}
	var known []note.Verifier
	for _, vkey := range args[1:] {
		v, err := newVerifier(string(vkey))
		if err != nil {
			return nil, err
		}
		known = append(known, v)
	}
	n, err := note.Open(args[0], note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	results := words(n.Text, strconv.Itoa(len(n.Sigs)))
	for _, sig := range append(n.Sigs, n.UnverifiedSigs...) {
		results = append(results, words(sig.Name, fmt.Sprintf("%08x", sig.Hash), sig.Base64)...)
	}
	return results, nil
}

// signNote takes a text, the number of signers, their keys, and of each signature
// that is there already name, hash in decimal and base64.
func signNote(args [][]byte) ([][]byte, error) {
	if len(args) < 2 {
		return nil, errWrongCount
	}
	count, err := strconv.Atoi(string(args[1]))
	if err != nil || count > len(args)-2 || (len(args)-2-count)%3 != 0 {
		return nil, errWrongCount
	}
	var signers []note.Signer
	for _, skey := range args[2 : 2+count] {
		s, err := note.NewSigner(string(skey))
		if err != nil {
			return nil, err
		}
		signers = append(signers, s)
	}
	n := &note.Note{Text: string(args[0])}
	for old := args[2+count:]; len(old) > 0; old = old[3:] {
		hash, err := strconv.ParseUint(string(old[1]), 10, 32)
		if err != nil {
			return nil, err
		}
		n.Sigs = append(n.Sigs, note.Signature{Name: string(old[0]), Hash: uint32(hash), Base64: string(old[2])})
	}
	signed, err := note.Sign(n, signers...)
	return [][]byte{signed}, err
}

func init() {
	register("head.parse", func(args [][]byte) ([][]byte, error) {
		if len(args) != 1 {
			return nil, errWrongCount
		}
		if !utf8.Valid(args[0]) {
			return nil, errNotText
		}
		tree, err := tlog.ParseTree(args[0])
		if err != nil {
			return nil, err
		}
		return [][]byte{[]byte(strconv.FormatInt(tree.N, 10)), tree.Hash[:], tlog.FormatTree(tree)}, nil
	})
	register("record.parse", func(args [][]byte) ([][]byte, error) {
		if len(args) != 1 {
			return nil, errWrongCount
		}
		id, text, rest, err := parseRecord(args[0])
		if err != nil {
			return nil, err
		}
		return [][]byte{[]byte(strconv.FormatInt(id, 10)), text, rest}, nil
	})
	// number, text
	register("record.format", func(args [][]byte) ([][]byte, error) {
		if len(args) != 2 {
			return nil, errWrongCount
		}
		id, err := strconv.ParseInt(string(args[0]), 10, 64)
		if err != nil {
			return nil, err
		}
		msg, err := tlog.FormatRecord(id, args[1])
		return [][]byte{msg}, err
	})
}

// parseRecord is tlog.ParseRecord, which takes signs and leading zeros, too: one
// record would have many names, and -1 is nowhere in a log.
func parseRecord(msg []byte) (id int64, text, rest []byte, err error) {
	id, text, rest, err = tlog.ParseRecord(msg)
	if err != nil {
		return
	}
	number, _, _ := strings.Cut(string(msg), "\n")
	if id < 0 || number != strconv.FormatInt(id, 10) {
		err = errSpelling
	}
	return
}
