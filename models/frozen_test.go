package models_test

import (
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// Every program gets a model's weights, though the model releases its own copy.
func TestTwoPrograms(t *testing.T) {
	tiny, pixels := modeltest.Tiny(), tensors.FromShape(shapes.Make(dtypes.Float32, 2, 8, 8, 3))
	var logits [2][]float32
	for i := range logits {
		store := model.NewStore()
		value, err := model.CallOnce(backendtest.XLA(t), store, tiny.Logits, pixels)
		require.NoError(t, err)
		require.NoError(t, tiny.CheckFrozen(store.RootScope()))
		logits[i] = tensors.MustCopyFlatData[float32](value)
	}
	require.Equal(t, logits[0], logits[1])
}

// CheckFrozen finds a change of one bit in any stored weight: plain, flipped, and rounded to bf16.
func TestCheckFrozen(t *testing.T) {
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
		t.Run(dtype.String(), func(t *testing.T) {
			store, tiny := model.NewStore(), modeltest.Tiny()
			require.ErrorContains(t, tiny.CheckFrozen(store.RootScope()), "no graph has used the frozen weights")
			_, err := model.CallOnce(backendtest.XLA(t), store, func(root *model.Scope, pixels *Node) *Node {
				x := ConvertDType(pixels, dtype)
				return Gradient(ReduceAllSum(tiny.Logits(root, x)), x)[0]
			}, tensors.FromShape(shapes.Make(dtypes.Float32, 2, 8, 8, 3)))
			require.NoError(t, err)
			require.NoError(t, tiny.CheckFrozen(store.RootScope()))

			stored := slices.Collect(store.RootScope().IterVariables())
			require.Len(t, stored, 3, "a kernel, the same flipped, and a matrix")
			for _, variable := range stored {
				value, err := variable.Value()
				require.NoError(t, err)
				flip := func() { require.NoError(t, value.MutableBytes(func(data []byte) { data[len(data)-1] ^= 1 })) }
				flip()
				require.ErrorContains(t, tiny.CheckFrozen(store.RootScope()), variable.Path()+" has changed")
				flip()
				require.NoError(t, tiny.CheckFrozen(store.RootScope()))
			}
		})
	}
}
