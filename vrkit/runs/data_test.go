package runs

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
)

// A run finds its texts by their contents, also after the file has moved, and says so if it does not.
func TestDataOfTexts(t *testing.T) {
	t.Chdir(t.TempDir())
	table := []byte("text,label\ngood,x\nbad,y\nfine,x\nsad,y\n")
	require.NoError(t, os.WriteFile("a.csv", table, 0o600))
	d, err := datasets.Load(t.Context(), "csv:a.csv", datasets.Sizes{}, nil)
	require.NoError(t, err)
	run := Run{Dir: "run", Manifest: Manifest{Data: DataRecord{Name: datasets.Absolute(d.Name), SHA256: d.SHA256, Classes: d.Classes, Train: len(d.Train), Test: len(d.Test)}}}
	same, err := run.Data(t.Context(), "", nil)
	require.NoError(t, err)
	require.Equal(t, d.Train, same.Train)

	require.NoError(t, os.Rename("a.csv", "b.csv"))
	_, err = run.Data(t.Context(), "", nil)
	require.ErrorIs(t, err, ErrData)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = run.Data(t.Context(), "csv:b.csv", nil)
	require.NoError(t, err)

	require.NoError(t, os.WriteFile("b.csv", append(table, "dull,y\n"...), 0o600))
	_, err = run.Data(t.Context(), "csv:b.csv", nil)
	require.ErrorIs(t, err, ErrData)
}
