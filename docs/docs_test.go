package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/docs"
	"github.com/vrkit-go/reprogram/vrkit/results"
)

// The committed table holds the whole grid of docs/results.md.
func TestResults(t *testing.T) {
	runs, err := results.Read(strings.NewReader(docs.Results))
	require.NoError(t, err)
	cells := map[[2]string]bool{}
	for _, r := range runs {
		cells[[2]string{r.Input, r.Output}] = true
	}
	require.Len(t, cells, 5*6)
}

// made reports whether a folder of the checkout is of git's, or of runs and figures that the project's commands make.
func made(path string) bool {
	name, _ := filepath.Rel("..", path)
	return slices.Contains([]string{".git", "runs", "figures", "notebooks/out", "notebooks/runs", "notebooks/figures"}, filepath.ToSlash(name))
}

// elsewhere finds what names a file outside the repository.
var elsewhere = regexp.MustCompile(`\breference/[a-z]+\.md|\.\./shared/`)

// Code and docs stand alone: no text of the repository cites what is not in it.
func TestStandsAlone(t *testing.T) {
	read := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && made(path) {
			return filepath.SkipDir
		}
		switch filepath.Ext(path) {
		case ".go", ".md", ".py", ".ipynb", ".plan", ".c", ".sh":
		default:
			return err
		}
		if err != nil || path == "docs_test.go" || path == filepath.Join("..", "docs", "docs_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		read++
		for number, line := range strings.Split(string(text), "\n") {
			if found := elsewhere.FindString(line); found != "" {
				t.Errorf("%s:%d cites %s, which is not in the repository", path, number+1, found)
			}
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, read, 300)
}
