package show

import (
	"testing"

	"github.com/stretchr/testify/require"

	measured "github.com/vrkit-go/reprogram/vrkit/results"
)

func TestGrid(t *testing.T) {
	row := func(in, out, label string, accuracy float64) *measured.Row {
		return &measured.Row{Model: "net", Dataset: "signs", Input: in, Output: out, Label: label, Seeds: []uint64{0, 1}, Accuracy: accuracy}
	}
	rows := []*measured.Row{row("pad", "ilm", "", .4), row("pad", "blm", "", .5), row("full", "blm", "", .6)}
	drawn, err := GridFigure(rows, "signs", "net")
	require.NoError(t, err)
	with, err := GridFigure(append(rows, row("full", "blm", "variant", .9)), "signs", "net")
	require.NoError(t, err)
	require.Equal(t, drawn.PNG, with.PNG, "a variant is not of the grid")
	_, err = GridFigure(rows, "digits", "net")
	require.ErrorContains(t, err, "no run of digits on net")

	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, Grid(rows, "signs", "net"))
	picture(t, "grid")
}
