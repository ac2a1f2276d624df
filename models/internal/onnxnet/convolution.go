package onnxnet

import (
	"math"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// windows are the windows of a convolution or a pool along rows and columns.
type windows struct {
	size   [2]int
	stride int
	pads   [2][2]int
	auto   string // the padding is computed from x, if it is not NOTSET
	ceil   bool   // the number of windows is rounded up
}

// windowsOf reads the windows of a node; ok is false if the strides differ, or if images have not two axes.
func windowsOf(made *node, size [2]int) (w windows, ok bool) {
	strides, pads := made.ints("strides", 2, 1), made.ints("pads", 4, 0)
	if strides == nil || pads == nil || strides[0] != strides[1] || strides[0] < 1 || size[0] < 1 || size[1] < 1 {
		return w, false
	}
	return windows{
		size: size, stride: strides[0], pads: [2][2]int{{pads[0], pads[2]}, {pads[1], pads[3]}},
		auto: made.text("auto_pad", "NOTSET"), ceil: made.int("ceil_mode", 0) != 0,
	}, true
}

// padding is the padding around the rows and the columns of x, [B,H,W,C].
func (w windows) padding(x *Node) (padding [2][2]int) {
	for axis := range padding {
		side := x.Shape().Dim(1 + axis)
		total := max(((side+w.stride-1)/w.stride-1)*w.stride+w.size[axis]-side, 0)
		switch w.auto {
		case "SAME_UPPER":
			padding[axis] = [2]int{total / 2, total - total/2}
		case "SAME_LOWER":
			padding[axis] = [2]int{total - total/2, total / 2}
		case "VALID":
		default:
			padding[axis] = w.pads[axis]
		}
		if w.ceil {
			// A window that begins behind the last pixel does not count.
			before, after := padding[axis][0], padding[axis][1]
			count := (side+before+after-w.size[axis]+w.stride-1)/w.stride + 1
			if (count-1)*w.stride >= side+before {
				count--
			}
			padding[axis][1] = max((count-1)*w.stride+w.size[axis]-side-before, 0)
		}
	}
	return padding
}

// convolution is Conv in two dimensions with known weights. Its kernel is stored as HWIO, with zeros between the values
// if it is dilated.
func (n *Net) convolution(made *node, weights map[string]Tensor) layerOf {
	kernel, ok := weights[made.input(1)]
	dilations := made.ints("dilations", 2, 1)
	if !ok || len(kernel.Shape) != 4 || len(kernel.Data) == 0 || dilations == nil || dilations[0] < 1 || dilations[1] < 1 {
		return nil
	}
	bias := Tensor{Shape: []int{kernel.Shape[0]}, Data: make([]float32, kernel.Shape[0])}
	if name := made.input(2); name != "" {
		given, ok := weights[name]
		if !ok || len(given.Data) != len(bias.Data) {
			return nil
		}
		copy(bias.Data, given.Data)
	}
	out, in, groups := kernel.Shape[0], kernel.Shape[1], made.int("group", 1)
	if groups < 1 || out%groups != 0 {
		return nil
	}
	kernel = hwio(kernel, dilations)
	w, ok := windowsOf(made, [2]int{kernel.Shape[0], kernel.Shape[1]})
	if !ok {
		return nil
	}
	name := made.outputs[0]
	kernelName, biasName := name+"/kernel", name+"/bias"
	weights[kernelName], weights[biasName] = kernel, bias
	n.release(made)
	return func(b *builder) *value {
		v := b.value(made.inputs[0])
		v.nhwc()
		x := v.images
		padding, bias := w.padding(x.Each), b.weight(biasName)
		switch {
		case groups == 1 && w.arePatches(x.Each, padding):
			y := x.PatchEmbedding(b.weight(kernelName), bias)
			return imagesOf(Reshape(y, y.Shape().Dim(0), x.Each.Shape().Dim(1)/w.stride, x.Each.Shape().Dim(2)/w.stride, out))
		case groups == 1:
			return imagesOf(x.Convolution(b.weight.Kernel(kernelName), bias, w.stride, padding))
		case in == 1 && out == groups:
			return imagesOf(layer.PaddedDepthwise(x.Total(), b.weight.KernelInGroups(kernelName), bias, w.stride, padding))
		case in*groups == out:
			return imagesOf(layer.Grouped(x.Total(), b.weight.KernelInGroups(kernelName), bias, w.stride, padding))
		}
		var parts []*Node
		for group := range groups {
			channels, outputs := AxisRange(group*in, (group+1)*in), AxisRange(group*out/groups, (group+1)*out/groups)
			parts = append(parts, layer.Convolution(SliceAxis(x.Total(), 3, channels), layer.Computed(SliceAxis(b.weight(kernelName), 3, outputs)), SliceAxis(bias, 0, outputs), w.stride, padding))
		}
		return imagesOf(Concatenate(parts, 3))
	}
}

// arePatches tells whether the windows cut x into patches, as the first layer of a vision transformer does.
func (w windows) arePatches(x *Node, padding [2][2]int) bool {
	return w.stride > 1 && w.size == [2]int{w.stride, w.stride} && padding == [2][2]int{} &&
		x.Shape().Dim(1)%w.stride == 0 && x.Shape().Dim(2)%w.stride == 0
}

// release tells that a layer has taken a node's weights, so that they need not be kept under their own names.
func (n *Net) release(made *node) {
	for _, name := range made.inputs[1:] {
		n.consumers[name]--
	}
}

// hwio transposes a kernel, OIHW [out,in,kh,kw], to HWIO [kh,kw,in,out], and puts zeros between its values if it is
// dilated.
func hwio(kernel Tensor, dilations []int) Tensor {
	out, in, rows, columns := kernel.Shape[0], kernel.Shape[1], kernel.Shape[2], kernel.Shape[3]
	height, width := (rows-1)*dilations[0]+1, (columns-1)*dilations[1]+1
	t := Tensor{Shape: []int{height, width, in, out}, Data: make([]float32, height*width*in*out)}
	for o := range out {
		for i := range in {
			for r := range rows {
				for c := range columns {
					to := (r*dilations[0]*width+c*dilations[1])*in + i
					t.Data[to*out+o] = kernel.Data[((o*in+i)*rows+r)*columns+c]
				}
			}
		}
	}
	return t
}

// batchNorm is a BatchNorm in eval mode: x·scale + shift, channel by channel. It is folded into the convolution before it
// if no other node takes that one's output.
func (n *Net) batchNorm(made *node, weights map[string]Tensor) layerOf {
	var parts [4][]float32 // gamma, beta, mean, variance
	for i := range parts {
		t, ok := weights[made.input(1+i)]
		if !ok || i > 0 && len(t.Data) != len(parts[0]) {
			return nil
		}
		parts[i] = t.Data
	}
	channels, epsilon := len(parts[0]), made.float("epsilon", 1e-5)
	scale, shift := make([]float64, channels), make([]float64, channels)
	for c := range channels {
		scale[c] = float64(parts[0][c]) / math.Sqrt(float64(parts[3][c])+epsilon)
		shift[c] = float64(parts[1][c]) - float64(parts[2][c])*scale[c]
	}
	n.release(made)
	input := made.inputs[0]
	kernel, ok := weights[input+"/kernel"]
	if from := n.producer[input]; ok && from != nil && from.op == "Conv" && from.layer != nil && n.consumers[input] == 1 && kernel.Shape[3] == channels {
		for i, v := range kernel.Data {
			kernel.Data[i] = float32(float64(v) * scale[i%channels])
		}
		bias := weights[input+"/bias"].Data
		for c, v := range bias {
			bias[c] = float32(float64(v)*scale[c] + shift[c])
		}
		return func(b *builder) *value { return b.value(input) }
	}
	keep := func(name string, values []float64) {
		t := Tensor{Shape: []int{channels}, Data: make([]float32, channels)}
		for c, v := range values {
			t.Data[c] = float32(v)
		}
		weights[name] = t
	}
	scaleName, shiftName := made.outputs[0]+"/scale", made.outputs[0]+"/shift"
	keep(scaleName, scale)
	keep(shiftName, shift)
	return func(b *builder) *value {
		v := b.value(input)
		scale, shift := b.weight(scaleName), b.weight(shiftName)
		if v.areImages() {
			return imagesOf(Add(Mul(v.nhwc(), ExpandAxes(scale, 0, 1, 2)), ExpandAxes(shift, 0, 1, 2)))
		}
		shape := make([]int, v.plain.Rank()) // [1,C,1,1]
		for axis := range shape {
			shape[axis] = 1
		}
		shape[1] = channels
		return &value{plain: Add(Mul(v.plain, Reshape(scale, shape...)), Reshape(shift, shape...))}
	}
}
