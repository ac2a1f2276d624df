package backend_test

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

func TestXLAComputes(t *testing.T) {
	b := backendtest.XLA(t)
	t.Log(b.Description())
	sum, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node {
		return graph.ReduceAllSum(graph.Mul(x, x))
	}, tensors.FromValue([]float32{1, 2, 3}))
	require.NoError(t, err)
	require.Equal(t, float32(14), sum.Value())
}
