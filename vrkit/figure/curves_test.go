package figure_test

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleCurves() {
	epochs := []float64{0, 1, 2, 3, 4}
	f, err := figure.Curves("Reading digits", "epoch", "test accuracy, %", "The border learns; the model does not.",
		figure.Series{
			Name: "BLM", X: epochs, Y: []float64{.24, .51, .60, .64, .66},
			Low: []float64{.22, .47, .57, .62, .65}, High: []float64{.26, .55, .63, .66, .67},
		},
		figure.Series{Name: "learning rate 0", X: epochs, Y: []float64{.24, .24, .24, .24, .24}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 796 The border learns; the model does not.
}

func TestCurves(t *testing.T) {
	epochs := []float64{0, 1, 2, 3, 4}
	f, err := figure.Curves("Four lines and a band", "epoch", "test accuracy, %", "Each line carries its name.",
		figure.Series{Name: "BLM", X: epochs, Y: []float64{.24, .51, .60, .64, .66}, Low: []float64{.22, .47, .57, .62, .65}, High: []float64{.26, .55, .63, .66, .67}},
		figure.Series{Name: "ILM", X: epochs, Y: []float64{.2, .44, .57, .64, .65}},
		figure.Series{X: []float64{0, 5}}, // room for a later epoch
		figure.Series{Name: "stopped early", X: epochs[:3], Y: []float64{.2, .3, .4}},
		figure.Series{Name: "a name that is too long to be written beside its line", X: epochs, Y: []float64{.1, .1, .1, .1, .1}})
	golden(t, "curves", f, err)
}

func TestCurvesOfAnyRange(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	many := make([]float64, 200)
	for i := range many {
		many[i] = float64(i) / 50
	}
	for _, s := range []figure.Series{
		{Name: "one point", X: []float64{1}, Y: []float64{.3}},
		{Name: "zero", X: []float64{1, 2}, Y: []float64{0, 0}},
		{Name: "negative", X: []float64{-2, 5}, Y: []float64{-4, -4}},
		{Name: "tiny", X: []float64{1, 2}, Y: []float64{1e-6, 3e-6}},
		{Name: "large", X: []float64{100, 2000}, Y: []float64{1e6, 7e6}},
		{Name: "dense", X: many, Y: many},
		{X: []float64{1, 2}, Y: []float64{1, 2}},
	} {
		for _, label := range []string{"loss", "accuracy, %"} {
			f, err := figure.Curves("", "epoch", label, "", s)
			require.NoError(t, err, s.Name)
			proper(t, f)
		}
	}
}

// A series without Y makes room, so that the figures of a slider have the same axes: then the lower of two curves ends
// lower on the card.
func TestCurvesMakeRoom(t *testing.T) {
	x := []float64{0, 1}
	room := figure.Series{X: []float64{0, 4}, Low: []float64{0, 0}, High: []float64{8, 8}}
	draw := func(s ...figure.Series) []byte {
		f, err := figure.Curves("", "epoch", "loss", "", s...)
		require.NoError(t, err)
		return f.PNG
	}
	low, high := figure.Series{X: x, Y: []float64{0, 1}}, figure.Series{X: x, Y: []float64{0, 8}}
	require.NotEqual(t, draw(low), draw(room, low))
	require.NotEqual(t, draw(room, low), draw(room, high))
	full := figure.Series{X: []float64{0, 1, 4}, Y: []float64{0, 8, 8}}
	require.Equal(t, draw(full), draw(full, room), "all the room is taken already")
}

func TestCurvesErrors(t *testing.T) {
	draw := func(s ...figure.Series) error {
		_, err := figure.Curves("", "x", "y", "", s...)
		return err
	}
	x := []float64{1, 2}
	require.ErrorContains(t, draw(), "0 curves")
	require.ErrorContains(t, draw(make([]figure.Series, 8)...), "8 curves")
	require.ErrorContains(t, draw(figure.Series{Name: "a", X: x, Y: x[:1]}), `curve "a" has 2 x and 1 y`)
	require.ErrorContains(t, draw(figure.Series{Name: "a", X: x}), "no curve has any y")
	require.ErrorContains(t, draw(figure.Series{Name: "a", X: x, Y: x, Low: x}), "the band of curve")
	require.ErrorContains(t, draw(figure.Series{Name: "a", X: x, Y: []float64{1, math.NaN()}}), "NaN at position 1")
	require.ErrorContains(t, draw(figure.Series{Name: "a", X: []float64{2, 1}, Y: x}), "sort")
}

// A line has the colour of its role, whatever other lines there are.
func TestRoles(t *testing.T) {
	line := func(name string, role figure.Role) figure.Series {
		return figure.Series{Name: name, Role: role, X: []float64{0, 1}, Y: []float64{.2, .2}}
	}
	train, test, validation := line("training", figure.Training), line("test", figure.Test), line("validation", figure.Validation)
	of := func(lines ...figure.Series) map[color.RGBA]int {
		f, err := figure.Curves("", "epoch", "accuracy, %", "", lines...)
		require.NoError(t, err)
		seen := map[color.RGBA]int{}
		img := decoded(t, f.PNG)
		for i := 0; i < len(img.Pix); i += 4 {
			seen[color.RGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3]}]++
		}
		return seen
	}
	blue, vermilion, green := color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff}
	only := func(seen map[color.RGBA]int, want color.RGBA) {
		t.Helper()
		for _, c := range []color.RGBA{blue, vermilion, green} {
			require.Equal(t, c == want, seen[c] > 500, "%v: %d", c, seen[c])
		}
	}
	only(of(test), vermilion)
	only(of(train), blue)
	only(of(validation), green)
	// The last line is on top.
	only(of(train, test), vermilion)
	only(of(validation, train, test), vermilion)
	only(of(test, train, validation), green)
	only(of(test, line("another", 0)), blue)
	only(of(line("another", 0), test, train), blue)
	only(of(train, test, line("another", 0)), green)

	_, err := figure.Curves("", "epoch", "accuracy", "", line("x", 9))
	require.ErrorContains(t, err, `curve "x" has the role 9`)
}
