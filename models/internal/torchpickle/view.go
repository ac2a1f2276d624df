package torchpickle

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/vrkit-go/reprogram/models/internal/scalar"
)

// kinds are the supported storage classes of module torch. Complex and quantised ones are not supported.
var kinds = map[string]*scalar.Kind{
	"DoubleStorage": scalar.Float64, "FloatStorage": scalar.Float32,
	"HalfStorage": scalar.Float16, "BFloat16Storage": scalar.BFloat16,
	"LongStorage": scalar.Int64, "IntStorage": scalar.Int32, "ShortStorage": scalar.Int16, "CharStorage": scalar.Int8,
	"ByteStorage": scalar.Uint8, "BoolStorage": scalar.Uint8,
}

// storage is a sequence of values; tensors are views of it. Its bytes are a part of the file's bytes.
type storage struct {
	*scalar.Kind
	count int
	raw   []byte // Size·count bytes; nil until found
	found bool
}

// view is a tensor as a file describes it: element (i, j, ...) is value offset + i·strides[0] + j·strides[1] + ... of
// the storage.
type view struct {
	storage        *storage
	offset         int
	shape, strides []int
}

// maxRank is the largest number of a tensor's axes, as in PyTorch.
const maxRank = 64

// newView makes a view. It is an error if the view reaches beyond its storage.
func newView(s *storage, offset int, shape, strides []int) (*view, error) {
	if len(shape) != len(strides) || len(shape) > maxRank {
		return nil, fmt.Errorf("a tensor has %d sizes and %d strides", len(shape), len(strides))
	}
	last := offset // where the last value lies
	for i, n := range shape {
		if n < 0 || strides[i] < 0 {
			return nil, errors.New("a tensor has a negative size or stride")
		}
		if n > 1 && strides[i] > 0 && !slices.Contains(shape, 0) {
			if n-1 > s.count/strides[i] || last > s.count {
				return nil, errBeyond
			}
			last += (n - 1) * strides[i]
		}
	}
	if offset < 0 || (last >= s.count && !slices.Contains(shape, 0)) {
		return nil, errBeyond
	}
	return &view{s, offset, shape, strides}, nil
}

// tensor copies the values in row-major order. left is how many values may still be allocated for the file.
func (v *view) tensor(left *int) (Tensor, error) {
	if !v.storage.found {
		return Tensor{}, errors.New("its values are missing from the file")
	}
	size := 1
	for _, n := range v.shape {
		if n > 0 && size > *left/n {
			return Tensor{}, errTooMany
		}
		size *= n
	}
	if *left -= size; *left < 0 {
		return Tensor{}, errTooMany
	}
	t := Tensor{Shape: v.shape, Data: make([]float32, size)}
	index, at, width := make([]int, len(v.shape)), v.offset, v.storage.Size
	for i := range t.Data {
		t.Data[i] = v.storage.Read(v.storage.raw[at*width : (at+1)*width])
		for axis := len(index) - 1; axis >= 0; axis-- { // step to the next index and its value
			index[axis]++
			at += v.strides[axis]
			if index[axis] < v.shape[axis] {
				break
			}
			at -= index[axis] * v.strides[axis]
			index[axis] = 0
		}
	}
	return t, nil
}

var (
	errBeyond  = errors.New("a tensor reaches beyond its storage")
	errTooMany = errors.New("the tensors have more values than the file has bytes: refused")
)

// ints reads a tuple of integers.
func ints(value any) ([]int, error) {
	tuple, ok := value.(*types.Tuple)
	if !ok {
		return nil, errors.New("a tensor's size or stride is not a tuple")
	}
	numbers := make([]int, tuple.Len())
	for i, item := range *tuple {
		if numbers[i], ok = item.(int); !ok {
			return nil, errors.New("a tensor's size or stride is not an integer")
		}
	}
	return numbers, nil
}
