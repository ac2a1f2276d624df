package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/results"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

func TestTableRefuses(t *testing.T) {
	dir := t.TempDir()
	refused(t, dir, "needs a folder for the runs: -o DIR", "table")
	for flags, cause := range map[string]string{
		"-jobs 0":                 "-jobs must lie between 1 and 64, not 0",
		"-inputs border":          `mnist squeezenet1.1 border blm seed 0: no input manipulation is called "border"`,
		"-outputs blm,best":       `no output alignment is called "best"`,
		"-datasets imagenet":      `no data set is called "imagenet"`,
		"-models resnet":          `no model is called "resnet"`,
		"-inputs ,":               "the grid is empty",
		"-seeds 0,one":            `"one" is no seed`,
		"-seeds -1":               `"-1" is no seed`,
		"-seeds 0,0":              "-seeds: 0 is there twice: write it once",
		"-seeds 1,0,01":           "-seeds: 1 and 01 are the same: write one of them",
		"-inputs pad,full,pad":    "-inputs: pad is there twice",
		"-outputs blm,blm":        "-outputs: blm is there twice",
		"-datasets mnist,mnist":   "-datasets: mnist is there twice",
		"-models vit-b32,vit-b32": "-models: vit-b32 is there twice",
		"-datasets \"mnist":       `-datasets: the quotes of "mnist don't match`,
		"-label ../x":             "part of a folder's name",
		"-epochs -2":              "at least one epoch, not -2",
		"-protocol fair":          `no protocol is called "fair"`,
		"-plan nowhere.plan":      "nowhere.plan",
		"-plan x.plan -seeds 1":   "-seeds belongs into the lines of the plan",
		"-inputs smm -patch 7":    "a power of two, not 7",
		"-train 70000":            "has 60000 training samples",
		"-outputs blm surplus":    `was given "surplus"`,
	} {
		refused(t, dir, cause, append([]string{"table", "-o", "grid"}, strings.Fields(flags)...)...)
	}
	for plan, cause := range map[string]string{
		"# nothing\n\n":                             "bad.plan has no grid",
		"-inputs pad\n-inputs full,pad\n":           "bad.plan:2: mnist squeezenet1.1 pad blm seed 0 is in line 1 too: give one of them a -label",
		"-inputs pad\n-outputs nothing\n":           `bad.plan:2: mnist squeezenet1.1 pad nothing seed 0: no output alignment is called "nothing"`,
		"-colour red\n":                             "bad.plan:1: flag provided but not defined: -colour",
		"-inputs pad surplus\n":                     `bad.plan:1: takes no arguments, only flags, but was given "surplus"`,
		"-inputs pad\n-datasets 'folder:/a b\n":     "bad.plan:2: a quote is not closed",
		"-seeds 3,3\n":                              "bad.plan:1: -seeds: 3 is there twice",
		"# a comment\n-inputs pad -plan other.plan": "bad.plan:2: flag provided but not defined: -plan",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.plan"), []byte(plan), 0o600))
		refused(t, dir, cause, "table", "-o", "grid", "-plan", "bad.plan")
	}
}

