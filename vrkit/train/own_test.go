package train_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// A run with a part of a user's own can't be opened by name: the error says which part it is, and how to open the run.
func TestOwnPartsAreNotOpenedByName(t *testing.T) {
	record := func(in, model, out string) runs.Manifest {
		return runs.Manifest{Input: runs.Part{Name: in}, Model: runs.ModelRecord{Name: model}, Output: runs.Part{Name: out}}
	}
	require.NoError(t, record("pad", "resnet18", "blm").Known())
	for want, m := range map[string]runs.Manifest{
		`no input manipulation is called "tint"; known: pad, `:      record("tint", "resnet18", "blm"),
		`no model is called "tint"; known: squeezenet1.1, `:         record("pad", "tint", "blm"),
		`no output alignment is called "likelihood"; known: rlm, f`: record("pad", "resnet18", "likelihood"),
	} {
		dir := t.TempDir()
		require.NoError(t, m.Write(dir))
		_, err := runs.Open(t.Context(), dir, runs.Last, nil)
		require.ErrorContains(t, err, dir+": "+want)
		require.ErrorContains(t, err, "if it is your own, register it")
	}
}
