// Command notebooks leads from a fresh clone to a reprogrammed model:
//
//	go run ./notebooks
//
// It prepares everything, shows the method once in the terminal, then serves the notebooks in JupyterLab. With -run it
// executes notebooks headless, with -gallery it also makes the pages of docs/gallery, with -install it adds their
// kernel to every Jupyter of this user. What it makes or fetches is in the project's cache (see package fetch) and is
// made once; a second start only serves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
)

const usage = `go run ./notebooks [flags]

Makes ready what the notebooks need, shows the job once in the terminal, then
serves the notebooks in JupyterLab on this machine until Ctrl-C. The first start
fetches and builds (some minutes); later ones serve within seconds.

  -run NAMES     execute notebooks headless instead of serving: 01, all, or a
                 list as 01,02; one after the other in one folder, as a user
                 does, so that all,all finds the runs of the first time; stops
                 at the first cell that fails, and at a figure that is missing
                 or blank
  -gallery       execute all notebooks headless and write a page of each, with
                 an index, to docs/gallery; with -run only those, to -out
  -out DIR       where -run writes executed .ipynb and .html (notebooks/out), and
                 -gallery its pages
  -setup         only make everything ready
  -install       make the kernel "Go (reprogram)" known to every Jupyter and
                 VS Code of this user, so that any notebook can import this clone
  -port N        serve at this port (the first free one from 8888)
  -no-browser    do not open a browser
  -h             this help

VRKIT_SCALE=small makes -run quick: a notebook that has small values for its
parameters, in its metadata, is executed with those.

Everything fetched or built lies in one folder, $VRKIT_CACHE or else "vrkit" in
the user's cache directory, which may be deleted at any time.
`

// options are the flags.
type options struct {
	run, out                           string
	gallery, setup, install, noBrowser bool
	port                               int
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("notebooks", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&o.run, "run", "", "")
	flags.StringVar(&o.out, "out", "", "")
	flags.BoolVar(&o.gallery, "gallery", false, "")
	flags.BoolVar(&o.setup, "setup", false, "")
	flags.BoolVar(&o.install, "install", false, "")
	flags.IntVar(&o.port, "port", 0, "")
	flags.BoolVar(&o.noBrowser, "no-browser", false, "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	modes := 0
	for _, on := range []bool{o.run != "" || o.gallery, o.setup, o.install} {
		if on {
			modes++
		}
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	case modes > 1:
		return o, errors.New("-run or -gallery, -setup and -install exclude each other")
	case o.out != "" && o.run == "" && !o.gallery:
		return o, errors.New("-out says where -run and -gallery write: give one of them too")
	case o.gallery && o.run != "" && o.out == "":
		return o, errors.New("docs/gallery has all notebooks: for some of them say with -out where to write")
	case o.port < 0 || o.port > 65535:
		return o, fmt.Errorf("-port %d is no port: it goes to 65535", o.port)
	}
	return o, nil
}

func main() {
	// A child ends when the thread that started it ends (see group.go), so that thread has to stay.
	runtime.LockOSThread()
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		return
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "%v (-h tells the flags)\n", err)
		os.Exit(2)
	}
	ctx, stop := untilStopped()
	defer stop()
	switch err := run(ctx, o); {
	case err == nil:
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "stopped before it was done")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	l, err := newLauncher()
	if err != nil {
		return err
	}
	defer l.close()
	switch {
	case o.install:
		if err := l.setUp(ctx, l.kernelSteps()); err != nil {
			return err
		}
		return l.install()
	case o.setup:
		return l.setUp(ctx, l.allSteps())
	case o.run != "", o.gallery:
		return l.headless(ctx, o)
	}
	if o.port != 0 { // before the set-up, which takes minutes
		if _, err := freePort(o.port); err != nil {
			return err
		}
	}
	if err := l.setUp(ctx, l.allSteps()); err != nil {
		return err
	}
	if err := l.demonstrateOnce(ctx); err != nil {
		return err
	}
	return l.serve(ctx, o.port, !o.noBrowser)
}
