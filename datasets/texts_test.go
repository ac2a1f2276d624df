package datasets

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireApart asserts that no two parts share a text, and that the training part, of which validation samples are
// taken, has none twice.
func requireApart(t *testing.T, train, val, test []Sample) {
	t.Helper()
	tested, validated := textsOf(test), textsOf(val)
	trained := map[string]bool{}
	for _, sample := range train {
		require.False(t, tested[sample.Text] || validated[sample.Text] || trained[sample.Text], sample.Text)
		trained[sample.Text] = true
	}
	for _, sample := range val {
		require.False(t, tested[sample.Text], sample.Text)
	}
}

// goldenOf is what testdata/texts_golden.py prints of a part.
func goldenOf(info Info, part []Sample) string {
	h := sha256.New()
	for _, sample := range part {
		fmt.Fprintf(h, "%s\t%s\n", info.Classes[sample.Label], sample.Text)
	}
	return fmt.Sprintf("%d %x", len(part), h.Sum(nil))
}

// The samples are those of another program, testdata/texts_golden.py.
func TestTextsAreGolden(t *testing.T) {
	for name, want := range map[string][2]string{
		"movie-snippets": {"7317 7ae39aab7dea4574f05f95a2a3d0eb5a6770989d6b59e5019a3e4badacffaad5", "1854 eb13b19a39ba596e49f9cbb032be8e98570366661f20225debaa835dbfd60e53"},
		"r8":             {"5419 91bc788310c0dacd2daccfe34600da311c6930cbad136633962484ec95dbaddc", "2189 9ed028ab5dbcc8dfb575b2efde93ecc166529e70849dc041113fed6598b0302c"},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := find(name)
			require.NoError(t, err)
			all, err := source.load(testContext(t), nil)
			needs(t, err)
			require.Equal(t, want, [2]string{goldenOf(source.Info, all.train), goldenOf(source.Info, all.test)})
			requireApart(t, all.train, all.val, all.test)
			d, err := Load(testContext(t), name, Sizes{Val: 500}, nil)
			require.NoError(t, err)
			requireApart(t, d.Train, d.Val, d.Test)
			require.Equal(t, all.left, d.Skipped)
			for _, line := range d.Skipped {
				n, _, _ := strings.Cut(strings.TrimPrefix(line, "left out: "), " ")
				require.Contains(t, d.Split, n+" that", "the description counts what is left out")
			}
		})
	}
}
