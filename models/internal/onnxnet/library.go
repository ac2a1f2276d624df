package onnxnet

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/gobackend"
	"github.com/gomlx/exceptions"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/onnx-gomlx/onnx/parser"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	. "github.com/gomlx/gomlx/core/graph"
)

// onnx-gomlx converts whole models. Here it gets parts of the network as models of their own: the nodes that wait, with
// what they take from the rest of the graph as their inputs.
//
// An operator such as Reshape takes its shape as a value, which must be known when the graph is built. In a file that
// value is often computed from the shape of another one, by a dozen nodes. Such nodes are static: fold computes them, so
// that a part has a constant instead.

// part is the nodes that wait and that a value depends on, in the order of the file.
type part struct {
	nodes             []*node
	inputs, constants []string
}

// convert converts the nodes that wait and that the value of that name depends on. It keeps all values that others need.
func (b *builder) convert(name string) *value {
	p := b.collect(name)
	b.fold(p.constants)
	model, graph := newModel()
	for _, constant := range p.constants {
		appendConstant(graph, constant, b.constant(constant), b.dtype)
	}
	inputs := map[string]*Node{}
	for _, in := range p.inputs {
		inputs[in] = b.value(in).onnx()
		appendPort(graph, "input", in, inputs[in])
	}
	uses := map[string]int{}
	for _, made := range p.nodes {
		appendNode(graph, made, b.dtype)
		for _, in := range made.inputs {
			uses[in]++
		}
	}
	outputs := []string{name}
	for _, made := range p.nodes {
		for _, out := range made.outputs {
			if out != name && b.net.consumers[out] > uses[out] {
				outputs = append(outputs, out)
			}
		}
	}
	results := call(b.g, model, graph, inputs, outputs)
	for i, out := range outputs {
		if results[i].DType().IsFloat() {
			results[i] = ConvertDType(results[i], b.dtype)
		}
		if i > 0 || len(p.nodes) > 0 { // a constant is made again for each part
			b.values[out] = &value{plain: results[i]}
		}
	}
	return &value{plain: results[0]}
}

// collect finds the part that makes a value.
func (b *builder) collect(name string) part {
	var p part
	seen := map[string]bool{"": true}
	var walk func(name string)
	walk = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		made := b.net.producer[name]
		switch {
		case b.net.constants[name] != nil || made != nil && made.static:
			p.constants = append(p.constants, name)
		case b.values[name] != nil || made == nil:
			p.inputs = append(p.inputs, name)
		default:
			if !slices.Contains(p.nodes, made) {
				for _, in := range made.inputs {
					walk(in)
				}
				p.nodes = append(p.nodes, made)
			}
		}
	}
	walk(name)
	return p
}

func (b *builder) constant(name string) *constant {
	if c := b.net.constants[name]; c != nil {
		return c
	}
	return b.folded[name]
}

// fold computes the static values of these names that are not known yet.
func (b *builder) fold(names []string) {
	var wanted []string
	model, graph := newModel()
	seen := map[string]bool{"": true}
	var walk func(name string)
	walk = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		if c := b.constant(name); c != nil {
			appendConstant(graph, name, c, dtypes.Float32)
			return
		}
		made := b.net.producer[name]
		if made.op == "Shape" || made.op == "Size" {
			b.folded[name] = made.shapeOf(b.value(made.inputs[0]).onnx().Shape().Dimensions)
			appendConstant(graph, name, b.folded[name], dtypes.Float32)
			return
		}
		if c, ok := b.foldSlice(made); ok {
			b.folded[name] = c
			appendConstant(graph, name, c, dtypes.Float32)
			return
		}
		for _, in := range made.inputs {
			walk(in)
		}
		for _, out := range made.outputs {
			seen[out] = true
		}
		appendNode(graph, made, dtypes.Float32)
	}
	for _, name := range names {
		if b.constant(name) == nil {
			walk(name)
		}
	}
	for _, name := range names {
		if b.constant(name) == nil {
			wanted = append(wanted, name)
		}
	}
	if len(wanted) == 0 {
		return
	}
	results := MustExecOnceN(pureGo(), func(g *Graph) []*Node { return call(g, model, graph, nil, wanted) })
	for i, name := range wanted {
		b.folded[name] = constantOf(results[i])
	}
}

