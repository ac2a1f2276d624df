// Package fetch fetches what is not in the repository (weights, data sets, the XLA plugin, tools) into one cache, and
// returns only files whose SHA-256 is the pinned one.
//
// An [Asset] is one file with a list of sources, tried in order. It is written beside its final name, verified and
// then renamed, under a lock that one process holds at a time. So neither a kill nor a second process can leave a
// half-written file under a final name.
//
// The cache has assets at their own paths; partial/ for files that are being fetched, and packages/ for Debian
// packages, both of which may be deleted at any time; locks/ and sums/ for the locks and the remembered sums.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// CacheEnv names the environment variable with the cache's folder.
const CacheEnv = "VRKIT_CACHE"

// ErrNotCached is wrapped in the error if a file is not in the cache and [Offline] forbids fetching it.
var ErrNotCached = errors.New("not in the cache, and fetching is switched off")

// Dir returns the cache's root, an absolute path: $VRKIT_CACHE, or "vrkit" in the user's cache directory. It creates
// the folder, which only the user can read.
func Dir() (string, error) {
	dir := os.Getenv(CacheEnv)
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("no cache directory: set %s to a folder that can be written (%w)", CacheEnv, err)
		}
		dir = filepath.Join(user, "vrkit")
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return "", fmt.Errorf("the cache can't be made: set %s to a folder that can be written (%w)", CacheEnv, err)
	}
	return dir, nil
}

// subdir creates a folder below the cache's root and returns it.
func subdir(elem ...string) (string, error) {
	root, err := Dir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(append([]string{root}, elem...)...)
	return dir, onDisk(os.MkdirAll(dir, 0o700))
}

type offlineKey struct{}

// Offline returns a context in which nothing is fetched: a file that is not in the cache is the error [ErrNotCached].
func Offline(ctx context.Context) context.Context {
	return context.WithValue(ctx, offlineKey{}, true)
}

// IsOffline tells whether the context comes from [Offline].
func IsOffline(ctx context.Context) bool {
	offline, _ := ctx.Value(offlineKey{}).(bool)
	return offline
}