// The runs have the plan's order, each with a directory of its own and its flags.
func TestPlan(t *testing.T) {
	dir := t.TempDir()
	plan := filepath.Join(dir, "a.plan")
	require.NoError(t, os.WriteFile(plan, []byte("# two lines\n-inputs pad,full -outputs flm -seeds 4 # and a comment\n-outputs blm -schedule exact -label exact -seeds 0,1\n"), 0o600))
	c := newCall("table", "-plan", plan, "-epochs", "2", "-o", "grid")
	c.String("o", "", "")
	c.String("plan", "", "")
	c.gridFlags()
	require.NoError(t, c.parse())
	cells, err := planned(c, plan, "grid")
	require.NoError(t, err)
	var runs []string
	for _, cell := range cells {
		runs = append(runs, filepath.ToSlash(cell.Run))
		require.Contains(t, cell.flags, "-epochs=2")
		require.Contains(t, cell.flags, "-end-tests")
	}
	require.Equal(t, []string{
		"grid/squeezenet1.1/mnist/pad-flm/seed-4", "grid/squeezenet1.1/mnist/full-flm/seed-4",
		"grid/squeezenet1.1/mnist/pad-blm-exact/seed-0", "grid/squeezenet1.1/mnist/pad-blm-exact/seed-1",
	}, runs)
	require.NotContains(t, cells[0].flags, "-schedule=exact")
	require.Contains(t, cells[3].flags, "-schedule=exact")

	// A byte-order mark at the start, as editors write it, is skipped; -h is an error in a plan.
	for text, cause := range map[string]string{"\ufeff-inputs pad -seeds 1\n": "", "# help\n-h\n": "a.plan:2: -h is no flag of a line of a plan"} {
		require.NoError(t, os.WriteFile(plan, []byte(text), 0o600))
		cells, err := planned(c, plan, "grid")
		if cause == "" {
			require.NoError(t, err)
			require.Len(t, cells, 1)
		} else {
			require.ErrorContains(t, err, cause)
		}
	}

	// Any epoch may be the best on validation, so that all are tested.
	c = newCall("table", "-val", "5")
	g := c.gridFlags()
	require.NoError(t, c.parse())
	cells, err = g.cells(c, "grid")
	require.NoError(t, err)
	require.NotContains(t, cells[0].flags, "-end-tests")
}

// The command accepts the plans of docs/results.md.
func TestResultsPlans(t *testing.T) {
	for name, runs := range map[string]int{"results": 5 * (4 + 6 + 1 + 1 + 6), "results-grid": 5*(6+4) + 4*5 + 5*(1+1+6), "results-suspects": 10, "results-batchnorm": 24} {
		c := newCall("table")
		c.gridFlags()
		cells, err := planned(c, "../../../docs/"+name+".plan", "grid")
		require.NoError(t, err)
		require.Len(t, cells, runs, name)
	}
}

// docs/results.csv has every run of docs/results-grid.plan and no other.
func TestResultsKept(t *testing.T) {
	file, err := os.Open("../../../docs/results.csv")
	require.NoError(t, err)
	defer file.Close()
	kept, err := results.Read(file)
	require.NoError(t, err)
	var have, want []string
	for _, r := range kept {
		have = append(have, fmt.Sprint(r.Model, r.Dataset, r.Input, r.Output, r.Label, r.Seed))
	}
	c := newCall("table")
	c.gridFlags()
	cells, err := planned(c, "../../../docs/results-grid.plan", "grid")
	require.NoError(t, err)
	for _, cell := range cells {
		want = append(want, fmt.Sprint(cell.Model, cell.Dataset, cell.Input, cell.Output, cell.Label, cell.Seed))
	}
	require.Equal(t, want, have)
}

// newCall returns a call without flags.
func newCall(arguments ...string) *call {
	one := &call{command: command{name: arguments[0]}, arguments: arguments[1:], json: new(bool)}
	one.FlagSet = newFlags(arguments[0])
	return one
}

