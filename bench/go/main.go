// quamina as a peer: prints the load time in ms, then answers each line of its input with a number.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"quamina.net/go/quamina/v2"
)

var kept int

func main() {
	rules, err := os.ReadFile(os.Args[1])
	must(err)
	file, err := os.ReadFile(os.Args[2])
	must(err)
	events := bytes.Split(file, []byte("\n"))
	matcher, err := quamina.New()
	must(err)
	begin := time.Now()
	for _, line := range strings.Split(string(rules), "\n") {
		id, pattern, _ := strings.Cut(line, "\t")
		must(matcher.AddPattern(id, pattern))
	}
	fmt.Println(float64(time.Since(begin).Nanoseconds()) / 1e6)

	at := 0
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		if line := input.Text(); line == "check" {
			fmt.Println(check(matcher, events))
		} else {
			budgetMs, err := strconv.ParseFloat(strings.TrimPrefix(line, "round "), 64)
			must(err)
			fmt.Println(round(matcher, events, &at, budgetMs))
		}
	}
}

// check says how many matches all events have together.
func check(matcher *quamina.Quamina, events [][]byte) int {
	matches := 0
	for _, event := range events {
		found, err := matcher.MatchesForEvent(event)
		must(err)
		matches += len(found)
	}
	return matches
}

// round matches for so long, going on where the last round stopped; ns an event.
func round(matcher *quamina.Quamina, events [][]byte, at *int, budgetMs float64) float64 {
	begin := time.Now()
	done := 0
	for float64(time.Since(begin).Nanoseconds()) < budgetMs*1e6 || done == 0 {
		for step := 0; step < 50; step++ {
			found, err := matcher.MatchesForEvent(events[*at])
			must(err)
			kept += len(found)
			*at = (*at + 1) % len(events)
		}
		done += 50
	}
	return float64(time.Since(begin).Nanoseconds()) / float64(done)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
