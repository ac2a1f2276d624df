package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleDots() {
	f, err := figure.Dots("Test accuracy", "accuracy, %", "", figure.Dotted{Name: "full", Values: []float64{.7, .72}})
	fmt.Println(f.Alt, err)
	// Output: Test accuracy. Dots of accuracy, %, one for each run: full 70.0, 72.0 (mean 71.0). <nil>
}

func TestDots(t *testing.T) {
	f, err := figure.Dots("Accuracy after four epochs", "accuracy, %", "A dot is one seed, the line is the mean of the three.",
		figure.Dotted{Name: "full watermark, test images", Values: []float64{.717, .683, .713}},
		figure.Dotted{Name: "SMM, test images", Values: []float64{.73, .717, .747}},
		figure.Dotted{Name: "SMM, training images", Values: []float64{.957, .96, .953}})
	golden(t, "dots", f, err)
}

// Equal values, one value, and values that are no shares.
func TestDotsOfFew(t *testing.T) {
	for _, values := range [][]float64{{.5, .6}, {0, 0}, {1, 1, 1}, {-3, 1e4}} {
		for _, label := range []string{"accuracy, %", "loss"} {
			f, err := figure.Dots("", label, "", figure.Dotted{Name: "one", Values: values[:1]}, figure.Dotted{Name: "all of them", Values: values})
			require.NoError(t, err)
			proper(t, f)
		}
	}
}

func TestDotsErrors(t *testing.T) {
	_, err := figure.Dots("", "", "")
	require.ErrorContains(t, err, "0 groups")
	_, err = figure.Dots("", "", "", figure.Dotted{Name: "full"})
	require.ErrorContains(t, err, "the group full has no value")
	_, err = figure.Dots("", "", "", figure.Dotted{Name: "full", Values: []float64{math.NaN()}})
	require.ErrorContains(t, err, "the group full has NaN")
}
