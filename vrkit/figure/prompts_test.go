package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExamplePrompts() {
	frame, full := make([]float32, 32*32*3), make([]float32, 32*32*3) // [side, side, 3]
	for i := range full {
		full[i] = -.5
		if x, y := i/3%32, i/3/32; x < 4 || x >= 28 || y < 4 || y >= 28 {
			frame[i] = 1
		}
	}
	f, err := figure.Prompts([]figure.NamedPrompt{{"narrow", frame}, {"full", full}}, 32, "A frame, and the whole image.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 598 A frame, and the whole image.
}

// signs returns a made-up prompt with both signs, zero inside its frame.
func signs(side, width int, size float32) []float32 {
	prompt := border(side, width)
	for i, v := range prompt {
		if v != 0 {
			prompt[i] = size * (2*v - 1)
		}
	}
	return prompt
}

func TestPrompts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	prompts := []figure.NamedPrompt{{"narrow", signs(32, 4, 1)}, {"medium", signs(32, 8, 2)}, {"full", signs(32, 16, .5)}}
	f, err := figure.Prompts(prompts, 32, "On one scale, the weakest of three patterns looks weak.")
	golden(t, "prompts", f, err)
	for _, side := range []int{1, 30, 128, 300} {
		for n := 1; n <= 4; n++ {
			many := make([]figure.NamedPrompt, n)
			for i := range many {
				many[i] = figure.NamedPrompt{"a name that has no room above so small a picture", signs(side, side, 3)}
			}
			f, err := figure.Prompts(many, side, "")
			require.NoError(t, err)
			require.LessOrEqual(t, f.Width, 900, "%d prompts of side %d", n, side)
		}
	}
}

func TestPromptsErrors(t *testing.T) {
	draw := func(side int, values ...[]float32) error {
		var prompts []figure.NamedPrompt
		for _, v := range values {
			prompts = append(prompts, figure.NamedPrompt{"full", v})
		}
		_, err := figure.Prompts(prompts, side, "")
		return err
	}
	one := []float32{1, 0, -1}
	require.NoError(t, draw(1, one))
	require.ErrorContains(t, draw(1), "0 prompts don't fit")
	require.ErrorContains(t, draw(1, one, one, one, one, one), "5 prompts don't fit")
	require.ErrorContains(t, draw(2, one), `"full" of 3 values is not 2 × 2 × 3`)
	require.ErrorContains(t, draw(1, []float32{0, 0, 0}), "nothing was learned yet")
	require.ErrorContains(t, draw(1, one, []float32{float32(math.NaN()), 0, 0}), "NaN at position 0")
}
