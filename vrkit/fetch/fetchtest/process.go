package fetchtest

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Process is a running process and its output.
type Process struct {
	*exec.Cmd
	lines chan string
	said  []string
}

// Start starts the command; it is killed at the end of the test.
func Start(t testing.TB, command *exec.Cmd) *Process {
	t.Helper()
	p := &Process{Cmd: command, lines: make(chan string, 1000)}
	r, w := io.Pipe()
	command.Stdout, command.Stderr = w, w
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill() })
	go func() {
		defer close(p.lines)
		scanner := bufio.NewScanner(r)
		scanner.Buffer(nil, 1<<20)
		for scanner.Scan() {
			p.lines <- scanner.Text()
		}
		_, _ = io.Copy(io.Discard, r)
	}()
	go func() { _ = command.Wait(); w.Close() }()
	return p
}

// Until waits for a line that contains the text, and returns the line.
func (p *Process) Until(t testing.TB, text string, within time.Duration) string {
	t.Helper()
	deadline := time.After(within)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				t.Fatalf("it ended without %q; it said:\n%s", text, strings.Join(p.said, "\n"))
			}
			p.said = append(p.said, line)
			if strings.Contains(line, text) {
				return line
			}
		case <-deadline:
			t.Fatalf("no %q in %v; it said:\n%s", text, within, strings.Join(p.said, "\n"))
		}
	}
}

// Signal sends a signal to the process only.
func (p *Process) Signal(signal syscall.Signal) { _ = p.Process.Signal(signal) }

// End waits until the process ends, and returns all its output, the last line, and its exit status. It fails the test
// if the output has a stack trace of any language.
func (p *Process) End(t testing.TB, within time.Duration) (all, last string, status int) {
	t.Helper()
	deadline := time.After(within)
	for open := true; open; {
		var line string
		select {
		case line, open = <-p.lines:
			if open {
				p.said = append(p.said, line)
			}
		case <-deadline:
			t.Fatalf("it runs for more than %v; it said:\n%s", within, strings.Join(p.said, "\n"))
		}
	}
	all = strings.Join(p.said, "\n")
	for _, trace := range []string{"goroutine ", "panic:", "Traceback (most recent call last)", "SIGSEGV"} {
		if strings.Contains(all, trace) {
			t.Errorf("a stack trace:\n%s", all)
		}
	}
	if len(p.said) > 0 {
		last = p.said[len(p.said)-1]
	}
	return all, last, p.ProcessState.ExitCode()
}

// Run starts the command and waits until it ends.
func Run(t testing.TB, command *exec.Cmd, within time.Duration) (all, last string, status int) {
	t.Helper()
	return Start(t, command).End(t, within)
}
