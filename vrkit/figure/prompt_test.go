package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// border returns a prompt of the given side whose inside is zero.
func border(side, width int) []float32 {
	prompt := striped(side, side)
	for i := range prompt {
		x, y := i/3%side, i/3/side
		prompt[i] = .05 + .9*prompt[i]
		if min(x, y) >= width && max(x, y) < side-width {
			prompt[i] = 0
		}
	}
	return prompt
}

func ExamplePrompt() {
	prompt := make([]float32, 32*32*3) // [height, width, 3]
	for i := range prompt {
		if x, y := i/3%32, i/3/32; x < 8 || x >= 24 || y < 8 || y >= 24 {
			prompt[i] = .5 // padding before training
		}
	}
	f, err := figure.Prompt(prompt, 32, 32, "The border before training.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 456 The border before training.
}

func TestPrompt(t *testing.T) {
	f, err := figure.Prompt(border(32, 8), 32, 32, "The border is all that was learned.")
	golden(t, "prompt", f, err)

	added := striped(16, 16)
	for i := range added {
		added[i] = added[i]*3 - 2
	}
	f, err = figure.Prompt(added, 16, 16, "What is added to an image has a sign: grey is nothing.")
	golden(t, "prompt_signed", f, err)
}

func TestPromptErrors(t *testing.T) {
	_, err := figure.Prompt(make([]float32, 12), 2, 3, "")
	require.ErrorContains(t, err, "12 values is not 2 × 3 × 3")
	_, err = figure.Prompt(make([]float32, 12), 2, 2, "")
	require.ErrorContains(t, err, "nothing was learned yet")
	_, err = figure.Prompt([]float32{float32(math.NaN()), 0, 0}, 1, 1, "")
	require.ErrorContains(t, err, "NaN at position 0")
}
