package models

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/gomlx/gomlx/core/tensors"
)

// Tensor is a weight in Go's memory, in row-major order.
type Tensor struct {
	Shape []int
	Data  []float32
}

// Weights are the values of a frozen model, by the names that its graph uses, such as "conv1/kernel".
type Weights map[string]Tensor

// Hash is the SHA-256 of all names, shapes and values, in the order of the names, as hexadecimal digits. Two sets of
// weights with the same hash are the same.
func (w Weights) Hash() string {
	h := sha256.New()
	var bytes []byte // of a piece of the weights at a time: all of them would take the weights' memory once more
	for _, name := range slices.Sorted(maps.Keys(w)) {
		t := w[name]
		fmt.Fprintf(h, "%s %v\n", name, t.Shape)
		for values := range slices.Chunk(t.Data, 1<<14) {
			bytes = bytes[:0]
			for _, v := range values {
				bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
			}
			h.Write(bytes)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Count is the number of values in all weights.
func (w Weights) Count() (n int) {
	for _, t := range w {
		n += len(t.Data)
	}
	return n
}

// checkFinite returns an error that names a value which is NaN or infinite. The graph does not find it: an activation
// may hide it.
func (w Weights) checkFinite(path string) error {
	for _, name := range slices.Sorted(maps.Keys(w)) {
		for i, v := range w[name].Data {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("%s: value %d of %s is %v: the file is damaged, or its training has failed", path, i, name, v)
			}
		}
	}
	return nil
}

// Frozen holds the weights of a model and reads them when they are needed. A program copies them into the backend's
// memory; Go's copy is then released, because two copies take twice the network's size. The next program reads the file
// again.
type Frozen struct {
	read  func() (Weights, error)
	hash  string
	count int

	mu     sync.Mutex
	values Weights                      // nil while they are released
	stored map[string][sha256.Size]byte // the digest of each variable that a program has made of a weight, by its path
}

// Freeze reads weights by calling read, and keeps read to read them again. It returns read's error.
func Freeze(read func() (Weights, error)) (*Frozen, error) {
	values, err := read()
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory() // reading leaves garbage of about the weights' size
	return &Frozen{
		read: read, hash: values.Hash(), count: values.Count(), values: values, stored: map[string][sha256.Size]byte{},
	}, nil
}

// Hash is [Weights.Hash] of what was read.
func (f *Frozen) Hash() string { return f.hash }

// Count is the number of values in all weights.
func (f *Frozen) Count() int { return f.count }

// value is the weight of that name. It reads the weights again if they are released. It is an error if there is no such
// weight, or if the weights differ from those that were read first.
func (f *Frozen) value(name string) (Tensor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.values == nil {
		values, err := f.read()
		if err != nil {
			return Tensor{}, err
		}
		if values.Hash() != f.hash {
			return Tensor{}, errors.New("the weight file has changed since the model was opened: open the model again")
		}
		f.values = values
	}
	t, ok := f.values[name]
	if !ok {
		return t, fmt.Errorf("the graph asks for a weight %q that was not loaded", name)
	}
	return t, nil
}

// release gives the memory of the values back to the system at once. Go's garbage collector alone would wait until as
// much memory is allocated again.
func (f *Frozen) release() {
	f.mu.Lock()
	held := f.values != nil
	f.values = nil
	f.mu.Unlock()
	if held {
		debug.FreeOSMemory()
	}
}

// record keeps the digest of a variable's value when the variable is made.
func (f *Frozen) record(path string, value *tensors.Tensor) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.stored[path]; ok { // every program makes the same value
		return nil
	}
	sum, err := digest(value)
	if err == nil {
		f.stored[path] = sum
	}
	return err
}

// unchanged reports whether a variable has, bit for bit, the value that was recorded when it was made.
func (f *Frozen) unchanged(path string, value *tensors.Tensor) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum, err := digest(value)
	stored, ok := f.stored[path]
	return ok && stored == sum, err
}

func digest(t *tensors.Tensor) (sum [sha256.Size]byte, err error) {
	err = t.ConstBytes(func(data []byte) { sum = sha256.Sum256(data) })
	return sum, err
}
