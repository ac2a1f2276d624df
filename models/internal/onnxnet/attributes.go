package onnxnet

import (
	"encoding/binary"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// attribute is the attribute of that name; ok is false if the node has none.
func (n *node) attribute(name string) (a protoreflect.Message, ok bool) {
	for a := range each(n.message, "attribute") {
		if field(a, "name").String() == name {
			return a, true
		}
	}
	return nil, false
}

func (n *node) int(name string, missing int) int {
	if a, ok := n.attribute(name); ok {
		return int(field(a, "i").Int())
	}
	return missing
}

func (n *node) float(name string, missing float64) float64 {
	if a, ok := n.attribute(name); ok {
		return field(a, "f").Float()
	}
	return missing
}

func (n *node) text(name, missing string) string {
	if a, ok := n.attribute(name); ok {
		return string(field(a, "s").Bytes())
	}
	return missing
}

// ints is a list of integers, or count times missing if the node has no such attribute. It is nil if their number is not
// count.
func (n *node) ints(name string, count, missing int) []int {
	values := make([]int, count)
	a, ok := n.attribute(name)
	if !ok {
		for i := range values {
			values[i] = missing
		}
		return values
	}
	list := field(a, "ints").List()
	if list.Len() != count {
		return nil
	}
	for i := range values {
		values[i] = int(list.Get(i).Int())
	}
	return values
}

// input is the name of an input; "" if the node does not have it.
func (n *node) input(i int) string {
	if i < len(n.inputs) {
		return n.inputs[i]
	}
	return ""
}

// constant is the tensor that a Constant node gives.
func (n *node) constant() (protoreflect.Message, error) {
	if a, ok := n.attribute("value"); ok && a.Has(fieldOf(a, "t")) {
		return field(a, "t").Message(), nil
	}
	var t *tensors.Tensor
	if a, ok := n.attribute("value_int"); ok {
		t = tensors.FromScalar(field(a, "i").Int())
	} else if a, ok := n.attribute("value_ints"); ok {
		var values []int64
		for i, list := 0, field(a, "ints").List(); i < list.Len(); i++ {
			values = append(values, list.Get(i).Int())
		}
		t = tensors.FromFlatDataAndDimensions(values, len(values))
	} else if a, ok := n.attribute("value_float"); ok {
		t = tensors.FromScalar(field(a, "f").Float())
	} else if a, ok := n.attribute("value_floats"); ok {
		var values []float64
		for i, list := 0, field(a, "floats").List(); i < list.Len(); i++ {
			values = append(values, list.Get(i).Float())
		}
		t = tensors.FromFlatDataAndDimensions(values, len(values))
	} else {
		return nil, fmt.Errorf("its constant %s is neither of integers nor of floats", n.outputs[0])
	}
	return constantOf(t).message, nil
}

// ints are the values of a constant of int64; ok is false if it has others.
func (c *constant) ints() (values []int, ok bool) {
	if c.message == nil || field(c.message, "data_type").Int() != typeInt64 {
		return nil, false
	}
	for i, list := 0, field(c.message, "int64_data").List(); i < list.Len(); i++ {
		values = append(values, int(list.Get(i).Int()))
	}
	for raw := field(c.message, "raw_data").Bytes(); len(raw) >= 8; raw = raw[8:] {
		values = append(values, int(int64(binary.LittleEndian.Uint64(raw))))
	}
	return values, true
}

// knownFloat is a constant of one float; ok is false if it is none.
func (n *Net) knownFloat(name string) (value float64, ok bool) {
	c := n.constants[name]
	if c == nil || c.message != nil || len(c.floats.Data) != 1 {
		return 0, false
	}
	return float64(c.floats.Data[0]), true
}
