package train

import (
	"math"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"

	. "github.com/gomlx/gomlx/core/graph"
)

// GoMLX's optimisers have one learning rate for all variables and no momentum. The papers' recipes need both, hence the
// two rules below. Every number that changes from step to step comes from the host as one small input, so that the
// learning-rate schedule is plain Go, and the graph keeps only the moments.

// The entries of a step's input.
const (
	promptRate = iota
	maskRate
	outputRate
	firstMoment  // 1/(1 − β₁ᵗ), Adam's bias correction of the first moment, which starts at zero
	secondMoment // 1/(1 − β₂ᵗ), of the second moment
	inputs
)

// PyTorch's defaults (docs/methods.md 3.1).
const (
	beta1   = .9
	beta2   = .999
	epsilon = 1e-8
)

// optimiserScope is the scope of the moments, below the root of the store.
const optimiserScope = "optimiser"

// stepInput returns the input of a step: learning rates and bias corrections. epoch and step count from 0; an epoch has
// steps steps.
func (r Recipe) stepInput(epoch, step, steps int) []float64 {
	t := float64(epoch*steps + step + 1)
	return []float64{
		promptRate:   r.Prompt.rateAt(epoch, step, steps),
		maskRate:     r.Mask.rateAt(epoch, step, steps),
		outputRate:   r.Output.rateAt(epoch, step, steps),
		firstMoment:  1 / (1 - math.Pow(beta1, t)),
		secondMoment: 1 / (1 - math.Pow(beta2, t)),
	}
}

// groupOf returns the entry of the learning rate of a variable, which its path decides: see [input.Manipulation] and
// [output.Learned].
func groupOf(path string) int {
	switch {
	case strings.HasPrefix(path, "/output/"):
		return outputRate
	case strings.HasPrefix(path, "/input/") && strings.Contains(path, "/"+input.MaskScope+"/"):
		return maskRate
	}
	return promptRate
}

// decays tells whether the weight decay reduces a variable of that path. As in the paper's code, the bias of a linear
// output stays as it is.
func (r Recipe) decays(path string) bool {
	return r.Decay > 0 && path != "/output/"+output.BiasVariable
}

// update adds one optimiser step for every trainable variable that the loss depends on. An estimated ω and the frozen
// weights get no gradient: they are constants.
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
			if r.decays(v.Path()) {
				gradient = Add(gradient, MulScalar(v.NodeValue(g), r.Decay))
			}
			buffer := moment("velocity")
			step = Add(MulScalar(buffer.NodeValue(g), r.Momentum), gradient)
			buffer.SetNodeValue(step)
		}
		v.SetNodeValue(Sub(v.NodeValue(g), Mul(rate, step)))
	}
}

// asTensor converts a step's input to the type that the step computes in.
func asTensor[T float32 | float64](scheduled []float64) *tensors.Tensor {
	values := make([]T, len(scheduled))
	for i, v := range scheduled {
		values[i] = T(v)
	}
	return tensors.FromFlatDataAndDimensions(values, len(values))
}
