package output

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An ω from all answers at once is the ω from batches.
func TestAnswers(t *testing.T) {
	a := Answers{Sources: 3, Targets: 2, Logits: []float32{5, 1, 0 /**/, 0, 4, 1 /**/, 0, 1, 3}, Labels: []int32{0, 1, 1}}
	F, err := a.Count()
	require.NoError(t, err)
	require.Equal(t, []float64{1, 0, 0, 1, 0, 1}, F.Joint)
	for _, o := range []Estimator{FLM{}, ILM{}, BLM{Lambda: 1}, BLMPlus{Lambda: 1, Alpha: .5}} {
		s := NewStatistics(3, 2)
		require.NoError(t, o.Observe(s, a.Logits[:3], a.Labels[:1]))
		require.NoError(t, o.Observe(s, a.Logits[3:], a.Labels[1:]))
		want, err := o.Estimate(s)
		require.NoError(t, err)
		got, err := a.Omega(o)
		require.NoError(t, err)
		require.Equal(t, want, got, o.Name())
	}
	drawn, err := a.Omega(RLM{Seed: 1})
	require.NoError(t, err)
	want, err := RLM{Seed: 1}.Mapping(3, 2)
	require.NoError(t, err)
	require.Equal(t, want, drawn, "it looks at no sample")
	share, err := a.Accuracy(OneHot(3, []int{0, 1}))
	require.NoError(t, err)
	require.Equal(t, 1., share)

	require.Equal(t, Answers{Sources: 3, Targets: 2, Logits: a.Logits[:6], Labels: a.Labels[:2]}, a.First(2))
	require.Equal(t, a, a.First(9))
	_, err = a.First(1).Omega(BLM{Lambda: 1})
	require.ErrorContains(t, err, "target label 1 has no training sample")
	_, err = a.Omega(Linear{})
	require.ErrorContains(t, err, "linear has no ω to compute from answers")
	a.Labels = a.Labels[:2]
	_, err = a.Omega(FLM{})
	require.ErrorContains(t, err, "9 logits are not 2 samples")
}
