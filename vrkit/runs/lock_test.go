package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Only a held lock is reported as held; every other failure names its cause and what to do.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	unlock, err := Lock(run)
	require.NoError(t, err)
	_, err = Lock(run)
	require.EqualError(t, err, run+" is being trained by another part of this program: wait for it, or take another run directory")
	unlock()
	unlock, err = Lock(run)
	require.NoError(t, err)
	unlock()

	require.NoError(t, os.Remove(filepath.Join(run, lockFile)))
	require.NoError(t, os.Mkdir(filepath.Join(run, lockFile), 0o700))
	_, err = Lock(run)
	require.ErrorContains(t, err, "is a directory")
	require.NotContains(t, err.Error(), "another process")
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = Lock(filepath.Join(file, "run"))
	require.ErrorContains(t, err, "not a directory")

	opened := func(errno error) error { return &os.PathError{Op: "open", Path: "run/state/lock", Err: errno} }
	for _, c := range []struct {
		err  error
		want string
	}{
		{opened(syscall.EACCES), "take a run directory that you may write (open run/state/lock: permission denied)"},
		{opened(syscall.EPERM), "take a run directory that you may write (open run/state/lock: operation not permitted)"},
		{opened(syscall.EROFS), "take a run directory that you may write (open run/state/lock: read-only file system)"},
		{opened(syscall.ENOSPC), "the disk is full: make room"},
		{opened(syscall.EDQUOT), "the disk is full: make room"},
		{opened(syscall.EMFILE), "take another one (open run/state/lock: too many open files)"},
		{syscall.ENOLCK, "can't lock files: take a run directory on a local disk (no locks available)"},
		{syscall.ENOTSUP, "can't lock files: take a run directory on a local disk (operation not supported)"},
		{syscall.ENOSYS, "can't lock files: take a run directory on a local disk (function not implemented)"},
		{fmt.Errorf("flock: %w", errors.ErrUnsupported), "can't lock files: take a run directory on a local disk"},
	} {
		err := unlockable("run", c.err)
		require.ErrorContains(t, err, c.want)
		require.ErrorIs(t, err, c.err)
	}
}
