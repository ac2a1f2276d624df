package show

import (
	"fmt"
	"slices"
	"strings"
)

// Table shows rows of text under the names of their columns, as a Markdown table. A column of numbers is aligned right,
// so that they can be compared, any other left. A cell may contain Markdown and TeX.
func Table(columns []string, rows ...[]string) error {
	text, err := markdownTable(columns, rows)
	if err != nil {
		return err
	}
	return Text(text)
}

func markdownTable(columns []string, rows [][]string) (string, error) {
	if len(columns) == 0 {
		return "", fmt.Errorf("show: a table needs the names of its columns")
	}
	marks := slices.Repeat([]string{"---:"}, len(columns))
	for i, row := range rows {
		if len(row) != len(columns) {
			return "", fmt.Errorf("show: row %d of the table has %d cells for %d columns", i+1, len(row), len(columns))
		}
		for column, cell := range row {
			if !strings.ContainsAny(cell[:min(1, len(cell))], "0123456789") {
				marks[column] = ":---"
			}
		}
	}
	var b strings.Builder
	for _, cells := range append([][]string{columns, marks}, rows...) {
		b.WriteString("|")
		for _, cell := range cells {
			// A | would end the cell, a new line the table.
			cell = strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell)
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}