// Rows are means over seeds; the standard deviation has n−1.
func TestSummarise(t *testing.T) {
	result := func(seed uint64, out string, before, last float64) outcome {
		return outcome{
			cell:     cell{parts: parts{"m", "d", "pad", out, seed}},
			manifest: runs.Manifest{Model: runs.ModelRecord{Trainables: 10, OutputTrainables: 5}},
			metrics: []runs.Metrics{{TestAccuracy: before, ValAccuracy: .1}, {Epoch: 1, TestAccuracy: .9, ValAccuracy: .5, Seconds: 3},
				{Epoch: 2, TestAccuracy: last, ValAccuracy: .4, Seconds: 5, Loss: 1}},
			cost: cost{PeakMemory: int64(seed) * 1e6},
		}
	}
	rows := summarise([]outcome{result(1, "blm", .1, .5), result(1, "flm", .1, .3), result(2, "blm", .3, .7)})
	require.Len(t, rows, 2)
	blm := rows[0]
	require.Equal(t, []uint64{1, 2}, blm.Seeds)
	require.InDelta(t, .6, blm.Accuracy, 1e-12)
	require.InDelta(t, .1414214, blm.Deviation, 1e-6)
	require.InDelta(t, .2, blm.Before, 1e-12)
	require.InDelta(t, .9, blm.BestOnVal, 1e-12, "epoch 1 is the best on validation")
	require.InDelta(t, .9, blm.BestOnTest, 1e-12)
	require.InDelta(t, 4, blm.Seconds, 1e-12)
	require.Equal(t, int64(2e6), blm.PeakMemory)
	require.Equal(t, 15, blm.Trainable)
	require.Zero(t, rows[1].Deviation)
	text := markdown(rows)
	require.Contains(t, text, "| pad | blm |  | 2 | 2 | 20.0 | **60.0** ± 14.1 (0.0 to 100.0) |  | 90.0 | 90.0 | 1.000 | 4.0 | 2 | 15 |")
	require.Contains(t, text, "| pad | flm |  | 1 | 2 | 10.0 | **30.0** |  | 90.0 |")
	require.Equal(t, "1,234,567", grouped(1234567))

	unknown := result(1, "blm", .1, .5)
	unknown.metrics[2].Seconds, unknown.cost = -1, cost{Partial: true}
	rows = summarise([]outcome{unknown})
	require.Contains(t, markdown(rows), "| 1.000 |  |  | 15 |", "an empty cell, not 0.0 s")
	require.Equal(t, -1., runsOf([]outcome{unknown})[0].Seconds)
	rows = summarise([]outcome{unknown, result(2, "blm", .3, .7)})
	require.Contains(t, markdown(rows), "| 1.000 | 4.0 | 2 | 15 |", "of the run that knows it")
}

