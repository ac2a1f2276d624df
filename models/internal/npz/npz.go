// Package npz reads weight files that NumPy saved: zip archives, compressed or not, with one .npy file
// for each array.
package npz

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/vrkit-go/reprogram/models/internal/scalar"
)

// Array is an array in row-major order. Values of every type become float32.
type Array struct {
	Shape []int
	Data  []float32
}

// maxRatio is how many values a file may have for each of its bytes. Weights hardly compress, so that a larger ratio is
// an attack on the memory.
const maxRatio = 16

// kinds are the supported types. Those of several bytes are little-endian.
var kinds = map[string]*scalar.Kind{
	"<f8": scalar.Float64, "<f4": scalar.Float32, "<f2": scalar.Float16,
	"<i8": scalar.Int64, "<i4": scalar.Int32, "<i2": scalar.Int16, "|i1": scalar.Int8, "|u1": scalar.Uint8, "|b1": scalar.Uint8,
}

// ReadFile reads all arrays of a file, by name. Its errors name the path.
func ReadFile(path string) (map[string]Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	arrays, err := Read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return arrays, nil
}

// Looks tells whether r, of size bytes, looks like a .npz file: a zip archive of .npy files only. PyTorch's is not.
func Looks(r io.ReaderAt, size int64) bool {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".npy") {
			return false
		}
	}
	return len(archive.File) > 0
}

// Read is ReadFile of r, of size bytes. It returns an error of one line, and never panics, if the file is malformed. All
// arrays together have at most maxRatio times as many values as there are bytes.
func Read(r io.ReaderAt, size int64) (map[string]Array, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not a whole zip file: %w", err)
	}
	left := maxRatio * size
	arrays := map[string]Array{}
	for _, f := range archive.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if _, twice := arrays[name]; twice {
			return nil, fmt.Errorf("the file has two arrays %.80q", name)
		}
		array, err := readMember(f, &left)
		if err != nil {
			return nil, fmt.Errorf("the array %.80q: %w", name, err)
		}
		arrays[name] = array
	}
	return arrays, nil
}

// readMember reads one array. left is how many values may still be allocated for the file.
func readMember(f *zip.File, left *int64) (Array, error) {
	member, err := f.Open()
	if err != nil {
		return Array{}, err
	}
	defer member.Close()
	kind, shape, err := readHeader(member)
	if err != nil {
		return Array{}, err
	}
	values := int64(1)
	for _, n := range shape {
		if n > 0 && values > *left/int64(n) {
			return Array{}, errTooMany
		}
		values *= int64(n)
	}
	if *left -= values; *left < 0 {
		return Array{}, errTooMany
	}
	array := Array{Shape: shape, Data: make([]float32, 0, values)}
	for buffer := make([]byte, 8<<10); int64(len(array.Data)) < values; {
		some := min(int64(len(buffer)), (values-int64(len(array.Data)))*int64(kind.Size))
		if _, err := io.ReadFull(member, buffer[:some]); err != nil {
			return Array{}, errors.New("its values are cut off or damaged")
		}
		array.Data = kind.Append(array.Data, buffer[:some])
	}
	if n, err := member.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) { // at the end, the zip reader compares the checksum
		return Array{}, errors.New("more values follow than its shape has, or they are damaged")
	}
	return array, nil
}

var errTooMany = fmt.Errorf("it claims more than %d times as many values as the file has bytes: refused", maxRatio)

// header is the Python dict that a .npy file begins with, after ten or twelve bytes.
var header = regexp.MustCompile(`^\{'descr': '([<>|=][a-z0-9]+)', 'fortran_order': (True|False), 'shape': \(([0-9, ]*)\), *\} *\n?$`)

// readHeader reads a .npy file up to the first value.
func readHeader(r io.Reader) (*scalar.Kind, []int, error) {
	var start [12]byte
	if _, err := io.ReadFull(r, start[:10]); err != nil || string(start[:6]) != "\x93NUMPY" || start[6] < 1 || start[6] > 3 {
		return nil, nil, errors.New("not a .npy file")
	}
	length := int(binary.LittleEndian.Uint16(start[8:]))
	if start[6] > 1 {
		if _, err := io.ReadFull(r, start[10:]); err != nil {
			return nil, nil, errors.New("not a .npy file: it is cut off")
		}
		length = int(binary.LittleEndian.Uint32(start[8:]))
	}
	if length > 1<<16 {
		return nil, nil, fmt.Errorf("not a .npy file of numbers: its header claims %d bytes", length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, nil, errors.New("not a .npy file: it is cut off")
	}
	found := header.FindSubmatch(text)
	if found == nil {
		return nil, nil, errors.New("not a .npy file of numbers: its header can't be read")
	}
	kind, ok := kinds[string(found[1])]
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("its type %.20q is not supported", found[1])
	case string(found[2]) == "True":
		return nil, nil, errors.New("it is in column-major order: save numpy.ascontiguousarray(array) instead")
	}
	shape := []int{}
	for field := range strings.SplitSeq(string(found[3]), ",") {
		if field = strings.TrimSpace(field); field == "" { // (3,) is a shape of one dimension, () of none
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, nil, errors.New("its shape can't be read")
		}
		shape = append(shape, n)
	}
	return kind, shape, nil
}
