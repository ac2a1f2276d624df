package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// grace is how long a child may take to end itself before it is killed.
const grace = 10 * time.Second

// untilStopped returns a context that ends at Ctrl-C, at SIGTERM, and when the
// terminal closes, unless that is to be survived (nohup).
func untilStopped() (context.Context, context.CancelFunc) {
	endWithGo()
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(context.Background(), signals...)
}

// command prepares a child in a process group of its own, which is ended in
// order when the context is.
func command(ctx context.Context, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	ownGroup(cmd)
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	return cmd
}

// lines runs a command and hands over, line by line, what it writes to stdout
// and stderr. Its error is [exec.ExitError] if it ended with a failure.
func lines(cmd *exec.Cmd, each func(line string)) error {
	wait, err := follow(cmd, each)
	if err != nil {
		return err
	}
	return wait()
}

// follow starts a command whose lines are handed over while wait, which has to
// be called once, waits for its end.
func follow(cmd *exec.Cmd, each func(line string)) (wait func() error, err error) {
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		w.Close()
		done <- err
	}()
	return func() error {
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, 16<<20)
		for scanner.Scan() {
			each(scanner.Text())
		}
		r.CloseWithError(scanner.Err()) // lets the command go on writing, to nobody
		return <-done
	}, nil
}

// environment is this process's with the given variables ("K=V") set and those
// of the given names taken out.
func environment(set []string, without ...string) []string {
	var env []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		drop := false
		for _, other := range without {
			drop = drop || name == other
		}
		if !drop {
			env = append(env, variable)
		}
	}
	return append(env, set...)
}

// because is the one line of a command's failure: the reason, or how it ended.
func because(reason string, err error) error {
	if reason = strings.TrimSpace(reason); reason != "" {
		return errors.New(reason)
	}
	return err
}
