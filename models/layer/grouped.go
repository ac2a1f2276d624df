package layer

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// blockWidth is how many channels Grouped convolves together, at least.
const blockWidth = 64

// Grouped is a grouped convolution, as PyTorch's Conv2d with groups: each group of output channels sees its own group of
// input channels only. x [B,H,W,C], kernel [kh,kw,C/groups,C], bias [C]; padding gives the zeros before and after the
// rows, and before and after the columns. There are as many output channels as input channels. The kernel takes no
// gradient. It panics, as graph code does, if the kernel's shape does not fit.
//
// Where oneDNN does not compute it, it is a series of plain convolutions. Each convolves some groups together, at least
// blockWidth channels, with a kernel that is 0 where one group would see another (see blockDiagonal). XLA's own grouped
// convolution is slow on a CPU, and its gradient is slower. One plain convolution of all channels would multiply by
// zeros most of the time: its cost grows with the number of groups.
func Grouped(x *Node, kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	channels, each := x.Shape().Dim(3), kernel.Values.Shape().Dim(2)
	kernel.Values.AssertDims(kernel.Values.Shape().Dim(0), kernel.Values.Shape().Dim(1), each, channels)
	if stride == 1 && usesOneDNN(x) { // with a larger stride oneDNN is slower than the plain convolutions
		return Add(convolveGroups(x, kernel, channels/each, stride, padding), ExpandAxes(bias, 0, 1, 2))
	}
	groups := 1 // in each of the plain convolutions
	for groups*each < blockWidth && channels%(2*groups*each) == 0 {
		groups *= 2
	}
	width := groups * each
	var parts []*Node
	for from := 0; from < channels; from += width {
		some := AxisRange(from, from+width)
		parts = append(parts, convolution(SliceAxis(x, 3, some), Computed(blockDiagonal(SliceAxis(kernel.Values, 3, some), groups)), stride, padding))
	}
	return Add(Concatenate(parts, 3), ExpandAxes(bias, 0, 1, 2))
}

// convolveGroups is a grouped convolution without its bias that the backend computes whole. gradX is a grouped
// convolution too, of the dilated gradY with the flipped kernel.
func convolveGroups(x *Node, kernel Kernel, groups, stride int, padding [2][2]int) *Node {
	convolve := func(x, values *Node, stride int, padding [2][2]int) *Node {
		return Convolve(x, StopGradient(values)).Strides(stride).PaddingPerDim(padding[:]).ChannelGroupCount(groups).Done()
	}
	return withGradient(convolve(x, kernel.Values, stride, padding), x, func(gradY *Node) *Node {
		return convolve(dilate(gradY, x, stride), kernel.Flipped(), 1, gradientPadding(padding, kernel.Values, gradY, x, stride))
	})
}

// gradientPadding is the padding of the convolution of the dilated gradY, which has x's height and width, with the
// flipped kernel. For a kernel of size k and a padding of p zeros before x, it is k−1−p zeros before gradY and p after
// it. An example is the kernel [1,10,100] of kernel.go with p = 1: one zero before gradY and one after it. If the dilated
// gradY reaches beyond x, as many fewer zeros come after it.
func gradientPadding(padding [2][2]int, kernel, gradY, x *Node, stride int) (around [2][2]int) {
	for axis, zeros := range padding {
		around[axis] = [2]int{kernel.Shape().Dim(axis) - 1 - zeros[0], zeros[0] + min(0, behind(gradY, x, stride, 1+axis))}
	}
	return around
}

// blockDiagonal is the kernel of the plain convolution that computes a grouped one: [kh,kw,in,out] to
// [kh,kw,groups·in,out], where in is the input channels of a group. An example with a 1×1 kernel and two groups of one
// channel, y₁ = 3·x₁ and y₂ = 5·x₂: [[3,5]] becomes [[3,0],[0,5]].
func blockDiagonal(kernel *Node, groups int) *Node {
	if groups == 1 {
		return kernel
	}
	rows, columns, in, out := kernel.Shape().Dim(0), kernel.Shape().Dim(1), kernel.Shape().Dim(2), kernel.Shape().Dim(3)
	axes := shapes.Make(dtypes.Int32, groups, groups)
	same := ConvertDType(Equal(Iota(kernel.Graph(), axes, 0), Iota(kernel.Graph(), axes, 1)), kernel.DType()) // 1 for a group and itself
	blocks := Mul(Reshape(kernel, rows, columns, 1, in, groups, out/groups), Reshape(same, 1, 1, groups, 1, groups, 1))
	return Reshape(blocks, rows, columns, groups*in, out)
}
