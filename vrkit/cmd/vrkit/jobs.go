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

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// outcome is the result of one run.
type outcome struct {
	cell     cell
	manifest vrkit.Manifest
	metrics  []train.Metrics
	cost     cost
}

// cost is what a run needed, as far as its other files do not say; the file cost.json of its directory.
type cost struct {
	PeakMemory int64    `json:"peak_memory_bytes"` // the largest resident set of any of its processes; 0 if unknown
	Seconds    float64  `json:"seconds"`           // of all its processes, from start to end
	Arguments  []string `json:"arguments"`         // of the command that trained it
	Done       bool     `json:"done"`
	Program    string   `json:"program,omitempty"` // the digest of what was trained, if it was
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
					fmt.Fprintf(stderr, "%d of %d: %s: %s, %.0f s; about %s left\n", done, len(cells), cells[i], percent(result.last().TestAccuracy), result.cost.Seconds, left.Round(time.Second))
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
	before := c.readCost()
	if slices.Equal(before.Arguments, arguments) && before.Done && (before.Program == "" || before.Program == c.program()) {
		if result, err = c.read(); err == nil { // else training writes it again
			if other := result.manifest.Model.CheckWeights(c.Model, c.hash); other != nil { // a file of the same name may have other weights
				return outcome{}, false, askForWeights(fmt.Errorf("%s: %w", c.Run, other), *c.spec.weights)
			}
			if result.manifest.Data.SHA256 != c.data {
				return outcome{}, false, fmt.Errorf("%s was trained with other images than %s holds now: give the table another folder with -o, or delete that run", c.Run, c.Dataset)
			}
			return result, false, nil
		}
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
	spent := cost{
		PeakMemory: max(before.PeakMemory, peakMemory(process.ProcessState)),
		Seconds:    before.Seconds + time.Since(began).Seconds(),
		Arguments:  arguments,
		Done:       failed == nil,
		Program:    c.program(),
	}
	if err := spent.write(c.Run); err != nil && failed == nil {
		return result, false, err
	}
	switch {
	case ctx.Err() != nil:
		return result, false, ctx.Err()
	case failed != nil:
		return result, false, fmt.Errorf("%s: %w", c, ending(process.ProcessState, failed, said.String()))
	}
	result, err = c.read()
	return result, true, err
}

// program is the digest of what was trained in a cell's run directory; "" if it is not known.
func (c cell) program() string {
	m, err := vrkit.ReadManifest(c.Run)
	if err != nil {
		return ""
	}
	digest, err := m.Digest()
	if err != nil {
		return ""
	}
	return digest
}

// read reads a cell's run directory.
func (c cell) read() (result outcome, err error) {
	result = outcome{cell: c, cost: c.readCost()}
	if result.manifest, err = vrkit.ReadManifest(c.Run); err != nil {
		return result, err
	}
	result.metrics, err = train.ReadMetrics(c.Run)
	return result, err
}

func (o outcome) first() train.Metrics { return o.metrics[0] }
func (o outcome) last() train.Metrics  { return o.metrics[len(o.metrics)-1] }

// readCost reads a cell's cost; it is zero if the cell has not run.
func (c cell) readCost() (known cost) {
	data, err := os.ReadFile(filepath.Join(c.Run, costFile))
	if err != nil || json.Unmarshal(data, &known) != nil {
		return cost{}
	}
	return known
}

// write writes the cost into a run directory, if there is one.
func (c cost) write(run string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return vrkit.WriteFile(filepath.Join(run, costFile), append(data, '\n'), 0o600)
}
