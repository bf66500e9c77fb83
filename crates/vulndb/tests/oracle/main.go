// Command oracle answers, with the code of the stock govulncheck, which entries of a vulnerability
// database affect a version of a module.
//
// Its argument is the URL of a database in the v1 layout. Each line of its input is a JSON array
// ["MODULE", "VERSION"]; each line of its output is a JSON array of [ID, FIX] pairs, sorted by ID,
// FIX being the lowest fixed version above the one in use that is not affected itself.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"os"
	"sort"
	"time"

	"golang.org/x/vuln/internal"
	"golang.org/x/vuln/internal/client"
	"golang.org/x/vuln/internal/osv"
	"golang.org/x/vuln/internal/semver"
	"golang.org/x/vuln/internal/vulncheck"
)

func main() {
	log.SetFlags(0)
	database, err := client.NewClient(os.Args[1], nil)
	if err != nil {
		log.Fatal(err)
	}
	entries := map[string][]*osv.Entry{}
	questions := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	for questions.More() {
		var question [2]string
		if err := questions.Decode(&question); err != nil {
			log.Fatal(err)
		}
		module, version := question[0], question[1]
		if _, ok := entries[module]; !ok {
			entries[module] = fetch(database, module)
		}
		if err := answers.Encode(affecting(entries[module], module, version)); err != nil {
			log.Fatal(err)
		}
	}
}

// fetch gets the entries of a module for every version of it, as govulncheck does.
func fetch(database *client.Client, module string) []*osv.Entry {
	request := []*client.ModuleRequest{{Path: module}}
	responses, err := database.ByModules(context.Background(), request)
	if err != nil {
		log.Fatal(err)
	}
	return responses[0].Entries
}

func affecting(entries []*osv.Entry, module, version string) [][2]string {
	if module == internal.GoStdModulePath || module == internal.GoCmdModulePath {
		version = semver.GoTagToSemver(version)
	}
	hits := [][2]string{}
	for _, entry := range entries {
		if entry.Withdrawn != nil && entry.Withdrawn.Before(time.Now()) {
			continue
		}
		for _, affected := range entry.Affected {
			if affected.Module.Path == module && semver.Affects(affected.Ranges, version) {
				fix := vulncheck.FixedVersion(module, version, entry.Affected)
				hits = append(hits, [2]string{entry.ID, fix})
				break
			}
		}
	}
	sort.Slice(hits, func(i, j int) bool { return hits[i][0] < hits[j][0] })
	return hits
}
