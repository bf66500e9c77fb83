// Hashtime hashes a module zip as often as wanted with Go's own dirhash and
// says how long it took at best: go run ./hashtime FILE [TIMES].
package main

import (
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"golang.org/x/mod/sumdb/dirhash"
)

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: hashtime FILE [TIMES]")
	}
	times := 10
	if len(os.Args) > 2 {
		var err error
		if times, err = strconv.Atoi(os.Args[2]); err != nil {
			log.Fatal(err)
		}
	}
	best := time.Duration(1<<63 - 1)
	for range times {
		begin := time.Now()
		h1, err := dirhash.HashZip(os.Args[1], dirhash.Hash1)
		if err != nil {
			log.Fatal(err)
		}
		best = min(best, time.Since(begin))
		fmt.Println(h1, best)
	}
}
