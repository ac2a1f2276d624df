package onnxnet

import (
	"slices"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// layerOf builds the first output of a node. It returns nil if onnx-gomlx is to convert the node.
type layerOf func(b *builder) *value

// own are the operators that this package converts itself, because GoMLX 0.28.2
//   - has no gradient of them (Pad);
//   - has a wrong gradient of them: a convolution with an even kernel side;
//   - has another gradient than PyTorch at 0 (Relu);
//   - has a gradient that takes a hundred times as long on a CPU: grouped convolutions and pools (package layer);
//   - or onnx-gomlx does not know them (HardSigmoid, LeakyRelu, PRelu, Elu, Softplus);
//   - or onnx-gomlx converts them to a wrong value (Slice: see slice.go);
//
// or because they keep images as they are, so that they need not be transposed. An entry looks at a node of the file and
// its weights, and returns nil if it does not convert this one.
var own = map[string]func(n *Net, made *node, weights map[string]Tensor) layerOf{
	"Conv":               (*Net).convolution,
	"BatchNormalization": (*Net).batchNorm,
	"MaxPool":            (*Net).maxPool,
	"AveragePool":        (*Net).averagePool,
	"GlobalAveragePool":  (*Net).globalAverage,
	"Pad":                (*Net).pad,
	"Clip":               (*Net).clip,
	"Relu":               unary(layer.ReLU),
	"Sigmoid":            unary(sigmoid),
	"HardSigmoid": func(_ *Net, made *node, _ map[string]Tensor) layerOf {
		return made.unary(func(x *Node) *Node { return hardSigmoid(x, made.float("alpha", .2), made.float("beta", .5)) })
	},
	"HardSwish": unary(func(x *Node) *Node { return Mul(x, hardSigmoid(x, 1./6, .5)) }),
	"LeakyRelu": func(_ *Net, made *node, _ map[string]Tensor) layerOf {
		return made.unary(func(x *Node) *Node {
			return Where(GreaterThan(x, ZerosLike(x)), x, MulScalar(x, made.float("alpha", .01)))
		})
	},
	"Elu": func(_ *Net, made *node, _ map[string]Tensor) layerOf {
		return made.unary(func(x *Node) *Node {
			below := MulScalar(MinusOne(Exp(MinScalar(x, 0))), made.float("alpha", 1))
			return Where(GreaterThan(x, ZerosLike(x)), x, below)
		})
	},
	"Softplus":  unary(func(x *Node) *Node { return Add(MaxScalar(x, 0), Log1P(Exp(Neg(Abs(x))))) }),
	"PRelu":     pair(func(x, slope *Node) *Node { return Where(GreaterThan(x, ZerosLike(x)), x, Mul(x, slope)) }),
	"Add":       pair(Add),
	"Sub":       pair(Sub),
	"Mul":       pair(Mul),
	"Div":       pair(Div),
	"Concat":    concat,
	"Slice":     backwards,
	"Transpose": transpose,
}

// prepare decides for every node what converts it, and brings the weights into the form that the layers take.
func (n *Net) prepare(weights map[string]Tensor) {
	for _, made := range n.nodes {
		made.static = made.op == "Shape" || made.op == "Size" || len(made.inputs) > 0 && !slices.ContainsFunc(made.inputs, func(name string) bool {
			from := n.producer[name]
			return name != "" && n.constants[name] == nil && (from == nil || !from.static)
		})
		if convert := own[made.op]; convert != nil && !made.static {
			made.layer = convert(n, made, weights)
		}
	}
	for name := range weights {
		if n.consumers[name] <= 0 && n.floats(name) {
			delete(weights, name)
			delete(n.weights, name)
			delete(n.constants, name)
		}
	}
}

// sigmoid is 1/(1+e^−x). GoMLX's own is right, but XLA computes a wrong gradient of x·Sigmoid(x) behind a dense product
// if oneDNN is on; and exporters write SiLU so.
func sigmoid(x *Node) *Node { return MulScalar(OnePlus(Tanh(MulScalar(x, .5))), .5) }

// hardSigmoid is alpha·x + beta, between 0 and 1.
func hardSigmoid(x *Node, alpha, beta float64) *Node {
	return ClipScalar(AddScalar(MulScalar(x, alpha), beta), 0, 1)
}

func (n *node) unary(f func(x *Node) *Node) layerOf {
	return func(b *builder) *value { return b.value(n.inputs[0]).each(f) }
}

func unary(f func(x *Node) *Node) func(*Net, *node, map[string]Tensor) layerOf {
	return func(_ *Net, made *node, _ map[string]Tensor) layerOf { return made.unary(f) }
}

// pair is an operator of two values if one of them is images.
func pair(f func(x, y *Node) *Node) func(*Net, *node, map[string]Tensor) layerOf {
	return func(_ *Net, made *node, _ map[string]Tensor) layerOf {
		return func(b *builder) *value {
			if len(made.inputs) != 2 || !b.anyImages(made.inputs) {
				return nil
			}
			var operands [2]*Node
			for i, name := range made.inputs {
				v := b.value(name)
				if !v.areImages() {
					if v.plain.Rank() > 4 || !v.plain.DType().IsFloat() {
						return nil
					}
					if v.plain.Rank() < 4 {
						v = &value{plain: ExpandLeftToRank(v.plain, 4)}
					}
				}
				operands[i] = v.nhwc()
			}
			return imagesOf(f(operands[0], operands[1]))
		}
	}
}

// anyImages tells whether one of the values is built, as images.
func (b *builder) anyImages(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return b.values[name].areImages() })
}

