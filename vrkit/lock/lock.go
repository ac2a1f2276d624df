// Package lock keeps processes from working on the same thing at once, by a lock on a file. The lock of a process that
// was killed is free.
package lock

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// HeldError says that somebody else has the lock.
type HeldError struct {
	By string // "process 123", "another part of this program", or "another process" where the file does not tell
}

func (e *HeldError) Error() string { return "locked by " + e.By }

// Try takes the lock of a file, which it makes if need be and which stays. Unlock must be called once. If somebody has
// the lock already, the error is a [HeldError]; if the file can't be made, an [os.PathError]; any other error says that
// the file system has no locks.
func Try(path string) (unlock func(), err error) {
	lock := flock.New(path, flock.SetPermissions(0o600))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, err
	}
	if !locked {
		return nil, &HeldError{holder(path)}
	}
	// Who holds the lock is only for the message of the others.
	_ = os.WriteFile(path, fmt.Appendln(nil, os.Getpid()), 0o600)
	return func() {
		_ = os.Truncate(path, 0) // or the next holder would have our number until it has written its own
		_ = lock.Unlock()
	}, nil
}

// holder names the process that holds a lock, if the lock's file tells. It has just been written, or is about to be.
func holder(path string) string {
	text, _ := os.ReadFile(path)
	switch pid, err := strconv.Atoi(strings.TrimSpace(string(text))); {
	case err != nil:
		return "another process"
	case pid == os.Getpid():
		return "another part of this program"
	default:
		return fmt.Sprint("process ", pid)
	}
}
