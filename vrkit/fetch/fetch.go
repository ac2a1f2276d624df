// Package fetch brings what the project does not keep in its repository —
// weights, data sets, the XLA plugin, tools — into one cache, and hands out
// only files whose SHA-256 is the pinned one.
//
// An [Artefact] is one file with a list of places to get it from, tried in
// order. Whatever is fetched is written beside, verified, then renamed, under
// a lock that is held by one process at a time, so that a kill or a second
// process never leaves anything half-written under a final name.
//
// The cache's layout: artefacts lie at their own paths; partial/ holds what is
// being fetched and packages/ Debian packages, both of which may be deleted at
// any time; locks/ and sums/ hold the locks and the remembered hashes.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// CacheEnv names the environment variable that moves the cache.
const CacheEnv = "VRKIT_CACHE"

// ErrNotCached is returned, wrapped, where [Offline] forbids fetching what is
// not in the cache.
var ErrNotCached = errors.New("not in the cache, and fetching is switched off")

// Dir returns the cache's root, an absolute path: $VRKIT_CACHE, or "vrkit" in
// the user's cache directory. It is created, readable by its user only.
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

// subdir returns a folder below the cache's root, created.
func subdir(elem ...string) (string, error) {
	root, err := Dir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(append([]string{root}, elem...)...)
	return dir, onDisk(os.MkdirAll(dir, 0o700))
}

type offlineKey struct{}

// Offline returns a context under which nothing is fetched: what is not in the
// cache fails with [ErrNotCached].
func Offline(ctx context.Context) context.Context {
	return context.WithValue(ctx, offlineKey{}, true)
}

// IsOffline tells whether the context comes from [Offline].
func IsOffline(ctx context.Context) bool {
	offline, _ := ctx.Value(offlineKey{}).(bool)
	return offline
}
