package vrkit

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"
)

// SaveArrays writes named arrays as a compressed .npz, which numpy reads, in the order of their names,
// so that the same values give the same bytes. The file is written beside and renamed.
func SaveArrays(path string, arrays map[string]*tensors.Tensor) error {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		file, err := archive.Create(name + ".npy")
		if err != nil {
			return err
		}
		if err := numpy.ToNpyWriter(arrays[name], file); err != nil {
			return fmt.Errorf("array %q: %w", name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return WriteFile(path, buffer.Bytes(), 0o600)
}

// LoadArrays reads what SaveArrays wrote.
func LoadArrays(path string) (map[string]*tensors.Tensor, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	arrays, err := numpy.FromNpzReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return arrays, nil
}
