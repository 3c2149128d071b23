// Package report is what the Go programs share: scenarios in order, one line for each thing seen. See ../../README.md.
package report

import (
	"fmt"
	"os"
	"strings"
)

// Seen takes what a scenario saw.
type Seen func(format string, values ...any)

type scenario struct {
	name string
	run  func(Seen)
}

var scenarios []scenario

// Scenario adds one.
func Scenario(name string, run func(Seen)) { scenarios = append(scenarios, scenario{name, run}) }

// Must stops the scenario at an error that nobody expected.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Got is Must for a function with a result.
func Got[T any](value T, err error) T {
	Must(err)
	return value
}

// Run runs them all.
func Run() {
	for _, s := range scenarios {
		run(s)
	}
}

func run(s scenario) {
	defer func() {
		if failure := recover(); failure != nil {
			text := strings.Join(strings.Fields(fmt.Sprint(failure)), " ")
			fmt.Printf("%s\tBROKEN %s\n", s.name, text)
			fmt.Fprintln(os.Stderr, s.name, text)
		}
	}()
	s.run(func(format string, values ...any) {
		fmt.Printf("%s\t%s\n", s.name, strings.ReplaceAll(fmt.Sprintf(format, values...), "\n", " "))
	})
}
