package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// A notebook runs in a clone whose path has spaces, quotes, brackets and letters of other scripts, and imports that
// clone.
func TestMatrixOfPaths(t *testing.T) {
	b := realProcesses(t)
	clone := b.clone(t)
	mark := filepath.Join(clone, "vrkit", "taxonomy", "here.go")
	require.NoError(t, os.WriteFile(mark, []byte("package taxonomy\n\n// Here tells this clone from others.\nconst Here = \"the clone itself\"\n"), 0o600))
	path := writeNotebook(t, "tiny.ipynb", "%noautoget", "import \"github.com/vrkit-go/reprogram/vrkit/taxonomy\"",
		"%%\nif taxonomy.Here != \"the clone itself\" {\n\tpanic(\"another\")\n}\nos.WriteFile(\"left\", nil, 0o600)")
	d := b.without(t, "notebooks/warm-*")
	d.built.root = clone
	out := filepath.Join(t.TempDir(), "hinaus, [1]")
	all, last, code := fetchtest.Run(t, d.command(fetchtest.Bad{}, b.launcher, "-run", path, "-out", out)(t), 3*time.Minute)
	require.Zero(t, code, all)
	require.Contains(t, last, "tiny.ipynb: done in")
	require.FileExists(t, filepath.Join(out, "run", "left"))
	require.FileExists(t, filepath.Join(out, "tiny.html"))
	nobodyLeft(t, d.cache)
}
