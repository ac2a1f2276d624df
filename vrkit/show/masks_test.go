package show

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

const maskedSide = 8

// masking is SMM on the tiny net, before training.
func masking(t *testing.T, s input.SMM) *vrkit.Compiled {
	t.Helper()
	c, err := vrkit.Compile(backendtest.Any(t), vrkit.Program{Input: s, Model: modeltest.Tiny(), Output: output.FLM{}, Side: maskedSide}, 3)
	require.NoError(t, err)
	return c
}

// twoPictures returns images of a disc and a ramp.
func twoPictures() []uint8 {
	pixels := make([]uint8, 2*maskedSide*maskedSide*3)
	for i := range maskedSide * maskedSide {
		y, x := float64(i/maskedSide)-3.5, float64(i%maskedSide)-3.5
		if math.Hypot(x, y) < 3 {
			pixels[3*i], pixels[3*i+1], pixels[3*i+2] = 230, 120, 20
		}
		at := 3 * (maskedSide*maskedSide + i)
		pixels[at], pixels[at+1], pixels[at+2] = uint8(32*(i%maskedSide)), uint8(32*(i/maskedSide)), 90
	}
	return pixels
}

// The parts of the figure add up: the input is the image plus, in standard deviations, what is added to it.
func TestMaskedSamples(t *testing.T) {
	pixels := twoPictures()
	c := masking(t, input.SMM{Patch: 4, Multiplier: .125, Seed: 1})
	s, err := maskedSamples(c, pixels, []string{"disc", "ramp"})
	require.NoError(t, err)
	require.Equal(t, make([]float32, len(pixels)), s.Added, "nothing was learned yet")

	learned, err := c.Learned()
	require.NoError(t, err)
	delta := make([]float32, maskedSide*maskedSide*3)
	for i := range delta {
		delta[i] = 3 * float32(math.Sin(float64(i)/20))
	}
	learned.Variables[input.PromptVariable] = tensors.FromFlatDataAndDimensions(delta, maskedSide, maskedSide, 3)
	require.NoError(t, c.Use(learned))
	s, err = maskedSamples(c, pixels, []string{"disc", "ramp"})
	require.NoError(t, err)
	require.Equal(t, maskedSide, s.Side)
	require.Equal(t, float32(230)/255, s.Images[3*(4*maskedSide+4)])
	require.NotEqual(t, make([]float32, len(pixels)), s.Added)
	std := c.Model.Normalisation.Std
	for i, x := range s.Images {
		require.InDelta(t, x+s.Added[i]*std[i%3], s.Inputs[i], 1e-5)
	}

	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, Masks(c, pixels, []string{"disc", "ramp"}, ""))
	picture(t, "masks")
}

// One generator draws masks of every patch size: its parameters have the same shapes.
func TestMasksOf(t *testing.T) {
	coarse, fine := masking(t, input.SMM{Patch: 4, Multiplier: .125, Seed: 1}), masking(t, input.SMM{Patch: 1, Multiplier: .125, Seed: 2})
	require.NoError(t, coarse.Initialise())
	learned, err := coarse.Learned()
	require.NoError(t, err)
	learned.Mapping.Weights[0], learned.Mapping.Weights[4], learned.Mapping.Weights[8] = 1, 1, 1
	require.NoError(t, fine.Use(learned))
	both, one := []*vrkit.Compiled{coarse, fine}, twoPictures()[:maskedSide*maskedSide*3]
	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, MasksOf(both, one, []string{"p = 4", "p = 1"}, ""))
	picture(t, "masks")
	require.ErrorContains(t, MasksOf(both, one, []string{"p = 4"}, ""), "1 names for 2 programs")
	require.ErrorContains(t, MasksOf(both, twoPictures(), []string{"p = 4", "p = 1"}, ""), "1 names for 2 pictures")
}

// Without δ what is added is the mask.
func TestMaskedSamplesWithoutDelta(t *testing.T) {
	pixels := twoPictures()
	s, err := maskedSamples(masking(t, input.SMM{Patch: 4, Multiplier: .125, Seed: 1, Ablate: input.OnlyMask}), pixels, []string{"disc", "ramp"})
	require.NoError(t, err)
	require.Equal(t, s.Masks, s.Added)
	require.True(t, slices.ContainsFunc(s.Added, func(v float32) bool { return v != 0 }))
}

func TestMasksRefuse(t *testing.T) {
	c := masking(t, input.SMM{Patch: 4})
	_, err := MasksFigure(c, twoPictures(), []string{"disc"}, "")
	require.ErrorContains(t, err, "1 names for 2 pictures")
	_, err = MasksFigure(c, make([]uint8, 7), []string{"disc"}, "")
	require.ErrorContains(t, err, "7 values are not RGB pictures of side 8")
	c.Input = input.Watermark{Kind: input.Full}
	_, err = MasksFigure(c, twoPictures(), []string{"disc", "ramp"}, "")
	require.ErrorContains(t, err, "full has no mask of its own")
}
