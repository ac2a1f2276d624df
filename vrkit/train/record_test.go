package train_test

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// quick is config on the pure-Go backend, which compiles nothing.
func quick(t *testing.T, run string, epochs int) train.Config {
	c := config(t, run, output.BLM{Lambda: 1})
	c.Backend, c.Epochs = train.PureGo(t), epochs
	return c
}

func trained(t *testing.T, c train.Config) train.Result {
	t.Helper()
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	return result
}

// everything returns all files of a run that can be read from, by their names.
func everything(t *testing.T, run string) map[string]string {
	files := map[string]string{}
	for _, pattern := range []string{"*.csv", "*.json", "artefact/*"} {
		paths, err := filepath.Glob(filepath.Join(run, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(run, path)
			require.NoError(t, err)
			files[name] = string(data)
		}
	}
	return files
}

// requireSame checks that two runs have the same files, and names those that differ.
func requireSame(t *testing.T, want, got map[string]string) {
	t.Helper()
	var differ []string
	for name := range want {
		if data, ok := got[name]; !ok || data != want[name] {
			differ = append(differ, name)
		}
	}
	require.Empty(t, differ)
	require.Len(t, got, len(want))
}

// write writes files into a run.
func write(t *testing.T, run string, files map[string]string) {
	for name, data := range files {
		require.NoError(t, os.WriteFile(filepath.Join(run, name), []byte(data), 0o600))
	}
}

// The state says what was trained, whatever other files are in the directory.
func TestRecordStaysTrue(t *testing.T) {
	dir := t.TempDir()
	c, other := quick(t, filepath.Join(dir, "run"), 2), quick(t, filepath.Join(dir, "other"), 2)
	other.Batch = 9
	trained(t, c)
	trained(t, other)
	whole, others := everything(t, c.Run), everything(t, other.Run)
	require.Len(t, whole, 6)
	wrong := other
	wrong.Run = c.Run

	require.NoError(t, os.Remove(filepath.Join(c.Run, runs.ManifestFile)))
	_, err := train.Train(t.Context(), wrong)
	require.ErrorContains(t, err, "run was trained differently (batch 8, now 9): choose another name, or delete ")
	trained(t, c)
	requireSame(t, whole, everything(t, c.Run))

	for _, record := range []string{others[runs.ManifestFile], "", "{", `{"data":1}`} {
		write(t, c.Run, map[string]string{runs.ManifestFile: record})
		_, err = train.Train(t.Context(), wrong)
		require.ErrorContains(t, err, "batch 8, now 9")
		_, err = runs.ReadMetrics(c.Run)
		require.ErrorContains(t, err, runs.Rewrite)
		_, err = runs.ReadDiagnostics(c.Run)
		require.ErrorContains(t, err, runs.Rewrite)
		for _, which := range []runs.Which{runs.Last, runs.Best} {
			_, err = runs.ReadArtefact(c.Run, which)
			require.ErrorContains(t, err, runs.Rewrite)
		}
		trained(t, c)
		requireSame(t, whole, everything(t, c.Run))
	}

	for name, data := range others { // one file of another program
		if name == runs.ManifestFile {
			continue
		}
		write(t, c.Run, map[string]string{name: data})
		result := trained(t, c)
		if len(result.Lost) == 0 {
			requireSame(t, whole, everything(t, c.Run))
			continue
		}
		require.Equal(t, []runs.Which{runs.Best}, result.Lost)
		_, err := runs.ReadArtefact(c.Run, runs.Best)
		require.ErrorContains(t, err, "belongs to another program")
		write(t, c.Run, whole)
	}
}

// A state with the artefact of another program is an error, and a run without its state is not treated as one that was
// never trained.
func TestStateGone(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 1)
	trained(t, c)
	whole := everything(t, c.Run)
	state := filepath.Join(c.Run, "state", "latest.npz")
	require.NoError(t, os.Remove(state))
	other := c
	other.Seed++
	_, err := train.Train(t.Context(), other)
	require.ErrorContains(t, err, "seed 3, now 4")
	requireSame(t, whole, everything(t, c.Run))
	require.NoError(t, os.Remove(filepath.Join(c.Run, runs.ManifestFile)))
	_, err = train.Train(t.Context(), other)
	require.ErrorContains(t, err, "run was trained, and nothing says as what, because its program.json is damaged or gone: put a copy of that back")
	write(t, c.Run, whole)
	trained(t, c)

	for _, data := range []string{"", "PK", whole["artefact/last.npz"]} {
		require.NoError(t, os.WriteFile(state, []byte(data), 0o600))
		_, err = train.Train(t.Context(), c)
		require.ErrorContains(t, err, "latest.npz is damaged: ")
		require.ErrorContains(t, err, "put a copy of it back, or delete the run directory to start over")
	}
}

