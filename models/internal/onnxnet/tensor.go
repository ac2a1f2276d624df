package onnxnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Tensor is a weight, in row-major order.
type Tensor struct {
	Shape []int
	Data  []float32
}

// The codes of ONNX for the types of values.
const (
	typeFloat, typeInt64, typeFloat16, typeDouble, typeBFloat16 = 1, 7, 10, 11, 16
)

// floatTypes are the types of floats: their sizes in bytes.
var floatTypes = map[int64]int{typeFloat: 4, typeFloat16: 2, typeDouble: 8, typeBFloat16: 2}

func isFloat(kind int64) bool { return floatTypes[kind] > 0 }

// typeCode is ONNX's code of a float type.
func typeCode(dtype dtypes.DType) int64 {
	switch dtype {
	case dtypes.Float64:
		return typeDouble
	case dtypes.BFloat16:
		return typeBFloat16
	}
	return typeFloat
}

// shapeOf is the shape of an onnx.TensorProto, and the number of its values.
func shapeOf(t protoreflect.Message) (shape []int, count int, err error) {
	shape, count = []int{}, 1
	for i, dims := 0, field(t, "dims").List(); i < dims.Len(); i++ {
		d := dims.Get(i).Int()
		if d < 0 || d > 0 && count > math.MaxInt32/int(d) {
			return nil, 0, fmt.Errorf("its dimensions are not possible: %d", d)
		}
		shape, count = append(shape, int(d)), count*int(d)
	}
	return shape, count, nil
}

// readTensor reads an onnx.TensorProto of floats as fp32.
func readTensor(t protoreflect.Message, dir string) (Tensor, error) {
	shape, count, err := shapeOf(t)
	if err != nil {
		return Tensor{}, err
	}
	if err := inline(t, dir); err != nil {
		return Tensor{}, err
	}
	kind := field(t, "data_type").Int()
	values := Tensor{Shape: shape}
	var at func(i int) float32 // value i
	have := 0                  // how many there are
	if raw := field(t, "raw_data").Bytes(); len(raw) > 0 {
		size := floatTypes[kind]
		have = len(raw) / size
		if len(raw)%size != 0 {
			have = -1
		}
		at = func(i int) float32 { return decode(kind, raw[i*size:]) }
	} else {
		// 16-bit floats are in the field of the integers, by their bits.
		list := map[int64]protoreflect.Name{typeFloat: "float_data", typeDouble: "double_data", typeFloat16: "int32_data", typeBFloat16: "int32_data"}[kind]
		data := field(t, list).List()
		have = data.Len()
		at = func(i int) float32 {
			if list == "int32_data" {
				return decode(kind, binary.LittleEndian.AppendUint16(nil, uint16(data.Get(i).Int())))
			}
			return float32(data.Get(i).Float())
		}
	}
	if have != count {
		return Tensor{}, fmt.Errorf("it has %d values where its shape %v needs %d: the file is damaged", max(have, 0), shape, count)
	}
	values.Data = make([]float32, count)
	for i := range values.Data {
		values.Data[i] = at(i)
	}
	return values, nil
}

// decode reads a float of that type, in little-endian order.
func decode(kind int64, raw []byte) float32 {
	switch kind {
	case typeDouble:
		return float32(math.Float64frombits(binary.LittleEndian.Uint64(raw)))
	case typeFloat16:
		return float16.FromBits(binary.LittleEndian.Uint16(raw)).Float32()
	case typeBFloat16:
		return bfloat16.FromBits(binary.LittleEndian.Uint16(raw)).Float32()
	}
	return math.Float32frombits(binary.LittleEndian.Uint32(raw))
}

// inline moves a tensor's values from a file beside the ONNX file, if they are there, into its message.
func inline(t protoreflect.Message, dir string) error {
	const external = 1
	if field(t, "data_location").Enum() != external {
		return nil
	}
	info := map[string]string{}
	for entry := range each(t, "external_data") {
		info[field(entry, "key").String()] = field(entry, "value").String()
	}
	name := info["location"]
	if !filepath.IsLocal(name) {
		return fmt.Errorf("its values are in a file %q, which is not in the folder of the ONNX file", name)
	}
	file, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("its values are in the file %s, which is not there: put it beside the ONNX file", name)
	}
	if err != nil {
		return err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return err
	}
	number := func(key string, missing int64) (int64, error) {
		text, ok := info[key]
		if !ok {
			return missing, nil
		}
		return strconv.ParseInt(text, 10, 64)
	}
	offset, err := number("offset", 0)
	length, err2 := number("length", stat.Size()-offset)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if offset < 0 || length < 0 || offset > stat.Size() || length > stat.Size()-offset {
		return fmt.Errorf("its values are not in the file %s, which is too short: it is damaged, or of another network", name)
	}
	raw := make([]byte, length)
	if _, err := file.ReadAt(raw, offset); err != nil {
		return err
	}
	t.Set(fieldOf(t, "raw_data"), protoreflect.ValueOfBytes(raw))
	t.Clear(fieldOf(t, "data_location"))
	t.Clear(fieldOf(t, "external_data"))
	return nil
}
