package runs

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// The tables of a run directory, written from its state. The last column of each has the first digits of the program's
// digest.
const (
	metricsFile     = "metrics.csv"
	diagnosticsFile = "diagnostics.csv" // of ω: see [output.Diagnostics]
	timingFile      = "timing.csv"
)

// programColumn is the heading of the last column, digestShown how many digits of the digest it has.
const (
	programColumn = "program"
	digestShown   = 16
)

// WriteTables writes program.json, metrics.csv and diagnostics.csv, which repeat bit by bit, and timing.csv, which does
// not. described is of the ω of each entry of all.
func WriteTables(run string, record Manifest, all []Metrics, described []output.Diagnostics) error {
	digest, err := record.Digest()
	if err != nil {
		return err
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	share := func(v float64) string {
		if v < 0 {
			return ""
		}
		return number(v)
	}
	metrics := [][]string{{"epoch", "loss", "train_accuracy", "val_accuracy", "test_accuracy"}}
	timing := [][]string{{"epoch", "seconds"}}
	diagnostics := [][]string{{"epoch", "entropy", "sources", "coverage", "churn"}}
	for i, m := range all {
		row := []string{strconv.Itoa(m.Epoch), number(m.Loss), number(m.TrainAccuracy), share(m.ValAccuracy), share(m.TestAccuracy)}
		if m.Epoch == 0 {
			row[1], row[2] = "", "" // epoch 0 has no training step
		}
		metrics = append(metrics, row)
		d := described[i]
		diagnostics = append(diagnostics, []string{row[0], number(d.Entropy), number(d.Sources), number(d.Coverage), share(d.Churn)})
		timing = append(timing, []string{row[0], strconv.FormatFloat(m.Seconds, 'f', 2, 64)})
	}
	if err := record.Write(run); err != nil {
		return err
	}
	for _, table := range []struct {
		file string
		rows [][]string
	}{{metricsFile, metrics}, {diagnosticsFile, diagnostics}, {timingFile, timing}} {
		if err := writeCSV(filepath.Join(run, table.file), table.rows, digest[:digestShown]); err != nil {
			return err
		}
	}
	return nil
}

// writeCSV writes a table, with the program's digest in the last column.
func writeCSV(path string, rows [][]string, program string) error {
	for i := range rows {
		mark := program
		if i == 0 {
			mark = programColumn
		}
		rows[i] = append(rows[i], mark)
	}
	var buffer bytes.Buffer
	if err := csv.NewWriter(&buffer).WriteAll(rows); err != nil {
		return err
	}
	return WriteFile(path, buffer.Bytes(), 0o600)
}

// readTable reads a table of numbers of a run directory without its heading: that many columns before the program's. An
// empty cell becomes −1. It accepts a table without the program's column, as older versions wrote.
func readTable(run, file string, columns int) ([][]float64, error) {
	path := filepath.Join(run, file)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: %s", path, os.ErrNotExist, Rewrite)
	}
	if err != nil {
		return nil, err
	}
	table, program, err := parseTable(data, columns)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", &DamagedError{Path: path, Err: err}, Rewrite)
	}
	return table, CheckDigest(run, path, program)
}

// parseTable is readTable of a file's contents. program is the content of the last column, or "".
func parseTable(data []byte, columns int) (table [][]float64, program string, err error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, "", err
	}
	marked := len(rows) > 0 && len(rows[0]) == columns+1 && rows[0][columns] == programColumn
	if len(rows) < 2 || len(rows[0]) != columns && !marked {
		return nil, "", fmt.Errorf("a heading of %d columns and a row below it are missing", columns)
	}
	if marked {
		if program = rows[1][columns]; len(program) != digestShown {
			return nil, "", fmt.Errorf("%q is no program's mark", program)
		}
	}
	table = make([][]float64, len(rows)-1)
	for i, row := range rows[1:] {
		if marked && row[columns] != program {
			return nil, "", errors.New("it has rows of two programs")
		}
		table[i] = make([]float64, columns)
		for j, cell := range row[:columns] {
			if cell == "" {
				table[i][j] = -1
			} else if table[i][j], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, "", err
			}
		}
		if table[i][0] != float64(i) {
			return nil, "", fmt.Errorf("row %d is of epoch %v", i+1, row[0])
		}
	}
	return table, program, nil
}

// ReadMetrics reads the metrics of a run so far, from epoch 0. Seconds are −1 if timing.csv can't be read or is of
// another program.
func ReadMetrics(run string) ([]Metrics, error) {
	rows, err := readTable(run, metricsFile, 5)
	if err != nil {
		return nil, fmt.Errorf("%s has no metrics to read: %w", run, err)
	}
	timing, err := readTable(run, timingFile, 2)
	if err != nil { // which is no part of what a run computes
		timing = nil
	}
	metrics := make([]Metrics, len(rows))
	for i, row := range rows {
		metrics[i] = Metrics{Epoch: int(row[0]), Loss: row[1], TrainAccuracy: row[2], ValAccuracy: row[3], TestAccuracy: row[4], Seconds: -1}
		if i < len(timing) {
			metrics[i].Seconds = timing[i][1]
		}
	}
	return metrics, nil
}

// ReadDiagnostics reads the diagnostics of a run's ω: epoch 0 first.
func ReadDiagnostics(run string) ([]output.Diagnostics, error) {
	rows, err := readTable(run, diagnosticsFile, 5)
	if err != nil {
		return nil, fmt.Errorf("%s has no diagnostics to read: %w", run, err)
	}
	diagnostics := make([]output.Diagnostics, len(rows))
	for i, row := range rows {
		diagnostics[i] = output.Diagnostics{Entropy: row[1], Sources: row[2], Coverage: row[3], Churn: row[4]}
	}
	return diagnostics, nil
}
