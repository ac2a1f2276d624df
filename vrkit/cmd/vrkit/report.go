package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// tableRow is what the runs of one program come to, over their seeds. Accuracies are shares of the test
// set, 0 to 1.
type tableRow struct {
	Model      string   `json:"model"`
	Dataset    string   `json:"dataset"`
	Input      string   `json:"input"`
	Output     string   `json:"output"`
	Label      string   `json:"label,omitempty"`
	Seeds      []uint64 `json:"seeds"`
	Epochs     int      `json:"epochs"`
	Before     float64  `json:"before"`             // mean at epoch 0: the mapping alone, nothing learned
	Accuracy   float64  `json:"accuracy"`           // mean after the last epoch
	Deviation  float64  `json:"deviation"`          // of those over the seeds, with n−1; 0 for one seed
	BestOnVal  float64  `json:"best_on_validation"` // mean of the epochs chosen so; −1 without a validation set
	BestOnTest float64  `json:"best_on_test"`       // mean of the papers' choice; −1 if the test set was not measured every epoch
	Loss       float64  `json:"loss"`               // mean training loss of the last epoch
	Seconds    float64  `json:"seconds_per_epoch"`
	PeakMemory int64    `json:"peak_memory_bytes"` // the largest of the runs'
	Trainable  int      `json:"trainable_values"`
	accuracies []float64
}

// summarise puts runs that differ in their seed alone into one row, in the order of the grid.
func summarise(results []outcome) (rows []*tableRow) {
	for _, r := range results {
		m := r.manifest
		i := slices.IndexFunc(rows, func(row *tableRow) bool {
			return row.Model == r.cell.Model && row.Dataset == r.cell.Dataset && row.Input == r.cell.Input && row.Output == r.cell.Output && row.Label == r.cell.Label
		})
		if i < 0 {
			i = len(rows)
			rows = append(rows, &tableRow{Model: r.cell.Model, Dataset: r.cell.Dataset, Input: r.cell.Input, Output: r.cell.Output, Label: r.cell.Label,
				Epochs: r.last().Epoch, Trainable: m.Model.Trainables + m.Model.OutputTrainables})
		}
		row := rows[i]
		n := float64(len(row.Seeds))
		mean := func(of *float64, value float64) { *of = (*of*n + value) / (n + 1) }
		mean(&row.Before, r.first().TestAccuracy)
		mean(&row.Accuracy, r.last().TestAccuracy)
		mean(&row.Loss, r.last().Loss)
		mean(&row.Seconds, r.secondsPerEpoch())
		mean(&row.BestOnVal, r.bestOnValidation())
		mean(&row.BestOnTest, r.bestOnTest())
		row.PeakMemory = max(row.PeakMemory, r.cost.PeakMemory)
		row.Seeds = append(row.Seeds, r.cell.Seed)
		row.accuracies = append(row.accuracies, r.last().TestAccuracy)
		row.Deviation = deviation(row.accuracies)
	}
	return rows
}

// deviation is the standard deviation of a sample, with n−1; 0 for one value.
func deviation(values []float64) float64 {
	mean, squares := 0., 0.
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(max(len(values)-1, 1)))
}

// secondsPerEpoch is the mean of the trained epochs, with what was evaluated in them.
func (o outcome) secondsPerEpoch() float64 {
	total := 0.
	for _, m := range o.metrics[1:] {
		total += m.Seconds
	}
	return total / float64(max(len(o.metrics)-1, 1))
}

// bestOnValidation is the test accuracy of the epoch chosen on the validation set, −1 if it was not measured.
func (o outcome) bestOnValidation() float64 {
	best := o.first()
	for _, m := range o.metrics {
		if m.ValAccuracy > best.ValAccuracy {
			best = m
		}
	}
	if best.ValAccuracy < 0 {
		return -1
	}
	return best.TestAccuracy
}

// bestOnTest is the papers' number, −1 if the test set was not measured after every epoch.
func (o outcome) bestOnTest() float64 {
	best := -1.
	for _, m := range o.metrics[1:] {
		if m.TestAccuracy < 0 {
			return -1
		}
		best = max(best, m.TestAccuracy)
	}
	return best
}

