package runs_test

import (
	"archive/zip"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

func TestAnswers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "answers.npz")
	_, err := runs.LoadAnswers(path)
	require.ErrorContains(t, err, "ask the frozen model first")
	a := output.Answers{Sources: 3, Targets: 2, Logits: []float32{1, 2, 3, 4, 5, 6}, Labels: []int32{0, 1}}
	require.NoError(t, runs.SaveAnswers(path, a))
	read, err := runs.LoadAnswers(path)
	require.NoError(t, err)
	require.Equal(t, a, read)

	a.Sources = 2
	require.ErrorContains(t, runs.SaveAnswers(path, a), "6 logits of 2 source labels are not those of 2 samples")
	require.NoError(t, runs.SaveArrays(path, zip.Deflate, map[string]*tensors.Tensor{"y": tensors.FromFlatDataAndDimensions([]int32{1}, 1)}))
	_, err = runs.LoadAnswers(path)
	require.ErrorContains(t, err, `the array "targets" is missing`)
}
