package input

import (
	"math"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/initial"

	. "github.com/gomlx/gomlx/core/graph"
)

const (
	firstChannels = 8 // channels of the first stage; each further stage has twice as many
	kernelSide    = 3
)

// generatorStream separates the mask generator's draws from other draws of a run's seed; every variable has a stream of
// its own after it.
const generatorStream = 0x534d4d << 8

// generator is SMM's mask generator f_mask (docs/methods.md 1.3): stages of a 3×3 convolution, BatchNorm and ReLU; the
// first pools stages end with a 2×2 max-pool; then a last 3×3 convolution to the mask's channels. For a mask of one
// channel there is no last convolution: the mask is the mean of the last stage's features.
type generator struct {
	stages   []int // channels of each stage
	pools    int   // how many stages end with a max-pool
	channels int   // channels of the mask, 3 or 1
	seed     uint64
}

// generator returns the mask generator of s, which has no zero values left.
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
func (m generator) apply(scope *model.Scope, images models.Value, training bool) *Node {
	x := images.Each
	for i, channels := range m.stages {
		x = m.convolve(scope.At("conv%d", i+1), x, i, channels)
		x = layer.ReLU(batchNorm(scope.At("norm%d", i+1), x, images, training))
		if i < m.pools {
			x = layer.MaxPooling(x, 2, 2)
		}
	}
	if m.channels == 1 {
		return ReduceAndKeep(x, ReduceMean, -1)
	}
	return m.convolve(scope.At("out"), x, len(m.stages), m.channels)
}

// convolve is convolution number, from 0, to that many channels. Kernel [3,3,in,out] and bias [out] start as PyTorch's,
// uniform between −1/√fan_in and 1/√fan_in, with fan_in = 9·in.
func (m generator) convolve(scope *model.Scope, x *Node, number, channels int) *Node {
	in := x.Shape().Dim(-1)
	bound := 1 / math.Sqrt(float64(kernelSide*kernelSide*in))
	variable := func(name string, stream int, dimensions ...int) *Node {
		return scope.WithInitializer(initial.Uniform(m.seed, generatorStream+uint64(stream), bound)).
			VariableWithShape(name, shapes.Make(x.DType(), dimensions...)).NodeValue(x.Graph())
	}
	kernel := variable("kernel", 2*number, kernelSide, kernelSide, in, channels)
	bias := variable("bias", 2*number+1, channels)
	return layer.LearnedConvolution(x, kernel, bias, [2][2]int{{1, 1}, {1, 1}})
}

// parameters counts φ: kernels, biases, and BatchNorm's γ and β.
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
