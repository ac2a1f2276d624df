package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/vrkit-go/reprogram/vrkit/lock"
)

// Lock lets one process at a time work on what is called name. A second one
// waits, and reports that it does and for which process; the lock of a process
// that was killed is free. Unlock must be called once.
func Lock(ctx context.Context, name string, r Report) (unlock func(), err error) {
	dir, err := subdir("locks")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, fileName(name)+".lock")
	for try := 1; ; try++ {
		unlock, err := lock.Try(path)
		if err == nil {
			return unlock, nil
		}
		if disk, ok := errors.AsType[*DiskError](onDisk(err)); ok {
			return nil, disk
		}
		held, ok := errors.AsType[*lock.HeldError](err)
		if !ok {
			return nil, fmt.Errorf("%s: its lock can't be taken: set %s to a local folder (%w)", name, CacheEnv, err)
		}
		if try == 2 { // by now the holder has written who it is
			r.send(Progress{What: name, Stage: "waiting", Note: "waiting for " + held.By + ", which is at work on it"})
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: stopped while another process is at work on it: %w", name, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// madeFile marks a directory that [Once] has finished.
const madeFile = ".made"

// Once returns a directory of the cache that is made once: a tool, a virtual
// environment. Its path is name (which may have folders) and stamp, a short
// hash or version of its recipe, so that another recipe makes another
// directory. It is made in its final place, because virtual environments hold
// their own path and can't be moved; until make has returned without error it
// lacks the mark of a complete one, and is made again.
func Once(ctx context.Context, name, stamp string, r Report, make func(dir string) error) (dir string, err error) {
	root, err := Dir()
	if err != nil {
		return "", err
	}
	if !filepath.IsLocal(name) || stamp == "" {
		return "", fmt.Errorf("a directory made once needs a path inside the cache and a stamp, not %q and %q", name, stamp)
	}
	dir = filepath.Join(root, filepath.FromSlash(name)+"-"+fileName(stamp))
	if made(dir) {
		return dir, nil
	}
	if IsOffline(ctx) {
		return "", fmt.Errorf("%s: %w", name, ErrNotCached)
	}
	unlock, err := Lock(ctx, name, r)
	if err != nil {
		return "", err
	}
	defer unlock()
	if made(dir) { // by the process that we waited for
		return dir, nil
	}
	if err := empty(dir); err != nil { // left by a process that was killed
		return "", onDisk(err)
	}
	if err := make(dir); err != nil {
		_ = os.RemoveAll(dir) // what stays lacks the mark
		return "", onDisk(err)
	}
	if err := os.WriteFile(filepath.Join(dir, madeFile), nil, 0o600); err != nil {
		return "", onDisk(err)
	}
	r.send(Progress{What: name, Stage: "verifying", Finished: true})
	return dir, nil
}

// made tells whether [Once] has finished the directory.
func made(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, madeFile))
	return err == nil
}
