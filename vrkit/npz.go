package vrkit

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/vrkit-go/reprogram/vrkit/internal/npy"
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

// LoadArrays reads a file of SaveArrays. A damaged file is a [DamagedError].
func LoadArrays(path string) (map[string]*tensors.Tensor, error) {
	archive, err := zip.OpenReader(path)
	if _, unread := errors.AsType[*os.PathError](err); unread {
		return nil, err
	}
	if err != nil {
		return nil, &DamagedError{path, err}
	}
	defer archive.Close()
	arrays := map[string]*tensors.Tensor{}
	for _, file := range archive.File {
		array, err := loadArray(file)
		if err != nil {
			return nil, &DamagedError{path, fmt.Errorf("the array %q: %w", file.Name, err)}
		}
		arrays[strings.TrimSuffix(file.Name, ".npy")] = array
	}
	return arrays, nil
}

// loadArray reads a file of the archive to its end, where its checksum is. It compares the size with the header before
// GoMLX's reader allocates memory.
func loadArray(file *zip.File) (array *tensors.Tensor, err error) {
	defer func() {
		if r := recover(); r != nil { // GoMLX's shapes panic
			array, err = nil, fmt.Errorf("%v", r)
		}
	}()
	member, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer member.Close()
	data, err := io.ReadAll(member)
	if err != nil {
		return nil, err
	}
	values := bytes.NewReader(data)
	header, err := npy.ReadHeader(values)
	if err != nil {
		return nil, err
	}
	if header.Bytes != values.Len() {
		return nil, fmt.Errorf("%s has %d bytes where it needs %d", header, values.Len(), header.Bytes)
	}
	return numpy.FromNpyReader(bytes.NewReader(data))
}
