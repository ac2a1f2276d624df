package vrkit_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/janpfeifer/must"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// TestMasks compares the masks with the frozen model's input: normalised, it is the normalised image plus δ ⊙ mask,
// with a δ that is not zero.
func TestMasks(t *testing.T) {
	const side, size = 8, 2
	pixels := make([]uint8, size*side*side*3)
	for i := range pixels {
		pixels[i] = uint8(i * i % 251)
	}
	for _, s := range []input.SMM{
		{Patch: 4, Multiplier: .125, Seed: 1},
		{Patch: 4, Ablate: input.OnlyDelta}, {Patch: 4, Ablate: input.OnlyMask, Multiplier: .125, Seed: 1}, {Patch: 4, Ablate: input.MaskOnes},
	} {
		p := vrkit.Program{Input: s, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}, Side: side}
		c, err := vrkit.Compile(backendtest.Any(t), p, 3)
		require.NoError(t, err)
		require.NoError(t, c.Initialise())
		learned, err := c.Learned()
		require.NoError(t, err)
		delta := slices.Repeat([]float32{1}, side*side*3) // the factor of the mask if no δ is learned
		if s.Ablate != input.OnlyMask {
			for i := range delta {
				delta[i] = float32(math.Sin(float64(i)))
			}
			learned.Variables[input.PromptVariable] = tensors.FromFlatDataAndDimensions(slices.Clone(delta), side, side, 3)
			require.NoError(t, c.Use(learned))
		}

		masks, err := c.Masks(pixels)
		require.NoError(t, err)
		require.Len(t, masks, len(pixels))
		if s.Ablate == input.MaskOnes || s.Ablate == input.OnlyDelta {
			require.Equal(t, slices.Repeat([]float32{1}, len(pixels)), masks)
		} else {
			half := len(masks) / size
			require.NotEqual(t, masks[:half], masks[half:], "an image has a mask of its own")
		}
		seen, err := c.Inputs(pixels)
		require.NoError(t, err)
		want, n := make([]float32, len(pixels)), p.Model.Normalisation
		for i, v := range pixels {
			mean, std := n.Mean[i%3], n.Std[i%3]
			x := (float32(v)/255 - mean) / std
			want[i] = (x+delta[i%len(delta)]*masks[i])*std + mean
		}
		require.InDeltaSlice(t, want, seen, 1e-5, "%+v", s)
	}
}

func TestMasksRefuse(t *testing.T) {
	p := vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}}
	c, err := vrkit.Compile(backendtest.Any(t), p, 3)
	require.NoError(t, err)
	_, err = c.Masks(make([]uint8, 4*4*3))
	require.ErrorContains(t, err, "pad has no mask of its own")

	p.Input = input.SMM{Patch: 4}
	c, err = vrkit.Compile(backendtest.Any(t), p, 3)
	require.NoError(t, err)
	_, err = c.Masks(make([]uint8, 5))
	require.ErrorContains(t, err, "5 values are not RGB pictures of side 8")
}

// Noise is added where the manipulation has a prompt, and is the same every time.
func TestScatter(t *testing.T) {
	seen := func(in input.Manipulation) (before, after []float32) {
		c, err := vrkit.Compile(backendtest.Any(t), vrkit.Program{Input: in, Model: modeltest.Tiny(), Output: output.FLM{}, Side: 8}, 3)
		require.NoError(t, err)
		pixels := make([]uint8, c.ImageSide()*c.ImageSide()*3)
		before, err = c.Inputs(pixels)
		require.NoError(t, err)
		require.NoError(t, c.Scatter(2))
		after, err = c.Inputs(pixels)
		require.NoError(t, err)
		return before, after
	}
	before, after := seen(input.Watermark{Kind: input.Narrow})
	for i := range before {
		y, x := i/3/8, i/3%8
		inside := min(x, y) >= 1 && max(x, y) < 7
		require.Equal(t, inside, before[i] == after[i])
	}
	_, again := seen(input.Watermark{Kind: input.Narrow})
	require.Equal(t, after, again)

	c, err := vrkit.Compile(backendtest.Any(t), vrkit.Program{Input: input.SMM{Patch: 4, Ablate: input.OnlyMask}, Model: modeltest.Tiny(), Output: output.FLM{}, Side: 8}, 3)
	require.NoError(t, err)
	require.ErrorContains(t, c.Scatter(1), "smm learns no prompt")
}

// After Finalize a program answers with an error, and another program of the same model works.
func TestFinalize(t *testing.T) {
	p := vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}, Side: 8}
	pixels := make([]uint8, 2*4*4*3)
	for range 2 {
		c, err := vrkit.Compile(backendtest.Any(t), p, 3)
		require.NoError(t, err)
		_, err = c.Predict(must.M1(c.Pictures(pixels)))
		require.NoError(t, err)
		c.Finalize()
		_, err = c.Predict(must.M1(c.Pictures(pixels)))
		require.Error(t, err)
	}
}
