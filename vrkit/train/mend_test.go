package train_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/janpfeifer/must"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Whichever file of a run is damaged or missing, the error of reading it says what to do, and doing that restores the
// same file.
func TestMend(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 3)
	c.History = true
	program := trained(t, c).Program
	answers, err := program.Predict(must.M1(program.Pictures(datasets.Stack(c.Data.Test, 4))))
	require.NoError(t, err)
	whole := everything(t, c.Run)
	require.Len(t, whole, 10)
	for name, data := range whole {
		if name == runs.ManifestFile {
			continue // see TestRecordStaysTrue
		}
		for kind, damage := range map[string]string{"cut": data[:len(data)/2], "empty": "", "other": "epoch,this\n1,is none\n", "gone": ""} {
			t.Run(name+" "+kind, func(t *testing.T) {
				path := filepath.Join(c.Run, name)
				require.NoError(t, os.WriteFile(path, []byte(damage), 0o600))
				if kind == "gone" {
					require.NoError(t, os.Remove(path))
				}
				for read, try := range map[string]func() error{
					"metrics.csv":     func() error { _, err := runs.ReadMetrics(c.Run); return err },
					"diagnostics.csv": func() error { _, err := runs.ReadDiagnostics(c.Run); return err },
					"artefact":        func() error { _, err := runs.ReadArtefact(c.Run, which(name)); return err },
				} {
					if err := try(); strings.HasPrefix(name, read) {
						require.ErrorContains(t, err, path)
						require.ErrorContains(t, err, runs.Rewrite)
					} else if read != "artefact" {
						require.NoError(t, err, read)
					}
				}
				run, err := runs.Open(t.Context(), c.Run, runs.Last, nil)
				if name == "artefact/last.npz" {
					require.Error(t, err)
				} else { // predicting needs no table
					require.NoError(t, err)
					require.Equal(t, name == "metrics.csv", run.MetricsErr != nil)
					program, err := run.Compile(c.Backend)
					require.NoError(t, err)
					again, err := program.Predict(must.M1(program.Pictures(datasets.Stack(c.Data.Test, 4))))
					require.NoError(t, err)
					require.Equal(t, answers, again)
				}
				lost := trained(t, c).Lost
				if gone := name == "artefact/epoch-000.npz" || name == "artefact/epoch-001.npz"; gone {
					require.Equal(t, []runs.Which{which(name)}, lost, "no other file holds it")
					write(t, c.Run, whole)
				} else {
					require.Empty(t, lost)
				}
				requireSame(t, whole, everything(t, c.Run))
			})
		}
	}
	require.NoError(t, os.RemoveAll(filepath.Join(c.Run, runs.ArtefactDir)))
	result := trained(t, c)
	for i := range 3 {
		require.Contains(t, result.Lost, runs.Epoch(i), "nothing holds it")
	}
	require.NotContains(t, result.Lost, runs.Last)
	for name, data := range everything(t, c.Run) {
		require.True(t, data == whole[name], name)
	}
}

// A run that was trained without History, and is trained on with it, says which epochs were never kept, and not that
// their files are gone. The last epoch is still in the state.
func TestHistoryLater(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 2)
	trained(t, c)
	c.History = true
	for epochs := 2; epochs <= 3; epochs++ {
		c.Epochs = epochs
		result := trained(t, c)
		require.Empty(t, result.Lost)
		require.Equal(t, []int{0, 1}, result.Unkept)
		require.Equal(t, "2 of its epochs (0 to 1) were trained without -history, so that artefact has no files of them: to have them, train a run in another directory with -history from the start", result.Warning())
		require.FileExists(t, filepath.Join(c.Run, runs.ArtefactDir, fmt.Sprintf("epoch-%03d.npz", epochs)))
	}
	c.Epochs = 4
	trained(t, c)
	for _, file := range []string{"epoch-003.npz", "best.npz"} { // which may hold the same
		require.NoError(t, os.Remove(filepath.Join(c.Run, runs.ArtefactDir, file)))
	}
	result := trained(t, c)
	require.Contains(t, result.Lost, runs.Epoch(3), "that one was there")
	require.Equal(t, []int{0, 1}, result.Unkept)
	require.Regexp(t, "^damaged or gone in artefact, and held by no other file: .*epoch-003.npz; 2 of its epochs ", result.Warning())
}

// which is the artefact of a file.
func which(file string) runs.Which {
	return runs.Which(strings.TrimSuffix(filepath.Base(file), ".npz"))
}

// In the middle of an epoch the state no longer has the variables of the epoch before. That artefact is lost until the
// epoch ends, and the run ends like one without damage.
func TestMendInMidEpoch(t *testing.T) {
	dir := t.TempDir()
	whole, c := quick(t, filepath.Join(dir, "whole"), 3), quick(t, filepath.Join(dir, "run"), 3)
	trained(t, whole)
	interrupted := func(epoch, step int) train.Result {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		c.Events = func(e train.Event) {
			if e.Stage == train.StageTrain && e.Epoch == epoch && e.Step == step {
				stop()
			}
		}
		result, err := train.Train(ctx, c)
		require.ErrorIs(t, err, context.Canceled)
		return result
	}
	interrupted(2, 2)
	last := filepath.Join(c.Run, runs.ArtefactDir, "last.npz")
	require.NoError(t, os.Remove(last))
	require.Equal(t, []runs.Which{runs.Last}, interrupted(2, 3).Lost)
	c.Events = nil
	trained(t, c)
	requireSame(t, contents(t, whole.Run), contents(t, c.Run))
}
