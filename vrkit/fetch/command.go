package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// output runs a command and returns its output. Its error is one line: its [Reason], or else the last line of its
// standard error.
func output(ctx context.Context, command *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	command.Stderr = &stderr
	command.WaitDelay = 5 * time.Second
	endWithUs(command)
	runtime.LockOSThread() // the kernel ends the command when the thread that starts it ends
	defer runtime.UnlockOSThread()
	out, err := command.Output()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if reason := Reason(stderr.String()); reason != nil {
		return out, reason
	}
	if last := lastLine(stderr.String()); last != "" {
		err = errors.New(strings.TrimPrefix(last, "ERROR: "))
	}
	return out, fmt.Errorf("%s: %w", filepath.Base(command.Path), err)
}

// lastLine returns the last line that is not empty.
func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
