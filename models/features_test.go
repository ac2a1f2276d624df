package models

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The features of a network times its classifier are its logits, where a linear classifier is all that follows them.
func TestFeatures(t *testing.T) {
	for name, width := range map[string]int{"resnet18": 512, "squeezenet1.1": 512, "squeezenet1.1-torchvision": 512, "deit-tiny": 192} {
		if testing.Short() && name == "deit-tiny" {
			continue // compiling takes seconds
		}
		frozen, err := find(RandomPrefix + name)
		require.NoError(t, err)
		bound, err := find(FeaturesPrefix + RandomPrefix + name)
		require.NoError(t, err)
		require.Equal(t, FeaturesPrefix+RandomPrefix+name, bound.Name)
		labels, err := bound.labels(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, labels, width)
		require.Equal(t, "feature 191", labels[191])

		weights, err := Freeze(func() (Weights, error) { return frozen.drawn(), nil })
		require.NoError(t, err)
		features := answered(t, bound, weights, labels)
		require.Len(t, features, 2*width)
		var kernel []float32 // [width,1000]
		switch name {
		case "resnet18", "deit-tiny":
			kernel = frozen.drawn()["classifier/kernel"].Data
		case "squeezenet1.1":
			kernel = frozen.drawn()["conv10/kernel"].Data
		default:
			continue // a ReLU and an average follow its classifier
		}
		for i, want := range answered(t, frozen, weights, make([]string, sources)) {
			sample, label, sum := i/sources, i%sources, 0.
			for k := range width {
				sum += float64(features[sample*width+k]) * float64(kernel[k*sources+label])
			}
			require.InDelta(t, want, sum, 1e-4*(1+float64(max(want, -want))))
		}
	}
	// A network without a classifier has its features as its source labels, by either name.
	for _, name := range []string{"dinov2-s14", "features:dinov2-s14", "random:dinov2-s14", "features:random:dinov2-s14"} {
		a, err := find(name)
		require.NoError(t, err)
		require.Equal(t, name, a.Name)
		labels, err := a.labels(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, labels, 384)
	}
	for name, message := range map[string]string{
		"features:features:dinov2-s14": "features:features:dinov2-s14: write features: once",
		"features:features:resnet18":   "features:features:resnet18: write features: once",
		"random:features:resnet18":     "random:features:resnet18: write features: first, as in features:random:resnet18",
		"features:alexnet":             `no model is called "alexnet"`,
	} {
		_, err := Named(name)
		require.ErrorContains(t, err, message)
	}
}
