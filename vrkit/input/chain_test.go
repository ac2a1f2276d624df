package input_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/registry"
)

// A chain is its parts: with the values of one part at nothing it answers as the other part alone, its record gives it
// back, and its learned values and coordinates are those of both.
func TestChain(t *testing.T) {
	chain, err := input.New("full+vpt-deep")
	require.NoError(t, err)
	c := chain.(input.Chain)
	c[1] = input.VPT{Kind: input.Deep, Tokens: 2, Seed: 4}
	require.Equal(t, "learnable / input+embedding+hidden / additive+concatenative / ", c.Coordinates().String())

	settings, err := registry.Settings(c)
	require.NoError(t, err)
	again, err := input.Restore(c.Name(), settings)
	require.NoError(t, err)
	require.Equal(t, input.Manipulation(c), again)

	answer := func(in input.Manipulation, prompt float32) []float32 {
		program, err := vrkit.Compile(backendtest.Any(t), vrkit.Program{Input: in, Model: modeltest.TinyViT(), Output: output.RLM{}}, 3)
		require.NoError(t, err)
		defer program.Finalize()
		require.NoError(t, program.Initialise())
		learned, err := program.Learned()
		require.NoError(t, err)
		if len(learned.Variables) == 2 {
			delta := make([]float32, 8*8*3)
			for i := range delta {
				delta[i] = prompt * float32(i%5)
			}
			learned.Variables["full_prompt"] = tensors.FromFlatDataAndDimensions(delta, 8, 8, 3)
			require.NoError(t, program.Use(learned))
		}
		pixels := make([]uint8, 8*8*3)
		for i := range pixels {
			pixels[i] = uint8(7 * i)
		}
		rows, err := program.Pictures(pixels)
		require.NoError(t, err)
		_, source, err := program.Logits(rows)
		require.NoError(t, err)
		return source
	}
	require.Equal(t, answer(c[1], 0), answer(c, 0), "a watermark of zeros changes nothing")
	require.NotEqual(t, answer(c[1], 0), answer(c, .1))
	info := modeltest.TinyViT().Info
	require.Equal(t, 8*8*3+3*2*8, c.Trainable(info))
}

func TestChainRefused(t *testing.T) {
	for name, want := range map[string]string{
		"full+full": "full+full has full twice: write it once",
		"full+glue": `no input manipulation is called "glue"; known: pad, `,
		"full+":     `no input manipulation is called ""; known: pad, `,
	} {
		_, err := input.New(name)
		require.ErrorContains(t, err, want)
	}
	_, err := input.Restore("pad+smm", map[string]any{"smm": map[string]any{"patch": 6.}})
	require.ErrorContains(t, err, "is a power of two, not 6")
}
