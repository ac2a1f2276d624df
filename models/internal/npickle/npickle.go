// Package npickle reads the only kind of pickle that the project needs beside PyTorch's: a dict from
// names to lists of float32 NumPy arrays.
package npickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/vrkit-go/reprogram/models/internal/unpickle"
)

// Array is a float32 array in row-major order.
type Array struct {
	Shape []int
	Data  []float32
}

// maxFile is the largest file that is read, in bytes. The largest known file of this kind has 5 MB.
const maxFile = 64 << 20

// ReadFile reads a pickled dict of lists of arrays. Its errors name the path.
func ReadFile(path string) (map[string][]Array, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: %d bytes are more than a weight pickle may have (%d)", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	layers, err := Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return layers, nil
}

// Read is ReadFile of the file's bytes. It returns an error, and never panics, if the file is malformed. All arrays
// together may have no more values than the file has bytes.
func Read(data []byte) (map[string][]Array, error) {
	left := len(data)
	reader := unpickle.Reader{What: "arrays", Globals: map[string]any{
		"numpy.core.multiarray._reconstruct":  reconstruct{&left},
		"numpy._core.multiarray._reconstruct": reconstruct{&left},
		"numpy.ndarray":                       ndarrayClass{},
		"numpy.dtype":                         dtypeClass{},
	}}
	value, _, err := reader.Load(data)
	if err != nil {
		return nil, err
	}
	dict, ok := value.(*types.Dict)
	if !ok {
		return nil, fmt.Errorf("the pickle holds a %T where a dict of arrays was expected", value)
	}
	layers := map[string][]Array{}
	for i, entry := range *dict {
		name, isName := entry.Key.(string)
		list, isList := entry.Value.(*types.List)
		if !isName || !isList {
			return nil, fmt.Errorf("the pickle's entry %d is not a named list of arrays", i+1)
		}
		if _, twice := layers[name]; twice {
			return nil, fmt.Errorf("the pickle has two entries %.80q", name)
		}
		layers[name] = make([]Array, len(*list))
		for i, item := range *list {
			array, ok := item.(*ndarray)
			if !ok || array.Data == nil {
				return nil, fmt.Errorf("the pickle's entry %.80q holds something that is not an array", name)
			}
			layers[name][i] = array.Array
		}
	}
	return layers, nil
}

type (
	reconstruct  struct{ left *int } // how many values may still be allocated for the file
	ndarrayClass struct{}
	dtypeClass   struct{}
	dtype        struct{ name string }
	ndarray      struct {
		Array
		left *int
	}
)

// Call makes an empty array; its shape and values come with the state.
func (r reconstruct) Call(...any) (any, error) { return &ndarray{left: r.left}, nil }

// Call makes a dtype from its name, as in dtype('f4').
func (dtypeClass) Call(args ...any) (any, error) {
	if len(args) > 0 {
		if name, ok := args[0].(string); ok {
			return &dtype{name: name}, nil
		}
	}
	return nil, errors.New("a dtype has no name")
}

// PySetState takes the byte order from (version, order, ...).
func (d *dtype) PySetState(state any) error {
	tuple, ok := state.(*types.Tuple)
	if !ok || tuple.Len() < 2 || tuple.Get(1) != "<" {
		return errors.New("a dtype is not little-endian")
	}
	return nil
}

// PySetState takes shape and values from (version, shape, dtype, fortran order, bytes).
func (a *ndarray) PySetState(state any) error {
	tuple, ok := state.(*types.Tuple)
	if !ok || tuple.Len() != 5 {
		return errors.New("an array's state is not NumPy's")
	}
	shape, okShape := tuple.Get(1).(*types.Tuple)
	kind, okKind := tuple.Get(2).(*dtype)
	fortran, okOrder := tuple.Get(3).(bool)
	raw, okRaw := tuple.Get(4).([]byte)
	if !okShape || !okKind || !okOrder || !okRaw || kind.name != "f4" || fortran {
		return errors.New("an array is not a row-major float32 array")
	}
	if a.Data != nil {
		return errors.New("an array is built twice")
	}
	size := 1
	for _, dimension := range *shape {
		n, ok := dimension.(int)
		if !ok || n < 0 || (n > 0 && size > len(raw)/n) {
			return fmt.Errorf("an array's shape does not fit its %d bytes", len(raw))
		}
		size *= n
		a.Shape = append(a.Shape, n)
	}
	if 4*size != len(raw) {
		return fmt.Errorf("an array of shape %v has %d bytes", a.Shape, len(raw))
	}
	if *a.left -= size; *a.left < 0 {
		return errors.New("many arrays use the same bytes: refused")
	}
	a.Data = make([]float32, size)
	for i := range a.Data {
		a.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return nil
}
