package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// DiskError says that a disk is full or the cache can't be written. All sources would fail in the same way, so no other
// is tried.
type DiskError struct {
	Cache string // the cache's root
	Err   error  // what the system said
}

func (e *DiskError) Error() string {
	if isFull(e.Err) {
		return fmt.Sprintf("the disk is full: make room for the cache in %s, or set %s to a folder on another disk, then start again (%v)", e.Cache, CacheEnv, e.Err)
	}
	return fmt.Sprintf("the cache can't be written: set %s to a folder that can (%v)", CacheEnv, e.Err)
}

func (e *DiskError) Unwrap() error { return e.Err }

// onDisk makes a [DiskError] of an error that is about a full disk, or about
// writing in the cache; others it returns as they are.
func onDisk(err error) error {
	root, rootErr := Dir()
	if _, known := errors.AsType[*DiskError](err); err == nil || known || rootErr != nil {
		return err
	}
	said, path := err, ""
	if e, ok := errors.AsType[*os.PathError](err); ok {
		said, path = e, e.Path
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		said, path = e, e.New
	}
	inCache := path == root || strings.HasPrefix(path, root+string(filepath.Separator))
	if isFull(err) || inCache && !errors.Is(err, os.ErrNotExist) {
		return &DiskError{root, said}
	}
	return err
}

// isFull tells whether there is no room, on the disk or in the user's quota.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
