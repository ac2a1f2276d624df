package onnxnet

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// The gradient of x·sigmoid(x) between two dense layers is right in fp32. With oneDNN, that of GoMLX's Sigmoid is 17 %
// off: XLA's pass onednn-contraction-rewriter gives the output of x·Sigmoid(x) to all that use x, the gradient too.
func TestSiLU(t *testing.T) {
	const rows, width = 128, 256 // oneDNN computes products of this size
	waves := func(rows int, frequency float64) *tensors.Tensor {
		values := make([]float64, rows*width)
		for i := range values {
			values[i] = .3 * math.Sin(frequency*float64(i*i%10007))
		}
		return tensors.FromFlatDataAndDimensions(values, rows, width)
	}
	gradient := func(dtype dtypes.DType) []float64 {
		return tensors.MustCopyFlatData[float64](MustExecOnce(backendtest.XLA(t), func(x, in, out *Node) *Node {
			x, in, out = ConvertDType(x, dtype), ConvertDType(in, dtype), ConvertDType(out, dtype)
			y := DotProduct(x, in)
			y = DotProduct(Mul(y, sigmoid(y)), out)
			return ConvertDType(Gradient(ReduceAllSum(Square(y)), x)[0], dtypes.Float64)
		}, waves(rows, 1), waves(width, 2), waves(width, 3)))
	}
	want := gradient(dtypes.Float64)
	scale := 0.
	for _, v := range want {
		scale = max(scale, math.Abs(v))
	}
	require.InDeltaSlice(t, want, gradient(dtypes.Float32), 1e-4*scale)
}

// A Slice keeps what NumPy's keeps.
func TestSliced(t *testing.T) {
	for _, c := range []struct {
		start, end, step int
		want             []int
	}{
		{0, 4, 1, []int{0, 1, 2, 3}}, {1, -1, 1, []int{1, 2}}, {-3, 100, 2, []int{1, 3}}, {-100, 2, 1, []int{0, 1}}, {2, 1, 1, nil},
		{-1, -100, -1, []int{3, 2, 1, 0}}, {-1, math.MinInt64 + 1, -1, []int{3, 2, 1, 0}}, {3, 0, -2, []int{3, 1}}, {100, 1, -1, []int{3, 2}}, {0, 3, -1, nil},
	} {
		require.Equal(t, c.want, sliced(4, c.start, c.end, c.step), "%+v", c)
	}
	require.Equal(t, []int{5, 6, 3, 4, 1, 2}, take([]int{1, 2, 3, 4, 5, 6}, []int{3, 2}, 0, []int{2, 1, 0}))
	require.Equal(t, []int{2, 4, 6}, take([]int{1, 2, 3, 4, 5, 6}, []int{3, 2}, 1, []int{1}))
}

// file is a small ONNX file: the nodes given, between the input x and the output y.
func file(t testing.TB, shape []int64, nodes ...protoreflect.Message) []byte {
	model, graph := newModel()
	for _, made := range nodes {
		appendTo(graph, "node", made)
	}
	for name, list := range map[string]protoreflect.Name{"x": "input", "y": "output"} {
		kind := newMessage("TypeProto.Tensor")
		kind.Set(fieldOf(kind, "elem_type"), protoreflect.ValueOfInt32(typeFloat))
		for _, d := range shape {
			dim := newMessage("TensorShapeProto.Dimension")
			dim.Set(fieldOf(dim, "dim_value"), protoreflect.ValueOfInt64(d))
			appendTo(kind.Mutable(fieldOf(kind, "shape")).Message(), "dim", dim)
		}
		port := newMessage("ValueInfoProto")
		port.Set(fieldOf(port, "name"), protoreflect.ValueOfString(name))
		whole := port.Mutable(fieldOf(port, "type")).Message()
		whole.Set(fieldOf(whole, "tensor_type"), protoreflect.ValueOfMessage(kind))
		appendTo(graph, list, port)
	}
	data, err := proto.Marshal(model.Interface())
	require.NoError(t, err)
	return data
}

// operator is a node with these inputs, and the output that ends the list.
func operator(op string, names ...string) protoreflect.Message {
	m := newMessage("NodeProto")
	m.Set(fieldOf(m, "op_type"), protoreflect.ValueOfString(op))
	for i, name := range names {
		list := protoreflect.Name("input")
		if i == len(names)-1 {
			list = "output"
		}
		m.Mutable(fieldOf(m, list)).List().Append(protoreflect.ValueOfString(name))
	}
	return m
}

