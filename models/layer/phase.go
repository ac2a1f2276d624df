package layer

// gradX of a convolution with a stride, as convolutions with stride 1.
//
// An example in one dimension: x = [1,2,3,4], the kernel [1,10,100], stride 2, padding 1. There are two windows,
//
//	y[0] = 1·0    + 10·x[0] + 100·x[1] = 210
//	y[1] = 1·x[1] + 10·x[2] + 100·x[3] = 432
//
// Let gradY = [1,2]. Each pixel of x collects it from the windows that hold the pixel:
//
//	gradX[0] = 10·gradY[0]                 =  10
//	gradX[1] = 100·gradY[0] + 1·gradY[1]   = 102
//	gradX[2] = 10·gradY[1]                 =  20
//	gradX[3] = 100·gradY[1]                = 200
//
// The even pixels meet only the middle of the kernel, the odd ones only its two ends. Divide the index of a pixel by the
// stride: the pixels with the same remainder are a phase. gradX of each phase is a convolution of gradY with stride 1.
// Its kernel holds every second value of the flipped kernel [100,10,1]:
//
//	phase 0 (even): gradY = [1,2]   with [10]     gives [10,20]
//	phase 1 (odd):  gradY = [1,2,0] with [100,1]  gives [100·1+1·2, 100·2+1·0] = [102,200]
//
// interleave puts the phases together: [10,102,20,200]. No product with an inserted zero is computed.
//
// If x has few channels, one convolution computes both phases. Its window has two pixels of gradY, [10,0] is the kernel
// of its first output channel and [100,1] that of its second; the outputs are (10,102) and (20,200).
//
// In general, pixel i of x is in window j, at position k of the kernel, if i + p = stride·j + k, where p is the padding
// before x. Let i = stride·q + r: pixel q of the phase with the remainder r. Its positions and windows are
//
//	k = first + stride·u    for u = 0 to count−1, with first = (r + p) mod stride,
//	j = q + ahead − u       with ahead = ⌊(r + p) / stride⌋.
//
// These windows are neighbours. The first of them, for u = count−1, is q − before with before = count − 1 − ahead, and it
// has the last position: this is why the kernel is flipped. In the example, the odd phase has r = 1, first = 0, ahead = 1,
// count = 2 (k = 0 and 2) and before = 0.
//
// In two dimensions rows and columns have a remainder each, so that there are stride·stride phases.

