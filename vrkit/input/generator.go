package input

import (
	"math"
	"math/rand/v2"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

const (
	firstChannels = 8 // of the first stage; every further stage has twice as many
	kernelSide    = 3
)

// generatorStream keeps the mask generator's draws apart from what else is drawn from a run's seed;
// every variable has a stream of its own after it.
const generatorStream = 0x534d4d << 8

// generator is SMM's mask generator f_mask (docs/methods.md 1.3): stages of a 3×3 convolution,
// batch normalisation and ReLU, of which the first few end with a 2×2 max-pool, and a last 3×3
// convolution to the mask's channels. A mask of one channel has no last convolution: it is the mean of
// the last stage's features.
type generator struct {
	stages   []int // channels of each
	pools    int   // how many stages end with one
	channels int   // of the mask, 3 or 1
	seed     uint64
}

// generator is the mask generator of s, whose defaults are filled in.
func (s SMM) generator() generator {
	m := generator{pools: s.pools(), channels: s.Channels, seed: s.Seed}
	channels := int(s.Multiplier * firstChannels)
	for range s.Layers - 1 {
		m.stages = append(m.stages, channels)
		channels *= 2
	}
	return m
}

// apply builds f_mask: images [B,N,N,3], normalised, to [B,N/2^pools,N/2^pools,channels].
func (m generator) apply(scope *model.Scope, batch Batch, training bool) *Node {
	x := batch.Images
	for i, channels := range m.stages {
		x = m.convolve(scope.At("conv%d", i+1), x, i, channels)
		x = layer.ReLU(batchNorm(scope.At("norm%d", i+1), x, batch, training))
		if i < m.pools {
			x = layer.MaxPooling(x, 2, 2)
		}
	}
	if m.channels == 1 {
		return ReduceAndKeep(x, ReduceMean, -1)
	}
	return m.convolve(scope.At("out"), x, len(m.stages), m.channels)
}

// convolve is the convolution of number, from 0, to channels. Its kernel [3,3,in,out] and its bias [out]
// start as in PyTorch, uniform between −1/√fan_in and 1/√fan_in, with fan_in = 9·in.
func (m generator) convolve(scope *model.Scope, x *Node, number, channels int) *Node {
	in := x.Shape().Dim(-1)
	bound := 1 / math.Sqrt(float64(kernelSide*kernelSide*in))
	variable := func(name string, stream int, dimensions ...int) *Node {
		return scope.WithInitializer(uniform(m.seed, generatorStream+uint64(stream), bound)).
			VariableWithShape(name, shapes.Make(x.DType(), dimensions...)).NodeValue(x.Graph())
	}
	kernel := variable("kernel", 2*number, kernelSide, kernelSide, in, channels)
	bias := variable("bias", 2*number+1, channels)
	return layer.LearnedConvolution(x, kernel, bias, [2][2]int{{1, 1}, {1, 1}})
}

// parameters counts φ: kernels, biases, and γ and β of the normalisations.
func (m generator) parameters() (total int) {
	in := 3
	for _, channels := range m.stages {
		total += kernelSide*kernelSide*in*channels + channels + 2*channels
		in = channels
	}
	if m.channels > 1 {
		total += kernelSide*kernelSide*in*m.channels + m.channels
	}
	return total
}

// uniform draws a variable's initial values between −bound and bound on the host, where a seed draws
// the same whatever the backend and the type.
func uniform(seed, stream uint64, bound float64) model.VariableInitializer {
	return func(g *Graph, shape shapes.Shape) *Node {
		r := rand.New(rand.NewPCG(seed, stream))
		values := make([]float64, shape.Size())
		for i := range values {
			values[i] = (2*r.Float64() - 1) * bound
		}
		return Reshape(ConstAsDType(g, shape.DType, values), shape.Dimensions...)
	}
}
