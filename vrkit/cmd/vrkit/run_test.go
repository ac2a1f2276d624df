package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// small is a run of the real SqueezeNet on real digits that takes seconds.
var small = []string{"train", "-train", "60", "-test", "40", "-val", "20", "-batch", "20", "-o", "run"}

// TestRun trains a run, resumes it, evaluates it and draws its figures.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained")
	}
	backendtest.XLA(t) // reports that the backend is being prepared
	dir := t.TempDir()
	status, stdout, stderr := vrkitIn(t, dir, append(small, "-epochs", "1")...)
	require.Equal(t, 0, status, stderr)
	require.Contains(t, stdout, "after 1 epochs: test accuracy ")
	require.Contains(t, stderr, "XLA on ")

	manifest, err := runs.ReadManifest("run")
	require.NoError(t, err)
	require.Equal(t, runs.Part{Name: "blm", Settings: map[string]any{"lambda": 1.}}, manifest.Output)
	require.Equal(t, 60, manifest.Data.Train)
	require.Equal(t, 3*(128*128-64*64), manifest.Model.Trainables)
	table := readTable(t, "run/metrics.csv")
	require.Equal(t, [][]string{{"epoch", "0", "1"}, {"loss", ""}, {"train_accuracy", ""}}, [][]string{column(table, 0), column(table, 1)[:2], column(table, 2)[:2]})

	began := time.Now()
	status, stdout, stderr = vrkitIn(t, dir, append(small, "-epochs", "1", "-json")...)
	require.Equal(t, 0, status, stderr)
	var metrics []runs.Metrics
	require.NoError(t, json.Unmarshal([]byte(stdout), &metrics))
	require.Len(t, metrics, 2)
	require.Equal(t, table, readTable(t, "run/metrics.csv"), "there was nothing left to do")
	t.Logf("to find that nothing is left to do took %v", time.Since(began))

	status, stdout, stderr = vrkitIn(t, dir, "eval", "-json", "run")
	require.Equal(t, 0, status, stderr)
	var measured struct {
		Part    string
		Overall score
		Classes []score
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &measured))
	require.Equal(t, "test", measured.Part)
	require.Equal(t, 40, measured.Overall.Samples)
	require.Equal(t, metrics[1].TestAccuracy, measured.Overall.Accuracy, "eval measures what train did")
	require.Less(t, measured.Overall.Low, measured.Overall.High)
	require.Len(t, measured.Classes, 10)
	status, stdout, stderr = vrkitIn(t, dir, "eval", "run", "-part", "val", "-epoch", "best", "-batch", "7")
	require.Equal(t, 0, status, stderr)
	require.Contains(t, stdout, "val accuracy ")
	require.Contains(t, stdout, "20 samples")
	status, stdout, stderr = vrkitIn(t, dir, "eval", "run", "run", "-recount")
	require.Equal(t, 0, status, stderr)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Len(t, lines, 4)
	require.Equal(t, lines[0], lines[1])
	require.Contains(t, lines[0], "; as it is kept "+percent(metrics[1].TestAccuracy))
	require.Contains(t, lines[2], "mean of 2 runs ")
	require.Contains(t, lines[3], "above what is kept, run by run: ")

	digits, err := datasets.Load(t.Context(), "mnist", datasets.Sizes{Train: 60, Val: 20, Test: 40}, nil)
	require.NoError(t, err)
	savePNG(t, filepath.Join(dir, "digit.png"), digits.Test[0].Picture())
	status, stdout, stderr = vrkitIn(t, dir, "predict", "run", "digit.png", "digit.png", "-json", "-voters", "2")
	require.Equal(t, 0, status, stderr)
	var predictions []struct {
		Image, Label string
		Probability  float64
		Voters       []vrkit.Ballot
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &predictions))
	require.Len(t, predictions, 2)
	require.Equal(t, predictions[0], predictions[1])
	require.Contains(t, digits.Classes, predictions[0].Label)
	require.Len(t, predictions[0].Voters, 2)

	status, stdout, stderr = vrkitIn(t, dir, "show", "run")
	require.Equal(t, 0, status, stderr)
	require.Equal(t, []string{"run/figures/prompt.png", "run/figures/mapping.png", "run/figures/curves.png", "run/figures/diagnostics.png"}, strings.Fields(stdout))
	refused(t, dir, "run has no masks, because pad makes none", "show", "run", "-masks", "2", "-o", "unwritten")
	refused(t, dir, "-masks: a figure shows the masks of 1 to 6 images, not 7", "show", "run", "-masks", "7")
	require.NoError(t, os.WriteFile("taken", nil, 0o600))
	refused(t, dir, "figures can't be written into taken: mkdir taken: not a directory; give another folder with -o DIR\n", "show", "-o", "taken", "run")
	status, stdout, stderr = vrkitIn(t, dir, "show", "-json", "-o", "elsewhere", "run")
	require.Equal(t, 0, status, stderr)
	var paths []string
	require.NoError(t, json.Unmarshal([]byte(stdout), &paths))
	for _, path := range append(paths, "run/figures/prompt.png") {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		picture, err := png.Decode(bytes.NewReader(data))
		require.NoError(t, err, path)
		require.Greater(t, picture.Bounds().Dx(), 100, path)
	}

	status, stdout, stderr = vrkitIn(t, dir, append(small, "-batch", "30")...)
	require.Equal(t, 1, status)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "run was trained differently (batch 20, now 30): choose another name, or delete ")
	refused(t, dir, "say where the run's data are now with -dataset folder:PATH or csv:FILE", "eval", "run", "-dataset", "folder:nowhere")
	require.NoError(t, os.WriteFile("run/metrics.csv", []byte("junk"), 0o600))
	status, _, stderr = vrkitIn(t, dir, "predict", "run", "digit.png")
	require.Equal(t, 0, status, stderr)
	require.NoError(t, os.Truncate("run/artefact/last.npz", 3000))
	refused(t, dir, "last.npz is damaged", "show", "run")
	require.NoError(t, os.Remove("run/artefact/best.npz"))
	status, _, stderr = vrkitIn(t, dir, append(small, "-epochs", "1")...)
	require.Equal(t, 0, status, stderr)
	if metrics[0].ValAccuracy >= metrics[1].ValAccuracy { // the best epoch is not the state's
		require.Contains(t, stderr, "run: damaged or gone in artefact, and held by no other file: best.npz\n")
	}
	status, _, stderr = vrkitIn(t, dir, "show", "run")
	require.Equal(t, 0, status, stderr)
}

