package show

import (
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

func TestMaskSteps(t *testing.T) {
	program := masking(t, input.SMM{Patch: 4, Multiplier: .125, Seed: 1})
	require.NoError(t, program.Initialise())
	run := &runs.Run{Dir: t.TempDir(), Metrics: []runs.Metrics{{Epoch: 0}, {Epoch: 1}}}
	names := []string{"disc", "ramp"}
	learned, err := program.Learned()
	require.NoError(t, err)
	learned.Mapping = output.NewMapping(program.Model.Sources(), 3)
	learned.Mapping.Weights[0], learned.Mapping.Weights[4], learned.Mapping.Weights[8] = 1, 1, 1
	require.NoError(t, runs.Artefact{Learned: learned}.Save(run.Dir, runs.Epoch(0)))
	_, err = maskFrames(run, program, twoPictures(), names, "")
	require.ErrorContains(t, err, "epoch 1 was not kept; train with History")

	delta := make([]float32, maskedSide*maskedSide*3)
	for i := range delta {
		delta[i] = 2
	}
	learned.Variables[input.PromptVariable] = tensors.FromFlatDataAndDimensions(delta, maskedSide, maskedSide, 3)
	require.NoError(t, runs.Artefact{Learned: learned}.Save(run.Dir, runs.Epoch(1)))
	frames, err := maskFrames(run, program, twoPictures(), names, "")
	require.NoError(t, err)
	require.Len(t, frames, 2)
	require.Equal(t, "epoch 1", frames[1].Label)
	require.NotEqual(t, frames[0].Figure.PNG, frames[1].Figure.PNG, "each has what its epoch learned")

	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, MaskSteps("Masks", run, program, twoPictures(), names, ""))
	picture(t, "masks-02")
}
