package models_test

import (
	"image"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// TestPhoto prepares a photo as each network's accuracy was measured. It compares the prepared image and the logits with
// torchvision's (testdata/photo_golden.py).
func TestPhoto(t *testing.T) {
	var nets map[string]struct {
		Side, Sum int
		Top1      float64
		Logits    []float32
	}
	readGolden(t, "photo_golden.json", &nets)
	chelsea := photo(t, "chelsea", image.Rect(0, 0, 451, 300))
	for _, info := range models.All() {
		want, ok := nets[info.Name]
		require.Equal(t, ok, info.Prepared != models.Preparation{}, "%s: the golden values are of every network of which it is known", info.Name)
		if !ok {
			continue
		}
		require.Equal(t, want.Side, info.Prepared.Crop, info.Name)
		require.Equal(t, want.Top1, info.Top1, info.Name)
		pixels := chelsea.Prepare(info.Prepared.Resize, info.Prepared.Crop)
		require.Equal(t, want.Sum, sum(pixels), info.Name)
		if want.Logits == nil {
			continue
		}
		m, err := models.MadeUp(info.Name)
		require.NoError(t, err)
		got := run(t, backendtest.XLA(t), m, tensors.FromFlatDataAndDimensions(pixels, 1, want.Side, want.Side, 3))
		require.Equal(t, top(want.Logits, 5), top(got, 5))
		require.LessOrEqual(t, relativeError(got, want.Logits), rounding)
	}
}

// For another side the preparation is in proportion.
func TestPreparationAt(t *testing.T) {
	p := models.Preparation{Resize: 256, Crop: 224}
	require.Equal(t, p, p.At(224))
	require.Equal(t, models.Preparation{Resize: 146, Crop: 128}, p.At(128))
	require.Equal(t, models.Preparation{Resize: 37, Crop: 32}, p.At(32))
	require.Equal(t, models.Preparation{Resize: 133, Crop: 128}, models.Preparation{Resize: 232, Crop: 224}.At(128))
}
