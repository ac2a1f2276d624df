package runs

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/vrkit-go/reprogram/vrkit/npy"
)

// SaveArrays writes named arrays as an .npz, which numpy reads, in the order of their names, so that the same values
// give the same bytes. The method zip.Deflate makes the file small, zip.Store is fast. It writes beside the final name
// and renames.
func SaveArrays(path string, method uint16, arrays map[string]*tensors.Tensor) error {
	var buffer bytes.Buffer
	archive := zip.NewWriter(&buffer)
	for _, name := range slices.Sorted(maps.Keys(arrays)) {
		file, err := archive.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: method})
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

// DamagedError says that a file does not have the content that it should have.
type DamagedError struct {
	Path string
	Err  error
}

func (e *DamagedError) Error() string { return e.Path + " is damaged: " + e.Err.Error() }

func (e *DamagedError) Unwrap() error { return e.Err }

// maxRatio is how many values a file may have for each of its bytes. Deflate packs up to a thousand into one.
const maxRatio = 1100

// LoadArrays reads what SaveArrays wrote. A damaged file is a [DamagedError].
func LoadArrays(path string) (map[string]*tensors.Tensor, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	read, err := npy.ReadArchive(file, info.Size(), maxRatio)
	if err != nil {
		return nil, &DamagedError{path, err}
	}
	arrays := make(map[string]*tensors.Tensor, len(read))
	for name, array := range read {
		if arrays[name], err = tensorOf(array); err != nil {
			return nil, &DamagedError{path, fmt.Errorf("the array %.80q %w", name, err)}
		}
	}
	return arrays, nil
}

// tensorOf copies an array to a tensor of its type and shape.
func tensorOf(a npy.Array) (*tensors.Tensor, error) {
	kind, ok := dtypes.MapOfNames[a.Kind()]
	if !ok {
		return nil, fmt.Errorf("is of a type that no tensor has: %s", a.Kind())
	}
	t := tensors.FromShape(shapes.Make(kind, a.Shape...))
	return t, t.MutableBytes(func(data []byte) { copy(data, a.Data) })
}
