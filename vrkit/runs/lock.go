package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/vrkit-go/reprogram/vrkit/lock"
)

// StateFile holds what was trained, what the run has computed and its position in the data. program.json, the tables and
// the artefacts are written from it.
const StateFile = "state/latest.npz"

const (
	stateDir = "state"
	lockFile = "state/lock"
)

// Lock makes the run directory if need be, and keeps other processes from training there until unlock is called.
func Lock(run string) (unlock func(), err error) {
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

// Forget removes the files of a try that trained nothing. It removes the state last, so that a kill in between changes
// nothing.
func Forget(run string) error {
	err := os.RemoveAll(filepath.Join(run, ArtefactDir))
	for _, name := range []string{metricsFile, diagnosticsFile, timingFile, ManifestFile, StateFile} {
		if removed := os.Remove(filepath.Join(run, name)); !errors.Is(removed, os.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}
