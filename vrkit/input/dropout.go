package input

import (
	"errors"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"

	. "github.com/gomlx/gomlx/core/graph"
)

// Drawing is a manipulation that may draw random numbers in training, from [models.Value.Random].
type Drawing interface {
	Manipulation
	// Draws tells whether it does. A training step of one that does not has no such numbers.
	Draws() bool
}

// checkDropout returns an error if a rate is not in [0,1).
func checkDropout(rate float64) error {
	if rate >= 0 && rate < 1 {
		return nil
	}
	return registry.Wrong("dropout", "dropout sets a share from 0 to less than 1 of a prompt's values to zero, not %v", rate)
}

// dropout is PyTorch's Dropout of a prompt, [1,p,width] to [B,p,width]: in training each value is 0 with the probability
// rate, for each sample of at on its own, and is divided by 1−rate otherwise. Elsewhere it is the prompt. Two calls with
// the same value of Random draw different numbers if their streams differ.
func dropout(scope *model.Scope, at models.Value, prompt *Node, rate float64, stream int) *Node {
	g := prompt.Graph()
	if rate == 0 || !scope.IsTraining(g) {
		return prompt
	}
	if at.Random == nil {
		panic(errors.New("dropout in training needs the random numbers of models.Value"))
	}
	dimensions := prompt.Shape().Clone().Dimensions
	dimensions[0] = at.Each.Shape().Dim(0)
	const golden = 0x9E3779B97F4A7C15 // 2⁶⁴ divided by the golden ratio: the keys of two streams differ in many bits
	state := Add(at.Random, Const(g, []uint64{golden * uint64(stream), 0, 0}))
	_, drawn := RandomUniform(state, shapes.Make(dtypes.Float32, dimensions...))
	kept := BroadcastToDims(DivScalar(prompt, 1-rate), dimensions...)
	return Where(GreaterOrEqual(drawn, Scalar(g, dtypes.Float32, rate)), kept, ZerosLike(kept))
}
