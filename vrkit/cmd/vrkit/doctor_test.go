package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// doctor says what is not fetched yet, also if its size is not known, and never that it is 0 MB.
func TestFilesFinding(t *testing.T) {
	cache := t.TempDir()
	t.Setenv(fetch.CacheEnv, cache)
	file := func(name string, size, download int64) fetch.Asset {
		return fetch.Asset{Name: name, File: name, SHA256: strings.Repeat("0", 64), Size: size, Download: download}
	}
	known, small, packed, unsaid := file("known", 5e6, 0), file("small", 14990, 0), file("packed", 64e6, 130e6), file("unsaid", 0, 0)
	byHand := fetch.Asset{Name: "by hand", File: "hand.pth", ByHand: true, Sources: []fetch.Source{fetch.URL{URL: "https://example.org/hand.pth"}}}
	for want, files := range map[string][]fetch.Asset{
		"0 of 1 files cached, 5.0 MB missing":                        {known},
		"0 of 1 files cached, 15 kB missing":                         {small},
		"0 of 2 files cached, 135.0 MB missing":                      {known, packed},
		"0 of 1 files cached, size of the rest unknown":              {unsaid},
		"0 of 3 files cached, 5.0 MB missing, and 2 of unknown size": {unsaid, known, unsaid},
	} {
		require.Equal(t, finding{What: "it", Found: want, Remedy: "the first command that needs it fetches it"}, filesFinding("it", files))
	}
	found := filesFinding("it", []fetch.Asset{byHand})
	path := filepath.Join(cache, "hand.pth")
	require.Contains(t, found.Remedy, "download https://example.org/hand.pth and put the file at "+path)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.Equal(t, finding{What: "it", OK: true, Found: "cached"}, filesFinding("it", []fetch.Asset{byHand}))
	require.Equal(t, "1 of 2 files cached, size of the rest unknown", filesFinding("it", []fetch.Asset{byHand, unsaid}).Found)
}

func TestDoctorOfLargeBlocks(t *testing.T) {
	require.True(t, largeBlocks().OK)
	t.Setenv(backend.BlocksEnv, "of")
	for _, f := range []finding{largeBlocks(), engine(t.Context(), "auto")} {
		require.False(t, f.OK)
		require.Equal(t, "unset VRKIT_BLOCKS", f.Remedy)
	}
}