// TestTable trains a small real grid, two runs at a time, and again: the second time nothing is trained.
func TestTable(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained")
	}
	backendtest.XLA(t)
	t.Setenv(commandEnv, "1") // the table starts this test binary as the command
	dir := t.TempDir()
	small := []string{"table", "-o", "grid", "-inputs", "pad,full", "-outputs", "blm", "-seeds", "0,1", "-train", "40", "-test", "30", "-batch", "20", "-side", "64", "-epochs", "2", "-jobs", "2"}
	status, stdout, stderr := vrkitIn(t, dir, append(small, "-json")...)
	require.Equal(t, 0, status, stderr)
	require.Equal(t, 4, strings.Count(stderr, "of 4: mnist squeezenet1.1 "), stderr)
	var rows []results.Row
	require.NoError(t, json.Unmarshal([]byte(stdout), &rows))
	require.Len(t, rows, 2)
	require.Equal(t, "full", rows[1].Input)
	require.Equal(t, 2, rows[1].Epochs)
	require.Positive(t, rows[0].PeakMemory)
	require.Equal(t, 3*(64*64-32*32), rows[0].Trainable)

	cells := readTable(t, filepath.Join(dir, "grid/runs.csv"))
	require.Len(t, cells, 5)
	for _, run := range cells[1:] {
		metrics, err := runs.ReadMetrics(filepath.Join(dir, "grid/squeezenet1.1/mnist", run[2]+"-blm", "seed-"+run[5]))
		require.NoError(t, err)
		require.Len(t, metrics, 3)
		require.Equal(t, -1., metrics[1].TestAccuracy, "only the ends are measured")
		accuracy, err := strconv.ParseFloat(run[8], 64)
		require.NoError(t, err)
		require.InDelta(t, metrics[2].TestAccuracy, accuracy, 1e-6)
	}
	picture, err := os.ReadFile(filepath.Join(dir, "grid/mnist-squeezenet1.1.png"))
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(picture))
	require.NoError(t, err)
	before, err := os.ReadFile(filepath.Join(dir, "grid/runs.csv"))
	require.NoError(t, err)

	status, _, stderr = vrkitIn(t, dir, small...)
	require.Equal(t, 0, status, stderr)
	require.NotContains(t, stderr, "of 4", "nothing is left to train")
	after, err := os.ReadFile(filepath.Join(dir, "grid/runs.csv"))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))

	// A run whose files can't be read, or are of another run, is written again from its state.
	one, other := "grid/squeezenet1.1/mnist/pad-blm/seed-0/", "grid/squeezenet1.1/mnist/pad-blm/seed-1/"
	require.NoError(t, os.WriteFile(one+"metrics.csv", nil, 0o600))
	require.NoError(t, os.WriteFile(one+"cost.json", []byte("{"), 0o600))
	record, err := os.ReadFile(one + "program.json")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(other+"program.json", record, 0o600))
	status, _, stderr = vrkitIn(t, dir, small...)
	require.Equal(t, 0, status, stderr)
	for i, run := range readTable(t, filepath.Join(dir, "grid/runs.csv")) {
		require.Equal(t, cells[i][:13], run[:13], "all but its cost")
	}

	// What nobody knows any more is empty: the cost of a run whose file was damaged, and seconds without timing.csv.
	require.NoError(t, os.Remove(other+"timing.csv"))
	status, _, stderr = vrkitIn(t, dir, small...)
	require.Equal(t, 0, status, stderr)
	require.NotContains(t, stderr, " of ", "nothing is trained")
	unknown := 0
	for _, run := range readTable(t, filepath.Join(dir, "grid/runs.csv"))[1:] {
		perEpoch, whole, peak := run[13], run[14], run[15]
		if run[2] == "pad" && run[3] == "blm" {
			require.Equal(t, run[5] == "0", whole == "" && peak == "", "%q", run)
			require.Equal(t, run[5] == "1", perEpoch == "", "%q", run)
			unknown++
		}
	}
	require.Equal(t, 2, unknown)

	// Other settings in the same folder are refused, and nothing of what is there is lost.
	status, _, stderr = vrkitIn(t, dir, append(small, "-batch", "10")...)
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "was trained differently (batch 20, now 10)")
	_, err = csv.NewReader(bytes.NewReader(after)).ReadAll()
	require.NoError(t, err)
}

// The runs of a user's own data are in a folder with the data's last name, however its path is written.
func TestFolderOf(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("pets", 0o700))
	require.NoError(t, os.Chdir("pets"))
	for _, name := range []string{"folder:.", "folder:../pets", "folder:/data/pets", "folder:/elsewhere/pets/"} {
		require.Equal(t, "folder_pets", folderOf(name), name)
	}
	for _, name := range []string{"csv:a.csv", "csv:../pets/a.csv", "csv:/elsewhere/a.csv"} {
		require.Equal(t, "csv_a.csv", folderOf(name), name)
	}
	require.Equal(t, "mnist", folderOf("mnist"))
}

// A data set is read once for all cells, however many images each takes.
func TestFetchImages(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	paintFolder(t, filepath.Join(dir, "own"), 9)
	var cells []*cell
	for _, size := range []int{0, 5, 5, 6} {
		cells = append(cells, &cell{parts: parts{Dataset: "folder:own"}, spec: &spec{sizes: datasets.Sizes{Train: size}, asked: map[string]bool{"train": true, "test": true}}})
	}
	read := 0
	count := func(p fetch.Progress) {
		if strings.Contains(p.Note, "2 of 20 pictures can't be read") {
			read++
		}
	}
	require.NoError(t, fetchImages(t.Context(), cells, count))
	require.Equal(t, 1, read)
	for _, c := range cells {
		alone, err := datasets.Load(t.Context(), c.Dataset, c.spec.dataSizes(), nil)
		require.NoError(t, err)
		require.Equal(t, alone.SHA256, c.data)
	}
	cells[1].spec.sizes.Train = 99
	require.ErrorContains(t, fetchImages(t.Context(), cells, nil), "-train 99 -test 0: folder:own has 14 training samples, too few to take 99 (2 can't be read)")
}
