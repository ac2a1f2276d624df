package show

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/must"
)

// Context returns a context that ends when the user interrupts the cell or the program. In a notebook it also changes
// package must: for an error it prints one line with the error and the line of the cell, instead of a panic with a
// stack. A real panic keeps its stack.
func Context() context.Context {
	if gonbui.IsNotebook {
		must.M = func(err error) {
			if err != nil {
				complain(os.Stderr, err, mainLines())
				os.Exit(1)
			}
		}
	}
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt)
	return ctx
}

// complain prints an error, and the lines that led to it, the innermost first. jupyter/failure.py reads it.
func complain(w io.Writer, err error, lines []string) {
	says := strings.Join(strings.Fields(err.Error()), " ") // errors.Join writes several lines
	if errors.Is(err, context.Canceled) {
		says = "Stopped. Run the cell again."
	}
	fmt.Fprintln(w, says)
	for i, line := range lines {
		fmt.Fprintln(w, []string{"  in:  ", "  from:"}[min(i, 1)], line)
	}
}

// mainLines are the lines of the program's main package that are being executed, the innermost first: GoNB writes all
// cells into it. There are none if its source can't be read.
func mainLines() (lines []string) {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "main.") && filepath.Base(frame.File) == "main.go" {
			source, err := os.ReadFile(frame.File)
			if written := strings.Split(string(source), "\n"); err == nil && frame.Line <= len(written) {
				lines = append(lines, strings.TrimSpace(written[frame.Line-1]))
			}
		}
		if !more {
			return lines
		}
	}
}