// Operators that can't be converted are named, all at once; those that no output needs do not matter.
func TestUnsupported(t *testing.T) {
	picture := []int64{0, 3, 8, 8}
	_, _, err := parse(file(t, picture, operator("Relu", "x", "a"), operator("Zebra", "a", "b"), operator("Ant", "b", "c"), operator("Zebra", "c", "y")), "")
	require.EqualError(t, err, "it has operators that can't be converted: Ant, Zebra")
	net, _, err := parse(file(t, picture, operator("Relu", "x", "y"), operator("Zebra", "x", "b")), "")
	require.NoError(t, err)
	require.Equal(t, Port{"x", []int{-1, 3, 8, 8}}, net.Input)
	for want, nodes := range map[string][]protoreflect.Message{
		"its node Relu takes nothing, which no node before it makes": {operator("Relu", "nothing", "y")},
		"its value y is made twice":                                  {operator("Relu", "x", "y"), operator("Relu", "x", "y")},
		"no node makes its output y":                                 {operator("Relu", "x", "z")},
		"its node Relu has no output":                                {operator("Relu")},
	} {
		_, _, err := parse(file(t, picture, nodes...), "")
		require.EqualError(t, err, want)
	}
	_, _, err = parse(file(t, picture[1:], operator("Relu", "x", "y")), "")
	require.EqualError(t, err, "its input x has 3 dimensions, where a batch of pictures has four, such as [batch, 3, rows, columns]")
}

// A tensor's values are read from every field and type that has them, and their number is checked.
func TestReadTensor(t *testing.T) {
	for name, c := range map[string]struct {
		code int64
		raw  []byte
	}{"float16": {typeFloat16, []byte{0, 0x3e, 0, 0xc0}}, "bfloat16": {typeBFloat16, []byte{0xc0, 0x3f, 0, 0xc0}}, "double": {typeDouble, []byte{0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}}} {
		m := tensorMessage(c.code, []int{2})
		m.Set(fieldOf(m, "raw_data"), protoreflect.ValueOfBytes(c.raw))
		values, err := readTensor(m, "")
		require.NoError(t, err, name)
		require.Equal(t, Tensor{[]int{2}, []float32{1.5, -2}}, values, name)
	}
	m := tensorMessage(typeFloat, []int{2})
	list := m.Mutable(fieldOf(m, "float_data")).List()
	list.Append(protoreflect.ValueOfFloat32(1))
	_, err := readTensor(m, "")
	require.EqualError(t, err, "it has 1 values where its shape [2] needs 2: the file is damaged")
	_, err = readTensor(tensorMessage(typeFloat, []int{1 << 30, 1 << 30}), "")
	require.ErrorContains(t, err, "its dimensions are not possible")

	dir := t.TempDir()
	external := func(location, offset string) protoreflect.Message {
		m := tensorMessage(typeFloat, []int{1})
		m.Set(fieldOf(m, "data_location"), protoreflect.ValueOfEnum(1))
		for key, value := range map[string]string{"location": location, "offset": offset} {
			entry := newMessage("StringStringEntryProto")
			entry.Set(fieldOf(entry, "key"), protoreflect.ValueOfString(key))
			entry.Set(fieldOf(entry, "value"), protoreflect.ValueOfString(value))
			appendTo(m, "external_data", entry)
		}
		return m
	}
	_, err = readTensor(external("w.data", "0"), dir)
	require.EqualError(t, err, "its values are in the file w.data, which is not there: put it beside the ONNX file")
	_, err = readTensor(external("../w.data", "0"), dir)
	require.ErrorContains(t, err, "which is not in the folder of the ONNX file")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "w.data"), []byte{9, 9, 0, 0, 0x80, 0x3f}, 0o600))
	values, err := readTensor(external("w.data", "2"), dir)
	require.NoError(t, err)
	require.Equal(t, []float32{1}, values.Data)
	_, err = readTensor(external("w.data", "9"), dir)
	require.ErrorContains(t, err, "which is too short")
}

// No file makes the reader fail in another way than with an error.
func FuzzParse(f *testing.F) {
	f.Add([]byte{})
	f.Add(file(f, []int64{0, 3, 8, 8}, operator("Relu", "x", "y")))
	f.Add(file(f, []int64{0, 3, 8, 8}, operator("Conv", "x", "w", "a"), operator("BatchNormalization", "a", "b", "c", "d", "e", "z"), operator("MaxPool", "z", "y")))
	f.Add(file(f, []int64{2, 8, 8, 3}, operator("Transpose", "x", "a"), operator("Pad", "a", "p", "b"), operator("Clip", "b", "y")))
	f.Fuzz(func(t *testing.T, data []byte) {
		if net, _, err := parse(data, t.TempDir()); err == nil && net.Input.Name == "" && len(net.Outputs) == 0 {
			t.Error("a network without an input and outputs")
		}
	})
}
