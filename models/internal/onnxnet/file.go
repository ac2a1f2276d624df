// Package onnxnet reads networks of pictures from ONNX files, and builds their graphs. Most operators are converted by
// onnx-gomlx. This package converts those itself of which GoMLX has no gradient, a wrong or a slow one (see layers.go).
//
// ONNX images are NCHW, [B,C,H,W], and its kernels OIHW. Values that come from this package's own layers are NHWC, and are
// transposed only where another operator takes them.
package onnxnet

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/gomlx/onnx-gomlx/onnx/parser" // registers the messages of ONNX
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Net is a network without its weights.
type Net struct {
	Input   Port
	Outputs []Port
	SHA256  string // of the file, in hexadecimal

	nodes     []*node
	producer  map[string]*node     // of each value that a node computes
	consumers map[string]int       // how many inputs of nodes, and outputs of the network, each value is
	constants map[string]*constant // integers, and few floats
	weights   map[string]bool      // the floats that are no constants
}

// Port is an input or an output of the network. A dimension of −1 is free; Dims is nil if the file does not have it.
type Port struct {
	Name string
	Dims []int
}

// node is a node of the file's graph: an operator with its inputs, outputs and attributes.
type node struct {
	op              string
	inputs, outputs []string
	message         protoreflect.Message // an onnx.NodeProto
	static          bool                 // its outputs depend on constants and shapes alone
	layer           layerOf              // what converts it, if that is not onnx-gomlx
}

// constant is a value that operators may need while the graph is built, such as a shape: integers in the file's own
// message, or floats.
type constant struct {
	message protoreflect.Message // an onnx.TensorProto; nil of floats
	floats  Tensor
}

// constantSize is the largest number of floats in a constant. Larger ones are weights.
const constantSize = 8

