package fetch

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// moduleProxy writes a Go module proxy as a folder with one module, and makes the go command use it with a cache of its
// own.
func moduleProxy(t *testing.T, module, version string, body []byte) {
	proxy, cache := t.TempDir(), t.TempDir()
	at := filepath.Join(proxy, module, "@v")
	require.NoError(t, os.MkdirAll(at, 0o700))
	mod := []byte("module " + module + "\n")
	for ext, content := range map[string][]byte{
		".info": []byte(`{"Version":"` + version + `"}`),
		".mod":  mod,
		".zip": zipped(t, entry{module + "@" + version + "/go.mod", string(mod), ""},
			entry{module + "@" + version + "/data/images.gz", string(body), ""}),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(at, version+ext), content, 0o600))
	}
	t.Setenv("GOPROXY", "file://"+filepath.ToSlash(proxy))
	t.Setenv("GOSUMDB", "off")
	t.Setenv("GOMODCACHE", cache)
	t.Cleanup(func() { // the go command makes its cache read-only
		_ = filepath.WalkDir(cache, func(path string, d fs.DirEntry, _ error) error {
			if d.IsDir() {
				return os.Chmod(path, 0o700)
			}
			return nil
		})
	})
}

func TestGoModule(t *testing.T) {
	emptyCache(t)
	moduleProxy(t, "example.org/data", "v1.2.3", content)
	t.Setenv("GOFLAGS", "-mod=vendor") // the user's flags for their own module
	a := asset("")
	from := GoModule{"example.org/data", "v1.2.3", "data/images.gz"}
	a.Sources = []Source{from}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)

	a.File = "test/other.bin"
	from.Member = "../../outside"
	a.Sources = []Source{from}
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	from.Version = "v9.9.9"
	a.Sources = []Source{from}
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "v9.9.9")
}
