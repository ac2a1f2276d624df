package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Parts is a value whose channels come in parts, [B,H,W,C₁], [B,H,W,C₂], ..., as layers leave them that work
// beside each other. What follows takes the parts one by one, because to join them in memory, and to cut their
// gradient up again, costs as much as a convolution.
type Parts []*Node

// Convolution is the 2-D convolution of all channels: see [Convolution]. It is the sum of the parts', each with
// its own rows of the kernel.
func (p Parts) Convolution(kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	var sum *Node
	from := 0
	for i, part := range p {
		to := from + part.Shape().Dim(3)
		y := convolution(part, kernel.inputs(from, to), stride, padding)
		if i == 0 {
			sum = Add(y, ExpandAxes(bias, 0, 1, 2))
		} else {
			sum = Add(sum, y)
		}
		from = to
	}
	return sum
}

// MaxPooling is [MaxPooling] of every channel.
func (p Parts) MaxPooling(window, stride int) Parts {
	pooled := make(Parts, len(p))
	for i, part := range p {
		pooled[i] = MaxPooling(part, window, stride)
	}
	return pooled
}

// GlobalAverage is [GlobalAverage] of all channels, joined: [B,C].
func (p Parts) GlobalAverage() *Node {
	averages := make([]*Node, len(p))
	for i, part := range p {
		averages[i] = GlobalAverage(part)
	}
	return Concatenate(averages, 1)
}
