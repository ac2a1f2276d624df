package layer

import (
	"github.com/gomlx/compute/shapes"

	. "github.com/gomlx/gomlx/core/graph"
)

// channelsAtOnce is how many channels oneDNN computes together at least: one AVX-512 register of fp32.
const channelsAtOnce = 16

// taps are the rows of a kernel through which the rows of x with some remainder by the stride are in y, and likewise
// for columns. Pixel stride·q + remainder of x is at place first + stride·u of the kernel for pixel q + ahead − u of
// y, for u from 0 to count − 1. Turned round, they are a window that begins at pixel q − before of y.
type taps struct{ first, count, before int }

func tapsOf(remainder, stride, size, zerosBefore int) taps {
	first, ahead := (remainder+zerosBefore)%stride, (remainder+zerosBefore)/stride
	count := max(0, ceilDiv(size-first, stride))
	return taps{first, count, count - 1 - ahead}
}

// of are the taps in the turned kernel.
func (t taps) of(size, stride int) SliceAxisSpec {
	last := t.first + stride*(t.count-1) // which turning has put before the others
	return AxisRange(size-1-last, size-t.first).Stride(stride)
}

// phase is the gradient of the pixels of x whose row and column leave these remainders by the stride:
// [B,⌈H/stride⌉,⌈W/stride⌉,C], from y's gradient v and the turned kernel.
func phase(v, x, turned *Node, stride int, padding [2][2]int, remainder [2]int) *Node {
	height, width := turned.Shape().Dim(0), turned.Shape().Dim(1)
	rows, columns := tapsOf(remainder[0], stride, height, padding[0][0]), tapsOf(remainder[1], stride, width, padding[1][0])
	if rows.count == 0 || columns.count == 0 {
		size := x.Shape().Dimensions
		return Zeros(v.Graph(), shapes.Make(v.DType(), size[0], ceilDiv(size[1], stride), ceilDiv(size[2], stride), size[3]))
	}
	if stride > 1 {
		turned = Slice(turned, rows.of(height, stride), columns.of(width, stride))
	}
	return slid(v, turned, x, stride, [2]int{rows.before, columns.before})
}

// together is the gradient of all pixels of x by one convolution, with the kernels of the phases side by side in a
// window that holds each.
func together(v, x, turned *Node, stride int, padding [2][2]int) *Node {
	var all [2][]taps
	var before, size [2]int // of the window
	for axis := range all {
		for remainder := range stride {
			all[axis] = append(all[axis], tapsOf(remainder, stride, turned.Shape().Dim(axis), padding[axis][0]))
		}
		before[axis] = all[axis][0].before
		for _, t := range all[axis] {
			before[axis] = max(before[axis], t.before)
		}
		for _, t := range all[axis] {
			size[axis] = max(size[axis], before[axis]-t.before+t.count)
		}
	}
	zero := ScalarZero(turned.Graph(), turned.DType())
	out, in := turned.Shape().Dim(2), turned.Shape().Dim(3)
	var kernels []*Node
	for _, rows := range all[0] {
		for _, columns := range all[1] {
			if rows.count == 0 || columns.count == 0 {
				kernels = append(kernels, Zeros(turned.Graph(), shapes.Make(turned.DType(), size[0], size[1], out, in)))
				continue
			}
			around := func(axis int, t taps) PadAxis {
				start := before[axis] - t.before
				return PadAxis{Start: start, End: size[axis] - start - t.count}
			}
			own := Slice(turned, rows.of(turned.Shape().Dim(0), stride), columns.of(turned.Shape().Dim(1), stride))
			kernels = append(kernels, Pad(own, zero, around(0, rows), around(1, columns), PadAxis{}, PadAxis{}))
		}
	}
	pixels := slid(v, Concatenate(kernels, 3), x, stride, before) // [B,⌈H/stride⌉,⌈W/stride⌉,stride·stride·C]
	whole := pixels.Shape().Dimensions
	pixels = Reshape(pixels, whole[0], whole[1], whole[2], stride, stride, in)
	return joined(TransposeAllAxes(pixels, 0, 1, 3, 2, 4, 5), x)
}

// slid is v seen through a kernel that slides over it, from so many pixels before the first, for every stride-th pixel
// of x: [B,⌈H/stride⌉,⌈W/stride⌉,the kernel's last axis].
func slid(v, kernel, x *Node, stride int, before [2]int) *Node {
	var zeros [2][2]int
	cut := []SliceAxisSpec{AxisRange(), {}, {}, AxisRange()}
	for axis, first := range before {
		have := v.Shape().Dim(1 + axis)
		after := ceilDiv(x.Shape().Dim(1+axis), stride) + kernel.Shape().Dim(axis) - 1 - first - have
		zeros[axis] = [2]int{max(0, first), max(0, after)}
		cut[1+axis] = AxisRange(max(0, -first), have-max(0, -after))
	}
	return Convolve(Slice(v, cut...), kernel).PaddingPerDim(zeros[:]).Done()
}
