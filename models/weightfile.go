package models

import (
	"fmt"
	"io"
	"os"

	"github.com/vrkit-go/reprogram/models/internal/safetensors"
	"github.com/vrkit-go/reprogram/models/internal/scalar"
	"github.com/vrkit-go/reprogram/models/internal/torchpickle"
	"github.com/vrkit-go/reprogram/vrkit/npy"
)

// dict is a dict of tensors in a weight file, under the file's own names.
type dict struct {
	path   []string // the keys that lead to it in a checkpoint of PyTorch; nil if the file's value is this dict
	torch  bool     // whether PyTorch saved the file
	shapes map[string][]int
	read   func(name string) (Tensor, error)
}

// readDicts reads a weight file and returns every dict of tensors in it, at least one. The first bytes of the file tell
// its format: .safetensors, .npz, or one of the two formats that PyTorch saves.
func readDicts(path string) ([]dict, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: give a weight file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	start := make([]byte, 16)
	n, err := io.ReadFull(f, start)
	switch {
	case err == nil && safetensors.Looks(start[:n]):
		return flat(safetensors.ReadFile(path))
	case err == nil && npy.Looks(f, info.Size()):
		tensors, err := readNpz(f, info.Size())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return flat(tensors, nil)
	}
	saved, err := torchpickle.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var dicts []dict
	for _, d := range saved {
		dicts = append(dicts, dict{d.Path, true, d.Shapes(), func(name string) (Tensor, error) {
			t, err := d.Tensor(name)
			return Tensor(t), err
		}})
	}
	return dicts, nil
}

// maxNpzRatio is how many values a .npz file may have for each of its bytes. Weights hardly compress, so that a larger
// ratio is an attack on the memory.
const maxNpzRatio = 16

// numpyKinds are the types of a .npz file that become float32.
var numpyKinds = map[string]*scalar.Kind{
	"<f8": scalar.Float64, "<f4": scalar.Float32, "<f2": scalar.Float16,
	"<i8": scalar.Int64, "<i4": scalar.Int32, "<i2": scalar.Int16, "|i1": scalar.Int8, "|u1": scalar.Uint8, "|b1": scalar.Uint8,
}

// readNpz reads the arrays of a .npz file as float32, by their names. It releases each as it converts it.
func readNpz(r io.ReaderAt, size int64) (map[string]Tensor, error) {
	arrays, err := npy.ReadArchive(r, size, maxNpzRatio)
	if err != nil {
		return nil, err
	}
	tensors := make(map[string]Tensor, len(arrays))
	for name, a := range arrays {
		kind, ok := numpyKinds[a.Type]
		if !ok {
			return nil, fmt.Errorf("the array %.80q has the type %s, which no weights have: save it as float32", name, a.Kind())
		}
		tensors[name] = Tensor{a.Shape, kind.Append(make([]float32, 0, a.Values), a.Data)}
		delete(arrays, name)
	}
	return tensors, nil
}

// flat is the only dict of a format that has no dicts in dicts.
func flat[T ~struct {
	Shape []int
	Data  []float32
}](tensors map[string]T, err error) ([]dict, error) {
	shapes := make(map[string][]int, len(tensors))
	for name, t := range tensors {
		shapes[name] = Tensor(t).Shape
	}
	return []dict{{shapes: shapes, read: func(name string) (Tensor, error) { return Tensor(tensors[name]), nil }}}, err
}
