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

// grace is how long a child may take to end before it is killed.
const grace = 10 * time.Second

// untilStopped returns a context that ends at Ctrl-C, at SIGTERM, and when the terminal closes, unless nohup ignores
// that.
func untilStopped() (context.Context, context.CancelFunc) {
	endWithGo()
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signal.NotifyContext(context.Background(), signals...)
}

// command prepares a child in a process group of its own, which is ended when the context ends.
func command(ctx context.Context, env []string, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = env
	ownGroup(cmd)
	cmd.Cancel = func() error { return signalGroup(cmd, syscall.SIGTERM) }
	cmd.WaitDelay = grace
	return cmd
}

// lines runs a command and passes its lines on stdout and stderr to each. Its error is [exec.ExitError] if the command
// failed.
func lines(cmd *exec.Cmd, each func(line string)) error {
	wait, err := follow(cmd, each)
	if err != nil {
		return err
	}
	return wait()
}

// follow starts a command and passes its lines to each. Call wait once; it waits until the command ends.
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
		r.CloseWithError(scanner.Err()) // lets the command write without a reader
		return <-done
	}, nil
}

// environment is this process's environment with set ("K=V") added and the names of without removed.
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

// because is the error of a command in one line: its reason, or how it ended.
func because(reason string, err error) error {
	if reason = strings.TrimSpace(reason); reason != "" {
		return errors.New(reason)
	}
	return err
}
