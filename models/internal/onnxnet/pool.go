package onnxnet

import (
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// maxPool is MaxPool with square windows.
func (n *Net) maxPool(made *node, _ map[string]Tensor) layerOf {
	size := made.ints("kernel_shape", 2, 0)
	dilations := made.ints("dilations", 2, 1)
	if size == nil || dilations == nil || size[0] != size[1] || size[0] > 11 || dilations[0] != 1 || dilations[1] != 1 || len(made.outputs) > 1 {
		return nil
	}
	w, ok := windowsOf(made, [2]int(size))
	if !ok {
		return nil
	}
	return func(b *builder) *value {
		x := b.value(made.inputs[0]).nhwc()
		return imagesOf(layer.PaddedMaxPooling(x, w.size[0], w.stride, w.padding(x)))
	}
}

// averagePool is AveragePool: a depthwise convolution with a kernel of ones, divided by the number of pixels in each
// window. The padding counts if count_include_pad says so.
func (n *Net) averagePool(made *node, _ map[string]Tensor) layerOf {
	size := made.ints("kernel_shape", 2, 0)
	dilations := made.ints("dilations", 2, 1)
	counted := made.int("count_include_pad", 0) != 0
	if size == nil || dilations == nil || dilations[0] != 1 || dilations[1] != 1 || counted && made.int("ceil_mode", 0) != 0 {
		return nil
	}
	w, ok := windowsOf(made, [2]int(size))
	if !ok {
		return nil
	}
	return func(b *builder) *value {
		x := b.value(made.inputs[0]).nhwc()
		padding, channels := w.padding(x), x.Shape().Dim(3)
		ones := func() *Node {
			return BroadcastToDims(Scalar(b.g, x.DType(), 1), w.size[0], w.size[1], 1, channels)
		}
		sum := layer.PaddedDepthwise(x, layer.Kernel{Values: ones(), Flipped: ones}, BroadcastToDims(Scalar(b.g, x.DType(), 0), channels), w.stride, padding)
		pixels := make([]float32, sum.Shape().Dim(1)*sum.Shape().Dim(2))
		inside := func(axis, window int) int {
			from := window*w.stride - padding[axis][0]
			to := from + w.size[axis]
			if counted {
				return to - from
			}
			return min(to, x.Shape().Dim(1+axis)) - max(from, 0)
		}
		for i := range pixels {
			pixels[i] = float32(inside(0, i/sum.Shape().Dim(2)) * inside(1, i%sum.Shape().Dim(2)))
		}
		return imagesOf(Div(sum, ConvertDType(Const(b.g, tensors.FromFlatDataAndDimensions(pixels, 1, sum.Shape().Dim(1), sum.Shape().Dim(2), 1)), x.DType())))
	}
}

// globalAverage is GlobalAveragePool.
func (n *Net) globalAverage(made *node, _ map[string]Tensor) layerOf {
	return func(b *builder) *value {
		return imagesOf(ReduceAndKeep(b.value(made.inputs[0]).nhwc(), ReduceMean, 1, 2))
	}
}
