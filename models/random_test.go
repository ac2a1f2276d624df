package models

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// answered is what the architecture answers with these weights for two made-up images of side 32, or of its own side if it
// does not take 32, [2,S] row-major.
func answered(t *testing.T, a architecture, weights *Frozen, labels []string) []float32 {
	m := &Model{Info: a.Info, Labels: labels, Weights: weights, Forward: a.forward}
	side := 32
	if a.Sides.Check(a.Name, side) != nil {
		side = a.Side
	}
	images := make([]float32, 2*side*side*3)
	for i := range images {
		images[i] = float32(i*i%251) / 125
	}
	z, err := model.CallOnce(backendtest.XLA(t), model.NewStore(), func(root *model.Scope, x *Node) *Node { return m.Logits(root, x) },
		tensors.FromFlatDataAndDimensions(images, 2, side, side, 3))
	require.NoError(t, err)
	return tensors.MustCopyFlatData[float32](z)
}

// Random weights are the seed's, have the shapes of the published ones and a BatchNorm that does nothing, and give logits
// that differ from picture to picture.
func TestRandom(t *testing.T) {
	for _, name := range []string{"squeezenet1.1", "resnet18", "deit-tiny", "dinov2-s14"} {
		if testing.Short() && name != "squeezenet1.1" && name != "resnet18" {
			continue // compiling takes seconds
		}
		a, err := find(RandomPrefix + name + ":7")
		require.NoError(t, err)
		require.Equal(t, RandomPrefix+name+":7", a.Name)
		require.Equal(t, name, a.plain())
		frozen, err := Freeze(func() (Weights, error) { return a.drawn(), nil })
		require.NoError(t, err)
		require.Equal(t, frozen.Hash(), a.drawn().Hash())
		other, err := find(RandomPrefix + name)
		require.NoError(t, err)
		require.NotEqual(t, frozen.Hash(), other.drawn().Hash())

		read := sources
		if a.bound {
			read = a.width
		}
		z := answered(t, a, frozen, make([]string, read))
		largest := 0.
		for i, v := range z[:read] {
			require.False(t, math.IsNaN(float64(v)) || math.IsInf(float64(v), 0))
			largest = max(largest, math.Abs(float64(v-z[read+i])))
		}
		require.Greater(t, largest, .01, "the two pictures' logits differ")
	}
	// A norm of a language model scales by 1, and a token has as large a row as the classifier's rows are.
	drawn := architecture{layout: tinyLlama.layout}.draw(7)
	require.Equal(t, []float32{1, 1, 1, 1}, drawn["norm"].Data)
	require.Equal(t, []float32{1, 1, 1, 1}, drawn["layer0/norm2"].Data)
	wide := tinyLlama
	wide.Width, wide.Vocabulary = 100, 20
	square := 0.
	for _, v := range (architecture{layout: wide.layout}).draw(7)[wordsWeight].Data {
		square += float64(v * v)
	}
	require.InDelta(t, 1./100, square/(100*20), .001, "variance 1/width")

	for name, message := range map[string]string{
		"random:resnet18:x": `the seed after the network's name is a whole number, not "x"`,
		"random:resnet":     `no model is called "resnet"`,
		"random:":           `no model is called ""`,
	} {
		_, err := Named(name)
		require.ErrorContains(t, err, message)
	}
	_, err := OpenWeights(t.Context(), "random:resnet18", "own.pth", nil)
	require.EqualError(t, err, "random:resnet18 takes no weight file: leave the file out, or take the model resnet18")
}
