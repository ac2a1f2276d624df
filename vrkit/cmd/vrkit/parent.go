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

// parentEnv makes a process end when its standard input does. A table holds the other end of that pipe, which the
// system closes however the table ends, so that no run goes on without it.
const parentEnv = "VRKIT_UNTIL_STDIN_ENDS"

// patience is how long a run may take to keep what it has before it is killed.
const patience = time.Minute

// endsWithUs prepares a run's process: it ends in order when its context does, and when this process does.
func endsWithUs(process *exec.Cmd) error {
	process.Env = append(os.Environ(), parentEnv+"=1")
	ours, err := process.StdinPipe()
	process.Cancel = func() error { return ours.Close() }
	process.WaitDelay = patience
	return err
}

// untilParentEnds is a context that ends with the parent too, if the parent has asked for that.
func untilParentEnds(ctx context.Context) context.Context {
	if os.Getenv(parentEnv) == "" {
		return ctx
	}
	os.Unsetenv(parentEnv)         // children have an input of their own
	signal.Ignore(syscall.SIGPIPE) // news that reach nobody must not end it before its state is kept
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
		time.Sleep(patience)
		os.Exit(130)
	}()
	return ctx
}