// TestInterrupt interrupts a real process during training, and resumes it: the run ends like one without an interrupt.
func TestInterrupt(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained")
	}
	backendtest.XLA(t)
	dir := t.TempDir()
	peaceful := process(t, dir, append(small, "-epochs", "2")...)
	text, err := peaceful.CombinedOutput()
	require.NoError(t, err, string(text))
	want := runFiles(t, filepath.Join(dir, "run"))
	require.NoError(t, os.Rename(filepath.Join(dir, "run"), filepath.Join(dir, "peaceful")))

	interrupted := process(t, dir, append(small, "-epochs", "20")...)
	var stdout bytes.Buffer
	interrupted.Stdout = &stdout
	stderr, err := interrupted.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, interrupted.Start())
	var after []string // its output after the interrupt
	told := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		switch {
		case told:
			after = append(after, lines.Text())
		case strings.Contains(lines.Text(), "epoch 1/20"):
			time.Sleep(100 * time.Millisecond) // until the next epoch
			require.NoError(t, interrupted.Process.Signal(syscall.SIGINT))
			told = true
		}
	}
	require.Error(t, interrupted.Wait())
	require.Equal(t, 130, interrupted.ProcessState.ExitCode(), after)
	require.Empty(t, stdout.String())
	require.Equal(t, []string{"vrkit train: stopped; the same command resumes it"}, after)
	require.Less(t, len(readTable(t, filepath.Join(dir, "run/metrics.csv"))), 20)

	resumed := process(t, dir, append(small, "-epochs", "2")...)
	text, err = resumed.CombinedOutput()
	require.NoError(t, err, string(text))
	require.Equal(t, want, runFiles(t, filepath.Join(dir, "run")))
}

// process is a real process of the command.
func process(t *testing.T, dir string, arguments ...string) *exec.Cmd {
	p := exec.CommandContext(t.Context(), os.Args[0], arguments...)
	p.Dir, p.Env = dir, append(os.Environ(), commandEnv+"=1")
	return p
}

// runFiles returns the files of a run that repeat bit by bit.
func runFiles(t *testing.T, run string) map[string]string {
	contents := map[string]string{}
	for _, name := range []string{"metrics.csv", "diagnostics.csv", "artefact/last.npz", "artefact/best.npz"} {
		data, err := os.ReadFile(filepath.Join(run, name))
		require.NoError(t, err)
		contents[name] = string(data)
	}
	return contents
}

func readTable(t *testing.T, path string) [][]string {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	return rows
}

func column(table [][]string, at int) (cells []string) {
	for _, row := range table {
		cells = append(cells, row[at])
	}
	return cells
}
