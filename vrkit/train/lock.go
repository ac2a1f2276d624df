package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
)

// lock makes the run directory if need be, and keeps other processes from training there until unlock is called.
func lock(run string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(run, stateDir), 0o700); err != nil {
		return nil, unlockable(run, err)
	}
	lock := flock.New(filepath.Join(run, lockFile))
	locked, err := lock.TryLock()
	if err != nil {
		return nil, unlockable(run, err)
	}
	if !locked {
		return nil, fmt.Errorf("%s is being trained by another process: wait for it, or take another run directory", run)
	}
	return func() { _ = lock.Unlock() }, nil
}

// unlockable says why a run directory can't be made or locked, and what to do.
func unlockable(run string, err error) error {
	_, opening := errors.AsType[*os.PathError](err)
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%s can't be written, because the disk is full: make room, or take a run directory on another disk (%w)", run, err)
	case !opening: // what flock's own call says names no file
		return fmt.Errorf("%s lies on a file system that can't lock files: take a run directory on a local disk (%w)", run, err)
	case errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s can't be written: take a run directory that you may write (%w)", run, err)
	}
	return fmt.Errorf("%s can't be made a run directory: take another one (%w)", run, err)
}
