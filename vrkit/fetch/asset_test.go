package fetch

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestGetFetchesOnce(t *testing.T) {
	cache := emptyCache(t)
	s := serve(t, whole)
	a := asset(s.URL)
	_, ok := a.Cached()
	require.False(t, ok)
	for range 3 {
		path, err := a.Get(t.Context(), nil)
		require.NoError(t, err)
		require.Equal(t, filepath.Join(cache, "test", "file.bin"), path)
		requireContent(t, path)
	}
	require.Equal(t, 1, s.count())
	_, ok = a.Cached()
	require.True(t, ok)
}

func TestGetInOneProcessWaits(t *testing.T) {
	emptyCache(t)
	s := serve(t, slowly(300_000_000))
	a := asset(s.URL)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			_, err := a.Get(context.Background(), nil)
			require.NoError(t, err)
		})
	}
	all.Wait()
	require.Equal(t, 1, s.count())
}

func TestGetReplacesADamagedFile(t *testing.T) {
	emptyCache(t)
	s := serve(t, whole)
	a := asset(s.URL)
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = f.WriteAt([]byte("X"), 1000) // changes one byte and keeps the size
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, ok := a.Cached()
	require.False(t, ok)
	path, err = a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.Equal(t, 2, s.count())
}

func TestGetTriesSourcesInOrder(t *testing.T) {
	emptyCache(t)
	wrong := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte("something else")) })
	gone := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusNotFound) })
	right := serve(t, whole)
	a := asset("")
	a.Sources = []Source{URL{URL: wrong.URL}, URL{URL: gone.URL}, URL{URL: right.URL}}
	var notes []string
	path, err := a.Get(t.Context(), func(p Progress) {
		if p.Note != "" {
			notes = append(notes, p.Note)
		}
	})
	require.NoError(t, err)
	requireContent(t, path)
	require.Len(t, notes, 2)
	require.Contains(t, notes[0], "wrong contents")
	require.Contains(t, notes[1], "404 Not Found")

	a.Sources = a.Sources[:2]
	require.NoError(t, os.Remove(path))
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	for _, part := range []string{wrong.URL, "wrong contents", gone.URL, "404", "put the file whose sha256 is", path} {
		require.ErrorContains(t, err, part)
	}
	require.NoFileExists(t, path)
}

func TestOffline(t *testing.T) {
	emptyCache(t)
	s := serve(t, whole)
	a := asset(s.URL)
	_, err := a.Get(Offline(t.Context()), nil)
	require.ErrorIs(t, err, ErrNotCached)
	oneLine(t, err)
	require.Zero(t, s.count())
	_, err = a.Get(t.Context(), nil)
	require.NoError(t, err)
	_, err = a.Get(Offline(t.Context()), nil)
	require.NoError(t, err)
}

func TestGetRefusesPathsAndMissingSums(t *testing.T) {
	emptyCache(t)
	a := asset("")
	a.File = "../outside"
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	a = asset("")
	a.SHA256 = ""
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	a.SHA256 = "0123456"
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
}

// If only the first digits of a sum are known, the file is compared with those.
func TestGetKnowsABeginning(t *testing.T) {
	emptyCache(t)
	s := serve(t, whole)
	a := asset(s.URL)
	a.SHA256 = a.SHA256[:8]
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	_, ok := a.Cached()
	require.True(t, ok)
	a.SHA256 = "01234567"
	_, ok = a.Cached()
	require.False(t, ok)
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "wrong contents")
	require.ErrorContains(t, err, "put the file whose sha256 begins with 01234567 at")
}

// A file without a published sum is not fetched; it is used if somebody has put it in its place.
func TestGetByHand(t *testing.T) {
	emptyCache(t)
	s := serve(t, whole)
	a := asset(s.URL)
	a.SHA256, a.ByHand = "", true
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	path, pathErr := a.Path()
	require.NoError(t, pathErr)
	require.ErrorContains(t, err, "no checksum is published, so nothing is fetched: download "+s.URL+" and put the file at "+path)
	require.Zero(t, s.count())
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, content, 0o600))
	got, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, path, got)
}

func TestGetStops(t *testing.T) {
	emptyCache(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		_, _ = w.Write(content[:1000])
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-r.Context().Done()
	})
	a := asset(s.URL)
	_, err := a.Get(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, s.count())
}
