package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/results"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	vrshow "github.com/vrkit-go/reprogram/vrkit/show"
)

// runsOf returns the outcomes as lines of the table.
func runsOf(outcomes []outcome) []results.Run {
	runs := make([]results.Run, len(outcomes))
	for i, o := range outcomes {
		c, last := o.cell, o.last()
		runs[i] = results.Run{Model: c.Model, Dataset: c.Dataset, Input: c.Input, Output: c.Output, Label: c.Label, Seed: c.Seed, Epochs: last.Epoch,
			Before: o.first().TestAccuracy, Accuracy: last.TestAccuracy, BestOnVal: o.bestOnValidation(), BestOnTest: o.bestOnTest(),
			TrainAccuracy: last.TrainAccuracy, Loss: last.Loss, EpochSeconds: o.secondsPerEpoch(), Seconds: o.cost.seconds(), PeakMemory: o.cost.PeakMemory,
			Threads: o.manifest.Engine.Threads, Trainable: o.manifest.Model.Trainables + o.manifest.Model.OutputTrainables}
	}
	return runs
}

// summarise makes one row of the runs that differ only in their seeds, in the order of the grid.
func summarise(outcomes []outcome) []*results.Row { return results.Summarise(runsOf(outcomes)) }

// secondsPerEpoch is the mean time of the trained epochs, with their evaluations; −1 if one is unknown.
func (o outcome) secondsPerEpoch() float64 {
	total := 0.
	for _, m := range o.metrics[1:] {
		if m.Seconds < 0 {
			return -1
		}
		total += m.Seconds
	}
	if len(o.metrics) < 2 {
		return -1
	}
	return total / float64(len(o.metrics)-1)
}

// bestOnValidation is the test accuracy of the best epoch on the validation set, −1 if it was not measured.
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

// markdown returns the rows as tables, one for each data set and model.
func markdown(rows []*results.Row) string {
	var b strings.Builder
	heading := ""
	for i, r := range rows {
		if h := r.Dataset + ", " + r.Model; h != heading {
			heading = h
			fmt.Fprintf(&b, "\n**%s**: test accuracy in %%, mean ± standard deviation over the seeds, and the mean's 95 %% interval (Student's t)\n\n", h)
			b.WriteString("| input | output | | seeds | epochs | mapping alone | after the last epoch | above the row before, paired by seed | best on validation | best on test | training loss | s per epoch | peak MB | trainable values |\n")
			b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n")
		}
		after := fmt.Sprintf("**%.1f**", 100*r.Accuracy)
		if len(r.Seeds) > 1 {
			after += fmt.Sprintf(" ± %.1f (%.1f to %.1f)", 100*r.Deviation, 100**r.Low, 100**r.High)
		}
		paired := ""
		if i > 0 && rows[i-1].Dataset == r.Dataset && rows[i-1].Model == r.Model {
			if d := r.Paired(rows[i-1]); d.Runs > 1 {
				paired = fmt.Sprintf("%+.1f (%+.1f to %+.1f)", 100*d.Mean, 100*d.Low, 100*d.High)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %d | %s | %s | %s | %s | %s | %.3f | %s | %s | %s |\n", r.Input, r.Output, r.Label, len(r.Seeds), r.Epochs,
			cellOf(r.Before), after, paired, cellOf(r.BestOnVal), cellOf(r.BestOnTest), r.Loss, seconds(r.Seconds), peak(r.PeakMemory), grouped(r.Trainable))
	}
	return b.String()
}

func cellOf(share float64) string {
	if share < 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", 100*share)
}

func seconds(s float64) string {
	if s < 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", s)
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

// writeReport writes the tables: table.md, runs.csv with a line for each run, and a figure for each data set and model.
func writeReport(dir string, outcomes []outcome, rows []*results.Row) error {
	lines, err := results.CSV(runsOf(outcomes))
	if err != nil {
		return err
	}
	if err := runs.WriteFile(filepath.Join(dir, "runs.csv"), lines, 0o644); err != nil {
		return err
	}
	if err := runs.WriteFile(filepath.Join(dir, "table.md"), []byte(strings.TrimPrefix(markdown(rows), "\n")), 0o644); err != nil {
		return err
	}
	return writePictures(dir, rows)
}

// writePictures draws the grid of inputs by outputs, one picture for each data set and model.
func writePictures(dir string, rows []*results.Row) error {
	var drawn []string
	for _, r := range rows {
		name := folderOf(r.Dataset) + "-" + fileName(r.Model)
		if slices.Contains(drawn, name) {
			continue
		}
		drawn = append(drawn, name)
		if !slices.ContainsFunc(rows, func(other *results.Row) bool {
			return other.Dataset == r.Dataset && other.Model == r.Model && other.Label == ""
		}) {
			continue // variants are not in a grid
		}
		picture, err := vrshow.GridFigure(rows, r.Dataset, r.Model)
		if err != nil {
			return err
		}
		if err := runs.WriteFile(filepath.Join(dir, name+".png"), picture.PNG, 0o644); err != nil {
			return err
		}
	}
	return nil
}
