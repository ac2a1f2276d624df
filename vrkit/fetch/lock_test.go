package fetch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLockWaits(t *testing.T) {
	emptyCache(t)
	unlock, err := Lock(t.Context(), "a thing", nil)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 250*time.Millisecond)
	defer cancel()
	var note string
	_, err = Lock(ctx, "a thing", func(p Progress) { note = p.Note })
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, "waiting for another part of this program, which is at work on it", note)
	unlock()
	unlock, err = Lock(t.Context(), "a thing", nil)
	require.NoError(t, err)
	unlock()
}

func TestOnce(t *testing.T) {
	cache := emptyCache(t)
	made := 0
	build := func(dir string) error {
		made++
		return os.WriteFile(filepath.Join(dir, "tool"), []byte("x"), 0o700)
	}
	_, err := Once(Offline(t.Context()), "tools/it", "1", nil, build)
	require.ErrorIs(t, err, ErrNotCached)

	broken := errors.New("no network")
	_, err = Once(t.Context(), "tools/it", "1", nil, func(dir string) error {
		require.NoError(t, build(dir))
		return broken
	})
	require.ErrorIs(t, err, broken)
	oneLine(t, err)
	require.NoDirExists(t, filepath.Join(cache, "tools", "it-1"))

	// What a killed process left is not believed.
	require.NoError(t, os.MkdirAll(filepath.Join(cache, "tools", "it-1", "half"), 0o700))
	for range 2 {
		dir, err := Once(t.Context(), "tools/it", "1", nil, build)
		require.NoError(t, err)
		require.Equal(t, filepath.Join(cache, "tools", "it-1"), dir)
		require.FileExists(t, filepath.Join(dir, "tool"))
		require.NoDirExists(t, filepath.Join(dir, "half"))
	}
	require.Equal(t, 2, made)
	dir, err := Once(t.Context(), "tools/it", "2", nil, build)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(cache, "tools", "it-2"), dir)
	require.Equal(t, 3, made)
}
