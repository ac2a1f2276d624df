package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Sum is a network's input x = Each + Shared. Each, [B,H,W,C], differs from sample to sample: the images. Shared,
// [1,H,W,C], is the same for all samples: a prompt; it is nil if there is none.
//
// The first layer of a network is linear. So the gradient of Shared needs the layer's gradient only once, for gradY added
// up over the batch, instead of B times. An example with two samples and the layer y = 3·x: for
// gradY = [[1,2],[10,20]], the gradient of Shared is 3·([1,2] + [10,20]) = [33,66].
//
// The output is that of Each + Shared; the gradient of Shared differs only by rounding. If Shared is not nil, Each gets
// no gradient.
type Sum struct{ Each, Shared *Node }

// Convolution is [Convolution] of the sum.
func (s Sum) Convolution(kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	y := s.linear(func(x *Node) *Node { return convolution(x, kernel, stride, padding) })
	return Add(y, ExpandAxes(bias, 0, 1, 2))
}

// PatchEmbedding is [PatchEmbedding] of the sum. The kernel takes no gradient.
func (s Sum) PatchEmbedding(kernel, bias *Node) *Node {
	return s.linear(func(x *Node) *Node { return PatchEmbedding(x, kernel, bias) })
}

// linear applies a linear layer to the sum. The layer may add a constant.
func (s Sum) linear(layer func(x *Node) *Node) *Node {
	if s.Shared == nil {
		return layer(s.Each)
	}
	return withGradient(layer(s.Total()), s.Shared, func(gradY *Node) *Node {
		gradY = StopGradient(ReduceAndKeep(gradY, ReduceSum, 0))
		return Gradient(ReduceAllSum(Mul(layer(s.Shared), gradY)), s.Shared)[0]
	})
}

// Total is Each + Shared, [B,H,W,C].
func (s Sum) Total() *Node {
	if s.Shared == nil {
		return s.Each
	}
	return Add(s.Each, s.Shared)
}
