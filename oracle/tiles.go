package main

import (
	"errors"
	"strconv"

	"golang.org/x/mod/sumdb/tlog"
)

// Tiles, and reading hashes out of tiles that anybody may have made up.

func init() {
	one("tile.path", func(path string) (string, error) {
		tile, err := parseTilePath(path)
		return shown(tile), err
	})
	// height, level, index
	register("tile.of", func(args [][]byte) ([][]byte, error) {
		n, err := three(args)
		if err != nil {
			return nil, err
		}
		return words(tlog.TileForIndex(int(n[0]), tlog.StoredHashIndex(int(n[1]), n[2])).Path()), nil
	})
	// height, older size, newer size
	register("tile.new", func(args [][]byte) ([][]byte, error) {
		n, err := three(args)
		if err != nil {
			return nil, err
		}
		return paths(tlog.NewTiles(int(n[0]), n[1], n[2])), nil
	})
	// path, bytes, level, index
	register("tile.hash", func(args [][]byte) ([][]byte, error) {
		if len(args) != 4 {
			return nil, errWrongCount
		}
		tile, err := parseTilePath(string(args[0]))
		if err != nil {
			return nil, err
		}
		n, err := numbers(args[2:])
		if err != nil {
			return nil, err
		}
		h, err := tlog.HashFromTile(tile, args[1], tlog.StoredHashIndex(int(n[0]), n[1]))
		return [][]byte{h[:]}, err
	})
	register("tile.plan", planTiles)
	register("tile.read", readTiles)
}

func three(args [][]byte) ([]int64, error) {
	if len(args) != 3 {
		return nil, errWrongCount
	}
	return numbers(args)
}

// parseTilePath is tlog.ParseTilePath, which takes any level. No tree has hashes
// above level 63, and tlog.HashFromTile refuses such tiles, too.
func parseTilePath(path string) (tlog.Tile, error) {
	tile, err := tlog.ParseTilePath(path)
	if err == nil && tile.L > 63 {
		err = errors.New("no tree has as many levels")
	}
	return tile, err
}

func shown(t tlog.Tile) string {
	text := strconv.Itoa
	return text(t.H) + " " + text(t.L) + " " + strconv.FormatInt(t.N, 10) + " " + text(t.W)
}

func paths(tiles []tlog.Tile) [][]byte {
	list := make([]string, len(tiles))
	for i, tile := range tiles {
		list[i] = tile.Path()
	}
	return words(list...)
}

// files serves tiles by their paths.
type files struct {
	height int
	byPath map[string][]byte
	asked  []tlog.Tile
}

var errPlanned = errors.New("only planned")

func (f *files) Height() int                         { return f.height }
func (f *files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func (f *files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	f.asked = tiles
	if f.byPath == nil {
		return nil, errPlanned
	}
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		bytes, ok := f.byPath[tile.Path()]
		if !ok {
			return nil, errors.New("no such tile: " + tile.Path())
		}
		data[i] = bytes
	}
	return data, nil
}

// wanted reads pairs of level and index.
func wanted(args [][]byte) ([]int64, error) {
	n, err := numbers(args)
	if err != nil {
		return nil, err
	}
	if len(n)%2 != 0 {
		return nil, errWrongCount
	}
	var indexes []int64
	for ; len(n) > 0; n = n[2:] {
		indexes = append(indexes, tlog.StoredHashIndex(int(n[0]), n[1]))
	}
	return indexes, nil
}

// planTiles takes a height, a size, and level and index of wanted hashes, and gives
// the tiles that Go asks for, in its order.
func planTiles(args [][]byte) ([][]byte, error) {
	if len(args) < 4 {
		return nil, errWrongCount
	}
	n, err := numbers(args[:2])
	if err != nil {
		return nil, err
	}
	indexes, err := wanted(args[2:])
	if err != nil {
		return nil, err
	}
	source := &files{height: int(n[0])}
	_, err = tlog.TileHashReader(tlog.Tree{N: n[1]}, source).ReadHashes(indexes)
	if err != errPlanned {
		return nil, err
	}
	return paths(source.asked), nil
}

// readTiles takes a height, a size, a root, the number of wanted hashes, level and
// index of each, and tiles as pairs of path and bytes.
func readTiles(args [][]byte) ([][]byte, error) {
	if len(args) < 4 {
		return nil, errWrongCount
	}
	n, err := numbers([][]byte{args[0], args[1], args[3]})
	if err != nil {
		return nil, err
	}
	root, err := toHash(args[2])
	if err != nil {
		return nil, err
	}
	if args = args[4:]; int64(len(args)) < 2*n[2] {
		return nil, errWrongCount
	}
	indexes, err := wanted(args[:2*n[2]])
	if err != nil {
		return nil, err
	}
	source := &files{height: int(n[0]), byPath: map[string][]byte{}}
	for args = args[2*n[2]:]; len(args) >= 2; args = args[2:] {
		source.byPath[string(args[0])] = args[1]
	}
	hashes, err := tlog.TileHashReader(tlog.Tree{N: n[1], Hash: root}, source).ReadHashes(indexes)
	return fromHashes(hashes), err
}
