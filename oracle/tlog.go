package main

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Trees, proofs, tiles: golang.org/x/mod/sumdb/tlog.

// The largest tree that Go is asked about: beyond 2^62 leaves its arithmetic
// overflows, and some of its loops do not end.
const maxTree = 1 << 61

var errTooLarge = errors.New("a tree too large for Go")

// numbers reads decimal arguments that are sizes or indexes. One that is beyond what Go
// can be asked is refused on both sides, not an error of the test.
func numbers(args [][]byte) ([]int64, error) {
	list := make([]int64, len(args))
	for i, arg := range args {
		n, err := strconv.ParseInt(string(arg), 10, 64)
		if err != nil {
			return nil, err
		}
		if n > maxTree {
			return nil, errTooLarge
		}
		list[i] = n
	}
	return list, nil
}

// toHash takes the 32 bytes of a hash.
func toHash(arg []byte) (h tlog.Hash, err error) {
	if len(arg) != tlog.HashSize {
		return h, errors.New("oracle: no hash")
	}
	copy(h[:], arg)
	return h, nil
}

func toHashes(args [][]byte) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(args))
	for i, arg := range args {
		h, err := toHash(arg)
		if err != nil {
			return nil, err
		}
		list[i] = h
	}
	return list, nil
}

func fromHashes(list []tlog.Hash) [][]byte {
	results := make([][]byte, len(list))
	for i := range list {
		results[i] = list[i][:]
	}
	return results
}

// stored holds the hashes of a log that both sides build alike.
type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not stored", index)
		}
		list[i] = s[index]
	}
	return list, nil
}

// logs are the logs built so far, by name and grown as far as was asked for.
var logs = map[string]*struct {
	size   int64
	hashes stored
}{}

// grown is the log whose leaves are NAME/0, NAME/1 and so on, with at least size of them.
func grown(name string, size int64) (stored, error) {
	if size > 1<<20 {
		return nil, errors.New("oracle: a log too large to build")
	}
	log := logs[name]
	if log == nil {
		log = new(struct {
			size   int64
			hashes stored
		})
		logs[name] = log
	}
	for ; log.size < size; log.size++ {
		hashes, err := tlog.StoredHashes(log.size, fmt.Appendf(nil, "%s/%d", name, log.size), log.hashes)
		if err != nil {
			return nil, err
		}
		log.hashes = append(log.hashes, hashes...)
	}
	return log.hashes, nil
}

func init() {
	one("hash.parse", func(text string) (string, error) {
		h, err := tlog.ParseHash(text)
		return string(h[:]), err
	})
	one("hash.leaf", func(content string) (string, error) {
		h := tlog.RecordHash([]byte(content))
		return string(h[:]) + h.String(), nil
	})
	register("hash.node", func(args [][]byte) ([][]byte, error) {
		list, err := toHashes(args)
		if err != nil {
			return nil, err
		}
		if len(list) != 2 {
			return nil, errWrongCount
		}
		h := tlog.NodeHash(list[0], list[1])
		return [][]byte{h[:]}, nil
	})
	// name of a log, size
	register("hash.tree", func(args [][]byte) ([][]byte, error) {
		return ofLog(args, func(hashes stored, n []int64) ([]tlog.Hash, error) {
			h, err := tlog.TreeHash(n[0], hashes)
			return []tlog.Hash{h}, err
		})
	})
	// name of a log, size, index
	register("proof.record", func(args [][]byte) ([][]byte, error) {
		return ofLog(args, func(hashes stored, n []int64) ([]tlog.Hash, error) {
			return tlog.ProveRecord(n[0], n[1], hashes)
		})
	})
	// name of a log, newer size, older size
	register("proof.tree", func(args [][]byte) ([][]byte, error) {
		return ofLog(args, func(hashes stored, n []int64) ([]tlog.Hash, error) {
			return tlog.ProveTree(n[0], n[1], hashes)
		})
	})
	// size, index, root, leaf, proof
	register("proof.record.check", func(args [][]byte) ([][]byte, error) {
		return check(args, func(n []int64, h []tlog.Hash) error {
			return tlog.CheckRecord(h[2:], n[0], h[0], n[1], h[1])
		})
	})
	// newer size, older size, newer root, older root, proof
	register("proof.tree.check", func(args [][]byte) ([][]byte, error) {
		return check(args, func(n []int64, h []tlog.Hash) error {
			return tlog.CheckTree(h[2:], n[0], h[0], n[1], h[1])
		})
	})
}

// ofLog answers with hashes out of a log that both sides build.
func ofLog(args [][]byte, ask func(stored, []int64) ([]tlog.Hash, error)) ([][]byte, error) {
	if len(args) < 2 {
		return nil, errWrongCount
	}
	n, err := numbers(args[1:])
	if err != nil {
		return nil, err
	}
	hashes, err := grown(string(args[0]), n[0])
	if err != nil {
		return nil, err
	}
	list, err := ask(hashes, n)
	return fromHashes(list), err
}

// check judges a proof: two numbers, two hashes, the proof.
func check(args [][]byte, judge func([]int64, []tlog.Hash) error) ([][]byte, error) {
	if len(args) < 4 {
		return nil, errWrongCount
	}
	n, err := numbers(args[:2])
	if err != nil {
		return nil, err
	}
	h, err := toHashes(args[2:])
	if err != nil {
		return nil, err
	}
	return nil, judge(n, h)
}
