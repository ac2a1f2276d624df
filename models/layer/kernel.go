package layer

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Kernel is that of a frozen convolution, which takes no gradient.
type Kernel struct {
	Values *Node // [kh,kw,in,out], in groups [kh,kw,in/groups,out]
	// Turned gives the values with rows and columns in reverse and inputs and outputs changed over within each group,
	// [kh,kw,out/groups,in]: the gradient is a convolution with these. It is called only where there is a gradient.
	Turned func() *Node
}

// Computed is a kernel that the graph has to turn itself.
func Computed(values *Node) Kernel {
	return Kernel{values, func() *Node { return TransposeAllAxes(Reverse(values, 0, 1), 0, 1, 3, 2) }}
}

// inputs are some of the kernel's inputs.
func (k Kernel) inputs(from, to int) Kernel {
	some := AxisRange(from, to)
	return Kernel{SliceAxis(k.Values, 2, some), func() *Node { return SliceAxis(k.Turned(), 3, some) }}
}

// Weight gives a frozen network's weights by name.
type Weight func(name string) *Node

// Turned and TurnedInGroups name what [Kernel].Turned gives of the kernel of that name, where it convolves all
// channels, and where it convolves them in groups. A model stores it beside the kernel, because to turn all kernels
// at every step takes some hundredths of it.
const (
	Turned         = " turned"
	TurnedInGroups = " turned in groups"
)

// Kernel is a convolution's kernel, by name.
func (w Weight) Kernel(name string) Kernel {
	return Kernel{w(name), func() *Node { return w(name + Turned) }}
}

// KernelInGroups is the kernel of a convolution in groups that has as many outputs as inputs, by name.
func (w Weight) KernelInGroups(name string) Kernel {
	return Kernel{w(name), func() *Node { return w(name + TurnedInGroups) }}
}