// Read reads the network in an ONNX file, and its weights by their names: floats, with BatchNorm folded into the
// convolutions before it. It is an error if the file is no ONNX file, is damaged, has no or several inputs, or has
// operators that can't be converted.
func Read(path string) (*Net, map[string]Tensor, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	net, weights, err := parse(data, filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return net, weights, nil
}

// parse is Read of a file's contents. dir is the folder of the files that hold its weights, if they are not in it.
func parse(data []byte, dir string) (*Net, map[string]Tensor, error) {
	if len(data) == 0 {
		return nil, nil, errors.New("the file is empty")
	}
	model := newMessage("ModelProto")
	if err := proto.Unmarshal(data, model.Interface()); err != nil {
		return nil, nil, errors.New("it is no ONNX file, or it is cut off")
	}
	if !model.Has(fieldOf(model, "graph")) {
		return nil, nil, errors.New("it is no ONNX file: it has no graph")
	}
	if field(model, "functions").List().Len() > 0 {
		return nil, nil, errors.New("it has functions of its own: export it again without them, as torch.onnx.export with dynamo=False does")
	}
	graph := field(model, "graph").Message()
	if field(graph, "sparse_initializer").List().Len() > 0 {
		return nil, nil, errors.New("it has sparse weights, which can't be read: export it again without them")
	}
	sum := sha256.Sum256(data)
	n := &Net{
		SHA256: hex.EncodeToString(sum[:]), producer: map[string]*node{}, consumers: map[string]int{},
		constants: map[string]*constant{}, weights: map[string]bool{},
	}
	weights := map[string]Tensor{}
	for t := range each(graph, "initializer") {
		if err := n.keep(field(t, "name").String(), t, weights, dir); err != nil {
			return nil, nil, err
		}
	}
	if err := n.readPorts(graph); err != nil {
		return nil, nil, err
	}
	if err := n.readNodes(graph, weights, dir); err != nil {
		return nil, nil, err
	}
	if err := n.check(); err != nil {
		return nil, nil, err
	}
	n.prepare(weights)
	return n, weights, nil
}

// keep keeps a tensor of the file as a constant or as a weight.
func (n *Net) keep(name string, t protoreflect.Message, weights map[string]Tensor, dir string) error {
	if name == "" {
		return errors.New("it has a tensor without a name")
	}
	if !isFloat(field(t, "data_type").Int()) {
		if err := inline(t, dir); err != nil {
			return fmt.Errorf("tensor %s: %w", name, err)
		}
		n.constants[name] = &constant{message: t}
		return nil
	}
	values, err := readTensor(t, dir)
	if err != nil {
		return fmt.Errorf("tensor %s: %w", name, err)
	}
	weights[name] = values
	if len(values.Data) <= constantSize {
		n.constants[name] = &constant{floats: values}
	} else {
		n.weights[name] = true
	}
	return nil
}

// readPorts reads the network's input and outputs. Older files list the weights among the inputs.
func (n *Net) readPorts(graph protoreflect.Message) error {
	var inputs []string
	for in := range each(graph, "input") {
		name := field(in, "name").String()
		if n.weights[name] || n.constants[name] != nil {
			continue
		}
		inputs = append(inputs, name)
		n.Input = portOf(in)
		if kind := field(tensorType(in), "elem_type").Int(); !isFloat(kind) {
			return fmt.Errorf("its input %s is not of floats: only networks of pictures as floats can be opened", name)
		}
	}
	if len(inputs) != 1 {
		return fmt.Errorf("it has %d inputs, %s, where a network of pictures has one", len(inputs), strings.Join(inputs, " and "))
	}
	if len(n.Input.Dims) != 4 {
		return fmt.Errorf("its input %s has %d dimensions, where a batch of pictures has four, such as [batch, 3, rows, columns]", n.Input.Name, len(n.Input.Dims))
	}
	for out := range each(graph, "output") {
		n.Outputs = append(n.Outputs, portOf(out))
	}
	if len(n.Outputs) == 0 {
		return errors.New("it has no output")
	}
	return nil
}

// readNodes reads the nodes that the outputs depend on, without those that only give a constant, or a value another name.
func (n *Net) readNodes(graph protoreflect.Message, weights map[string]Tensor, dir string) error {
	alias := map[string]string{}
	for m := range each(graph, "node") {
		made := &node{op: field(m, "op_type").String(), message: m}
		if domain := field(m, "domain").String(); domain != "" && domain != "ai.onnx" {
			made.op = domain + "." + made.op
		}
		for i, list := 0, field(m, "input").List(); i < list.Len(); i++ {
			name := list.Get(i).String()
			if of, ok := alias[name]; ok {
				name = of
				list.Set(i, protoreflect.ValueOfString(of))
			}
			made.inputs = append(made.inputs, name)
		}
		for i, list := 0, field(m, "output").List(); i < list.Len(); i++ {
			made.outputs = append(made.outputs, list.Get(i).String())
		}
		if len(made.outputs) == 0 || made.outputs[0] == "" {
			return fmt.Errorf("its node %s has no output", made.op)
		}
		switch {
		case made.op == "Constant":
			t, err := made.constant()
			if err == nil {
				err = n.keep(made.outputs[0], t, weights, dir)
			}
			if err != nil {
				return err
			}
			continue
		case (made.op == "Identity" || made.op == "Dropout") && len(made.inputs) > 0:
			alias[made.outputs[0]] = made.inputs[0]
			continue
		}
		for _, name := range made.outputs {
			if name == "" {
				continue
			}
			if n.producer[name] != nil || n.weights[name] || n.constants[name] != nil || name == n.Input.Name {
				return fmt.Errorf("its value %s is made twice", name)
			}
			n.producer[name] = made
		}
		n.nodes = append(n.nodes, made)
	}
	for i := range n.Outputs {
		if of, ok := alias[n.Outputs[i].Name]; ok {
			n.Outputs[i].Name = of
		}
	}
	return nil
}

// check checks that every value that a node takes exists before it, leaves out the nodes that no output depends on, and
// asks for every operator whether it can be converted.
func (n *Net) check() error {
	known := map[string]bool{"": true, n.Input.Name: true}
	for _, made := range n.nodes {
		for _, name := range made.inputs {
			if !known[name] && !n.weights[name] && n.constants[name] == nil {
				return fmt.Errorf("its node %s takes %s, which no node before it makes", made.op, name)
			}
		}
		for _, name := range made.outputs {
			known[name] = true
		}
	}
	needed := map[*node]bool{}
	var need func(name string)
	need = func(name string) {
		if made := n.producer[name]; made != nil && !needed[made] {
			needed[made] = true
			for _, in := range made.inputs {
				need(in)
			}
		}
	}
	for _, out := range n.Outputs {
		if !known[out.Name] {
			return fmt.Errorf("no node makes its output %s", out.Name)
		}
		need(out.Name)
		n.consumers[out.Name]++
	}
	n.nodes = slices.DeleteFunc(n.nodes, func(made *node) bool { return !needed[made] })
	var unsupported []string
	for _, made := range n.nodes {
		for _, name := range made.inputs {
			n.consumers[name]++
		}
		if !slices.Contains(unsupported, made.op) && !made.supported() {
			unsupported = append(unsupported, made.op)
		}
	}
	if len(unsupported) > 0 {
		slices.Sort(unsupported)
		return fmt.Errorf("it has operators that can't be converted: %s", strings.Join(unsupported, ", "))
	}
	return nil
}

// newMessage makes an empty message of ONNX.
func newMessage(name protoreflect.Name) protoreflect.Message {
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName("protos." + string(name)))
	if err != nil {
		panic(err) // onnx-gomlx has registered them
	}
	return kind.New()
}

func fieldOf(m protoreflect.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return m.Descriptor().Fields().ByName(name)
}

func field(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
	return m.Get(fieldOf(m, name))
}

// each gives the messages in a repeated field.
func each(m protoreflect.Message, name protoreflect.Name) func(yield func(protoreflect.Message) bool) {
	return func(yield func(protoreflect.Message) bool) {
		for i, list := 0, field(m, name).List(); i < list.Len(); i++ {
			if !yield(list.Get(i).Message()) {
				return
			}
		}
	}
}

// tensorType is the type of a value, an onnx.TypeProto.Tensor; it is empty if the file has none.
func tensorType(value protoreflect.Message) protoreflect.Message {
	return field(field(value, "type").Message(), "tensor_type").Message()
}

func portOf(value protoreflect.Message) Port {
	p := Port{Name: field(value, "name").String()}
	kind := tensorType(value)
	if !kind.Has(fieldOf(kind, "shape")) {
		return p
	}
	p.Dims = []int{}
	for dim := range each(field(kind, "shape").Message(), "dim") {
		size := -1
		if fixed := field(dim, "dim_value").Int(); fixed > 0 {
			size = int(fixed)
		}
		p.Dims = append(p.Dims, size)
	}
	return p
}
