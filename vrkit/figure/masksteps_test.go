package figure_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleMaskSteps() {
	side := 32
	samples := figure.MaskedSamples{Names: []string{"seven"}, Side: side}
	for _, values := range []*[]float32{&samples.Images, &samples.Masks, &samples.Added, &samples.Inputs} {
		*values = make([]float32, side*side*3)
	}
	frames, err := figure.MaskSteps([]string{"epoch 0", "epoch 1"}, []figure.MaskedSamples{samples, samples}, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = figure.Slider("The mask while it learns", frames, 0)
	fmt.Println(len(frames), frames[1].Label, err)
	// Output: 2 epoch 1 <nil>
}

// grown returns masked's samples with mask and prompt made smaller.
func grown(by float32) figure.MaskedSamples {
	s := masked(2, 64, 8, 3)
	for i := range s.Masks {
		s.Masks[i] *= by
		s.Added[i] *= by * by
	}
	return s
}

func TestMaskSteps(t *testing.T) {
	steps := []figure.MaskedSamples{grown(0), grown(.3), grown(1)}
	labels := []string{"epoch 0", "epoch 1", "epoch 2"}
	frames, err := figure.MaskSteps(labels, steps, "On the scale of the last epoch.")
	require.NoError(t, err)
	_, err = figure.Slider("", frames, 0)
	require.NoError(t, err, "all are of one size")
	golden(t, "mask_steps", frames[1].Figure, nil)

	// The step with the largest values looks the same as alone.
	alone, err := figure.Masks(steps[2], "On the scale of the last epoch.")
	require.NoError(t, err)
	require.True(t, bytes.Equal(alone.PNG, frames[2].Figure.PNG))
}

func TestMaskStepsErrors(t *testing.T) {
	one := grown(1)
	_, err := figure.MaskSteps([]string{"a", "b"}, []figure.MaskedSamples{one}, "")
	require.ErrorContains(t, err, "2 labels for 1 steps")
	_, err = figure.MaskSteps([]string{"a", "b"}, []figure.MaskedSamples{one, masked(1, 64, 8, 3)}, "")
	require.ErrorContains(t, err, "different samples")
	one.Masks = nil
	_, err = figure.MaskSteps([]string{"epoch 4"}, []figure.MaskedSamples{one}, "")
	require.ErrorContains(t, err, "epoch 4: figure: 0 values of Masks")
}
