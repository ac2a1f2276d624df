package layer

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// groupedWidth is the channels, at least, that Grouped convolves at a time.
const groupedWidth = 64

// Grouped is a convolution whose channels are in groups, each of which sees itself alone: x [B,H,W,C],
// kernel [kh,kw,C/groups,C], bias [C]. The kernel takes no gradient.
//
// Where oneDNN does not compute it, it is a row of plain convolutions, each of as many groups as have groupedWidth
// channels together, with zeros in the kernel where one group would see another. XLA-CPU has a slow path for grouped
// convolutions, and a slower one for their gradients; one convolution of all channels would cost as many
// times too much as there are groups.
func Grouped(x *Node, kernel Kernel, bias *Node, stride int, padding [2][2]int) *Node {
	channels, each := x.Shape().Dim(3), kernel.Values.Shape().Dim(2)
	kernel.Values.AssertDims(kernel.Values.Shape().Dim(0), kernel.Values.Shape().Dim(1), each, channels)
	if stride == 1 && byOneDNN(x) { // with a stride it is slower than the row
		return Add(inGroups(x, kernel, channels/each, stride, padding), ExpandAxes(bias, 0, 1, 2))
	}
	groups := 1 // at a time
	for groups*each < groupedWidth && channels%(2*groups*each) == 0 {
		groups *= 2
	}
	width := groups * each
	var parts []*Node
	for from := 0; from < channels; from += width {
		some := AxisRange(from, from+width)
		parts = append(parts, convolution(SliceAxis(x, 3, some), Computed(diagonal(SliceAxis(kernel.Values, 3, some), groups)), stride, padding))
	}
	return Add(Concatenate(parts, 3), ExpandAxes(bias, 0, 1, 2))
}

// inGroups is a convolution in groups, without its bias, as one that a backend computes whole; so is its gradient.
func inGroups(x *Node, kernel Kernel, groups, stride int, padding [2][2]int) *Node {
	convolve := func(x, values *Node, stride int, padding [2][2]int) *Node {
		return Convolve(x, StopGradient(values)).Strides(stride).PaddingPerDim(padding[:]).ChannelGroupCount(groups).Done()
	}
	return withGradient(convolve(x, kernel.Values, stride, padding), x, func(v *Node) *Node {
		return convolve(spread(v, x, stride), kernel.Turned(), 1, opposite(padding, kernel.Values))
	})
}

// opposite are the zeros around y's gradient, spread to the shape of x, for the turned kernel to give x's.
func opposite(padding [2][2]int, kernel *Node) (around [2][2]int) {
	for axis, zeros := range padding {
		around[axis] = [2]int{kernel.Shape().Dim(axis) - 1 - zeros[0], zeros[0]}
	}
	return around
}

// diagonal is the kernel of a plain convolution that does what a grouped one does: [kh,kw,in,out] to
// [kh,kw,groups·in,out], with zeros off the diagonal of groups.
func diagonal(kernel *Node, groups int) *Node {
	if groups == 1 {
		return kernel
	}
	rows, columns, in, out := kernel.Shape().Dim(0), kernel.Shape().Dim(1), kernel.Shape().Dim(2), kernel.Shape().Dim(3)
	axes := shapes.Make(dtypes.Int32, groups, groups)
	own := ConvertDType(Equal(Iota(kernel.Graph(), axes, 0), Iota(kernel.Graph(), axes, 1)), kernel.DType())
	spread := Mul(Reshape(kernel, rows, columns, 1, in, groups, out/groups), Reshape(own, 1, 1, groups, 1, groups, 1))
	return Reshape(spread, rows, columns, groups*in, out)
}
