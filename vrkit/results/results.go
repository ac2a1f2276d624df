// Package results reads, writes and summarises the runs of vrkit table: a line of CSV for each run, and a row over the
// seeds for each program.
package results

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Run has the results of one run. Accuracies are shares, 0 to 1, and −1 if they were not measured.
type Run struct {
	Model, Dataset, Input, Output, Label string

	Seed          uint64
	Epochs        int
	Before        float64 // test accuracy at epoch 0: the mapping alone
	Accuracy      float64 // test accuracy after the last epoch
	BestOnVal     float64 // test accuracy of the epoch chosen on the validation set
	BestOnTest    float64 // test accuracy of the best epoch on the test set, the papers' choice
	TrainAccuracy float64 // of the last epoch
	Loss          float64 // mean training loss of the last epoch
	EpochSeconds  float64 // mean of the trained epochs, with their evaluations; −1 if unknown
	Seconds       float64 // of the whole run; −1 if unknown
	PeakMemory    int64   // bytes; 0 if unknown
	Threads       int
	Trainable     int // how many values are learned
}

// Row summarises the runs of one program over their seeds. Accuracies are shares of the test set, 0 to 1.
type Row struct {
	Model      string   `json:"model"`
	Dataset    string   `json:"dataset"`
	Input      string   `json:"input"`
	Output     string   `json:"output"`
	Label      string   `json:"label,omitempty"`
	Seeds      []uint64 `json:"seeds"`
	Epochs     int      `json:"epochs"`
	Before     float64  `json:"before"`        // mean at epoch 0: the mapping alone
	Accuracy   float64  `json:"accuracy"`      // mean after the last epoch
	Deviation  float64  `json:"deviation"`     // standard deviation of those over the seeds, with n−1; 0 for one seed
	Low        *float64 `json:"low,omitempty"` // the 95 % interval of the accuracy over the seeds (see [Interval]); nil for one seed
	High       *float64 `json:"high,omitempty"`
	BestOnVal  float64  `json:"best_on_validation"` // mean at each run's best validation epoch; −1 without a validation set
	BestOnTest float64  `json:"best_on_test"`       // mean at each run's best test epoch, the papers' choice; −1 if not every epoch was tested
	Loss       float64  `json:"loss"`               // mean training loss of the last epoch
	Seconds    float64  `json:"seconds_per_epoch"`  // mean of the runs that know it; −1 if none does
	PeakMemory int64    `json:"peak_memory_bytes"`  // the largest of the runs that know it; 0 if none does
	Trainable  int      `json:"trainable_values"`
	accuracies []float64
	timed      float64 // how many runs know their seconds
}

// Summarise makes one row of the runs that differ only in their seeds, in the order of the first of each. Of two runs
// with the same seed it takes the first, because the second does not show how seeds differ.
func Summarise(runs []Run) (rows []*Row) {
	for _, r := range runs {
		i := slices.IndexFunc(rows, func(row *Row) bool {
			return row.Model == r.Model && row.Dataset == r.Dataset && row.Input == r.Input && row.Output == r.Output && row.Label == r.Label
		})
		if i < 0 {
			i = len(rows)
			rows = append(rows, &Row{Model: r.Model, Dataset: r.Dataset, Input: r.Input, Output: r.Output, Label: r.Label, Epochs: r.Epochs, Seconds: -1, Trainable: r.Trainable})
		}
		row := rows[i]
		if slices.Contains(row.Seeds, r.Seed) {
			continue
		}
		n := float64(len(row.Seeds))
		mean := func(of *float64, value float64) { *of = (*of*n + value) / (n + 1) }
		mean(&row.Before, r.Before)
		mean(&row.Accuracy, r.Accuracy)
		mean(&row.Loss, r.Loss)
		if r.EpochSeconds >= 0 {
			row.Seconds = (max(row.Seconds, 0)*row.timed + r.EpochSeconds) / (row.timed + 1)
			row.timed++
		}
		mean(&row.BestOnVal, r.BestOnVal)
		mean(&row.BestOnTest, r.BestOnTest)
		row.PeakMemory = max(row.PeakMemory, r.PeakMemory)
		row.Seeds = append(row.Seeds, r.Seed)
		row.accuracies = append(row.accuracies, r.Accuracy)
		if interval := row.Interval(); interval.Runs > 1 {
			row.Deviation = stat.StdDev(row.accuracies, nil)
			row.Low, row.High = &interval.Low, &interval.High
		}
	}
	return rows
}

// header names the columns, in the order of fields.
var header = []string{"model", "dataset", "input", "output", "label", "seed", "epochs", "before", "test_accuracy", "best_on_validation", "best_on_test", "train_accuracy", "loss", "seconds_per_epoch", "seconds", "peak_memory_bytes", "threads", "trainable_values"}

// CSV writes a line for each run, after a line with the names of the columns. What was not measured is empty.
func CSV(runs []Run) ([]byte, error) {
	number := func(v float64) string {
		if v < 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	seconds := func(v float64, digits int) string {
		if v < 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
	memory := func(bytes int64) string {
		if bytes == 0 {
			return ""
		}
		return fmt.Sprint(bytes)
	}
	lines := [][]string{header}
	for _, r := range runs {
		lines = append(lines, []string{r.Model, r.Dataset, r.Input, r.Output, r.Label, fmt.Sprint(r.Seed), fmt.Sprint(r.Epochs), number(r.Before),
			number(r.Accuracy), number(r.BestOnVal), number(r.BestOnTest), number(r.TrainAccuracy), number(r.Loss), seconds(r.EpochSeconds, 2),
			seconds(r.Seconds, 1), memory(r.PeakMemory), fmt.Sprint(r.Threads), fmt.Sprint(r.Trainable)})
	}
	var buffer bytes.Buffer
	err := csv.NewWriter(&buffer).WriteAll(lines)
	return buffer.Bytes(), err
}

// Read reads the output of CSV. Other columns, a value that is no number, and a run that occurs twice are errors that
// name the line.
func Read(from io.Reader) ([]Run, error) {
	lines, err := csv.NewReader(from).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 || !slices.Equal(lines[0], header) {
		return nil, errors.New("these are not the runs of vrkit table: the first line must be " + strings.Join(header, ","))
	}
	runs := make([]Run, len(lines)-1)
	at := map[[6]string]int{} // the line of each run
	for i, fields := range lines[1:] {
		r := &runs[i]
		if before, twice := at[[6]string(fields[:6])]; twice {
			return nil, fmt.Errorf("line %d: this run is in line %d too: delete one of them", i+2, before)
		}
		at[[6]string(fields[:6])] = i + 2
		r.Model, r.Dataset, r.Input, r.Output, r.Label = fields[0], fields[1], fields[2], fields[3], fields[4]
		for column, to := range []any{&r.Seed, &r.Epochs, &r.Before, &r.Accuracy, &r.BestOnVal, &r.BestOnTest, &r.TrainAccuracy, &r.Loss, &r.EpochSeconds, &r.Seconds, &r.PeakMemory, &r.Threads, &r.Trainable} {
			field := fields[5+column]
			var err error
			switch to := to.(type) {
			case *uint64:
				*to, err = strconv.ParseUint(field, 10, 64)
			case *int:
				*to, err = strconv.Atoi(field)
			case *int64:
				if field != "" {
					*to, err = strconv.ParseInt(field, 10, 64)
				}
			case *float64:
				if *to = -1; field != "" {
					*to, err = strconv.ParseFloat(field, 64)
				}
			}
			if err != nil {
				return nil, fmt.Errorf("line %d: %s: %w", i+2, header[5+column], err)
			}
		}
	}
	return runs, nil
}
