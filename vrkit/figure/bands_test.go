package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleBands() {
	epochs := []float64{0, 1, 2}
	f, err := figure.Bands("", "epoch", "training loss", "SMM learns faster.", figure.Range,
		figure.Runs{Name: "SMM", X: epochs, Y: [][]float64{{2.3, 1.2, .8}, {2.4, 1.3, .7}}},
		figure.Runs{Name: "Full", X: epochs, Y: [][]float64{{2.3, 1.7, 1.3}, {2.3, 1.8, 1.5}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 796 SMM learns faster. Lines: the mean of 2 runs; bands: from the smallest to the largest.
}

// losses returns made-up losses of three runs over 60 epochs.
func losses(from, to, apart float64) figure.Runs {
	r := figure.Runs{Y: make([][]float64, 3)}
	for epoch := range 60 {
		x := float64(epoch)
		r.X = append(r.X, x)
		for run := range r.Y {
			wave := math.Sin(x/3 + 2*float64(run))
			r.Y[run] = append(r.Y[run], to+(from-to)*math.Exp(-x/14)+apart*wave+apart*float64(run))
		}
	}
	return r
}

func TestBands(t *testing.T) {
	full, smm, one := losses(3.4, 1.9, .06), losses(3.4, 1.1, .1), losses(3.2, 2.6, .02)
	full.Name, smm.Name, one.Name = "watermark, full", "SMM", "SMM, mask of ones"
	one.Y = one.Y[:1]
	f, err := figure.Bands("Training loss", "epoch", "cross-entropy", "A mask for each sample learns what one prompt for all can't.", figure.Range, full, smm, one)
	golden(t, "bands", f, err)
}

// The edges are those worked out by hand: the figure of bands equals the figure of curves with these edges.
func TestBandsEdges(t *testing.T) {
	x := []float64{0, 1}
	runs := figure.Runs{Name: "a", X: x, Y: [][]float64{{1, 4}, {3, 4}, {8, 4}}}
	for spread, s := range map[figure.Spread]figure.Series{
		figure.Range:     {Low: []float64{1, 4}, High: []float64{8, 4}},
		figure.Deviation: {Low: []float64{4 - math.Sqrt(13), 4}, High: []float64{4 + math.Sqrt(13), 4}},
	} {
		got, err := figure.Bands("", "epoch", "loss", "", spread, runs)
		require.NoError(t, err)
		s.Name, s.X, s.Y = "a", x, []float64{4, 4}
		want, err := figure.Curves("", "epoch", "loss", got.Caption, s)
		require.NoError(t, err)
		require.Equal(t, want.PNG, got.PNG, "spread %d", spread)
	}
}

func TestBandsErrors(t *testing.T) {
	draw := func(spread figure.Spread, y ...[]float64) error {
		_, err := figure.Bands("", "x", "y", "", spread, figure.Runs{Name: "a", X: []float64{1, 2}, Y: y})
		return err
	}
	require.NoError(t, draw(figure.Range, []float64{1, 2}))
	require.ErrorContains(t, draw(figure.Range), `"a" has no run`)
	require.ErrorContains(t, draw(figure.Range, []float64{1, 2}, []float64{1}), `run 2 of "a" has 1 values for 2 epochs`)
	require.ErrorContains(t, draw(figure.Range, []float64{1, math.NaN()}), `run 1 of "a" has NaN at position 1`)
	require.ErrorContains(t, draw(7, []float64{1, 2}), "a spread of 7")
	_, err := figure.Bands("", "x", "y", "", figure.Range)
	require.ErrorContains(t, err, "0 curves")
}
