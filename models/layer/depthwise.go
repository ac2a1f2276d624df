package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Depthwise convolves each channel with a kernel of its own, padded "SAME": x [B,H,W,C], kernel
// [kh,kw,1,C] and bias [C] to [B,⌈H/stride⌉,⌈W/stride⌉,C]. The kernel takes no gradient.
//
// Where oneDNN does not compute it, it is a sum of shifted products, because XLA-CPU's grouped convolution is slow
// and its gradient takes minutes. The gradient is written out: it is itself such a sum, with the kernel turned round,
// over the zero-padded gradient of y. Derived from the forward sum it would be one of padded arrays, with a
// branch for every value: up to ten times slower.
func Depthwise(x *Node, kernel Kernel, bias *Node, stride int) *Node {
	padding := SamePadding(x, kernel.Values.Shape().Dim(0), stride)
	var y *Node
	if byOneDNN(x) {
		y = inGroups(x, kernel, x.Shape().Dim(3), stride, padding)
	} else {
		values := StopGradient(kernel.Values)
		y = withGradient(shiftedSum(zeroPad(x, padding), values, stride), x, func(v *Node) *Node {
			return shiftedSum(zeroPad(spread(v, x, stride), opposite(padding, values)), StopGradient(kernel.Turned()), 1)
		})
	}
	return Add(y, ExpandAxes(bias, 0, 1, 2))
}

// shiftedSum is the unpadded depthwise convolution of x [B,H,W,C] with kernel [kh,kw,1,C].
func shiftedSum(x, kernel *Node, stride int) *Node {
	rows, columns := kernel.Shape().Dim(0), kernel.Shape().Dim(1)
	var sum *Node
	for r := range rows {
		for c := range columns {
			shifted := Slice(x, AxisRange(),
				AxisRange(r, x.Shape().Dim(1)-rows+r+1).Stride(stride),
				AxisRange(c, x.Shape().Dim(2)-columns+c+1).Stride(stride), AxisRange())
			product := Mul(shifted, Slice(kernel, AxisElem(r), AxisElem(c), AxisRange(), AxisRange()))
			if sum == nil {
				sum = product
				continue
			}
			sum = Add(sum, product)
		}
	}
	return sum
}

// zeroPad puts zeros before and after the rows and the columns of x [B,H,W,C]. GoMLX has no gradient
// for it.
func zeroPad(x *Node, padding [2][2]int) *Node {
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{},
		PadAxis{Start: padding[0][0], End: padding[0][1]},
		PadAxis{Start: padding[1][0], End: padding[1][1]}, PadAxis{})
}
