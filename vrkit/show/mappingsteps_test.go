package show

import (
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// A run's history of ω begins with epoch 1, the first that learns.
func TestMappingHistory(t *testing.T) {
	run := madeUp(t, input.Watermark{Kind: input.Full})
	require.ErrorContains(t, MappingHistory(run, ""), "epoch 1 was not kept; train with History")
	for epoch := range 3 {
		kept := run.Artefact
		kept.Mapping.Weights = append([]float32(nil), kept.Mapping.Weights...)
		kept.Mapping.Weights[4] = .25 * float32(epoch)
		require.NoError(t, kept.Save(run.Dir, runs.Epoch(epoch)))
	}
	steps, err := mappingHistory(run)
	require.NoError(t, err)
	require.Len(t, steps, 2)
	require.Equal(t, "ω counted before epoch 1; accuracy after it: 55.0 %", steps[0].Name)
	require.EqualValues(t, .5, steps[1].Omega[4])
	run.Metrics[2].TestAccuracy = -1
	steps, err = mappingHistory(run)
	require.NoError(t, err)
	require.Equal(t, "ω counted before epoch 2", steps[1].Name)

	run.Program.Output = output.Linear{}
	steps, err = mappingHistory(run)
	require.NoError(t, err)
	require.Equal(t, "ω after epoch 2", steps[1].Name)
	run.Program.Output = output.BLM{Lambda: 1}

	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, MappingHistory(run, ""))
	picture(t, "over-the-epochs-02")
	steps[0].Omega = nil
	require.ErrorContains(t, MappingSteps("", steps, 0, run.Sources(), run.Classes(), ""), `in the mapping "ω after epoch 1`)
}

func TestVoters(t *testing.T) {
	run := madeUp(t, input.Watermark{Kind: input.Full})
	pictures := []image.Image{image.NewGray(image.Rect(0, 0, 9, 9)), image.NewGray(image.Rect(0, 0, 9, 9))}
	frames, err := voterFrames(run, pictures, 2)
	require.NoError(t, err)
	require.Len(t, frames, 2)
	require.Equal(t, "columns", frames[1].Label)
	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, Voters(run, pictures, 2))
	picture(t, "target-label-02")
	require.ErrorContains(t, Voters(run, pictures[:1], 2), "1 pictures for 2 target labels")
}

func TestLosses(t *testing.T) {
	one, other := madeUp(t, input.Padding{Image: 4}), madeUp(t, input.Padding{Image: 4})
	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, Losses(one, other))
	picture(t, "losses")
}
