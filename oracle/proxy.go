package main

import (
	"bufio"
	"fmt"
	"log"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
)

// Whether requests go past the proxy of the environment: net/http, which is
// what cmd/go uses. It reads the environment once in a process, so for each
// list this program runs itself.

const proxied = "ORACLE_PROXIED"

func init() {
	if os.Getenv(proxied) != "" {
		tellPast()
	}
	// NO_PROXY, and any number of URLs: for each whether it is reached straight.
	register("proxy.bypass", func(args [][]byte) ([][]byte, error) {
		if len(args) == 0 {
			return nil, errWrongCount
		}
		var urls strings.Builder
		for _, url := range args[1:] {
			fmt.Fprintf(&urls, "%s\n", url)
		}
		const proxy = "http://proxy.example.com:3128"
		command := exec.Command(os.Args[0])
		command.Env = []string{
			proxied + "=1", "HTTP_PROXY=" + proxy, "HTTPS_PROXY=" + proxy, "NO_PROXY=" + string(args[0]),
		}
		command.Stdin = strings.NewReader(urls.String())
		output, err := command.Output()
		if err != nil {
			return nil, err
		}
		return words(strings.Fields(string(output))...), nil
	})
}

func tellPast() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		target, err := url.Parse(lines.Text())
		if err != nil {
			log.Fatal(err)
		}
		proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(proxy == nil)
	}
	os.Exit(0)
}
