package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/vrkit-go/reprogram/vrkit/lock"
)

// lockRun makes the run directory if need be, and keeps other processes from training there until unlock is called.
func lockRun(run string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(run, stateDir), 0o700); err != nil {
		return nil, unlockable(run, err)
	}
	unlock, err = lock.Try(filepath.Join(run, lockFile))
	if held, ok := errors.AsType[*lock.HeldError](err); ok {
		return nil, fmt.Errorf("%s is being trained by %s: wait for it, or take another run directory", run, held.By)
	}
	if err != nil {
		return nil, unlockable(run, err)
	}
	return unlock, nil
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
