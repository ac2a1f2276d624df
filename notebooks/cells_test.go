package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a cell may have, so that it is an idea and can be read on a projector: lines that are not empty,
// comments and imports counted, and characters in a line, a tab for as wide as Jupyter shows it.
const (
	mostLines = 12
	mostWide  = 96
)

// tooMuch says what a cell has too much of; of a cell that is as it should be, nothing.
func tooMuch(cell string) (faults []string) {
	lines := 0
	for _, line := range strings.Split(cell, "\n") {
		if strings.TrimSpace(line) != "" {
			lines++
		}
		if wide := utf8.RuneCountInString(strings.ReplaceAll(line, "\t", "    ")); wide > mostWide {
			faults = append(faults, fmt.Sprintf("a line is %d wide, and may be %d: %s", wide, mostWide, strings.TrimSpace(line)))
		}
	}
	if lines > mostLines {
		faults = append(faults, fmt.Sprintf("it has %d lines, and may have %d: what is work belongs into a package", lines, mostLines))
	}
	return faults
}

func TestCellsAreShort(t *testing.T) {
	paths := filesIn(".", "*.ipynb")
	require.NotEmpty(t, paths)
	for _, path := range paths {
		cells, err := codeCells(path)
		require.NoError(t, err)
		for i, cell := range cells {
			assert.Empty(t, tooMuch(cell), "%s, code cell %d:\n%s", filepath.Base(path), i+1, cell)
		}
	}
}

func TestTooMuch(t *testing.T) {
	full := strings.Repeat("// counted\n\n", mostLines)
	assert.Empty(t, tooMuch(full))
	assert.Len(t, tooMuch(full+"x := 1"), 1)
	assert.Empty(t, tooMuch(strings.Repeat("δ", mostWide)), "characters, not bytes")
	assert.Len(t, tooMuch("\t"+strings.Repeat("δ", mostWide-3)), 1, "a tab is four wide")
}
