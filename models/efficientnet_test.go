package models_test

import (
	"image"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// TestEfficientnetParity compares Lite0's logits of a real photo with those of another implementation with
// the same weights: coffee.png, the 224×224 crop at left 188, top 88.
func TestEfficientnetParity(t *testing.T) {
	m, backend := open(t, "efficientnet-lite0"), backendtest.XLA(t)
	crop := photo(t, "coffee", image.Rect(188, 88, 188+224, 88+224))
	require.Equal(t, 14663408, sum(crop.Pixels), "the crop's pixels")

	logits := run(t, backend, m, tensors.FromFlatDataAndDimensions(crop.Pixels, 1, 224, 224, 3))

	want := map[int]float32{967: 9.80591, 504: 6.44622, 960: 6.44028, 925: 6.00835, 968: 6.00063, // the top five
		0: -.33147, 1: .05204, 2: .06089, 3: 1.12764, 4: -.86379}
	require.Equal(t, []int{967, 504, 960, 925, 968}, top(logits, 5))
	for i, w := range want {
		require.InDelta(t, w, logits[i], 1e-3*9.80591, "logit %d", i)
	}
	total := 0.
	for _, v := range logits {
		total += float64(v)
	}
	require.InDelta(t, -74.9992, total, .01)
	require.Equal(t, "espresso", m.Labels[967])
}

// TestEfficientnetGolden compares logits and input gradient of the three sizes with PyTorch's
// (testdata/efficientnet_golden.py).
func TestEfficientnetGolden(t *testing.T) {
	var golden map[string][]golden
	readGolden(t, "efficientnet_golden.json", &golden)
	require.Len(t, golden, 3)
	for name, values := range golden {
		t.Run(name, func(t *testing.T) { requireGolden(t, name, values) })
	}
}
