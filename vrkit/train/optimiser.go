package train

import (
	"math"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	. "github.com/gomlx/gomlx/core/graph"
)

// GoMLX's optimisers have one learning rate for all variables and no momentum; the papers' recipes need
// both, hence the two rules below. Everything that changes from step to step comes from the host, as
// one small input, so that a schedule is plain Go and nothing but the moments is state.

// The entries of a step's input.
const (
	promptRate = iota
	maskRate
	outputRate
	firstMoment  // 1/(1 − β₁ᵗ), Adam's correction of a moment that started at zero
	secondMoment // 1/(1 − β₂ᵗ)
	inputs
)

// PyTorch's numbers (docs/methods.md 3.1).
const (
	beta1   = .9
	beta2   = .999
	epsilon = 1e-8
)

// optimiserScope holds the moments, below the root of the store.
const optimiserScope = "optimiser"

// schedule is the input of a step: epoch and step from 0, of steps an epoch.
func (r Recipe) schedule(epoch, step, steps int) []float64 {
	t := float64(epoch*steps + step + 1)
	return []float64{
		promptRate:   r.Prompt.rateAt(epoch, step, steps),
		maskRate:     r.Mask.rateAt(epoch, step, steps),
		outputRate:   r.Output.rateAt(epoch, step, steps),
		firstMoment:  1 / (1 - math.Pow(beta1, t)),
		secondMoment: 1 / (1 - math.Pow(beta2, t)),
	}
}

// groupOf tells from a variable's path whose rate it learns at: see [input.Manipulation] and
// [output.Learned] for the paths.
func groupOf(path string) int {
	switch {
	case strings.HasPrefix(path, "/output/"):
		return outputRate
	case strings.HasPrefix(path, "/input/mask/"):
		return maskRate
	}
	return promptRate
}

// update builds one optimiser step for every trainable variable that the loss depends on. Gradients
// reach those and nothing else: an estimated ω and the frozen weights are constants.
func (r Recipe) update(root *model.Scope, loss, scheduled *Node) {
	g := loss.Graph()
	var learned []*model.Variable
	var values []*Node
	for v := range root.IterVariables() {
		if v.Trainable && v.InUseByGraph(g) {
			learned, values = append(learned, v), append(values, v.NodeValue(g))
		}
	}
	entry := func(i int) *Node { return Reshape(Slice(scheduled, AxisElem(i))) }
	for i, gradient := range Gradient(loss, values...) {
		v := learned[i]
		rate := entry(groupOf(v.Path()))
		moment := func(name string) *model.Variable {
			scope := root.At(optimiserScope).At("%s", name).WithInitializer(initializer.Zero)
			return scope.VariableWithShape(model.EscapeScopeName(strings.TrimPrefix(v.Path(), "/")), v.Shape()).SetTrainable(false)
		}
		var step *Node
		switch r.Optimiser {
		case Adam:
			first, second := moment("first"), moment("second")
			m := Add(MulScalar(first.NodeValue(g), beta1), MulScalar(gradient, 1-beta1))
			s := Add(MulScalar(second.NodeValue(g), beta2), MulScalar(Square(gradient), 1-beta2))
			first.SetNodeValue(m)
			second.SetNodeValue(s)
			step = Div(Mul(m, entry(firstMoment)), AddScalar(Sqrt(Mul(s, entry(secondMoment))), epsilon))
		case SGD:
			buffer := moment("velocity")
			step = Add(MulScalar(buffer.NodeValue(g), r.Momentum), gradient)
			buffer.SetNodeValue(step)
		}
		v.SetNodeValue(Sub(v.NodeValue(g), Mul(rate, step)))
	}
}

// asTensor is a step's input in the type that the step computes in.
func asTensor[T float32 | float64](scheduled []float64) *tensors.Tensor {
	values := make([]T, len(scheduled))
	for i, v := range scheduled {
		values[i] = T(v)
	}
	return tensors.FromFlatDataAndDimensions(values, len(values))
}
