package models_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// CheckGradient finds a gradient that is wrong, one that is missing, and logits that depend on other images.
func TestCheckGradient(t *testing.T) {
	for want, after := range map[string]func(logits *Node) *Node{
		"": func(logits *Node) *Node { return logits },
		"its gradient is wrong, so that no program can be trained on it": func(logits *Node) *Node {
			return IdentityWithCustomGradient(logits, func(_, gradY *Node) *Node { return MulScalar(gradY, 1.1) })
		},
		"the gradient of its logits is 0 everywhere": StopGradient,
		"it has an operator without a gradient":      func(logits *Node) *Node { return Sort(logits, -1, true) },
		"the logits of an image depend on the others of its batch": func(logits *Node) *Node {
			return Sub(logits, ReduceAndKeep(logits, ReduceMean, 0))
		},
	} {
		m := modeltest.Tiny()
		forward := m.Forward
		m.Forward = func(weight layer.Weight, x models.Value, hook models.Hook) *Node {
			return after(forward(weight, x, hook))
		}
		err := m.CheckGradient(backendtest.XLA(t))
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "tiny: "+want)
		require.NotContains(t, err.Error(), "\n")
	}
}
