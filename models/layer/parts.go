package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Parts is a value whose channels are in several arrays, [B,H,W,C₁], [B,H,W,C₂], ..., such as the outputs of the two
// expand convolutions of a SqueezeNet fire module. PyTorch's code concatenates them. Here the next layer takes the parts
// one by one, because to concatenate them in memory and to split their gradient costs as much as a convolution.
type Parts []*Node

// Convolution is the 2-D convolution of all channels, as if they were concatenated: see [Convolution], kernel
// [kh,kw,C₁+C₂+...,out]. A convolution adds up its input channels, so that it is the sum of one convolution for each
// part, with that part's input channels of the kernel.
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

// MaxPooling is the max-pool of each part: see [MaxPooling].
func (p Parts) MaxPooling(window, stride int) Parts {
	pooled := make(Parts, len(p))
	for i, part := range p {
		pooled[i] = MaxPooling(part, window, stride)
	}
	return pooled
}

// GlobalAverage is the global average pooling of each part, concatenated: [B,C₁+C₂+...].
func (p Parts) GlobalAverage() *Node {
	averages := make([]*Node, len(p))
	for i, part := range p {
		averages[i] = GlobalAverage(part)
	}
	return Concatenate(averages, 1)
}
