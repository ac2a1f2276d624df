package vrkit_test

import (
	"archive/zip"
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

func TestAnswers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "runs", "answers.npz")
	_, err := vrkit.LoadAnswers(path)
	require.ErrorContains(t, err, "ask the frozen model first")
	a := output.Answers{Sources: 3, Targets: 2, Logits: []float32{1, 2, 3, 4, 5, 6}, Labels: []int32{0, 1}}
	require.NoError(t, vrkit.SaveAnswers(path, a))
	read, err := vrkit.LoadAnswers(path)
	require.NoError(t, err)
	require.Equal(t, a, read)

	a.Sources = 2
	require.ErrorContains(t, vrkit.SaveAnswers(path, a), "6 logits of 2 source labels are not those of 2 samples")
	require.NoError(t, vrkit.SaveArrays(path, zip.Deflate, map[string]*tensors.Tensor{"y": tensors.FromFlatDataAndDimensions([]int32{1}, 1)}))
	_, err = vrkit.LoadAnswers(path)
	require.ErrorContains(t, err, `the array "targets" is missing`)
}
