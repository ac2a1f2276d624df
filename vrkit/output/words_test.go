package output_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// vocabulary is a tiny one: "bad" is there with and without a blank, "awful" only without.
var vocabulary = []string{" the", " good", " bad", "bad", "awful", " fine"}

func statistics(targets int) *output.Statistics {
	s := output.NewStatistics(len(vocabulary), targets)
	s.Labels = vocabulary
	return s
}

// A word is its token with a blank, or else without; several words of a label share its logit.
func TestWordsAreTokens(t *testing.T) {
	m, err := output.Words{Words: "bad, awful; good"}.Estimate(statistics(2))
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 0, 0, 1, .5, 0, 0, 0, .5, 0, 0, 0}, m.Weights)
	assert.Nil(t, m.Centre)
}

// A contextual calibration divides by the probabilities without content: with the probabilities .7 and .3 of a text, and
// .8 and .2 without content, the answer changes to .3684 and .6316 (docs/methods.md 2.11).
func TestContextualCalibration(t *testing.T) {
	words := output.Words{Words: "bad;good", Calibrate: output.Contextual}
	assert.Equal(t, output.ContentFree, words.Needs().Free)
	assert.Equal(t, []string{""}, output.Words{Calibrate: output.Domain}.Needs().Free)
	s := statistics(2)
	log := func(p float64) float32 { return float32(math.Log(p)) }
	s.AddFree([]float32{9, log(.2), log(.8), 0, 0, 0})
	s.AddFree([]float32{-3, log(.2) + 5, log(.8) + 5, 0, 0, 0})
	m, err := words.Estimate(s)
	require.NoError(t, err)
	require.InDeltaSlice(t, []float32{0, log(.2), log(.8), 0, 0, 0}, m.Centre, 1e-6)
	bad, good := float64(log(.7)-m.Centre[2]), float64(log(.3)-m.Centre[1])
	assert.InDelta(t, .3684211, math.Exp(bad)/(math.Exp(bad)+math.Exp(good)), 1e-6)
}

// A mean calibration subtracts the mean over the samples.
func TestMeanCalibration(t *testing.T) {
	words := output.Words{Words: "bad;good", Calibrate: output.Mean}
	assert.Equal(t, output.Needs{Mean: true}, words.Needs())
	s := statistics(2)
	require.NoError(t, s.AddMean([]float32{0, 1, 2, 3, 4, 5, 2, 3, 4, 5, 6, 7}))
	require.NoError(t, s.AddMean([]float32{4, 5, 6, 7, 8, 9}))
	m, err := words.Estimate(s)
	require.NoError(t, err)
	assert.Equal(t, []float32{2, 3, 4, 5, 6, 7}, m.Centre)
}

func TestWordsRefused(t *testing.T) {
	for _, c := range []struct{ words, want string }{
		{"", "there are no words to read"},
		{"bad", "has words for 1 classes, and the task has 2"},
		{"bad;good;fine", "has words for 3 classes"},
		{"bad;", "a word of \"bad;\" is empty"},
		{"bad;good,bad", "the word \"bad\" stands twice"},
		{"bad;wonderful", "the model has no token \" wonderful\", so that it would read several"},
		{"bad;goodness", "its first token is \" good\""},
	} {
		_, err := output.Words{Words: c.words}.Estimate(statistics(2))
		require.ErrorContains(t, err, c.want)
	}
	require.ErrorContains(t, output.Words{Calibrate: "some"}.Check(), "known: none, contextual, domain, mean")
}

// If all samples have one top answer, every target label would get the same ω. The mean of the logits tells them apart.
func TestDeadStart(t *testing.T) {
	logits := []float32{9, 2, 1, 0, 0, 0, 9, 1, 2, 0, 0, 0}
	labels := []int32{1, 0}
	for _, e := range []output.Estimator{output.FLM{}, output.BLM{Lambda: 1}, output.BLMPlus{Lambda: 1, Alpha: .5}} {
		s := statistics(2)
		require.NoError(t, e.Observe(s, logits, labels))
		err := s.Alive()
		require.ErrorIs(t, err, output.ErrDeadStart, e.Name())
		require.ErrorContains(t, err, `0, " the"`)
	}
	a := output.Answers{Sources: 6, Targets: 2, Logits: logits, Labels: labels}
	m, err := a.Omega(output.BLM{Lambda: 1, Centring: output.Centring{Centre: true}})
	require.NoError(t, err)
	assert.Equal(t, []float32{0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0}, m.Weights)
	assert.Equal(t, []float32{9, 1.5, 1.5, 0, 0, 0}, m.Centre)
}

// BLM+ keeps as many source labels as its setting says.
func TestBLMPlusTop(t *testing.T) {
	logits, labels := []float32{3, 2, 1, 0, 0, 0, 0, 0, 1, 2, 3, 0}, []int32{0, 1}
	rows := func(b output.BLMPlus) (rows int) {
		s := statistics(2)
		require.NoError(t, b.Observe(s, logits, labels))
		m, err := b.Estimate(s)
		require.NoError(t, err)
		for source := range 6 {
			if m.At(source, 0) != 0 || m.At(source, 1) != 0 {
				rows++
			}
		}
		return rows
	}
	assert.Equal(t, 2, rows(output.BLMPlus{Lambda: 1, Alpha: .15}))
	assert.Equal(t, 5, rows(output.BLMPlus{Lambda: 1, Alpha: .15, Top: 3}))
	assert.Equal(t, 6, rows(output.BLMPlus{Lambda: 1, Alpha: .15, Top: 99}))
}

// With one sample of each label and the probabilities .2 and .05 of their words, the score is ln .25 − ln .0526316 =
// 1.5581446, and each label gets its own word.
func TestPETAL(t *testing.T) {
	s := output.NewStatistics(3, 2)
	log := func(p float64) float32 { return float32(math.Log(p)) }
	logits := []float32{log(.2), log(.05), log(.75), log(.05), log(.2), log(.75)}
	require.NoError(t, output.PETAL{}.Observe(s, logits, []int32{0, 1}))
	assert.InDelta(t, 1.5581446, s.Joint[0]-s.Joint[1], 1e-6)
	m, err := output.PETAL{}.Estimate(s)
	require.NoError(t, err)
	assert.Equal(t, []float32{1, 0, 0, 1, 0, 0}, m.Weights)
	_, err = output.PETAL{Picks: 2}.Estimate(s)
	require.ErrorContains(t, err, "choose fewer")
	require.Error(t, output.PETAL{Picks: 1001}.Check())
}
