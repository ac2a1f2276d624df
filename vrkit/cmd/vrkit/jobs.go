package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// outcome is the result of one run.
type outcome struct {
	cell     cell
	manifest runs.Manifest
	metrics  []runs.Metrics
	cost     cost
}

// cost is what a run needed, as far as its other files do not say; the file cost.json of its directory.
type cost struct {
	PeakMemory int64    `json:"peak_memory_bytes"` // the largest resident set of any of its processes; 0 if unknown
	Seconds    float64  `json:"seconds"`           // of all its processes, from start to end
	Arguments  []string `json:"arguments"`         // of the command that trained it
	Done       bool     `json:"done"`
	Program    string   `json:"program,omitempty"` // the digest of what was trained, if it was
	// Partial says that the run was begun by a process whose cost nobody has kept; the other numbers are then 0.
	Partial bool `json:"partial,omitempty"`
}

// seconds are those of the whole run, −1 if they are not known.
func (c cost) seconds() float64 {
	if c.Partial {
		return -1
	}
	return c.Seconds
}

const costFile = "cost.json"

// runCells runs the cells that are not complete, jobs at a time, and reports progress. If it ends early, it returns
// what is done together with the error; other outcomes are empty. Every run is a process of its own, the train command,
// so that its memory is measured alone and a kill costs at most one run.
func runCells(ctx context.Context, cells []cell, jobs int, stderr io.Writer) ([]outcome, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	results := make([]outcome, len(cells))
	var mu sync.Mutex // for the variables below and stderr
	began, done, fresh := time.Now(), 0, 0
	queue := make(chan int)
	var workers sync.WaitGroup
	for worker := range jobs {
		workers.Go(func() {
			for i := range queue {
				result, trained, err := cells[i].run(ctx, executable, share(worker, jobs))
				if err != nil {
					cancel(err) // only the first one is kept
					continue
				}
				mu.Lock()
				results[i] = result
				done++
				if trained {
					fresh++
					left := time.Since(began) / time.Duration(fresh) * time.Duration(len(cells)-done)
					took := ""
					if s := result.cost.seconds(); s >= 0 {
						took = fmt.Sprintf(", %.0f s", s)
					}
					fmt.Fprintf(stderr, "%d of %d: %s: %s%s; about %s left\n", done, len(cells), cells[i], percent(result.last().TestAccuracy), took, left.Round(time.Second))
				}
				mu.Unlock()
			}
		})
	}
	order := make([]int, len(cells))
	for i := range order {
		order[i] = i
	}
	// The first seed of every program comes first, so that a stopped table has all its rows.
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(cells[a].Seed, cells[b].Seed) })
	for _, i := range order {
		if ctx.Err() != nil {
			break
		}
		queue <- i
	}
	close(queue)
	workers.Wait()
	return results, context.Cause(ctx)
}

// run trains a cell if it is not complete.
func (c cell) run(ctx context.Context, executable string, processors []int) (result outcome, trained bool, err error) {
	arguments := append([]string{"train", "-o", c.Run, "-model", c.Model, "-dataset", c.Dataset, "-input", c.Input,
		"-output", c.Output, "-seed", fmt.Sprint(c.Seed)}, c.flags...)
	before, unread := c.readCost()
	if unread == nil && slices.Equal(before.Arguments, arguments) && before.Done {
		// Training writes again what can't be read or belongs to another program.
		if result, err = c.read(); err == nil && (before.Program == "" || before.Program == digest(result.manifest)) {
			result.cost = before
			if other := result.manifest.Model.CheckWeights(c.Model, c.hash); other != nil { // under the same file name
				return outcome{}, false, askForWeights(fmt.Errorf("%s: %w", c.Run, other), *c.spec.weights)
			}
			if result.manifest.Data.SHA256 != c.data {
				return outcome{}, false, fmt.Errorf("%s was trained with other images than %s holds now: give the table another folder with -o, or delete that run", c.Run, c.Dataset)
			}
			return result, false, nil
		}
	}
	if _, err := os.Stat(filepath.Join(c.Run, runs.ManifestFile)); err == nil && unread != nil {
		before.Partial = true
	}
	var said bytes.Buffer
	process := exec.CommandContext(ctx, executable, arguments...)
	process.Stderr = &said
	if err := endsWithUs(process); err != nil {
		return result, false, err
	}
	began := time.Now()
	if err := startOn(process, processors); err != nil {
		return result, false, fmt.Errorf("%s: its process can't be started: %w", c, err)
	}
	failed := process.Wait()
	result, err = c.read()
	spent := cost{Arguments: arguments, Done: failed == nil, Program: digest(result.manifest), Partial: before.Partial}
	if !spent.Partial {
		spent.PeakMemory = max(before.PeakMemory, peakMemory(process.ProcessState))
		spent.Seconds = before.Seconds + time.Since(began).Seconds()
	}
	if err := spent.write(c.Run); err != nil && failed == nil {
		return result, false, err
	}
	result.cost = spent
	switch {
	case ctx.Err() != nil:
		return result, false, ctx.Err()
	case failed != nil:
		return result, false, fmt.Errorf("%s: %w", c, ending(process.ProcessState, failed, said.String()))
	}
	return result, true, err
}

// digest is that of a record; "" of one that could not be read.
func digest(m runs.Manifest) string {
	if m.Input.Name == "" {
		return ""
	}
	sum, err := m.Digest()
	if err != nil {
		return ""
	}
	return sum
}

// read is what a cell's run directory says, but for its cost.
func (c cell) read() (result outcome, err error) {
	result.cell = c
	if result.manifest, err = runs.ReadManifest(c.Run); err != nil {
		return result, err
	}
	result.metrics, err = runs.ReadMetrics(c.Run)
	return result, err
}

func (o outcome) first() runs.Metrics { return o.metrics[0] }
func (o outcome) last() runs.Metrics  { return o.metrics[len(o.metrics)-1] }

// readCost is what is known of a cell's cost; an error if nothing is.
func (c cell) readCost() (known cost, err error) {
	data, err := os.ReadFile(filepath.Join(c.Run, costFile))
	if err == nil {
		err = json.Unmarshal(data, &known)
	}
	if err != nil {
		return cost{}, err
	}
	return known, nil
}

// write writes the cost into a run directory, if there is one.
func (c cost) write(run string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return runs.WriteFile(filepath.Join(run, costFile), append(data, '\n'), 0o600)
}
