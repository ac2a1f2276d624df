package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Depthwise is [PaddedDepthwise] with the padding "SAME", for a square kernel: x [B,H,W,C] to
// [B,⌈H/stride⌉,⌈W/stride⌉,C].
func Depthwise(x *Node, kernel Kernel, bias *Node, stride int) *Node {
	return PaddedDepthwise(x, kernel, bias, stride, SamePadding(x, kernel.Values.Shape().Dim(0), stride))
}

// PaddedDepthwise is a depthwise convolution, which gives each channel a kernel of its own: x [B,H,W,C], kernel
// [kh,kw,1,C] and bias [C] to [B,H',W',C], where H' = ⌊(H + padding − kh)/stride⌋ + 1, and W' likewise. padding gives the
// zeros before and after the rows, and before and after the columns. The kernel takes no gradient.
//
// Where oneDNN does not compute it, it is a sum of shifted products: XLA's own grouped convolution is slow on a CPU, and
// its gradient takes minutes. An example in one dimension: x = [1,2,3,4] with a zero before and after, the kernel
// [1,10,100], stride 1:
//
//	1·[0,1,2,3] + 10·[1,2,3,4] + 100·[2,3,4,0] = [210,321,432,43]
//
// gradX is such a sum too, of the padded gradY with the flipped kernel. It is written out, because the gradient that
// GoMLX derives from the forward sum is up to ten times slower: a sum of padded arrays, with a branch for every value.
func PaddedDepthwise(x *Node, kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	var y *Node
	if usesOneDNN(x) {
		y = convolveGroups(x, kernel, x.Shape().Dim(3), stride, padding)
	} else {
		values := StopGradient(kernel.Values)
		y = withGradient(shiftedSum(zeroPad(x, padding), values, stride), x, func(gradY *Node) *Node {
			return shiftedSum(zeroPad(dilate(gradY, x, stride), gradientPadding(padding, values, gradY, x, stride)), StopGradient(kernel.Flipped()), 1)
		})
	}
	return Add(y, ExpandAxes(bias, 0, 1, 2))
}

// shiftedSum is the depthwise convolution without padding of x [B,H,W,C] with kernel [kh,kw,1,C].
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

// ZeroPad puts zeros before and after the rows and the columns of x [B,H,W,C].
func ZeroPad(x *Node, padding [2][2]int) *Node {
	return withGradient(zeroPad(x, padding), x, func(gradY *Node) *Node {
		inside := func(axis int) SliceAxisSpec {
			return AxisRange(padding[axis][0], padding[axis][0]+x.Shape().Dim(1+axis))
		}
		return Slice(gradY, AxisRange(), inside(0), inside(1), AxisRange())
	})
}

// zeroPad puts zeros before and after the rows and the columns of x [B,H,W,C]. GoMLX has no gradient for it, so that it
// stands only inside of withGradient.
func zeroPad(x *Node, padding [2][2]int) *Node {
	return Pad(x, ScalarZero(x.Graph(), x.DType()), PadAxis{},
		PadAxis{Start: padding[0][0], End: padding[0][1]},
		PadAxis{Start: padding[1][0], End: padding[1][1]}, PadAxis{})
}
