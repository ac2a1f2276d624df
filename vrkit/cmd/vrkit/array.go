package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/vrkit-go/reprogram/vrkit/npy"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// readArray reads a .npy file whose values are float32 or int64, and returns them row-major. what says
// what is expected, for the error: "source logits are float32 [n,S]".
func readArray[T float32 | int64](path, what string, rank int) (values []T, shape []int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<20)
	header, err := npy.ReadHeader(r)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w", path, err)
	}
	wanted := "<f4"
	if _, whole := any(T(0)).(int64); whole {
		wanted = "<i8"
	}
	if header.Type != wanted || len(header.Shape) != rank {
		return nil, nil, fmt.Errorf("%s holds %s where %s; %s", path, header, what, remedy(header, wanted, rank))
	}
	array, err := header.Read(r)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w", path, err)
	}
	values = make([]T, array.Values)
	_, err = binary.Decode(array.Data, binary.LittleEndian, values)
	return values, array.Shape, err
}

// remedy says how NumPy makes float32 [n,S], called z, or int64 [n], called y, from an array, if its type and shape
// make that clear.
func remedy(h npy.Header, wanted string, rank int) string {
	name, kind, each := "z", "float32", "a row of S logits"
	if rank == 1 {
		name, kind, each = "y", "int64", "one label"
	}
	wide := 0 // dimensions larger than 1, except the first of a matrix
	for _, d := range h.Shape[min(rank-1, len(h.Shape)):] {
		if d != 1 {
			wide++
		}
	}
	steps := name
	switch {
	case rank == 1 && strings.ContainsAny(h.Type[1:2], "US") && len(h.Shape) == 1: // class names
		return "in NumPy: np.unique(y, return_inverse=True)[1]"
	case len(h.Shape) == rank:
	case rank == 1 && wide <= 1:
		steps += ".reshape(-1)"
	case rank == 1 && len(h.Shape) == 2: // class scores, or one-hot labels
		return "in NumPy: y.argmax(1)"
	case rank == 2 && len(h.Shape) == 1:
		steps += ".reshape(n, -1)"
	case rank == 2 && len(h.Shape) > 2 && wide <= 1:
		steps += ".reshape(len(z), -1)"
	default:
		return "give " + each + " for each sample"
	}
	if h.Type != wanted {
		steps += fmt.Sprintf(".astype(%q)", kind)
	}
	return "in NumPy: " + steps
}

// saveArray writes float32 values of a shape as a .npy file.
func saveArray(path string, values []float32, shape ...int) error {
	var file bytes.Buffer
	if err := numpy.ToNpyWriter(tensors.FromFlatDataAndDimensions(values, shape...), &file); err != nil {
		return err
	}
	return runs.WriteFile(path, file.Bytes(), 0o644)
}
