package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleAccuracies() {
	f, err := figure.Accuracies(
		[]string{"padding", "SMM"}, []string{"FLM", "BLM+"},
		[][]figure.AccuracyCell{
			{{Mean: .552, Deviation: .013, Runs: 3}, {Mean: .641, Deviation: .008, Runs: 3}},
			{{Mean: .614, Deviation: .021, Runs: 3}, {}}, // BLM+ was not run with SMM
		},
		"Fashion-MNIST", "The alignment matters as much as the prompt.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 556 The alignment matters as much as the prompt.
}

// table returns made-up accuracies of shape [rows, columns].
func table(rows, columns, runs int) [][]figure.AccuracyCell {
	cells := make([][]figure.AccuracyCell, rows)
	for i := range cells {
		cells[i] = make([]figure.AccuracyCell, columns)
		for j := range cells[i] {
			cells[i][j] = figure.AccuracyCell{
				Mean:      .18 + .6*float64((i*3+j*5)%11)/10 + .0123*float64(j),
				Deviation: .002 + .031*float64((i+2*j)%4)/3,
				Runs:      runs,
			}
		}
	}
	return cells
}

var (
	manipulations = []string{"padding", "watermark, narrow", "watermark, medium", "watermark, full", "SMM", "SMM, one channel and a name too long for its room on the card"}
	alignments    = []string{"RLM", "FLM", "ILM", "BLM", "BLM+", "linear, no bias", "identity"}
)

func TestAccuracies(t *testing.T) {
	cells := table(6, 7, 3)
	cells[0][2] = figure.AccuracyCell{}
	cells[3][3] = figure.AccuracyCell{Mean: math.NaN(), Runs: 3}
	cells[1][4].Runs, cells[2][1].Runs = 2, 1
	cells[4][0] = cells[4][4] // a tie
	cells[5][6] = figure.AccuracyCell{Mean: 1, Runs: 3}
	f, err := figure.Accuracies(manipulations, alignments, cells, "GTSRB, ResNet-18, 5 epochs", "Read along a row: what the output alignment changes. Read down a column: what the input manipulation changes.")
	golden(t, "accuracies", f, err)

	f, err = figure.Accuracies([]string{"padding"}, alignments[:6], table(1, 6, 1), "", "One row of single runs.")
	golden(t, "accuracies_row", f, err)
}

func TestAccuraciesOfManySizes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for rows := 1; rows <= 12; rows += 5 {
		for columns := 1; columns <= 8; columns++ {
			cells := table(rows, columns, 12)
			cells[0][0].Runs = 11 // the longest second line
			cells[0][0].Deviation = .123
			names := make([]string, 12)
			for i := range names {
				names[i] = manipulations[i%6] + " and more"
			}
			f, err := figure.Accuracies(names[:rows], names[:columns], cells, "title", "")
			require.NoError(t, err)
			proper(t, f)
		}
	}
}

func TestAccuraciesErrors(t *testing.T) {
	draw := func(cells ...figure.AccuracyCell) error {
		_, err := figure.Accuracies([]string{"padding"}, []string{"FLM", "ILM"}, [][]figure.AccuracyCell{cells}, "", "")
		return err
	}
	good := figure.AccuracyCell{Mean: .5, Runs: 1}
	require.NoError(t, draw(good, figure.AccuracyCell{}))
	require.ErrorContains(t, draw(good), `row "padding" has 1 accuracies for 2 columns`)
	require.ErrorContains(t, draw(good, figure.AccuracyCell{Mean: 56, Runs: 1}), `"padding" with "ILM" is 56, not a share`)
	require.ErrorContains(t, draw(good, figure.AccuracyCell{Mean: .5, Deviation: math.NaN(), Runs: 2}), "deviation")
	require.NoError(t, draw(good, figure.AccuracyCell{Mean: .5, Deviation: math.NaN(), Runs: 1}), "one run has no deviation")
	require.ErrorContains(t, draw(good, figure.AccuracyCell{Mean: .5, Runs: -1}), "-1 runs")
	require.ErrorContains(t, draw(figure.AccuracyCell{}, figure.AccuracyCell{Mean: math.NaN(), Runs: 3}), "nothing to draw")
	_, err := figure.Accuracies(nil, []string{"FLM"}, nil, "", "")
	require.ErrorContains(t, err, "0 rows and 1 columns")
	_, err = figure.Accuracies([]string{"a"}, []string{"FLM"}, nil, "", "")
	require.ErrorContains(t, err, "0 rows of accuracies for 1 row names")
}