// shapeOf is the constant that a Shape or Size gives for these dimensions.
func (n *node) shapeOf(dims []int) *constant {
	values := make([]int64, len(dims))
	size := int64(1)
	for i, d := range dims {
		values[i] = int64(d)
		size *= int64(d)
	}
	if n.op == "Size" {
		return constantOf(tensors.FromScalar(size))
	}
	inside := func(axis int) int {
		if axis < 0 {
			axis += len(dims)
		}
		return min(max(axis, 0), len(dims))
	}
	from, to := inside(n.int("start", 0)), inside(n.int("end", len(dims)))
	values = values[from:max(from, to)]
	return constantOf(tensors.FromFlatDataAndDimensions(values, len(values)))
}

// constantOf is a constant with the values of a tensor.
func constantOf(t *tensors.Tensor) *constant {
	if t.DType() == dtypes.Float32 {
		return &constant{floats: Tensor{Shape: t.Shape().Dimensions, Data: tensors.MustCopyFlatData[float32](t)}}
	}
	code, ok := map[dtypes.DType]int64{
		dtypes.Int64: typeInt64, dtypes.Int32: 6, dtypes.Bool: 9, dtypes.Uint8: 2, dtypes.Int8: 3, dtypes.Float64: typeDouble,
	}[t.DType()]
	if !ok {
		exceptions.Panicf("a shape is computed in the type %s, which can't be converted", t.DType())
	}
	m := tensorMessage(code, t.Shape().Dimensions)
	if err := t.ConstBytes(func(data []byte) { m.Set(fieldOf(m, "raw_data"), protoreflect.ValueOfBytes(slices.Clone(data))) }); err != nil {
		panic(err)
	}
	return &constant{message: m}
}

// pureGo is GoMLX's backend in Go. It computes the shapes.
var pureGo = sync.OnceValue(func() compute.Backend {
	backend, err := gobackend.New("")
	if err != nil {
		panic(err)
	}
	return backend
})

// supported tells whether an operator can be converted. onnx-gomlx has no list of what it converts: it is asked to
// convert a node without inputs, which fails in another way if it knows the operator.
func (n *node) supported() bool {
	if own[n.op] != nil {
		return true
	}
	for a := range each(n.message, "attribute") {
		if a.Has(fieldOf(a, "g")) || field(a, "graphs").List().Len() > 0 {
			return false // it has a graph of its own, as If and Loop have
		}
	}
	if strings.Contains(n.op, ".") {
		return false // of another domain than ONNX's
	}
	if answer, ok := answers.Load(n.op); ok {
		return answer.(bool)
	}
	model, graph := newModel()
	probe := newMessage("NodeProto")
	probe.Set(fieldOf(probe, "op_type"), protoreflect.ValueOfString(n.op))
	probe.Mutable(fieldOf(probe, "output")).List().Append(protoreflect.ValueOfString("y"))
	appendTo(graph, "node", probe)
	failed := exceptions.Try(func() { call(NewGraph(pureGo(), n.op), model, graph, nil, []string{"y"}) })
	answer := failed == nil || !strings.Contains(fmt.Sprint(failed), "unimplemented ONNX op")
	answers.Store(n.op, answer)
	return answer
}

// answers are those of onnx-gomlx, by the operator: it takes milliseconds to ask.
var answers sync.Map

// call adds the outputs of those names to a model, and lets onnx-gomlx convert it into the graph g.
func call(g *Graph, model, graph protoreflect.Message, inputs map[string]*Node, outputs []string) []*Node {
	for _, out := range outputs {
		appendPort(graph, "output", out, nil)
	}
	data, err := proto.Marshal(model.Interface())
	if err != nil {
		panic(err)
	}
	converter, err := parser.Parse(data)
	if err != nil {
		panic(err)
	}
	converter.DisableFusion()
	return converter.AllowDTypePromotion().CallGraph(nil, g, inputs, outputs...)
}

