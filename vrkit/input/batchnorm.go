package input

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/vrkit-go/reprogram/models"

	. "github.com/gomlx/gomlx/core/graph"
)

// PyTorch's defaults for BatchNorm.
const (
	normEpsilon  = 1e-5
	normMomentum = .1
)

// batchNorm is PyTorch's BatchNorm with learned γ and β: x [B,H,W,C] to the same shape,
//
//	y = γ (x − mean) / √(variance + 1e-5) + β
//
// for every channel. In training it takes the mean and the biased variance of the batch, and moves the running
// statistics, which have no gradient, towards the batch's mean and unbiased variance, by batch.Momentum. In evaluation
// it takes the running statistics. Only images with the sample weight 1 count.
func batchNorm(scope *model.Scope, x *Node, batch models.Value, training bool) *Node {
	g := x.Graph()
	variable := func(name string, initial model.VariableInitializer) *model.Variable {
		return scope.WithInitializer(initial).VariableWithShape(name, shapes.Make(x.DType(), x.Shape().Dim(-1)))
	}
	gamma, beta := variable("gamma", initializer.One), variable("beta", initializer.Zero)
	runningMean := variable("mean", initializer.Zero).SetTrainable(false)
	runningVariance := variable("variance", initializer.One).SetTrainable(false)

	mean, variance, shift := runningMean.NodeValue(g), runningVariance.NodeValue(g), beta.NodeValue(g)
	if training {
		var count *Node
		mean, variance, count = statistics(x, batch.Present)
		// A single value has no unbiased variance; it counts as 0 here, where PyTorch refuses.
		unbiased := Div(Mul(variance, count), MaxScalar(AddScalar(count, -1), 1))
		momentum := batch.Momentum
		if momentum == nil {
			momentum = Scalar(g, x.DType(), normMomentum)
		}
		momentum = ConvertDType(momentum, x.DType())
		move(runningMean, mean, momentum)
		move(runningVariance, unbiased, momentum)
	}
	scale := Div(gamma.NodeValue(g), Sqrt(AddScalar(variance, normEpsilon)))
	if training {
		// The gradient of the mean is a multiple of β's, and is computed from it, because a sum over x is slow.
		shift = Sub(shift, Mul(StopGradient(scale), Sub(mean, StopGradient(mean))))
	}
	centred := Sub(x, perChannel(StopGradient(mean)))
	return Add(Mul(centred, perChannel(scale)), perChannel(shift))
}

// perChannel broadcasts [C] to the pixels of images.
func perChannel(v *Node) *Node { return ExpandAxes(v, 0, 1, 2) }

// statistics are the mean and the biased variance of each channel of x [B,H,W,C] over all pixels of the images with the
// sample weight 1, both [C], and the number of those pixels. The variance passes no gradient to the mean: it is zero,
// because the deviations from a mean sum to zero.
func statistics(x, present *Node) (mean, variance, count *Node) {
	size, places := x.Shape().Dim(0), x.Shape().Dim(1)*x.Shape().Dim(2)
	count = Scalar(x.Graph(), x.DType(), size*places)
	if present != nil {
		present = ConvertDType(present, x.DType())
		count = MulScalar(ReduceAllSum(present), places)
	}
	average := func(v *Node) *Node {
		v = ReduceSum(v, 1, 2) // for each image
		if present != nil {
			v = Mul(v, ExpandAxes(present, 1))
		}
		return Div(ReduceSum(v, 0), count)
	}
	mean = average(x)
	variance = average(Square(Sub(x, perChannel(StopGradient(mean)))))
	return mean, variance, count
}

// move sets a running statistic to (1 − momentum) of its value plus momentum of the batch's.
func move(running *model.Variable, batch, momentum *Node) {
	old := running.NodeValue(batch)
	running.SetNodeValue(Add(Mul(old, OneMinus(momentum)), Mul(StopGradient(batch), momentum)))
}
