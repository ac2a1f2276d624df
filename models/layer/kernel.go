package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Kernel is the kernel of a frozen convolution. It takes no gradient.
//
// gradX of a convolution is itself a convolution, with the flipped kernel. An example in one dimension: the kernel
// [1,10,100] with stride 1 and a padding of 1 gives
//
//	y[j] = 1·x[j−1] + 10·x[j] + 100·x[j+1]
//
// Pixel x[i] is in y[i−1] with the factor 100, in y[i] with 10, and in y[i+1] with 1. Therefore
//
//	gradX[i] = 100·gradY[i−1] + 10·gradY[i] + 1·gradY[i+1]
//
// This is a convolution of gradY with [100,10,1], the flipped kernel. gradY = [1,2,3,4] gives gradX = [12,123,234,340].
type Kernel struct {
	Values *Node // [kh,kw,in,out]; of a grouped convolution [kh,kw,in/groups,out]
	// Flipped builds the flipped kernel: rows and columns are in reverse order, and input and output channels are
	// swapped within each group, [kh,kw,out/groups,in]. PyTorch would write kernel.flip(0,1).transpose(2,3) for one
	// group. It is called only if the graph has a gradient.
	Flipped func() *Node
}

// Computed is the kernel of an ungrouped convolution, values [kh,kw,in,out], that the graph flips itself, at every
// step. A frozen model avoids that cost: see [Weight.Kernel].
func Computed(values *Node) Kernel {
	return Kernel{values, func() *Node { return TransposeAllAxes(Reverse(values, 0, 1), 0, 1, 3, 2) }}
}

// inputs is the kernel for the input channels from ≤ channel < to alone.
func (k Kernel) inputs(from, to int) Kernel {
	some := AxisRange(from, to)
	return Kernel{SliceAxis(k.Values, 2, some), func() *Node { return SliceAxis(k.Flipped(), 3, some) }}
}

// Weight gives a frozen network's weights by name. It panics, as graph code does, if there is no weight of that name.
type Weight func(name string) *Node

// Flipped and FlippedInGroups follow a kernel's name in the name of its flipped kernel: Flipped for an ungrouped
// convolution, FlippedInGroups for a grouped or depthwise one. A model stores the flipped kernels (models/frozen.go),
// because to flip all kernels at every step takes a few per cent of the step's time.
const (
	Flipped         = " flipped"
	FlippedInGroups = " flipped in groups"
)

// Kernel is the kernel of that name, of an ungrouped convolution.
func (w Weight) Kernel(name string) Kernel {
	return Kernel{w(name), func() *Node { return w(name + Flipped) }}
}

// KernelInGroups is the kernel of that name, of a grouped or depthwise convolution with as many output channels as
// input channels.
func (w Weight) KernelInGroups(name string) Kernel {
	return Kernel{w(name), func() *Node { return w(name + FlippedInGroups) }}
}
