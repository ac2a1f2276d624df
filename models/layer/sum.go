package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Sum is a net's input in two parts that are added: what every sample has of its own, Each [B,H,W,C],
// and what all samples share, Shared [1,H,W,C], nil if there is nothing.
//
// A net's first layer is linear, so that it can take the parts one by one and add what comes of them.
// The values are those of the plain sum but for rounding, and the gradient of what is shared costs the
// layer's gradient for one sample instead of for all: XLA sums over the batch before it.
type Sum struct{ Each, Shared *Node }

// Convolution is the 2-D convolution of the sum: see [Convolution].
func (s Sum) Convolution(kernel, bias *Node, stride int, padding [2][2]int) *Node {
	y := Convolution(s.Each, kernel, bias, stride, padding)
	if s.Shared == nil {
		return y
	}
	// A difference, because XLA hands a sum to oneDNN with the convolution, which takes seconds for one whose
	// other part is shared.
	return Sub(y, convolution(Neg(s.Shared), kernel, stride, padding))
}

// Total is the plain sum, [B,H,W,C].
func (s Sum) Total() *Node {
	if s.Shared == nil {
		return s.Each
	}
	return Add(s.Each, s.Shared)
}
