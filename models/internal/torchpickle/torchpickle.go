// Package torchpickle reads the tensors of a state dict or a checkpoint that PyTorch saved, in the zip format (since
// PyTorch 1.6) or the legacy format. It runs no code of the file: see package unpickle.
//
// For a file of n bytes it allocates at most n bytes for the file, the bytes that package unpickle states for the
// pickles, a few hundred bytes for each entry of a zip, and 4n bytes for the values.
package torchpickle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/nlpodyssey/gopickle/types"
)

// Tensor is a tensor in row-major order; its strides in the file do not matter. Values of every type
// become float32; integers beyond 2²⁴ are rounded.
type Tensor struct {
	Shape []int
	Data  []float32
}

// maxFile is the largest file that is read, in bytes.
const maxFile = 2 << 30

// Dict is a dict of tensors: the value of a file, or a dict inside it.
type Dict struct {
	Path  []string // the keys that lead to it; empty for the file's value itself
	views map[string]*view
	left  *int // how many values may still be allocated for the file
}

// Shapes are the shapes of the dict's tensors, by name.
func (d Dict) Shapes() map[string][]int {
	shapes := make(map[string][]int, len(d.views))
	for name, v := range d.views {
		shapes[name] = v.shape
	}
	return shapes
}

// Tensor reads the dict's tensor of that name. It is an error if there is none, or if all tensors that are read from the
// file have more values than the file has bytes.
func (d Dict) Tensor(name string) (Tensor, error) {
	v, ok := d.views[name]
	if !ok {
		return Tensor{}, fmt.Errorf("the file has no tensor %.80q there", name)
	}
	t, err := v.tensor(d.left)
	if err != nil {
		return Tensor{}, fmt.Errorf("the file's entry %.80q: %w", name, err)
	}
	return t, nil
}

// ReadFile reads a state dict or a checkpoint and returns every dict in it that holds tensors, at least one. Its errors
// name the path.
func ReadFile(path string) ([]Dict, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: %d bytes are more than a weight file may have (%d)", path, info.Size(), maxFile)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	dicts, err := Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return dicts, nil
}

// Read is ReadFile of the file's bytes. It returns an error of one line, and never panics, if the file is malformed.
func Read(data []byte) ([]Dict, error) {
	read := readLegacy
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		read = readZip
	}
	value, err := read(data)
	if err != nil {
		return nil, err
	}
	if _, ok := entriesOf(value); !ok {
		return nil, fmt.Errorf("the file holds %T where a state dict was expected", value)
	}
	left := len(data)
	found := search{left: &left, seen: map[any]bool{}}
	if err := found.dicts(nil, value); err != nil {
		return nil, err
	}
	if len(found.found) == 0 {
		return nil, errors.New("the file holds no tensors by name; a state dict was expected")
	}
	return found.found, nil
}

// maxDepth is how many dicts may be around a dict of tensors.
const maxDepth = 8

// search looks for dicts of tensors.
type search struct {
	left  *int
	seen  map[any]bool // dicts that were searched: a dict may hold itself, or another one twice
	found []Dict
}

// dicts searches a value, to which the keys of path lead, and the dicts below it. It skips everything else in a
// checkpoint, such as the number of the epoch, and also dicts in lists and dicts below a key that is not a string, such
// as an optimiser's parameters.
func (s *search) dicts(path []string, value any) error {
	entries, ok := entriesOf(value)
	if !ok || s.seen[value] || len(path) > maxDepth {
		return nil
	}
	s.seen[value] = true
	views, names := map[string]*view{}, map[string]bool{}
	for _, entry := range entries {
		name, isName := entry.Key.(string)
		if !isName {
			continue
		}
		if names[name] {
			return fmt.Errorf("the file has two entries %.80q", name)
		}
		names[name] = true
		if v, ok := entry.Value.(*view); ok {
			views[name] = v
		}
	}
	if len(views) > 0 {
		s.found = append(s.found, Dict{slices.Clone(path), views, s.left})
	}
	for _, entry := range entries {
		if name, ok := entry.Key.(string); ok {
			if err := s.dicts(append(path, name), entry.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

// entriesOf lists the entries of a dict or an OrderedDict; ok is false for any other value.
func entriesOf(value any) (entries []types.DictEntry, ok bool) {
	switch dict := value.(type) {
	case *types.Dict:
		return *dict, true
	case *types.OrderedDict:
		for e := dict.List.Front(); e != nil; e = e.Next() {
			entry := e.Value.(*types.OrderedDictEntry)
			entries = append(entries, types.DictEntry{Key: entry.Key, Value: entry.Value})
		}
		return entries, true
	}
	return nil, false
}
