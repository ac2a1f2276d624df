// Package idx reads the IDX format of MNIST and similar data sets: arrays of bytes, gzipped or not.
package idx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// Array is an array of bytes, row-major.
type Array struct {
	Shape []int
	Data  []byte
}

// maxBytes bounds an array: the largest known one, EMNIST's images, has 640 MB.
const maxBytes = 1 << 30

// ReadFile reads one array, which may be gzipped.
func ReadFile(path string) (Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return Array{}, err
	}
	defer f.Close()
	content := bufio.NewReader(f)
	plain := io.Reader(content)
	if magic, _ := content.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		if plain, err = gzip.NewReader(content); err != nil {
			return Array{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	array, err := Read(plain)
	if err != nil {
		return Array{}, fmt.Errorf("%s: %w", path, err)
	}
	return array, nil
}

// Read reads one array: two zero bytes, the type (8: bytes), the rank, the dimensions as big-endian 32-bit numbers,
// then the values and nothing more.
func Read(r io.Reader) (Array, error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return Array{}, errors.New("not an IDX file: it is too short")
	}
	if magic[0] != 0 || magic[1] != 0 || magic[2] != 8 || magic[3] == 0 || magic[3] > 4 {
		return Array{}, fmt.Errorf("not an IDX file of bytes: it begins with % x", magic)
	}
	array := Array{}
	size := 1
	for range magic[3] {
		var dimension uint32
		if err := binary.Read(r, binary.BigEndian, &dimension); err != nil {
			return Array{}, errors.New("the IDX file is cut off")
		}
		if dimension > 0 && size > maxBytes/int(dimension) {
			return Array{}, fmt.Errorf("the IDX file claims more than %d bytes", maxBytes)
		}
		size *= int(dimension)
		array.Shape = append(array.Shape, int(dimension))
	}
	// Memory grows with the file's real size, not with the size in its header.
	data, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	if err != nil {
		return Array{}, fmt.Errorf("the IDX file is broken: %w", err)
	}
	if len(data) != size {
		return Array{}, fmt.Errorf("the IDX file has %d or more bytes where its shape %v needs %d", len(data), array.Shape, size)
	}
	array.Data = data
	return array, nil
}
