package bpe

import (
	"encoding/json"
	"os"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

func readGolden(t *testing.T, file string, value any) {
	contents, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(contents, value))
}

// TestGolden compares with Hugging Face's tokenizers: a small vocabulary, and the same one with its merges in another
// order.
func TestGolden(t *testing.T) {
	var golden struct {
		Tokens  []string
		Special []bool
		Merges  [][]string
		Texts   []struct {
			Text string
			IDs  [][]int32
		}
	}
	readGolden(t, "small.json", &golden)
	for i, merges := range golden.Merges {
		tokenizer, err := New(golden.Tokens, merges, golden.Special)
		require.NoError(t, err)
		for _, want := range golden.Texts {
			ids, err := tokenizer.Encode(want.Text)
			require.NoError(t, err, "%q", want.Text)
			require.Equal(t, want.IDs[i], ids, "%q", want.Text)
			require.Equal(t, want.Text, tokenizer.Decode(ids))
		}
	}
}

// TestClasses compares the class of every code point with that of the reference. If it fails with a new version of Go,
// whose tables have more letters, find out which version of Unicode the reference has today.
func TestClasses(t *testing.T) {
	var golden struct{ Letter, Number, Space [][2]rune }
	readGolden(t, "classes.json", &golden)
	want := make([]class, unicode.MaxRune+1)
	for c, ranges := range map[class][][2]rune{letter: golden.Letter, number: golden.Number, space: golden.Space} {
		for _, r := range ranges {
			for at := r[0]; at <= r[1]; at++ {
				want[at] = c
			}
		}
	}
	for r := range unicode.MaxRune + 1 {
		if classOf(r) != want[r] {
			t.Errorf("%U has the class %d, but the reference says %d", r, classOf(r), want[r])
		}
	}
}
