package figure_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleMappingSteps() {
	early := []float32{ // [3 sources, 2 targets]
		.9, .2,
		.1, .5,
		0, .3,
	}
	late := []float32{
		1, 0,
		0, .1,
		0, .9,
	}
	frames, err := figure.MappingSteps([]figure.NamedMapping{{"epoch 0", early}, {"epoch 4", late}},
		[]string{"sundial", "doughnut", "ring"}, []string{"seven", "zero"}, 1, "Zero moves from doughnut to ring.")
	if err != nil {
		fmt.Println(err)
		return
	}
	html, err := figure.Slider("ω over the epochs", frames, 0)
	fmt.Println(len(frames), frames[1].Label, len(html) > 0, err)
	// Output: 2 epoch 4 true <nil>
}

func TestMappingSteps(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	mappings, sources, _ := fourMappings(60, 10)
	targets := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	frames, err := figure.MappingSteps(mappings, sources, targets, 1, "The same rows, whatever is drawn in them.")
	require.NoError(t, err)
	require.Len(t, frames, 4)
	require.Equal(t, "ILM", frames[1].Label)
	golden(t, "steps_1", frames[0].Figure, nil)
	golden(t, "steps_3", frames[2].Figure, nil)
	_, err = figure.Slider("", frames, 0)
	require.NoError(t, err, "all frames are of one size")

	// For any number of targets.
	for _, K := range []int{2, 20, 60} {
		mappings, sources, targets := fourMappings(80, K)
		frames, err := figure.MappingSteps(mappings, sources, targets, 1, "")
		require.NoError(t, err)
		_, err = figure.Slider("", frames, 0)
		require.NoError(t, err)
		proper(t, frames[3].Figure)
	}
}

func TestMappingStepsErrors(t *testing.T) {
	two := []string{"a", "b"}
	_, err := figure.MappingSteps([]figure.NamedMapping{{"ILM", []float32{1, 0, 0, 1}}, {"BLM", make([]float32, 3)}}, two, two, 1, "")
	require.ErrorContains(t, err, `in the mapping "BLM"`)
	_, err = figure.MappingSteps([]figure.NamedMapping{{"BLM", make([]float32, 4)}}, two, two, 1, "")
	require.ErrorContains(t, err, "zero everywhere")
	frames, err := figure.MappingSteps(nil, two, two, 1, "")
	require.NoError(t, err)
	require.Empty(t, frames)
}
