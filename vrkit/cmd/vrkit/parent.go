package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// parentEnv makes a process end when its standard input ends. A table holds the other end of that pipe, which the
// system closes however the table ends, so that no run continues without it.
const parentEnv = "VRKIT_UNTIL_STDIN_ENDS"

// patience is how long a run may take to save its state before it is killed.
const patience = time.Minute

// endsWithUs prepares a run's process: it saves its state and ends if its context ends, and if this process ends.
func endsWithUs(process *exec.Cmd) error {
	process.Env = append(os.Environ(), parentEnv+"=1")
	ours, err := process.StdinPipe()
	process.Cancel = func() error { return ours.Close() }
	process.WaitDelay = patience
	return err
}

// untilParentEnds returns a context that also ends with the parent, if the parent asked for that.
func untilParentEnds(ctx context.Context) context.Context {
	if os.Getenv(parentEnv) == "" {
		return ctx
	}
	os.Unsetenv(parentEnv)         // its own children do not get this pipe
	signal.Ignore(syscall.SIGPIPE) // a closed pipe must not end the process before its state is saved
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
		time.Sleep(patience)
		os.Exit(130)
	}()
	return ctx
}