import (
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// channelBlock is the number of channels that oneDNN computes together, at least: one AVX-512 register of fp32. If there
// are fewer, oneDNN pads them with zeros to a block.
const channelBlock = 16

// taps are the kernel positions of one phase along one axis (a tap is one value of a kernel).
type taps struct {
	first  int // the smallest position in the kernel
	count  int // how many positions there are, one every stride; 0 if the kernel is smaller than the stride
	before int // pixel q of the phase has a window of gradY that begins at pixel q − before; may be negative
}

// tapsOf are the taps of the phase with this remainder, 0 to stride−1, for a kernel of size positions and a padding of
// paddingBefore zeros before x.
func tapsOf(remainder, stride, size, paddingBefore int) taps {
	first, ahead := (remainder+paddingBefore)%stride, (remainder+paddingBefore)/stride
	count := max(0, ceilDiv(size-first, stride))
	return taps{first, count, count - 1 - ahead}
}

// ofFlipped is where the taps are in the flipped kernel, which has position k of the kernel at size−1−k.
func (t taps) ofFlipped(size, stride int) SliceAxisSpec {
	last := t.first + stride*(t.count-1) // the first of the taps in the flipped kernel
	return AxisRange(size-1-last, size-t.first).Stride(stride)
}

// phase is gradX of one phase, [B,⌈H/stride⌉,⌈W/stride⌉,in], from gradY, [B,H',W',out], and the flipped kernel,
// [kh,kw,out,in]. remainder has the phase's remainders, for rows and for columns.
func phase(gradY, x, flipped *Node, stride int, padding [2][2]int, remainder [2]int) *Node {
	height, width := flipped.Shape().Dim(0), flipped.Shape().Dim(1)
	rows, columns := tapsOf(remainder[0], stride, height, padding[0][0]), tapsOf(remainder[1], stride, width, padding[1][0])
	if rows.count == 0 || columns.count == 0 { // no window holds these pixels
		size := x.Shape().Dimensions
		return Zeros(gradY.Graph(), shapes.Make(gradY.DType(), size[0], ceilDiv(size[1], stride), ceilDiv(size[2], stride), size[3]))
	}
	if stride > 1 {
		flipped = Slice(flipped, rows.ofFlipped(height, stride), columns.ofFlipped(width, stride))
	}
	return slide(gradY, flipped, x, stride, [2]int{rows.before, columns.before})
}

// allPhases is gradX, [B,H,W,in], by one convolution. Its window contains the windows of all phases, and zeros pad the
// kernel of each phase to that window. Its stride·stride·in output channels are the phases, one after the other.
func allPhases(gradY, x, flipped *Node, stride int, padding [2][2]int) *Node {
	var all [2][]taps       // of each axis, by the remainder
	var before, size [2]int // of the window, for each axis
	for axis := range all {
		for remainder := range stride {
			all[axis] = append(all[axis], tapsOf(remainder, stride, flipped.Shape().Dim(axis), padding[axis][0]))
		}
		before[axis] = all[axis][0].before
		for _, t := range all[axis] {
			before[axis] = max(before[axis], t.before)
		}
		for _, t := range all[axis] {
			size[axis] = max(size[axis], before[axis]-t.before+t.count)
		}
	}
	zero := ScalarZero(flipped.Graph(), flipped.DType())
	out, in := flipped.Shape().Dim(2), flipped.Shape().Dim(3)
	var kernels []*Node
	for _, rows := range all[0] {
		for _, columns := range all[1] {
			if rows.count == 0 || columns.count == 0 {
				kernels = append(kernels, Zeros(flipped.Graph(), shapes.Make(flipped.DType(), size[0], size[1], out, in)))
				continue
			}
			around := func(axis int, t taps) PadAxis {
				start := before[axis] - t.before
				return PadAxis{Start: start, End: size[axis] - start - t.count}
			}
			own := Slice(flipped, rows.ofFlipped(flipped.Shape().Dim(0), stride), columns.ofFlipped(flipped.Shape().Dim(1), stride))
			kernels = append(kernels, Pad(own, zero, around(0, rows), around(1, columns), PadAxis{}, PadAxis{}))
		}
	}
	pixels := slide(gradY, Concatenate(kernels, 3), x, stride, before) // [B,⌈H/stride⌉,⌈W/stride⌉,stride·stride·in]
	whole := pixels.Shape().Dimensions
	pixels = Reshape(pixels, whole[0], whole[1], whole[2], stride, stride, in)
	return mergePhases(TransposeAllAxes(pixels, 0, 1, 3, 2, 4, 5), x)
}

// slide is the convolution of gradY with a kernel, with stride 1, for each of the ⌈H/stride⌉ times ⌈W/stride⌉ pixels of
// a phase of x. The window of pixel (q,p) begins at pixel (q − before[0], p − before[1]) of gradY. Pixels
// outside of gradY are 0. Pixels before the first window or after the last are sliced off, because a convolution takes no
// negative padding.
func slide(gradY, kernel, x *Node, stride int, before [2]int) *Node {
	var padding [2][2]int
	slice := []SliceAxisSpec{AxisRange(), {}, {}, AxisRange()}
	for axis, first := range before {
		have := gradY.Shape().Dim(1 + axis)
		after := ceilDiv(x.Shape().Dim(1+axis), stride) + kernel.Shape().Dim(axis) - 1 - first - have
		padding[axis] = [2]int{max(0, first), max(0, after)}
		slice[1+axis] = AxisRange(max(0, -first), have-max(0, -after))
	}
	return Convolve(Slice(gradY, slice...), kernel).PaddingPerDim(padding[:]).Done()
}
