package input_test

import (
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// The frames of docs/methods.md 1.2: how many pixels they have, and so how many values of δ training can change.
func TestWatermarkTrainable(t *testing.T) {
	for _, c := range []struct {
		side   int
		mark   input.Watermark
		pixels int
	}{
		{224, input.Watermark{Kind: input.Narrow}, 21952},
		{224, input.Watermark{Kind: input.Medium}, 37632},
		{224, input.Watermark{Kind: input.Full}, 50176},
		{224, input.Watermark{}, 50176},
		{224, input.Watermark{Width: 30}, 23280},
		{224, input.Watermark{Kind: input.Narrow, Width: 112}, 50176},
		{384, input.Watermark{Kind: input.Narrow}, 64512},
		{384, input.Watermark{Kind: input.Medium}, 110592},
		{384, input.Watermark{Kind: input.Full}, 147456},
		{9, input.Watermark{Kind: input.Full}, 81},
		{9, input.Watermark{Width: 4}, 80},
	} {
		require.Equal(t, 3*c.pixels, c.mark.Trainable(models.Info{Side: c.side}), "%+v at %d", c.mark, c.side)
		fitted, err := c.mark.Fit(models.Info{Side: c.side})
		require.NoError(t, err)
		require.Equal(t, c.side, fitted.Side, "images have the model's side")
	}
	for mark, values := range map[input.Watermark]int{{Kind: input.Narrow}: 65856, {Kind: input.Medium}: 112896, {Kind: input.Full}: 150528, {Width: 30}: 69840} {
		require.Equal(t, values, mark.Trainable(models.Info{Side: 224}))
	}
	for mark, values := range map[input.Watermark]int{{Kind: input.Narrow}: 193536, {Kind: input.Medium}: 331776, {Kind: input.Full}: 442368} {
		require.Equal(t, values, mark.Trainable(models.Info{Side: 384}))
	}
}

func TestWatermarkChecks(t *testing.T) {
	for message, c := range map[string]struct {
		side int
		mark input.Watermark
	}{
		"its width must lie between 1 and 112, not 113":              {224, input.Watermark{Width: 113}},
		"its width must lie between 1 and 112, not -1":               {224, input.Watermark{Width: -1}},
		"its width must lie between 1 and 3, not 0":                  {7, input.Watermark{Kind: input.Narrow}},
		`no watermark is called "wide"; known: narrow, medium, full`: {224, input.Watermark{Kind: "wide"}},
		"its width must lie between 1 and 4, not 5":                  {9, input.Watermark{Width: 5}},
	} {
		_, err := c.mark.Fit(models.Info{Side: c.side})
		require.ErrorContains(t, err, message)
		require.Zero(t, c.mark.Trainable(models.Info{Side: c.side}))
	}
}

// apply runs a manipulation on images in float32, with the prompt given, or its initial prompt if that is nil.
func apply(t *testing.T, backend compute.Backend, m input.Manipulation, images, prompt []float32, side int) []float32 {
	store := model.NewStore()
	if prompt != nil {
		_, err := store.RootScope().CreateVariable(input.PromptVariable, tensors.FromFlatDataAndDimensions(prompt, side, side, 3))
		require.NoError(t, err)
	}
	y, err := model.CallOnce(backend, store, func(root *model.Scope, x *Node) *Node {
		return act(root, m, models.Value{Each: x}, side)
	}, tensors.FromFlatDataAndDimensions(append([]float32(nil), images...), len(images)/(side*side*3), side, side, 3))
	require.NoError(t, err)
	return tensors.MustCopyFlatData[float32](y)
}

// δ is on the frame and nowhere else, in every image of the batch; the initial δ changes nothing.
func TestWatermark(t *testing.T) {
	const side, size = 16, 2
	images, prompt := make([]float32, size*side*side*3), make([]float32, side*side*3)
	for i := range images {
		images[i] = float32(i%89)/16 - 2
	}
	for i := range prompt {
		prompt[i] = float32(i%31)/8 - 1
	}
	for width, m := range map[int]input.Watermark{2: {Kind: input.Narrow}, 4: {Kind: input.Medium}, 8: {Kind: input.Full}, 5: {Kind: input.Narrow, Width: 5}} {
		require.Equal(t, images, apply(t, backendtest.Any(t), m, images, nil, side), "at its start")
		got := apply(t, backendtest.Any(t), m, images, append([]float32(nil), prompt...), side)
		for i, v := range got {
			y, x := i/3/side%side, i/3%side
			want := images[i]
			if min(y, x, side-1-y, side-1-x) < width {
				want += prompt[i%len(prompt)]
			}
			require.Equal(t, want, v, "width %d at %d,%d", width, y, x)
		}
	}
}

// The picture is grey at 0 and reaches black or white.
func TestAdditivePicture(t *testing.T) {
	for _, m := range []input.Pictured{input.Watermark{}, input.SMM{}} {
		require.Equal(t, []float32{.5, .625, 0}, m.Picture([]float32{0, .5, -2}, 1))
		require.Equal(t, []float32{.5, .5, .5}, m.Picture([]float32{0, 0, 0}, 1), "nothing was learned")
	}
}
