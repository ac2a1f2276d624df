package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// README's lines, with %% above them, are the only cell of a new notebook: the kernel adds the imports. Fewer images
// and epochs make them quick.
func TestReadmeInANewNotebook(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(string(readme), -1)
	require.Len(t, blocks, 1)
	lines := blocks[0][1]
	for from, to := range map[string]string{"Train: 1000, Test: 1000": "Train: 100, Test: 100", "Epochs: 4": "Epochs: 1"} {
		require.Equal(t, 1, strings.Count(lines, from), from)
		lines = strings.Replace(lines, from, to, 1)
	}
	require.True(t, strings.Contains(string(readme), "`%%`"), "README says what to write above them")

	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	t.Setenv("GOPROXY", "http://127.0.0.1:9") // no proxy there: a cell needs no network
	out := t.TempDir()
	require.NoError(t, l.execute(ctx, []string{writeNotebook(t, "new.ipynb", "%%\n"+lines)}, out), printed.String())
	assert.Regexp(t, `^0\.\d+ → 0\.\d+\n$`, readCells(t, filepath.Join(out, "new.ipynb")).cells[0].said())
}
