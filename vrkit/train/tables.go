package train

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// The tables that a run directory shows, written from its state.
const (
	metricsFile     = "metrics.csv"
	diagnosticsFile = "diagnostics.csv" // of ω: see [output.Diagnostics]
	timingFile      = "timing.csv"
)

// writeTables writes metrics.csv and diagnostics.csv, which repeat bit by bit, and timing.csv, which does not.
func (t *trainer) writeTables() error {
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
	for i, m := range t.state.Metrics {
		row := []string{strconv.Itoa(m.Epoch), number(m.Loss), number(m.TrainAccuracy), share(m.ValAccuracy), share(m.TestAccuracy)}
		if m.Epoch == 0 {
			row[1], row[2] = "", "" // nothing was trained
		}
		metrics = append(metrics, row)
		d := t.state.Diagnostics[i]
		diagnostics = append(diagnostics, []string{row[0], number(d.Entropy), number(d.Sources), number(d.Coverage), share(d.Churn)})
		timing = append(timing, []string{row[0], strconv.FormatFloat(m.Seconds, 'f', 2, 64)})
	}
	if err := writeCSV(filepath.Join(t.Run, metricsFile), metrics); err != nil {
		return err
	}
	if err := writeCSV(filepath.Join(t.Run, diagnosticsFile), diagnostics); err != nil {
		return err
	}
	return writeCSV(filepath.Join(t.Run, timingFile), timing)
}

func writeCSV(path string, rows [][]string) error {
	var buffer bytes.Buffer
	if err := csv.NewWriter(&buffer).WriteAll(rows); err != nil {
		return err
	}
	return vrkit.WriteFile(path, buffer.Bytes(), 0o600)
}

// readCSV reads a table of numbers with so many columns, without its heading; an empty cell is −1.
func readCSV(path string, columns int) ([][]float64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) < 2 || len(rows[0]) != columns {
		return nil, fmt.Errorf("%s has no rows yet", path)
	}
	table := make([][]float64, len(rows)-1)
	for i, row := range rows[1:] {
		table[i] = make([]float64, columns)
		for j, cell := range row {
			if cell == "" {
				table[i][j] = -1
			} else if table[i][j], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	return table, nil
}

// ReadMetrics reads what a run has come to so far: epoch 0 first. Seconds are 0 where timing.csv is gone.
func ReadMetrics(run string) ([]Metrics, error) {
	rows, err := readCSV(filepath.Join(run, metricsFile), 5)
	if err != nil {
		return nil, fmt.Errorf("%s has no metrics yet: %w", run, err)
	}
	timing, _ := readCSV(filepath.Join(run, timingFile), 2) // no part of what a run computes
	metrics := make([]Metrics, len(rows))
	for i, row := range rows {
		metrics[i] = Metrics{Epoch: int(row[0]), Loss: row[1], TrainAccuracy: row[2], ValAccuracy: row[3], TestAccuracy: row[4]}
		if i < len(timing) {
			metrics[i].Seconds = timing[i][1]
		}
	}
	return metrics, nil
}

// ReadDiagnostics reads what a run's ω has been like: epoch 0 first.
func ReadDiagnostics(run string) ([]output.Diagnostics, error) {
	rows, err := readCSV(filepath.Join(run, diagnosticsFile), 5)
	if err != nil {
		return nil, fmt.Errorf("%s has no diagnostics yet: %w", run, err)
	}
	diagnostics := make([]output.Diagnostics, len(rows))
	for i, row := range rows {
		diagnostics[i] = output.Diagnostics{Entropy: row[1], Sources: row[2], Coverage: row[3], Churn: row[4]}
	}
	return diagnostics, nil
}