// A run of format 0, whose files have no digest of their program, is opened and continued with its program.json.
func TestRunWithoutMarks(t *testing.T) {
	dir := t.TempDir()
	whole, c := quick(t, filepath.Join(dir, "whole"), 3), quick(t, filepath.Join(dir, "run"), 2)
	trained(t, whole)
	trained(t, c)
	state := filepath.Join(c.Run, "state", "latest.npz")
	arrays, err := runs.LoadArrays(state)
	require.NoError(t, err)
	require.Contains(t, arrays, "record")
	delete(arrays, "record")
	require.NoError(t, runs.SaveArrays(state, zip.Store, arrays))
	for _, which := range []runs.Which{runs.Last, runs.Best} {
		a, err := runs.ReadArtefact(c.Run, which)
		require.NoError(t, err)
		a.Program = ""
		require.NoError(t, a.Save(c.Run, which))
	}
	for _, name := range []string{"metrics.csv", "diagnostics.csv", "timing.csv"} {
		file, err := os.Open(filepath.Join(c.Run, name))
		require.NoError(t, err)
		rows, err := csv.NewReader(file).ReadAll()
		require.NoError(t, err)
		require.NoError(t, file.Close())
		file, err = os.Create(filepath.Join(c.Run, name))
		require.NoError(t, err)
		for i := range rows {
			rows[i] = rows[i][:len(rows[i])-1]
		}
		require.NoError(t, csv.NewWriter(file).WriteAll(rows))
		require.NoError(t, file.Close())
	}
	run, err := runs.Open(t.Context(), c.Run, runs.Last, nil)
	require.NoError(t, err)
	require.Equal(t, 2, run.Last().Epoch)

	record := everything(t, c.Run)[runs.ManifestFile]
	require.NoError(t, os.Remove(filepath.Join(c.Run, runs.ManifestFile)))
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "nothing says as what")
	write(t, c.Run, map[string]string{runs.ManifestFile: record})
	other := c
	other.Batch = 9
	_, err = train.Train(t.Context(), other)
	require.ErrorContains(t, err, "batch 8, now 9")
	c.Epochs = 3
	trained(t, c)
	for name, data := range contents(t, whole.Run) {
		if name != "artefact/best.npz" { // which may be of an earlier epoch
			require.Equal(t, data, contents(t, c.Run)[name], name)
		}
	}
}

// explosive has finite logits until its first step.
type explosive struct{ scoped }

func (e explosive) Fit(m models.Info) (input.Fitted, error) {
	return input.Fitted{Side: m.Side, Hooks: input.Hooks{models.Normalised: func(scope *model.Scope, v models.Value) models.Value {
		x := e.add(scope, v.Each)
		v.Each = Add(v.Each, MulScalar(MulScalar(Sub(x, v.Each), 1e38), 1e38))
		return v
	}}}, nil
}

// A try that trained nothing leaves nothing behind, and its directory accepts other settings.
func TestFailedTryBarsNothing(t *testing.T) {
	for want, spoil := range map[string]func(c *train.Config, stop func()){
		`none of the 2 training samples is of the class "checks"`: func(c *train.Config, _ func()) { c.Data.Train = c.Data.Train[:2] },
		"sample 4 has the label 3, but there are 3 classes":       func(c *train.Config, _ func()) { c.Data.Train[4].Label = 3 },
		"source logit 0 is NaN":                                   func(c *train.Config, _ func()) { c.Program.Input = runaway{} },
		"epoch 1, step 2":                                         func(c *train.Config, _ func()) { c.Program.Input = explosive{} },
		"context canceled: while ω is estimated": func(c *train.Config, stop func()) {
			c.Batch, c.Events = 9, func(e train.Event) { stop() }
		},
		"context canceled: while epoch 0 is measured": func(c *train.Config, stop func()) {
			c.Batch, c.Events = 9, func(e train.Event) {
				if e.Stage == train.StageEvaluate {
					stop()
				}
			}
		},
		"context canceled: after epoch 0": func(c *train.Config, stop func()) {
			c.Batch, c.Data.Val, c.Events = 9, nil, func(e train.Event) {
				if e.Stage == train.StageEpoch {
					stop()
				}
			}
		},
	} {
		want, _, _ = strings.Cut(want, ":")
		t.Run(want, func(t *testing.T) {
			dir := t.TempDir()
			whole, c := quick(t, filepath.Join(dir, "whole"), 2), quick(t, filepath.Join(dir, "run"), 2)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			bad := quick(t, c.Run, 7)
			spoil(&bad, stop)
			_, err := train.Train(ctx, bad)
			require.ErrorContains(t, err, want)
			trained(t, whole)
			trained(t, c)
			files, again := everything(t, whole.Run), everything(t, c.Run)
			delete(files, "timing.csv") // whose seconds differ
			delete(again, "timing.csv")
			requireSame(t, files, again)
		})
	}
}

// A run begins with its first step.
func TestFirstStepBegins(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 2)
	ctx, stop := context.WithCancel(t.Context())
	c.Events = func(e train.Event) {
		if e.Stage == train.StageTrain && e.Step == 1 {
			stop()
		}
	}
	_, err := train.Train(ctx, c)
	require.ErrorIs(t, err, context.Canceled)
	c.Events, c.Batch = nil, 9
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "batch 8, now 9")
}

// If the state can't be written when a run is stopped, the error says so.
func TestStoppedAndNotKept(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 2)
	ctx, stop := context.WithCancel(t.Context())
	c.Events = func(e train.Event) {
		if e.Stage == train.StageTrain && e.Step == 1 {
			require.NoError(t, os.RemoveAll(filepath.Join(c.Run, "state")))
			stop()
		}
	}
	_, err := train.Train(ctx, c)
	require.ErrorIs(t, err, train.ErrNotKept)
	require.NotErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "can't write "+filepath.Join(c.Run, "state", "latest.npz"))
}

// A run of a newer version is neither opened nor trained, because its meaning is not known.
func TestNewerFormat(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 5)
	c.Program.Output = output.FLM{}
	c.Epochs = 1
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	m, err := runs.ReadManifest(c.Run)
	require.NoError(t, err)
	require.Equal(t, runs.Format, m.Format)

	m.Format++
	require.NoError(t, m.Write(c.Run))
	_, err = runs.ReadManifest(c.Run)
	require.ErrorContains(t, err, "run was written by a newer version of this program (format 2, and this version knows up to 1): take a newer version")
	require.NoError(t, os.Remove(filepath.Join(c.Run, "state", "latest.npz")))
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "was written by a newer version")
}
