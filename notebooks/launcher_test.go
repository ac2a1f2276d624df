package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"-run", "01", "-out", "x"})
	require.NoError(t, err)
	assert.Equal(t, options{run: "01", out: "x"}, o)
	for _, wrong := range [][]string{
		{"-nosuch"}, {"word"}, {"-setup", "-install"}, {"-out", "x"}, {"-port", "70000"},
		{"-gallery", "-setup"}, {"-gallery", "-run", "01"},
	} {
		_, err := parse(wrong)
		assert.Error(t, err, "%v", wrong)
	}
}

// The clone is found from any folder in it, and from no other.
func TestFindRoot(t *testing.T) {
	root, err := findRoot()
	require.NoError(t, err)
	assert.FileExists(t, filepath.Join(root, "notebooks", "tools.mod"))
	t.Chdir(t.TempDir())
	_, err = findRoot()
	assert.ErrorContains(t, err, "not inside the clone")
}

// newTestLauncher has its own cache in a folder with a space, without what the set-up makes.
func newTestLauncher(t *testing.T) *launcher {
	t.Helper()
	t.Setenv("VRKIT_CACHE", filepath.Join(t.TempDir(), "a cache"))
	l, err := newLauncher()
	require.NoError(t, err)
	t.Cleanup(l.close)
	var out strings.Builder
	l.out = &out
	return l
}

func TestNotebooksByName(t *testing.T) {
	l := newTestLauncher(t)
	path := filepath.Join(t.TempDir(), "x.ipynb")
	require.NoError(t, os.WriteFile(path, []byte("{}"), 0o600))
	paths, err := l.notebooks(path)
	require.NoError(t, err)
	assert.Equal(t, []string{path}, paths)
	paths, err = l.notebooks("01,all,all")
	require.NoError(t, err)
	count := len(filesIn(".", "*.ipynb"))
	require.Len(t, paths, 1+2*count)
	assert.Equal(t, paths[1:1+count], paths[1+count:])
	_, err = l.notebooks("nosuch")
	assert.ErrorContains(t, err, `no notebook "nosuch"`)
}

// Imports are found in blocks, in lines and under other names; the standard library is left out.
func TestImportsOf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ipynb")
	notebook := `{"cells": [
		{"cell_type": "markdown", "source": "import \"not.this/one\""},
		{"cell_type": "code", "source": ["import (\n", "\t\"fmt\"\n", "\tx \"b.org/y\"\n", ")\n", "var s = \"c.org/no\""]},
		{"cell_type": "code", "source": "import . \"a.org/z\"\nimport \"b.org/y\""}]}`
	require.NoError(t, os.WriteFile(path, []byte(notebook), 0o600))
	imports, err := importsOf([]string{path})
	require.NoError(t, err)
	assert.Equal(t, []string{"a.org/z", "b.org/y"}, imports)
}

// The go command runs in a workspace of its own, with the user's flags.
func TestGoEnv(t *testing.T) {
	t.Setenv("GOWORK", "/somewhere/go.work")
	t.Setenv("GOFLAGS", "-mod=mod -tags=x --modfile=y")
	env := strings.Join((&launcher{}).goEnv("GOBIN=b"), "\n")
	assert.Contains(t, env, "GOFLAGS=-mod=readonly -tags=x\n")
	assert.NotContains(t, env, "GOWORK=")
	assert.Contains(t, env, "GOBIN=b")
}

// A kernel of the same name that is not this project's is kept.
func TestInstall(t *testing.T) {
	l := newTestLauncher(t)
	l.tools = "/tools"
	data := t.TempDir()
	t.Setenv("JUPYTER_DATA_DIR", data)
	require.NoError(t, l.install())
	require.NoError(t, l.install(), "again")
	spec, err := readSpec(filepath.Join(data, "kernels", "gonb"))
	require.NoError(t, err)
	assert.Equal(t, "Go (reprogram)", spec.DisplayName)
	assert.Equal(t, []string{"/bin/sh", l.launchScript(), "{connection_file}"}, spec.Argv)
	assert.Equal(t, "/tools", spec.Env["VRKIT_TOOLS"])
	assert.FileExists(t, spec.Argv[1])

	theirs := kernelspec{DisplayName: "Go (gonb)"}
	require.NoError(t, writeSpec(filepath.Join(data, "kernels", "gonb"), theirs))
	require.NoError(t, l.install())
	spec, err = readSpec(filepath.Join(data, "kernels", "gonb"))
	require.NoError(t, err)
	assert.Equal(t, theirs, spec)
	spec, err = readSpec(filepath.Join(data, "kernels", "reprogram"))
	require.NoError(t, err)
	assert.Equal(t, "Go (reprogram)", spec.DisplayName)
}

// Without its tools the kernel's script says in one line what to do.
func TestLaunchScriptWithoutTools(t *testing.T) {
	l := newTestLauncher(t)
	cmd := exec.Command("/bin/sh", l.launchScript(), "connection.json")
	cmd.Env = []string{"PATH=/usr/bin:/bin"}
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	assert.Regexp(t, `^(go|gonb|goimports) is not on the PATH: run 'go run ./notebooks -install' in .*\n$`, string(out))
}

// Processes with a launcher's mark end with it, in whatever session they are; if the launcher was killed, the next
// launcher ends them.
func TestEndMarked(t *testing.T) {
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("there is no /proc here to find processes in")
	}
	l := newTestLauncher(t)
	dead := filepath.Join(l.cache, "run", "999999999-1")
	for _, scratch := range []string{l.scratch, dead} {
		require.NoError(t, os.MkdirAll(filepath.Join(scratch, "tmp"), 0o700))
		child := exec.Command("/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.2; done")
		child.Env = environment([]string{"TMPDIR=" + filepath.Join(scratch, "tmp")})
		ownGroup(child)
		require.NoError(t, child.Start())
		ended := make(chan struct{})
		go func() { _ = child.Wait(); close(ended) }()
		if scratch == dead {
			_, err := newScratch(l.cache)
			require.NoError(t, err)
			assert.NoDirExists(t, dead)
		} else {
			endMarked(scratch)
		}
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Error("the child is still there")
		}
	}
	assert.DirExists(t, l.scratch, "that of a launcher that runs")
}

// Only this user can read the token, and only the Go kernel is offered.
func TestServerConfig(t *testing.T) {
	l := newTestLauncher(t)
	path, err := server{l: l, token: "secret"}.configure(1234)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var config map[string]map[string]any
	require.NoError(t, json.Unmarshal(text, &config))
	assert.Equal(t, "secret", config["IdentityProvider"]["token"])
	assert.Equal(t, []any{"gonb"}, config["KernelSpecManager"]["allowed_kernelspecs"])
	assert.Equal(t, "127.0.0.1", config["ServerApp"]["ip"])
}

func TestFailureText(t *testing.T) {
	n := news{Cell: 5, At: 3, Line: 2, Code: "f()", Error: "panic: no"}
	assert.EqualError(t, n.failure("x.ipynb"), "x.ipynb: cell 5 failed in line 2 of cell 3:\n    2 | f()\npanic: no")
	n.At = 5
	assert.EqualError(t, n.failure("x.ipynb"), "x.ipynb: cell 5, line 2, failed:\n    2 | f()\npanic: no")
}
