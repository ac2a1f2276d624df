package models

import (
	"math"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

func TestTmp(t *testing.T) {
	b := backendtest.XLA(t)
	m, err := Open(t.Context(), "smollm2-135m", nil)
	require.NoError(t, err)
	store := model.NewStore()
	exec := model.MustNewExec(b, store, func(root *model.Scope, ids, real *Node) *Node {
		return m.Reprogrammed(root, Value{Each: ids, Real: real}, Nothing)
	})
	ids := tensors.FromValue([][]int32{{504, 3575, 282, 4649, 314}})
	real := tensors.FromValue([][]float32{{1, 1, 1, 1, 1}})
	z, err := exec.Call1(ids, real)
	require.NoError(t, err)
	logits, err := tensors.CopyFlatData[float32](z)
	require.NoError(t, err)
	t.Log(logits[7042], logits[260], logits[4528], logits[:5])
	prompt := []int32{4182, 451, 7704, 2523, 2731, 355, 3524, 47, 19842, 42}
	text := []int32{49, 8264, 4771, 28, 339, 5732, 357, 30, 2018, 281, 511, 28, 357, 436}
	pe := model.MustNewExec(b, store, func(root *model.Scope, p, ids, real *Node) []*Node {
		words := root.At("frozen").GetVariable("words").NodeValue(p.Graph())
		soft := ExpandAxes(Gather(words, ExpandAxes(p, -1)), 0)
		z := m.Reprogrammed(root, Value{Each: ids, Real: real}, func(at Site, v Value) Value {
			if at == TokensInto(0) {
				v.Each = Concatenate([]*Node{soft, v.Each}, 1)
				v.Real = Concatenate([]*Node{OnesLike(SliceAxis(v.Real, 1, AxisRange(0, 10))), v.Real}, 1)
			}
			return v
		})
		two := Concatenate([]*Node{Slice(z, AxisRange(), AxisRange(13321, 13322)), Slice(z, AxisRange(), AxisRange(1109, 1110))}, 1)
		loss := Neg(Reshape(SliceAxis(LogSoftmax(two, -1), 1, AxisRange(1, 2))))
		g := Gradient(loss, soft)[0]
		return []*Node{loss, two, Sqrt(ReduceAllSum(Square(g))), g}
	})
	realRow := make([]float32, len(text))
	for i := range realRow {
		realRow[i] = 1
	}
	out, err := pe.Call(tensors.FromValue(prompt), tensors.FromValue([][]int32{text}), tensors.FromValue([][]float32{realRow}))
	require.NoError(t, err)
	t.Log(out[0].Value(), out[1].Value(), out[2].Value(), out[3].Value().([][][]float32)[0][0][:4])
	_ = math.Pi
}