func newModel() (model, graph protoreflect.Message) {
	model = newMessage("ModelProto")
	return model, model.Mutable(fieldOf(model, "graph")).Message()
}

func appendTo(m protoreflect.Message, list protoreflect.Name, element protoreflect.Message) {
	m.Mutable(fieldOf(m, list)).List().Append(protoreflect.ValueOfMessage(element))
}

// appendNode appends a node. A Cast to a float type becomes one to dtype, which all floats have.
func appendNode(graph protoreflect.Message, made *node, dtype dtypes.DType) {
	m := made.message
	if made.op == "Cast" && isFloat(int64(made.int("to", 0))) {
		m = proto.Clone(m.Interface()).ProtoReflect()
		for a := range each(m, "attribute") {
			if field(a, "name").String() == "to" {
				a.Set(fieldOf(a, "i"), protoreflect.ValueOfInt64(typeCode(dtype)))
			}
		}
	}
	appendTo(graph, "node", m)
}

// appendConstant appends a node that gives a constant, floats in dtype.
func appendConstant(graph protoreflect.Message, name string, c *constant, dtype dtypes.DType) {
	m := c.message
	if m == nil {
		m = tensorMessage(typeCode(dtype), c.floats.Shape)
		var raw []byte
		for _, v := range c.floats.Data {
			switch dtype {
			case dtypes.Float64:
				raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(float64(v)))
			case dtypes.BFloat16:
				raw = binary.LittleEndian.AppendUint16(raw, uint16(bfloat16.FromFloat32(v)))
			default:
				raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
			}
		}
		m.Set(fieldOf(m, "raw_data"), protoreflect.ValueOfBytes(raw))
	}
	attribute := newMessage("AttributeProto")
	attribute.Set(fieldOf(attribute, "name"), protoreflect.ValueOfString("value"))
	attribute.Set(fieldOf(attribute, "type"), protoreflect.ValueOfEnum(4)) // a tensor
	attribute.Set(fieldOf(attribute, "t"), protoreflect.ValueOfMessage(m))
	made := newMessage("NodeProto")
	made.Set(fieldOf(made, "op_type"), protoreflect.ValueOfString("Constant"))
	made.Mutable(fieldOf(made, "output")).List().Append(protoreflect.ValueOfString(name))
	appendTo(made, "attribute", attribute)
	appendTo(graph, "node", made)
}

// tensorMessage is an onnx.TensorProto of that type and shape, without values.
func tensorMessage(code int64, shape []int) protoreflect.Message {
	m := newMessage("TensorProto")
	m.Set(fieldOf(m, "data_type"), protoreflect.ValueOfInt32(int32(code)))
	for _, d := range shape {
		m.Mutable(fieldOf(m, "dims")).List().Append(protoreflect.ValueOfInt64(int64(d)))
	}
	return m
}

// appendPort appends an input of the type and shape of x, or an output, of which onnx-gomlx does not use the type.
func appendPort(graph protoreflect.Message, list protoreflect.Name, name string, x *Node) {
	kind := newMessage("TypeProto.Tensor")
	code := int64(typeFloat)
	if x != nil {
		code = map[dtypes.DType]int64{dtypes.Int64: typeInt64, dtypes.Int32: 6, dtypes.Bool: 9}[x.DType()]
		if x.DType().IsFloat() {
			code = typeCode(x.DType())
		}
		shape := kind.Mutable(fieldOf(kind, "shape")).Message()
		for _, d := range x.Shape().Dimensions {
			dim := newMessage("TensorShapeProto.Dimension")
			dim.Set(fieldOf(dim, "dim_value"), protoreflect.ValueOfInt64(int64(d)))
			appendTo(shape, "dim", dim)
		}
	}
	kind.Set(fieldOf(kind, "elem_type"), protoreflect.ValueOfInt32(int32(code)))
	port := newMessage("ValueInfoProto")
	port.Set(fieldOf(port, "name"), protoreflect.ValueOfString(name))
	whole := port.Mutable(fieldOf(port, "type")).Message()
	whole.Set(fieldOf(whole, "tensor_type"), protoreflect.ValueOfMessage(kind))
	appendTo(graph, list, port)
}
