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

// Tensor is a weight on the host, row-major.
type Tensor struct {
	Shape []int
	Data  []float32
}

// Weights are a frozen model's values by name. The names are the architecture's own.
type Weights map[string]Tensor

// Hash is the sha256 of all weights in the order of their names. It tells whether anything changed.
func (w Weights) Hash() string {
	h := sha256.New()
	var bytes []byte // a piece at a time: together they are as large as the weights
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

// checkFinite finds a value that no answer can come from. A graph does not: an activation may hide it.
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

// Frozen are the weights of a model. Go has their values only until a program has put them into the backend's
// memory, because to hold both takes the network's size twice; the next program reads them anew.
type Frozen struct {
	read  func() (Weights, error)
	hash  string
	count int

	mu     sync.Mutex
	values Weights                      // nil where they would have to be read
	stored map[string][sha256.Size]byte // of what programs have made of them, by the variable's path, as it was made
}

// Freeze reads weights, and keeps how that is done.
func Freeze(read func() (Weights, error)) (*Frozen, error) {
	values, err := read()
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory() // reading has left as much behind as the weights themselves
	return &Frozen{
		read: read, hash: values.Hash(), count: values.Count(), values: values, stored: map[string][sha256.Size]byte{},
	}, nil
}

// Hash is [Weights.Hash] of what was read.
func (f *Frozen) Hash() string { return f.hash }

// Count is the number of values in all weights.
func (f *Frozen) Count() int { return f.count }

// value is a weight, read again if it must be; it is an error if there is none of this name, or if what is read is not
// what it was.
func (f *Frozen) value(name string) (Tensor, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.values == nil {
		values, err := f.read()
		if err != nil {
			return Tensor{}, err
		}
		if values.Hash() != f.hash {
			return Tensor{}, errors.New("the file of the weights is another than when it was opened: open the model again")
		}
		f.values = values
	}
	t, ok := f.values[name]
	if !ok {
		return t, fmt.Errorf("the graph asks for a weight %q that was not loaded", name)
	}
	return t, nil
}

// letGo gives the memory of the values back, at once: Go's collector would wait until there is as much again.
func (f *Frozen) letGo() {
	f.mu.Lock()
	held := f.values != nil
	f.values = nil
	f.mu.Unlock()
	if held {
		debug.FreeOSMemory()
	}
}

// remember keeps what a variable was made as.
func (f *Frozen) remember(path string, value *tensors.Tensor) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.stored[path]; ok { // every program makes the same
		return nil
	}
	sum, err := digest(value)
	if err == nil {
		f.stored[path] = sum
	}
	return err
}

// remembers reports whether a variable is, bit for bit, what it was made as.
func (f *Frozen) remembers(path string, value *tensors.Tensor) (bool, error) {
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
