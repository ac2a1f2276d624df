package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// module is the first line of this checkout's go.mod.
const module = "github.com/vrkit-go/reprogram"

// launcher has what all parts of a start need.
type launcher struct {
	root    string       // the checkout
	cache   string       // the project's cache
	scratch string       // of this process: Jupyter's runtime files, TMPDIR, the token; removed at its end
	report  fetch.Report // progress
	out     io.Writer    // output for the user

	// Set by the steps of the set-up:
	tools  string // folder of gonb and goimports
	python string // the virtual environment's interpreter
}

func newLauncher() (*launcher, error) {
	root, err := findRoot()
	if err != nil {
		return nil, err
	}
	cache, err := fetch.Dir()
	if err != nil {
		return nil, err
	}
	for what, path := range map[string]string{"clone": root, "cache (" + fetch.CacheEnv + ")": cache} {
		// GoMLX and GoNB split paths at a comma, lists of paths are split at the other one.
		if strings.ContainsAny(path, ",\n"+string(os.PathListSeparator)) {
			return nil, fmt.Errorf("the path of the %s has a comma, a %q or a line break in it, which the tools cannot take: move it (%s)", what, os.PathListSeparator, path)
		}
	}
	scratch, err := newScratch(cache)
	if err != nil {
		return nil, fmt.Errorf("the cache cannot be written: set %s to a folder that can (%w)", fetch.CacheEnv, err)
	}
	return &launcher{
		root: root, cache: cache, scratch: scratch,
		report: fetch.Terminal(os.Stdout), out: os.Stdout,
	}, nil
}

// close ends all that this process has started and removes its scratch folder.
func (l *launcher) close() {
	endMarked(l.scratch)
	_ = os.RemoveAll(l.scratch)
}

// findRoot looks for the checkout in the working directory and above.
func findRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && modfile.ModulePath(text) == module {
			return filepath.EvalSymlinks(dir)
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("this is not inside the clone: cd to it and run 'go run ./notebooks' there")
		}
	}
}

// filesIn lists the files of a folder that match a pattern, whatever characters the folder's path has.
func filesIn(dir, pattern string) (paths []string) {
	names, _ := fs.Glob(os.DirFS(dir), pattern)
	for _, name := range names {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

// newScratch makes this process's scratch folder, cache/run/<pid>. It removes the folders of launchers that were
// killed, and ends what they left running.
func newScratch(cache string) (string, error) {
	runs := filepath.Join(cache, "run")
	old, err := os.ReadDir(runs)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	for _, entry := range old {
		dir := filepath.Join(runs, entry.Name())
		if pid, _, _ := strings.Cut(entry.Name(), "-"); !alive(pid) {
			endMarked(dir)
			_ = os.RemoveAll(dir)
		}
	}
	if err := os.MkdirAll(runs, 0o700); err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(runs, strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", err
	}
	for _, sub := range []string{"tmp", "runtime"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			return "", err
		}
	}
	return dir, nil
}
