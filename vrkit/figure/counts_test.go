package figure_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleCounts() {
	joint := []float64{ // [4 sources, 2 targets]
		41, 0,
		9, 3,
		0, 28,
		0, 19,
	}
	f, err := figure.Counts(joint, []string{"sundial", "hook", "doughnut", "ring"}, []string{"seven", "zero"}, 2,
		"Of 50 sevens 41 are taken for a sundial.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 456 Of 50 sevens 41 are taken for a sundial.
}

func TestCounts(t *testing.T) {
	omega, sources, _ := votes(60, 10)
	joint := make([]float64, len(omega))
	for i, w := range omega {
		joint[i] = float64(int(w * 100))
	}
	joint[0] = 1234
	f, err := figure.Counts(joint, sources, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, 2, "How often the frozen model gives each answer, by what the image is.")
	golden(t, "counts", f, err)

	_, err = figure.Counts([]float64{1, 2, -3, 4}, []string{"a", "b"}, []string{"c", "d"}, 1, "")
	require.ErrorContains(t, err, "weight -3")
	require.ErrorContains(t, err, "in the counts")
	_, err = figure.Counts([]float64{1}, []string{"a", "b"}, []string{"c", "d"}, 1, "")
	require.ErrorContains(t, err, "1 weights is not 2 sources × 2 targets")
	_, err = figure.Counts(make([]float64, 4), []string{"a", "b"}, []string{"c", "d"}, 1, "")
	require.ErrorContains(t, err, "zero everywhere")
}
