package fetch

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// aptHere gives the test an apt whose only source is a folder with one package of this name and version; it returns
// that folder and the file of the settings.
func aptHere(t *testing.T, name, version string, deb []byte) (repository, settings string) {
	if _, err := exec.LookPath("apt-get"); err != nil {
		fetchtest.Missing(t, "there is no apt-get")
	}
	root := t.TempDir()
	repository = filepath.Join(root, "repository")
	for _, dir := range []string{repository, filepath.Join(root, "lists", "partial"), filepath.Join(root, "archives", "partial")} {
		require.NoError(t, os.MkdirAll(dir, 0o755))
	}
	file := fmt.Sprintf("%s_%s_all.deb", name, strings.TrimPrefix(version, "1:"))
	for path, body := range map[string]string{
		filepath.Join(repository, file): string(deb),
		filepath.Join(repository, "Packages"): fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody\nDescription: test\nFilename: ./%s\nSize: %d\nSHA256: %x\n",
			name, version, file, len(deb), sha256.Sum256(deb)),
		filepath.Join(root, "status"):       "",
		filepath.Join(root, "sources.list"): "deb [trusted=yes] file:" + repository + " ./\n",
		filepath.Join(root, "apt.conf"): fmt.Sprintf(`Dir::State "%[1]s"; Dir::State::status "%[1]s/status"; Dir::State::lists "%[1]s/lists";
Dir::Cache "%[1]s"; Dir::Etc::sourcelist "%[1]s/sources.list"; Dir::Etc::sourceparts "/dev/null"; APT::Sandbox::User "";`, root),
	} {
		require.NoError(t, os.WriteFile(path, []byte(body), 0o644))
	}
	settings = filepath.Join(root, "apt.conf")
	t.Setenv("APT_CONFIG", settings)
	return repository, settings
}

func updateLists(t *testing.T) {
	out, err := exec.Command("apt-get", "update").CombinedOutput()
	require.NoError(t, err, string(out))
}

// The real apt-get fetches a package, the member is verified, and the package is kept for the next member.
func TestDebByApt(t *testing.T) {
	emptyCache(t)
	deb := debbed(t, ".gz", entry{"./usr/share/d/one.gz", string(gzipped(t, content)), ""}, entry{"./usr/share/d/two.bin", string(content), ""})
	repository, _ := aptHere(t, "dataset-test", "1:0~git2-3", deb)
	source := Deb{Package: "dataset-test", Version: "1:0~git2-3", Member: "usr/share/d/one.gz", Gunzip: true}
	a := asset("")
	a.Sources = []Source{source}

	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "Unable to locate package dataset-test; if apt's lists are empty or old, run apt-get update as root, then try again")
	require.ErrorContains(t, err, "(or run apt-get download dataset-test on another machine and put the file into ")

	updateLists(t)
	var stages []string
	path, err := a.Get(t.Context(), func(p Progress) { stages = append(stages, p.Stage) })
	require.NoError(t, err)
	requireContent(t, path)
	require.Contains(t, stages, "downloading")

	// The second file comes from the kept package, without the repository.
	require.NoError(t, os.RemoveAll(repository))
	second := asset("")
	second.File, second.Sources = "test/two", []Source{Deb{Package: "dataset-test", Version: "1:0~git2-3", Member: "usr/share/d/t*.bin"}}
	path, err = second.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)

	third := second
	third.File, third.Sources = "test/three", []Source{Deb{Package: "dataset-test", Version: "1:0~git2-3", Member: "usr/share/d/three"}}
	_, err = third.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "dataset-test_1%3a0~git2-3_all.deb: it holds no usr/share/d/three")
}

// Another version is used as well: the file's hash decides.
func TestDebOtherVersion(t *testing.T) {
	emptyCache(t)
	aptHere(t, "dataset-test", "2.0-1", debbed(t, "", entry{"./usr/one", string(content), ""}))
	updateLists(t)
	a := asset("")
	a.Sources = []Source{Deb{Package: "dataset-test", Version: "1.0-1", Member: "usr/one"}}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)

	a.File, a.SHA256 = "test/other", sum([]byte("something else"))
	_, err = a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "wrong contents: sha256")
}

// apt refuses a package that was changed on the way.
func TestDebForged(t *testing.T) {
	emptyCache(t)
	deb := debbed(t, "", entry{"./usr/one", string(content), ""})
	repository, _ := aptHere(t, "dataset-test", "1.0-1", deb)
	updateLists(t)
	deb[len(deb)/2] ^= 1
	require.NoError(t, os.WriteFile(filepath.Join(repository, "dataset-test_1.0-1_all.deb"), deb, 0o644))
	a := asset("")
	a.Sources = []Source{Deb{Package: "dataset-test", Version: "1.0-1", Member: "usr/one"}}
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "apt-get: ")
	require.NoFileExists(t, filepath.Join(os.Getenv(CacheEnv), "packages", "dataset-test_1.0-1_all.deb"))
}

// Without apt the error says so; a package that somebody has put into the cache is used.
func TestDebWithoutApt(t *testing.T) {
	cache := emptyCache(t)
	t.Setenv("PATH", t.TempDir())
	a := asset("")
	a.Sources = []Source{Deb{Package: "dataset-test", Version: "1:0.18-2", Member: "usr/one"}}
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "apt-get is not in PATH, so this is no Debian or Ubuntu (or run apt-get download dataset-test on another machine and put the file into "+filepath.Join(cache, "packages"))

	_, err = Deb{Package: "dataset-test", Version: "1"}.Get(Offline(t.Context()), "test", nil)
	require.ErrorIs(t, err, ErrNotCached)

	// Of two versions the requested one is used.
	for version, body := range map[string]string{"1%3a0.17-1": "old", "1%3a0.18-2": string(content)} {
		deb := debbed(t, ".gz", entry{"../../usr/one", "outside", ""}, entry{"./usr/one", body, ""})
		require.NoError(t, os.WriteFile(filepath.Join(cache, "packages", "dataset-test_"+version+"_all.deb"), deb, 0o600))
	}
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.NoFileExists(t, filepath.Join(filepath.Dir(cache), "usr", "one"))
}

// If there is no SHA-256 to pin, a published MD5 identifies the file.
func TestArtefactByMD5(t *testing.T) {
	emptyCache(t)
	s := serve(t, whole)
	a := asset(s.URL)
	a.SHA256, a.MD5 = "", "d1ee4c51ba4b3e2d3c63d6a5ba1d6d20"
	_, err := a.Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "where d1ee4c51ba4b3e2d3c63d6a5ba1d6d20 is pinned")
	require.ErrorContains(t, err, "put the file whose md5 is d1ee")
	a.MD5 = strings.Fields(strings.SplitAfter(err.Error(), "wrong contents: md5 ")[1])[0]
	path, err := a.Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	_, ok := a.Cached()
	require.True(t, ok)
	a.MD5 = ""
	_, err = a.Get(t.Context(), nil)
	require.ErrorContains(t, err, "a pinned SHA-256 or MD5")
}
