package fetch

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzUnpack unpacks hostile zips, tars and gzips: whatever they contain, at most the requested file is written, within
// its limit, and nothing anywhere else.
func FuzzUnpack(f *testing.F) {
	f.Add(gzipped(f, []byte("one file alone")), false)
	f.Add([]byte("PK\x03\x04"), false)
	f.Add(tarred(f, entry{name: "a/outer", body: string(tarred(f, entry{name: "member", body: "content"}))}), true)
	f.Add(zipped(f, entry{name: "a/member", body: "content"}, entry{name: "../member", body: "out"}), false)
	f.Add(tarred(f, entry{name: "a/member", body: "content"}, entry{name: "../../member", body: "out"}, entry{name: "link", target: "/etc/passwd"}), false)
	f.Fuzz(func(t *testing.T, archive []byte, nested bool) {
		member := "member"
		if nested {
			member = "outer!/member"
		}
		const limit = 1 << 10
		outer := t.TempDir()
		dir := filepath.Join(outer, "inner")
		require.NoError(t, os.Mkdir(dir, 0o700))
		path := filepath.Join(outer, "archive")
		require.NoError(t, os.WriteFile(path, archive, 0o600))
		_, err := unpack(path, member, filepath.Join(dir, "to"), limit, "fuzz", nil)

		outside, listErr := os.ReadDir(outer)
		require.NoError(t, listErr)
		require.Len(t, outside, 2, "nothing lies outside the folder")
		inside, listErr := os.ReadDir(dir)
		require.NoError(t, listErr)
		for _, file := range inside {
			require.Equal(t, "to", file.Name())
			info, statErr := file.Info()
			require.NoError(t, statErr)
			require.True(t, info.Mode().IsRegular())
			if err == nil {
				require.LessOrEqual(t, info.Size(), int64(limit))
			}
		}
	})
}
