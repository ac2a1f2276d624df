package vrkit_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayImport is the table of docs/design.md: which of our packages each may import, tests excluded. A package in
// internal/ belongs to the folder around it.
var mayImport = map[string][]string{
	"vrkit/lock":                {},
	"vrkit/npy":                 {},
	"vrkit/terminal":            {},
	"datasets":                  {"vrkit/fetch", "vrkit/taxonomy"},
	"models":                    {"vrkit/npy", "models/layer", "vrkit/fetch", "vrkit/taxonomy"},
	"models/layer":              {},
	"datasets/datasettest":      {"datasets", "vrkit/taxonomy"},
	"models/modeltest":          {"models", "models/layer", "vrkit/taxonomy"},
	"vrkit/taxonomy":            {},
	"vrkit/registry":            {},
	"vrkit/initial":             {},
	"vrkit/fetch":               {"vrkit/lock", "vrkit/terminal"},
	"vrkit/fetch/fetchtest":     {},
	"vrkit/backend":             {"vrkit/fetch"},
	"vrkit/backend/backendtest": {"vrkit/backend", "vrkit/fetch", "vrkit/fetch/fetchtest"},
	"vrkit/input":               {"models", "models/layer", "vrkit/initial", "vrkit/registry", "vrkit/taxonomy"},
	"vrkit/output":              {"vrkit/initial", "vrkit/registry", "vrkit/taxonomy"},
	"vrkit":                     {"models", "models/layer", "vrkit/input", "vrkit/output", "vrkit/registry", "vrkit/taxonomy"},
	"vrkit/runs":                {"vrkit/npy", "vrkit/lock", "datasets", "models", "vrkit", "vrkit/fetch", "vrkit/input", "vrkit/output", "vrkit/taxonomy"},
	"vrkit/train":               {"datasets", "models", "vrkit", "vrkit/runs", "vrkit/backend", "vrkit/fetch", "vrkit/input", "vrkit/output", "vrkit/registry", "vrkit/taxonomy"},
	"vrkit/figure":              {},
	"vrkit/results":             {},
	"vrkit/show":                {"vrkit/terminal", "models", "vrkit", "vrkit/figure", "vrkit/input", "vrkit/output", "vrkit/results", "vrkit/runs", "vrkit/train"},
	"vrkit/cmd/vrkit":           {"*"},
	"notebooks":                 {"*"},
	"docs":                      {},
}

const module = "github.com/vrkit-go/reprogram/"

// owner is the folder that a package in internal/ belongs to; any other package is its own owner.
func owner(folder string) string {
	folder, _, _ = strings.Cut(folder, "/internal/")
	return folder
}

// TestImports compares every package's imports with the table, and checks that only one package imports gonbui.
func TestImports(t *testing.T) {
	seen := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		relative, err := filepath.Rel("..", file)
		if err != nil {
			return err
		}
		folder := owner(path.Dir(filepath.ToSlash(relative)))
		if strings.HasPrefix(folder, "notebooks/") {
			return nil // files that notebooks leave behind
		}
		allowed, ok := mayImport[folder]
		require.True(t, ok, "the table of docs/design.md does not know %s", folder)
		seen[folder] = true
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		require.NoError(t, err)
		for _, spec := range parsed.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			require.NoError(t, err)
			if ours, ok := strings.CutPrefix(name, module); ok && owner(ours) != folder && !slices.Contains(allowed, "*") {
				ours = owner(ours)
				require.Contains(t, allowed, ours, "%s imports %s, which docs/design.md does not allow it", relative, ours)
			}
			forTests := []string{"models/modeltest", "datasets/datasettest", "vrkit/backend/backendtest", "vrkit/fetch/fetchtest"}
			if !slices.Contains(forTests, folder) {
				require.NotContains(t, forTests, strings.TrimPrefix(name, module), "%s is no test", relative)
			}
			if strings.HasPrefix(name, "github.com/janpfeifer/gonb/") {
				require.Equal(t, "vrkit/show", folder, "only show may know GoNB, but %s does", relative)
			}
		}
		return nil
	})
	require.NoError(t, err)
	for folder := range mayImport {
		require.True(t, seen[folder], "the table names %s, which is not there", folder)
	}
}
