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

// The limits of a cell, so that it is one idea and can be read on a projector: lines that are not empty, including
// comments and imports, and characters in a line, with tabs as wide as in Jupyter.
const (
	mostLines = 12
	mostWide  = 96
)

// tooMuch lists the limits that a cell exceeds; nothing if it exceeds none.
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
