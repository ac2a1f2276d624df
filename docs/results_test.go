package docs_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/docs"
	"github.com/vrkit-go/reprogram/vrkit/results"
)

// kept summarises results.csv: a row for each program, by data set, input, output and label.
func kept(t *testing.T) map[[4]string]*results.Row {
	runs, err := results.Read(strings.NewReader(docs.Results))
	require.NoError(t, err)
	rows := map[[4]string]*results.Row{}
	for _, row := range results.Summarise(runs) {
		rows[[4]string{row.Dataset, row.Input, row.Output, row.Label}] = row
	}
	return rows
}

// program returns the key in kept of an input and an output as results.md writes them.
func program(dataset, in, out string) [4]string {
	out, variant, _ := strings.Cut(out, ", ")
	if in == "nothing" || out == "probe" { // a prompt that stays at 0
		return [4]string{dataset, "full", "linear", "probe"}
	}
	return [4]string{dataset, in, out, strings.TrimSuffix(variant, " schedule")}
}

// table returns the cells of the table of results.md that has these columns.
func table(t *testing.T, columns string) (rows [][]string) {
	text, err := os.ReadFile("results.md")
	require.NoError(t, err)
	_, body, found := strings.Cut(string(text), "\n"+columns+"\n")
	require.True(t, found, "results.md has the table %s", columns)
	for _, line := range strings.Split(body, "\n")[1:] {
		if !strings.HasPrefix(line, "|") {
			return rows
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	return rows
}

// The tables of results.md say what the runs of results.csv are.
func TestTables(t *testing.T) {
	rows := kept(t)
	for dataset, columns := range map[string]string{
		"gtsrb": "| input | output | mapping alone | after 8 epochs | 95 % interval | training loss | trainable values |",
		"mnist": "| output | mapping alone | after 4 epochs | 95 % interval | training loss | trainable values |",
	} {
		lines := table(t, columns)
		require.Len(t, lines, map[string]int{"gtsrb": 12, "mnist": 6}[dataset])
		for _, line := range lines {
			if dataset == "mnist" {
				line = append([]string{"pad"}, line...)
			}
			row := rows[program(dataset, line[0], line[1])]
			require.NotNil(t, row, "%s: %v", dataset, line)
			require.Len(t, row.Seeds, 5)
			before := fmt.Sprintf("%.1f", 100*row.Before)
			trainable := row.Trainable
			if row.Output == "linear" {
				before = "" // chance
			}
			if row.Label == "probe" {
				trainable -= 3 * 128 * 128 // its prompt stays at 0
			}
			thousands := fmt.Sprintf("%d,%03d", trainable/1000, trainable%1000)
			require.Equal(t, []string{line[0], line[1], before, fmt.Sprintf("%.1f ± %.1f", 100*row.Accuracy, 100*row.Deviation),
				fmt.Sprintf("%.1f to %.1f", 100**row.Low, 100**row.High), fmt.Sprintf("%.3f", row.Loss), thousands}, line)
		}
	}
}

// The paired differences of results.md are those of results.csv, and bold where their interval is on one side of 0.
func TestDifferences(t *testing.T) {
	rows := kept(t)
	lines := table(t, "| first | second | traffic signs | digits |")
	require.Len(t, lines, 16)
	for _, line := range lines {
		for i, dataset := range []string{"gtsrb", "mnist"} {
			if line[2+i] == "" {
				continue
			}
			of := func(name string) *results.Row {
				if slices.Contains([]string{"pad", "narrow", "medium", "full", "smm"}, name) {
					return rows[program(dataset, name, "blm")]
				}
				return rows[program(dataset, "pad", name)]
			}
			first, second := of(line[0]), of(line[1])
			require.NotNil(t, first, line)
			require.NotNil(t, second, line)
			d := first.Paired(second)
			require.Equal(t, 5, d.Runs, line)
			mean := fmt.Sprintf("%+.1f", 100*d.Mean)
			if d.Low > 0 || d.High < 0 {
				mean = "**" + mean + "**"
			}
			want := fmt.Sprintf("%s (%+.1f to %+.1f)", mean, 100*d.Low, 100*d.High)
			require.Equal(t, strings.ReplaceAll(want, "-", "−"), line[2+i], "%s: %s above %s", dataset, line[0], line[1])
		}
	}
}
