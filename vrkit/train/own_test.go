package train_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// A run with a part of a user's own can't be opened by name: the error says which part it is, and how to open the run.
func TestOwnPartsAreNotOpenedByName(t *testing.T) {
	record := func(in, model, out string) vrkit.Manifest {
		return vrkit.Manifest{Input: vrkit.Part{Name: in}, Model: vrkit.ModelRecord{Name: model}, Output: vrkit.Part{Name: out}}
	}
	require.NoError(t, record("pad", "resnet18", "blm").Known())
	for want, m := range map[string]vrkit.Manifest{
		`no input manipulation is called "tint"; known: pad, `:      record("tint", "resnet18", "blm"),
		`no model is called "tiny"; known: squeezenet1.1, `:         record("pad", "tiny", "blm"),
		`no output alignment is called "likelihood"; known: rlm, f`: record("pad", "resnet18", "likelihood"),
	} {
		dir := t.TempDir()
		require.NoError(t, m.Write(dir))
		_, err := train.OpenRun(t.Context(), dir, vrkit.Last, nil)
		require.ErrorContains(t, err, dir+": "+want)
		require.ErrorContains(t, err, "if it is your own, open the run in Go, with vrkit.Compile of your Program")
	}
}

// A run with parts of a user's own can be opened with these parts, and is then like any other.
func TestOwnProgramOpened(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1}) // model and data are in no list
	c.Epochs = 1
	result, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	m, err := vrkit.ReadManifest(c.Run)
	require.NoError(t, err)
	a, err := vrkit.ReadArtefact(c.Run, vrkit.Last)
	require.NoError(t, err)
	run := &train.Run{Dir: c.Run, Manifest: m, Program: c.Program, Artefact: a}
	program, err := run.Compile(c.Backend)
	require.NoError(t, err)
	e, err := train.Evaluate(t.Context(), program, c.Data.Test, 12, nil)
	require.NoError(t, err)
	require.Equal(t, result.Last().TestAccuracy, e.Accuracy())
}
