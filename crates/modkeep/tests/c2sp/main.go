// Reads a log and proofs of modkeep with torchwood, an implementation of the C2SP specifications
// that shares nothing with it.
//
// Usage: c2sp SERVER MODULE/@v/VERSION.zip DATABASE-KEY
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// databaseTree is the origin line of every Go checksum database.
const databaseTree = "go.sum database tree"

func main() {
	log.SetFlags(0)
	server, file, key := os.Args[1], os.Args[2], os.Args[3]
	readJournal(server)
	checkProof(server, file, key)
}

// readJournal prints how many entries the journal's checkpoint promises and how many follow from it.
func readJournal(server string) {
	verifier := verifierOf(get(server + "/-/journal/key"))
	checkpoint, _, err := torchwood.VerifyCheckpoint(
		[]byte(get(server+"/-/journal/checkpoint")), policy(verifier, verifier.Name()))
	check(err)
	fetcher, err := torchwood.NewTileFetcher(server + "/-/journal/")
	check(err)
	client, err := torchwood.NewClient(fetcher)
	check(err)
	entries := 0
	for range client.Entries(context.Background(), checkpoint.Tree, 0) {
		entries++
	}
	check(client.Err())
	fmt.Println("journal", checkpoint.N, entries)
}

// checkProof verifies the proof of a zip, and that it proves no other record.
func checkProof(server, file, key string) {
	verifier := verifierOf(key)
	proof := []byte(get(server + "/-/proof/" + file))
	lookup := strings.Replace(strings.TrimSuffix(file, ".zip"), "/@v/", "@", 1)
	record := []byte(get(server + "/sumdb/" + verifier.Name() + "/lookup/" + lookup))
	_, text, _, err := tlog.ParseRecord(record)
	check(err)
	trusted := policy(verifier, databaseTree)
	check(torchwood.VerifyProof(trusted, tlog.RecordHash(text), proof))
	other := tlog.RecordHash(append(text, "more\n"...))
	if torchwood.VerifyProof(trusted, other, proof) == nil {
		log.Fatal("the proof proves another record as well")
	}
	fmt.Println("proof holds")
}

func policy(verifier note.Verifier, origin string) torchwood.Policy {
	return torchwood.ThresholdPolicy(2,
		torchwood.OriginPolicy(origin), torchwood.SingleVerifierPolicy(verifier))
}

func verifierOf(key string) note.Verifier {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	check(err)
	return verifier
}

func get(url string) string {
	response, err := http.Get(url)
	check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s: %s", url, response.Status, body)
	}
	return string(body)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
