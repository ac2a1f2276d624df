// Package torchpickle reads the state dicts that PyTorch saves, in its zip layout (since 1.6) and its
// legacy layout, and runs nothing of theirs: see package unpickle.
//
// A file that is n bytes long can make it allocate at most n bytes for the file, what package unpickle
// states for its pickles, a few hundred bytes for each entry of a zip, and 4n bytes for the values.
package torchpickle

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/nlpodyssey/gopickle/types"
)

// Tensor is a tensor in row-major order, whatever its strides were. Values of every type become
// float32; integers beyond 2²⁴ are rounded.
type Tensor struct {
	Shape []int
	Data  []float32
}

// maxFile bounds what is read.
const maxFile = 2 << 30

// ReadFile reads a saved state dict: tensors by name.
func ReadFile(path string) (map[string]Tensor, error) {
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
	tensors, err := Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, nil
}

// Read is ReadFile on the file's bytes. It returns an error of one line, and never panics, on anything
// malformed; the tensors may have no more values in all than the file has bytes.
func Read(data []byte) (map[string]Tensor, error) {
	read := readLegacy
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		read = readZip
	}
	value, err := read(data)
	if err != nil {
		return nil, err
	}
	entries, err := entriesOf(value)
	if err != nil {
		return nil, err
	}
	left := len(data)
	tensors := make(map[string]Tensor, len(entries))
	for _, entry := range entries {
		name, isName := entry.Key.(string)
		v, isTensor := entry.Value.(*view)
		switch {
		case !isName:
			return nil, errors.New("the file holds a dict whose keys are not all names")
		case !isTensor:
			return nil, fmt.Errorf("the file's entry %.80q is no tensor; a state dict was expected, tensors by name", name)
		}
		if _, twice := tensors[name]; twice {
			return nil, fmt.Errorf("the file has two entries %.80q", name)
		}
		if tensors[name], err = v.tensor(&left); err != nil {
			return nil, fmt.Errorf("the file's entry %.80q: %w", name, err)
		}
	}
	return tensors, nil
}

// entriesOf lists the entries of either kind of dict.
func entriesOf(value any) (entries []types.DictEntry, err error) {
	switch dict := value.(type) {
	case *types.Dict:
		return *dict, nil
	case *types.OrderedDict:
		for e := dict.List.Front(); e != nil; e = e.Next() {
			entry := e.Value.(*types.OrderedDictEntry)
			entries = append(entries, types.DictEntry{Key: entry.Key, Value: entry.Value})
		}
		return entries, nil
	}
	return nil, fmt.Errorf("the file holds %T where a state dict was expected", value)
}
