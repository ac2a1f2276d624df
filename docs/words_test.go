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
)

// avoided reads the table "Say this, not that" of notation.md: the words on the right, each with what to say instead.
func avoided(t *testing.T) map[string]string {
	text, err := os.ReadFile("notation.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| say | not |\n|---|---|\n")
	require.True(t, found, "notation.md has the table")
	table, _, _ = strings.Cut(table, "\n\n")
	words := map[string]string{}
	for _, row := range strings.Split(strings.TrimSpace(table), "\n") {
		columns := strings.Split(strings.Trim(row, "| "), " | ")
		require.Len(t, columns, 2, row)
		for _, word := range strings.Split(columns[1], ", ") {
			words[word] = columns[0]
		}
	}
	return words
}

// wordsOf matches the words in any case, over line breaks of text and comments too, but not inside of longer words.
func wordsOf(words map[string]string) *regexp.Regexp {
	var patterns []string
	for word := range words {
		patterns = append(patterns, strings.ReplaceAll(regexp.QuoteMeta(word), " ", `(?:\s|//|#)+`))
	}
	slices.Sort(patterns)
	return regexp.MustCompile(`(?i)\b(?:` + strings.Join(patterns, "|") + `)\b`)
}

func TestWordsOf(t *testing.T) {
	match := wordsOf(map[string]string{"varied": "augmented", "first answer": "top answer"})
	require.Equal(t, []string{"Varied", "first\n\t// answer"}, match.FindAllString("Varied, unvaried, varied_x: the first\n\t// answer, first answers", -1))
}

// Docs, notebooks, plans, code and comments use one word for each idea, as notation.md has it, whose own table is left out.
func TestWords(t *testing.T) {
	words := avoided(t)
	match := wordsOf(words)
	read := 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			if made(path) || entry.Name() == "gallery" {
				return filepath.SkipDir
			}
			return nil
		}
		known := slices.Contains([]string{".go", ".md", ".ipynb", ".plan", ".py", ".c", ".sh"}, filepath.Ext(path)) || path == filepath.Join("..", ".ci", "run")
		if err != nil || !known || slices.Contains([]string{"notation.md", "words_test.go"}, entry.Name()) {
			return err
		}
		text, err := os.ReadFile(path)
		read++
		for _, at := range match.FindAllIndex(text, -1) {
			found := strings.ToLower(strings.Join(regexp.MustCompile(`[\pL]+`).FindAllString(string(text[at[0]:at[1]]), -1), " "))
			t.Errorf("%s:%d: say %s, not %q", path, 1+strings.Count(string(text[:at[0]]), "\n"), words[found], found)
		}
		return err
	})
	require.NoError(t, err)
	require.Greater(t, read, 300)
}
