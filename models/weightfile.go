package models

import (
	"io"
	"os"

	"github.com/vrkit-go/reprogram/models/internal/npz"
	"github.com/vrkit-go/reprogram/models/internal/safetensors"
	"github.com/vrkit-go/reprogram/models/internal/torchpickle"
)

// readTensors reads a weight file, the tensors under the file's own names. What the file is its first bytes
// say: .safetensors, .npz, or what PyTorch saves, in either of its layouts.
func readTensors(path string) (Weights, error) {
	read, err := readerOf(path)
	if err != nil {
		return nil, err
	}
	return read(path)
}

func readerOf(path string) (func(path string) (Weights, error), error) {
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
		return func(path string) (Weights, error) { return weightsOf(safetensors.ReadFile(path)) }, nil
	case err == nil && npz.Looks(f, info.Size()):
		return func(path string) (Weights, error) { return weightsOf(npz.ReadFile(path)) }, nil
	}
	return func(path string) (Weights, error) { return weightsOf(torchpickle.ReadFile(path)) }, nil
}

// weightsOf makes weights of a reader's tensors, which are the same under another name.
func weightsOf[T ~struct {
	Shape []int
	Data  []float32
}](tensors map[string]T, err error) (Weights, error) {
	weights := make(Weights, len(tensors))
	for name, t := range tensors {
		weights[name] = Tensor(t)
	}
	return weights, err
}
