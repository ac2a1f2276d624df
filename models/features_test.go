package models

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// The features of a network times its classifier are its logits, where a linear classifier is all that follows them.
func TestFeatures(t *testing.T) {
	for name, width := range map[string]int{"resnet18": 512, "squeezenet1.1": 512, "squeezenet1.1-torchvision": 512} {
		frozen, err := find(RandomPrefix + name)
		require.NoError(t, err)
		bound, err := find(FeaturesPrefix + RandomPrefix + name)
		require.NoError(t, err)
		require.Equal(t, FeaturesPrefix+RandomPrefix+name, bound.Name)
		labels, err := bound.labels(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, labels, width)
		require.Equal(t, "feature 511", labels[511])

		weights, err := Freeze(func() (Weights, error) { return frozen.drawn(), nil })
		require.NoError(t, err)
		pixels := make([]float32, 2*32*32*3)
		for i := range pixels {
			pixels[i] = float32(i*i%251) / 125
		}
		answer := func(a architecture, labels []string) []float32 {
			m := &Model{Info: a.Info, Labels: labels, Weights: weights, Forward: a.forward}
			z, err := model.CallOnce(backendtest.XLA(t), model.NewStore(), func(root *model.Scope, x *Node) *Node { return m.Logits(root, x) },
				tensors.FromFlatDataAndDimensions(append([]float32(nil), pixels...), 2, 32, 32, 3))
			require.NoError(t, err)
			return tensors.MustCopyFlatData[float32](z)
		}
		features := answer(bound, labels)
		require.Len(t, features, 2*width)
		var kernel []float32 // [width,1000]
		switch name {
		case "resnet18":
			kernel = frozen.drawn()["classifier/kernel"].Data
		case "squeezenet1.1":
			kernel = frozen.drawn()["conv10/kernel"].Data
		default:
			continue // a ReLU and an average follow its classifier
		}
		for i, want := range answer(frozen, make([]string, sources)) {
			sample, label, sum := i/sources, i%sources, 0.
			for k := range width {
				sum += float64(features[sample*width+k]) * float64(kernel[k*sources+label])
			}
			require.InDelta(t, want, sum, 1e-4*(1+float64(max(want, -want))))
		}
	}
	for name, message := range map[string]string{
		"features:features:resnet18": "features:features:resnet18: write features: once",
		"random:features:resnet18":   "random:features:resnet18: write features: first, as in features:random:resnet18",
		"features:alexnet":           `no model is called "alexnet"`,
	} {
		_, err := Named(name)
		require.ErrorContains(t, err, message)
	}
}