// markdown is the rows as tables, one for each data set and model.
func markdown(rows []*tableRow) string {
	var b strings.Builder
	heading := ""
	for _, r := range rows {
		if h := r.Dataset + ", " + r.Model; h != heading {
			heading = h
			fmt.Fprintf(&b, "\n**%s**: test accuracy in %%, mean ± deviation over the seeds\n\n", h)
			b.WriteString("| input | output | | seeds | epochs | mapping alone | after the last epoch | best on validation | best on test | training loss | s per epoch | peak MB | trainable values |\n")
			b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
		}
		after := fmt.Sprintf("**%.1f**", 100*r.Accuracy)
		if len(r.Seeds) > 1 {
			after += fmt.Sprintf(" ± %.1f", 100*r.Deviation)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %s | %s | %s | %s | %.3f | %.1f | %s | %s |\n", r.Input, r.Output, r.Label, len(r.Seeds), r.Epochs,
			cellOf(r.Before), after, cellOf(r.BestOnVal), cellOf(r.BestOnTest), r.Loss, r.Seconds, peak(r.PeakMemory), grouped(r.Trainable))
	}
	return b.String()
}

func cellOf(share float64) string {
	if share < 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", 100*share)
}

func peak(bytes int64) string {
	if bytes == 0 {
		return ""
	}
	return grouped(int(bytes / 1e6))
}

// grouped writes a number with a comma after every third digit.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// writeReport writes the tables: table.md, runs.csv with a line for each run, and a picture of each data
// set's grid.
func writeReport(dir string, results []outcome, rows []*tableRow) error {
	lines := [][]string{{"model", "dataset", "input", "output", "label", "seed", "epochs", "before", "test_accuracy", "best_on_validation", "best_on_test", "train_accuracy", "loss", "seconds_per_epoch", "seconds", "peak_memory_bytes", "threads", "trainable_values"}}
	number := func(v float64) string {
		if v < 0 {
			return ""
		}
		return strconv.FormatFloat(v, 'g', 6, 64)
	}
	for _, r := range results {
		c, last := r.cell, r.last()
		lines = append(lines, []string{c.Model, c.Dataset, c.Input, c.Output, c.Label, fmt.Sprint(c.Seed), fmt.Sprint(last.Epoch), number(r.first().TestAccuracy),
			number(last.TestAccuracy), number(r.bestOnValidation()), number(r.bestOnTest()), number(last.TrainAccuracy), number(last.Loss), fmt.Sprintf("%.2f", r.secondsPerEpoch()), fmt.Sprintf("%.1f", r.cost.Seconds),
			fmt.Sprint(r.cost.PeakMemory), fmt.Sprint(r.manifest.Engine.Threads), fmt.Sprint(r.manifest.Model.Trainables + r.manifest.Model.OutputTrainables)})
	}
	var buffer bytes.Buffer
	if err := csv.NewWriter(&buffer).WriteAll(lines); err != nil {
		return err
	}
	if err := vrkit.WriteFile(filepath.Join(dir, "runs.csv"), buffer.Bytes(), 0o644); err != nil {
		return err
	}
	if err := vrkit.WriteFile(filepath.Join(dir, "table.md"), []byte(strings.TrimPrefix(markdown(rows), "\n")), 0o644); err != nil {
		return err
	}
	return writePictures(dir, rows)
}

// writePictures draws the grid of inputs by outputs, one picture for each data set and model.
func writePictures(dir string, rows []*tableRow) error {
	var drawn []string
	for _, r := range rows {
		name := fileName(r.Dataset + "-" + r.Model)
		if slices.Contains(drawn, name) {
			continue
		}
		drawn = append(drawn, name)
		var inputs, outputs []string
		cells := map[[2]string]figure.AccuracyCell{}
		for _, other := range rows {
			if other.Dataset != r.Dataset || other.Model != r.Model || other.Label != "" {
				continue
			}
			if !slices.Contains(inputs, other.Input) {
				inputs = append(inputs, other.Input)
			}
			if !slices.Contains(outputs, other.Output) {
				outputs = append(outputs, other.Output)
			}
			cells[[2]string{other.Input, other.Output}] = figure.AccuracyCell{Mean: other.Accuracy, Deviation: other.Deviation, Runs: len(other.Seeds)}
		}
		if len(inputs) == 0 {
			continue
		}
		grid := make([][]figure.AccuracyCell, len(inputs))
		for i, in := range inputs {
			for _, out := range outputs {
				grid[i] = append(grid[i], cells[[2]string{in, out}])
			}
		}
		picture, err := figure.Accuracies(inputs, outputs, grid, "Test accuracy in %: "+r.Dataset+" on "+r.Model, "Along a row only the reading of the answer changes, down a column only what goes in.")
		if err != nil {
			return err
		}
		if err := vrkit.WriteFile(filepath.Join(dir, name+".png"), picture.PNG, 0o644); err != nil {
			return err
		}
	}
	return nil
}
