// Command vrkit reprograms frozen neural networks from the shell.
//
// Every command takes -h, and -json for machine-readable output on the standard output; progress goes
// to the standard error. Bad input ends with one clear line and the exit status 1.
package main

import (
	"cmp"
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

	"github.com/gomlx/compute"
	"k8s.io/klog/v2"

	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/terminal"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// command is a command of vrkit.
type command struct {
	name, arguments, summary string
	run                      func(ctx context.Context, c *call) error
	resumes                  bool // after an interrupt it can be resumed
}

var commands []command

func init() { // in init, because help refers to the commands
	commands = []command{
		{"doctor", "", "says which engine computes, what is cached, and what is missing", doctor, false},
		{"models", "", "lists the frozen models, or fetches one", listModels, false},
		{"datasets", "", "lists the data sets, or fetches one", listDatasets, false},
		{"logits", "", "prints what the frozen model answers for a picture", logits, false},
		{"ask", "", "lets a frozen language model continue a text, and lists the likeliest next tokens", ask, false},
		{"mapping", "", "computes ω from any framework's logits", mapping, false},
		{"train", "", "trains a program, or resumes it", trainRun, true},
		{"table", "", "trains a grid of programs and seeds, and compares them; resumable", table, true},
		{"eval", "RUN...", "measures trained programs: accuracy overall and per class, and the mean over several runs", eval, false},
		{"predict", "RUN SAMPLE...", "labels pictures, or texts, with a trained program, and says which source labels voted", predict, false},
		{"show", "RUN", "writes the figures of a trained program", show, false},
	}
}

// call is one use of a command: its flags, and its outputs.
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
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once
	klog.SetOutput(io.Discard)   // GoMLX's failures reach the user as errors
	klog.LogToStderr(false)
	os.Exit(run(untilParentEnds(ctx), os.Args[1:], os.Stdout, os.Stderr))
}

// run is main's work, also for tests, and returns the exit status.
func run(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	out := &written{to: terminal.Text{To: stdout}}
	stderr = terminal.Text{To: stderr}
	status := dispatch(ctx, arguments, out, stderr)
	if out.err != nil {
		fmt.Fprintf(stderr, "vrkit: the output can't be written: %v\n", out.err)
		return 1
	}
	return status
}

// written keeps the first error of writing, because the code that prints does not check each call.
type written struct {
	to  io.Writer
	err error
}

// Write implements [io.Writer].
func (w *written) Write(p []byte) (int, error) {
	n, err := w.to.Write(p)
	w.err = cmp.Or(w.err, err)
	return n, err
}

// dispatch finds the command and runs it.
func dispatch(ctx context.Context, arguments []string, stdout, stderr io.Writer) int {
	if len(arguments) == 0 || isHelp(arguments[0]) {
		usage(stdout)
		return 0
	}
	for _, c := range commands {
		if c.name != arguments[0] {
			continue
		}
		flags := newFlags(c.name)
		one := &call{FlagSet: flags, command: c, arguments: arguments[1:], stdout: stdout, stderr: stderr}
		one.json = flags.Bool("json", false, "machine-readable output on stdout")
		err := c.run(ctx, one)
		stopped := ctx.Err() != nil && !errors.Is(err, train.ErrNotKept)
		switch {
		case err == nil:
			return 0
		case errors.Is(err, flag.ErrHelp):
			one.help(stdout)
			return 0
		case stopped && c.resumes:
			fmt.Fprintf(stderr, "vrkit %s: stopped; the same command resumes it\n", c.name)
			return 130
		case stopped:
			fmt.Fprintf(stderr, "vrkit %s: stopped\n", c.name)
			return 130
		}
		fmt.Fprintf(stderr, "vrkit %s: %s\n", c.name, firstLine(err))
		return 1
	}
	known := make([]string, len(commands))
	for i, c := range commands {
		known[i] = c.name
	}
	fmt.Fprintf(stderr, "vrkit: no command is called %q; known: %s\n", arguments[0], strings.Join(known, ", "))
	return 1
}

// newFlags returns an empty set of flags, which does not print its errors: the caller does.
func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

func isHelp(argument string) bool {
	return argument == "-h" || argument == "-help" || argument == "--help" || argument == "help"
}

func usage(w io.Writer) {
	fmt.Fprint(w, "vrkit reprograms frozen neural networks: it changes the input and how the answer is read,\nnever the weights.\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  vrkit %-20s %s\n", strings.TrimSpace(c.name+" "+c.arguments), c.summary)
	}
	fmt.Fprint(w, "\nEvery command takes -h, and -json. VRKIT_CACHE names the folder for cached data and weights.\n")
}

func (c *call) help(w io.Writer) {
	fmt.Fprintf(w, "vrkit %s %s\n%s\n\n", c.command.name, strings.TrimSpace("[flags] "+c.command.arguments), c.command.summary)
	c.SetOutput(w)
	c.PrintDefaults()
}

// parse reads flags, also after the arguments, and checks the number of arguments.
func (c *call) parse() error {
	var positional []string
	rest := c.arguments
	for {
		if err := c.Parse(rest); errors.Is(err, flag.ErrHelp) {
			return err
		} else if err != nil {
			return fmt.Errorf("%w; see vrkit %s -h", err, c.command.name)
		}
		if c.NArg() == 0 {
			break
		}
		positional, rest = append(positional, c.Arg(0)), c.Args()[1:]
	}
	c.arguments = positional
	names := strings.Fields(c.command.arguments)
	want := len(names)
	if want > 0 && strings.HasSuffix(names[want-1], "...") && len(positional) > want {
		return nil
	}
	if len(positional) != want {
		if want == 0 {
			return fmt.Errorf("takes no arguments, only flags, but was given %q; put a value with a space in quotes", positional[0])
		}
		return fmt.Errorf("needs %s; see vrkit %s -h", c.command.arguments, c.command.name)
	}
	return nil
}

// open finds or fetches the backend, opens it, and prints one line about it.
func (c *call) open(ctx context.Context, device string, report fetch.Report) (compute.Backend, backend.Info, error) {
	engine, info, err := backend.Open(ctx, backend.Options{Device: device, Report: report})
	if err == nil {
		fmt.Fprintln(c.stderr, info)
	}
	return engine, info, err
}

// print writes value as JSON if -json was given; else text prints it.
func (c *call) print(value any, text func(w io.Writer)) error {
	if !*c.json {
		text(c.stdout)
		return nil
	}
	encoder := json.NewEncoder(c.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// firstLine is an error for users. Errors of GoMLX have more lines, for its developers; a first line that only
// announces the next one is joined with it.
func firstLine(err error) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	if line = strings.TrimSpace(line); strings.HasSuffix(line, ":") {
		next, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		line += " " + strings.TrimSpace(next)
	}
	return line
}
