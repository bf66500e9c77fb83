// The oracle answers the questions where Go defines the truth, so that
// modkeep's own answers can be compared with Go's on many inputs.
//
// Protocol: one JSON request a line on standard input,
//
//	{"area":"semver.compare","args":["<base64>", ...]}
//
// one JSON answer a line on standard output, in the order of the requests:
//
//	{"ok":["<base64>", ...]}   or   {"err":"<text>"}
//
// Arguments and results are base64 because hostile inputs are seldom text.
// Areas register themselves in the init functions of the other files.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
)

// An area answers one kind of question.
type area func(args [][]byte) ([][]byte, error)

var areas = map[string]area{}

// register makes an area known by its name; a name belongs to one area.
func register(name string, answer area) {
	if areas[name] != nil {
		panic("area registered twice: " + name)
	}
	areas[name] = answer
}

type request struct {
	Area string   `json:"area"`
	Args [][]byte `json:"args"`
}

type success struct {
	OK [][]byte `json:"ok"`
}

type failure struct {
	Err string `json:"err"`
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			log.Fatal(err)
		}
		if err := encoder.Encode(answer(line)); err != nil {
			log.Fatal(err)
		}
		// The other side pipelines: flush only when it has nothing more to say for now.
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				log.Fatal(err)
			}
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// answer turns one request line into its answer. A panic inside Go's own
// functions is an outcome too, not the end of the oracle.
func answer(line []byte) (reply any) {
	defer func() {
		if p := recover(); p != nil {
			reply = failure{fmt.Sprintf("panic: %v", p)}
		}
	}()
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return failure{"oracle: malformed request: " + err.Error()}
	}
	ask := areas[asked.Area]
	if ask == nil {
		return failure{"oracle: unknown area " + asked.Area}
	}
	results, err := ask(asked.Args)
	if err != nil {
		return failure{err.Error()}
	}
	return success{present(results)}
}

// present makes of every nil what it stands for, nothing or an empty text: JSON
// would make it null, which is no answer.
func present(results [][]byte) [][]byte {
	shown := make([][]byte, len(results))
	for i, result := range results {
		shown[i] = append([]byte{}, result...)
	}
	return shown
}

// words turns strings into results.
func words(list ...string) [][]byte {
	results := make([][]byte, len(list))
	for i, word := range list {
		results[i] = []byte(word)
	}
	return results
}