// concat concatenates the channels of images.
func concat(_ *Net, made *node, _ map[string]Tensor) layerOf {
	if axis := made.int("axis", 0); axis != 1 && axis != -3 {
		return nil
	}
	return func(b *builder) *value {
		if !b.anyImages(made.inputs) {
			return nil
		}
		var parts []*Node
		for _, name := range made.inputs {
			parts = append(parts, b.value(name).nhwc())
		}
		return imagesOf(Concatenate(parts, 3))
	}
}

// transpose is a change between the two orders of the axes of images.
func transpose(_ *Net, made *node, _ map[string]Tensor) layerOf {
	order := made.ints("perm", 4, 0)
	return func(b *builder) *value {
		v := b.values[made.inputs[0]]
		switch {
		case v.areImages() && slices.Equal(order, []int{0, 2, 3, 1}):
			return &value{plain: v.nhwc()}
		case v != nil && v.plain != nil && slices.Equal(order, []int{0, 3, 1, 2}):
			return imagesOf(v.plain)
		}
		return nil
	}
}

// clip is Clip with known bounds.
func (n *Net) clip(made *node, _ map[string]Tensor) layerOf {
	bound := func(attribute string, i int) (value float64, given, ok bool) {
		if _, has := made.attribute(attribute); has {
			return made.float(attribute, 0), true, true
		}
		if made.input(i) == "" {
			return 0, false, true
		}
		value, ok = n.knownFloat(made.input(i))
		return value, true, ok
	}
	low, hasLow, ok := bound("min", 1)
	high, hasHigh, ok2 := bound("max", 2)
	switch {
	case !ok || !ok2:
		return nil
	case hasLow && hasHigh && low == 0 && high == 6:
		return made.unary(layer.ReLU6)
	}
	return made.unary(func(x *Node) *Node {
		if hasLow {
			x = MaxScalar(x, low)
		}
		if hasHigh {
			x = MinScalar(x, high)
		}
		return x
	})
}

// pad is a padding of rows and columns with zeros.
func (n *Net) pad(made *node, _ map[string]Tensor) layerOf {
	if zero, ok := n.knownFloat(made.input(2)); made.text("mode", "constant") != "constant" || made.float("value", 0) != 0 ||
		made.input(2) != "" && (!ok || zero != 0) || made.input(3) != "" {
		return nil
	}
	return func(b *builder) *value {
		pads := made.ints("pads", 8, 0)
		if name := made.input(1); name != "" {
			pads = b.ints(name)
		}
		if len(pads) != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0 || slices.Min(pads) < 0 {
			return nil
		}
		v := b.value(made.inputs[0])
		if slices.Max(pads) == 0 {
			return v
		}
		return imagesOf(layer.ZeroPad(v.nhwc(), [2][2]int{{pads[2], pads[6]}, {pads[3], pads[7]}}))
	}
}
