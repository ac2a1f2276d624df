package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Sum is a net's input in two parts that are added: what every sample has of its own, Each [B,H,W,C],
// and what all samples share, Shared [1,H,W,C], nil if there is nothing.
//
// A net's first layer is linear, so that the gradient of what is shared is that of the layer for the
// batch's sum: it costs one sample's instead of all samples'. Values are those of the plain sum, gradients
// but for rounding. Where something is shared, what each sample has of its own takes no gradient.
type Sum struct{ Each, Shared *Node }

// Convolution is the 2-D convolution of the sum: see [Convolution].
func (s Sum) Convolution(kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	y := s.linear(func(x *Node) *Node { return convolution(x, kernel, stride, padding) })
	return Add(y, ExpandAxes(bias, 0, 1, 2))
}

// Patches is [Patches] of the sum. The kernel takes no gradient.
func (s Sum) Patches(kernel, bias *Node) *Node {
	return s.linear(func(x *Node) *Node { return Patches(x, kernel, bias) })
}

// linear is a linear layer of the sum.
func (s Sum) linear(layer func(x *Node) *Node) *Node {
	if s.Shared == nil {
		return layer(s.Each)
	}
	return withGradient(layer(s.Total()), s.Shared, func(v *Node) *Node {
		v = StopGradient(ReduceAndKeep(v, ReduceSum, 0))
		return Gradient(ReduceAllSum(Mul(layer(s.Shared), v)), s.Shared)[0]
	})
}

// Total is the plain sum, [B,H,W,C].
func (s Sum) Total() *Node {
	if s.Shared == nil {
		return s.Each
	}
	return Add(s.Each, s.Shared)
}
