package models

import (
	"fmt"
	"io"
	"os"

	"github.com/vrkit-go/reprogram/models/internal/npz"
	"github.com/vrkit-go/reprogram/models/internal/safetensors"
	"github.com/vrkit-go/reprogram/models/internal/torchpickle"
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
	case err == nil && npz.Looks(f, info.Size()):
		return flat(npz.ReadFile(path))
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
