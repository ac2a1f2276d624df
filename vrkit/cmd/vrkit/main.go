// Command vrkit reprograms frozen neural networks from the shell.
//
// Every command takes -h, and -json for machine-readable output on the standard output; progress goes
// to the standard error. Bad input ends with one clear line and the exit status 1.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"k8s.io/klog/v2"
)

// command is one verb of the command line.
type command struct {
	name, arguments, summary string
	run                      func(ctx context.Context, c *call) error
}

var commands []command

func init() { // here, because help lists what the commands are
	commands = []command{
		{"doctor", "", "says what computes here, what is cached, and what is missing", doctor},
		{"mapping", "", "computes ω from any framework's logits", mapping},
		{"train", "", "trains a program, or resumes it", trainRun},
		{"eval", "RUN", "measures a trained program: accuracy overall and per class", eval},
		{"show", "RUN", "writes the figures of a trained program", show},
	}
}

// call is one use of a command: its flags, and where its output goes.
type call struct {
	*flag.FlagSet
	command   command
	arguments []string
	stdout    io.Writer
	stderr    io.Writer
	json      *bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	klog.SetOutput(io.Discard) // what GoMLX logs reaches people as errors
	klog.LogToStderr(false)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run does what main does, for tests too, and returns the exit status.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) == 0 || isHelp(arguments[0]) {
		usage(stdout)
		return 0
	}
	for _, c := range commands {
		if c.name != arguments[0] {
			continue
		}
		flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
		flags.SetOutput(io.Discard) // errors are told once, below
		one := &call{FlagSet: flags, command: c, arguments: arguments[1:], stdout: stdout, stderr: stderr}
		one.json = flags.Bool("json", false, "machine-readable output on stdout")
		err := c.run(ctx, one)
		switch {
		case errors.Is(err, flag.ErrHelp):
			one.help(stdout)
			return 0
		case ctx.Err() != nil:
			fmt.Fprintln(stderr, "vrkit: stopped; the same command goes on from here")
			return 130
		case err != nil:
			fmt.Fprintf(stderr, "vrkit %s: %s\n", c.name, firstLine(err))
			return 1
		}
		return 0
	}
	known := make([]string, len(commands))
	for i, c := range commands {
		known[i] = c.name
	}
	fmt.Fprintf(stderr, "vrkit: no command is called %q; known: %s\n", arguments[0], strings.Join(known, ", "))
	return 1
}

func isHelp(argument string) bool {
	return argument == "-h" || argument == "-help" || argument == "--help" || argument == "help"
}

func usage(w io.Writer) {
	fmt.Fprint(w, "vrkit reprograms frozen neural networks: it changes what goes in and how the answer is read,\nnever the weights.\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  vrkit %-14s %s\n", strings.TrimSpace(c.name+" "+c.arguments), c.summary)
	}
	fmt.Fprint(w, "\nEvery command takes -h, and -json. Data and weights are cached where VRKIT_CACHE says.\n")
}

func (c *call) help(w io.Writer) {
	fmt.Fprintf(w, "vrkit %s %s\n%s\n\n", c.command.name, strings.TrimSpace("[flags] "+c.command.arguments), c.command.summary)
	c.SetOutput(w)
	c.PrintDefaults()
}

// parse reads flags, also those after the arguments, and checks that there are as many arguments as
// the command has.
func (c *call) parse() error {
	var positional []string
	rest := c.arguments
	for {
		if err := c.Parse(rest); err != nil {
			return err
		}
		if c.NArg() == 0 {
			break
		}
		positional, rest = append(positional, c.Arg(0)), c.Args()[1:]
	}
	c.arguments = positional
	if want := len(strings.Fields(c.command.arguments)); len(positional) != want {
		if want == 0 {
			return fmt.Errorf("takes no arguments, only flags, but was given %q", positional[0])
		}
		return fmt.Errorf("needs %s; see vrkit %s -h", c.command.arguments, c.command.name)
	}
	return nil
}

// print writes value as JSON if -json was given, and else lets text write for people.
func (c *call) print(value any, text func(w io.Writer)) error {
	if !*c.json {
		text(c.stdout)
		return nil
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
