package models_test

import (
	"image"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// TestSqueezenetParity compares the logits of a real photo with those of another implementation with the same
// weights: coffee.png, the 227×227 crop at left 186, top 86.
func TestSqueezenetParity(t *testing.T) {
	m, backend := open(t, "squeezenet1.1"), backendtest.XLA(t)
	m.Sides = models.SideRule{Min: 227, Multiple: 1} // the published vector is at 227
	crop := photo(t, "coffee", image.Rect(186, 86, 186+227, 86+227))
	require.Equal(t, 15107343, sum(crop.Pixels), "the crop's pixels")

	pixels := tensors.FromFlatDataAndDimensions(crop.Pixels, 1, 227, 227, 3)
	logits := run(t, backend, m, pixels)

	want := map[int]float32{967: 35.6125, 809: 30.6331, 925: 30.6023, 968: 28.9246, 504: 28.7047, // the top five
		0: -.9019, 1: 9.1513, 2: -3.3283, 3: -4.6108, 4: 3.2054}
	require.Equal(t, []int{967, 809, 925, 968, 504}, top(logits, 5))
	for i, w := range want {
		require.InDelta(t, w, logits[i], 1e-3*35.6125, "logit %d", i)
	}
	total := 0.
	for _, v := range logits {
		total += float64(v)
	}
	require.InDelta(t, 7057.702, total, 1)
	require.Equal(t, "espresso", m.Labels[967])
}

// TestSqueezenetGolden compares logits and input gradient with PyTorch's, at three sides
// (testdata/squeezenet_golden.py).
func TestSqueezenetGolden(t *testing.T) {
	var golden []golden
	readGolden(t, "squeezenet_golden.json", &golden)
	require.Len(t, golden, 3)
	requireGolden(t, "squeezenet1.1", golden)
}

// The error of a wrong side or name lists the right ones.
func TestRefuses(t *testing.T) {
	info := models.All()[0]
	require.NoError(t, info.Sides.Check(info.Name, 224))
	require.ErrorContains(t, info.Sides.Check(info.Name, 100), "multiples of 32, not 100")
	_, err := models.Open(t.Context(), "resnet", nil)
	require.ErrorContains(t, err, "known: squeezenet1.1, efficientnet-lite0, efficientnet-lite1, efficientnet-lite2")
}
