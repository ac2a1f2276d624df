package onnxnet

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// Build builds the network's graph from x, [B,rows,columns,3], to the output of that name, [B,S]; an output
// [B,S,1,1] is flattened. channelsFirst says that the file takes [B,3,rows,columns], and that the graph transposes x. The
// weights are asked for by their names. It panics, as graph code does, if shapes do not fit.
func (n *Net) Build(weight layer.Weight, x layer.Sum, channelsFirst bool, output string) *Node {
	b := &builder{
		net: n, weight: weight, g: x.Each.Graph(), dtype: x.Each.DType(),
		values: map[string]*value{}, folded: map[string]*constant{},
	}
	batch := x.Each.Shape().Dim(0)
	defer func() {
		fixed := n.Input.Dims[0]
		if failed := recover(); failed != nil && fixed > 0 && fixed != batch {
			panic(fmt.Errorf("it takes batches of %d alone: export it again with a free batch, such as with dynamic_axes={%q: {0: \"batch\"}, %q: {0: \"batch\"}} of torch.onnx.export", fixed, n.Input.Name, output))
		} else if failed != nil {
			panic(failed)
		}
	}()
	b.values[n.Input.Name] = inputValue(x, channelsFirst)
	for _, made := range n.nodes {
		b.add(made)
	}
	y := b.value(output).onnx()
	if y.Rank() < 2 || y.Shape().Dim(0) != batch || y.Shape().Size() != batch*y.Shape().Dim(1) {
		panic(fmt.Errorf("its output %s has the shape %v for %d pictures, where a network gives one number for each label", output, y.Shape().Dimensions, batch))
	}
	return Reshape(y, batch, -1)
}

// builder builds the graph of one network, node by node in the order of the file. A node for onnx-gomlx waits until its
// value is needed, so that many are converted in one call (see library.go).
type builder struct {
	net    *Net
	weight layer.Weight
	g      *Graph
	dtype  dtypes.DType // of all floats
	values map[string]*value
	folded map[string]*constant // constants that depend on shapes
}

// add builds a node, or leaves it for later.
func (b *builder) add(made *node) {
	defer func() {
		if failed := recover(); failed != nil {
			panic(fmt.Errorf("node %s of %s: %v", made.op, made.outputs[0], failed))
		}
	}()
	if made.static {
		if made.op == "Shape" || made.op == "Size" {
			b.value(made.inputs[0]) // its shape is a constant for the nodes after it
		}
		return
	}
	if made.layer == nil {
		return
	}
	if built := made.layer(b); built != nil {
		b.values[made.outputs[0]] = built
	}
}

// value is the value of that name. It converts the nodes that make it, if they wait.
func (b *builder) value(name string) *value {
	if b.values[name] == nil && b.net.floats(name) {
		b.values[name] = &value{plain: b.weight(name)}
	}
	if v := b.values[name]; v != nil {
		return v
	}
	return b.convert(name)
}

// floats tells whether the file has floats of that name.
func (n *Net) floats(name string) bool {
	return n.weights[name] || n.constants[name] != nil && n.constants[name].message == nil
}

// value is a value of the graph in one or both of two orders of its axes.
type value struct {
	plain  *Node     // as ONNX has it: images are [B,C,H,W]
	images layer.Sum // images, [B,H,W,C]; only the network's input may have a Shared
}

func inputValue(x layer.Sum, channelsFirst bool) *value {
	if channelsFirst {
		return &value{images: x}
	}
	return &value{plain: x.Total()}
}

// areImages tells whether the value is there as images, [B,H,W,C].
func (v *value) areImages() bool { return v != nil && v.images.Each != nil }

// nhwc is the value as images, [B,H,W,C].
func (v *value) nhwc() *Node {
	if v.images.Each == nil {
		v.plain.AssertRank(4)
		v.images.Each = TransposeAllAxes(v.plain, 0, 2, 3, 1)
	}
	return v.images.Total()
}

// onnx is the value as ONNX has it.
func (v *value) onnx() *Node {
	if v.plain == nil {
		v.plain = TransposeAllAxes(v.images.Total(), 0, 3, 1, 2)
	}
	return v.plain
}

// each applies a function of single values, and keeps the order of the axes.
func (v *value) each(f func(x *Node) *Node) *value {
	if v.areImages() {
		return imagesOf(f(v.nhwc()))
	}
	return &value{plain: f(v.plain)}
}

func imagesOf(x *Node) *value { return &value{images: layer.Sum{Each: x}} }
