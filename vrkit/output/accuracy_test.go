package output

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAccuracy(t *testing.T) {
	logits := []float32{
		3, 1, 0, // target logits [3, .5]
		0, 1, 4, // [0, 2.5]
		1, 0, 2, // [1, 1]: the first of equal ones
		0, 2, 0, // [0, 1]
	}
	omega := Mapping{Sources: 3, Targets: 2, Weights: []float32{1, 0, 0, .5, 0, .5}}
	for _, c := range []struct {
		labels []int32
		want   float64
	}{{[]int32{0, 1, 0, 1}, 1}, {[]int32{0, 1, 1, 0}, .5}, {[]int32{1, 0, 1, 0}, 0}} {
		accuracy, err := omega.Accuracy(logits, c.labels)
		require.NoError(t, err)
		require.Equal(t, c.want, accuracy)
	}
	_, err := omega.Accuracy(nil, nil)
	require.ErrorContains(t, err, "no sample")
	_, err = omega.Accuracy(logits, []int32{0, 1, 2, 0})
	require.ErrorContains(t, err, "sample 2 has the label 2")
	logits[4] = float32(math.NaN())
	_, err = omega.Accuracy(logits, []int32{0, 1, 0, 1})
	require.ErrorContains(t, err, "source logit 1 is NaN")
}
