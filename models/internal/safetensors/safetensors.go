// Package safetensors reads weight files in the format of that name. It has three parts: the length of the header, eight
// bytes; the header, in JSON, with the type, the shape and the place of the values of each tensor; and the values, without
// gaps.
//
// It reads tensor by tensor. It needs memory for the values, the header and the bytes of the largest tensor.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/models/internal/scalar"
)

// Tensor is a tensor in row-major order. Values of every type become float32.
type Tensor struct {
	Shape []int
	Data  []float32
}

// maxHeader is the largest header that is read, in bytes. A weight file has about a hundred bytes for each tensor.
const maxHeader = 8 << 20

// kinds are the supported types.
var kinds = map[string]*scalar.Kind{
	"F64": scalar.Float64, "F32": scalar.Float32, "F16": scalar.Float16, "BF16": scalar.BFloat16,
	"I64": scalar.Int64, "I32": scalar.Int32, "I16": scalar.Int16, "I8": scalar.Int8, "U8": scalar.Uint8, "BOOL": scalar.Uint8,
}

// entry is a tensor's entry in the header.
type entry struct {
	name    string
	Type    string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // of its first byte and of the byte after its last, counted from the end of the header
}

// ReadFile reads all tensors of a file, by name. Its errors name the path.
func ReadFile(path string) (map[string]Tensor, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	tensors, err := Read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return tensors, nil
}

// Looks tells whether a file that begins with these bytes looks like a .safetensors file.
func Looks(start []byte) bool {
	return len(start) > 8 && start[8] == '{' && binary.LittleEndian.Uint64(start) <= maxHeader
}

// Read is ReadFile of r, of size bytes. It returns an error of one line, and never panics, if the file is malformed. All
// tensors together have no more values than there are bytes.
func Read(r io.ReaderAt, size int64) (map[string]Tensor, error) {
	entries, start, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	tensors := make(map[string]Tensor, len(entries))
	at := int64(0) // where the next tensor's values must begin: tensors leave no gap and do not overlap
	for _, e := range entries {
		kind, values, err := e.check(at)
		if err != nil {
			return nil, fmt.Errorf("the tensor %.80q: %w", e.name, err)
		}
		at = e.Offsets[1]
		if at > size-start {
			return nil, fmt.Errorf("the tensor %.80q: its values are cut off", e.name)
		}
		raw := make([]byte, at-e.Offsets[0])
		if _, err := r.ReadAt(raw, start+e.Offsets[0]); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		tensors[e.name] = Tensor{Shape: e.Shape, Data: kind.Append(make([]float32, 0, values), raw)}
	}
	if at != size-start {
		return nil, fmt.Errorf("%d bytes follow the last tensor", size-start-at)
	}
	return tensors, nil
}

// readHeader returns the entries of the tensors in the order of their values, and where the values start in the file.
func readHeader(r io.ReaderAt, size int64) (entries []entry, start int64, err error) {
	var length [8]byte
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, 0, errors.New("not a safetensors file: it is cut off before its header")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, 0, fmt.Errorf("not a safetensors file, or cut off: its header claims %d bytes", n)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, err
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(text, &header); err != nil {
		return nil, 0, errors.New("not a safetensors file: its header is not a JSON object")
	}
	delete(header, "__metadata__")
	for name, raw := range header {
		e := entry{name: name}
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&e); err != nil || len(e.Offsets) != 2 {
			return nil, 0, fmt.Errorf("the header's entry %.80q does not describe a tensor", name)
		}
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b entry) int {
		if c := slices.Compare(a.Offsets, b.Offsets); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	return entries, 8 + int64(n), nil
}

// check returns the tensor's type and its number of values. It is an error if they do not begin at the given offset.
func (e entry) check(at int64) (*scalar.Kind, int, error) {
	kind, ok := kinds[e.Type]
	if !ok {
		return nil, 0, fmt.Errorf("its type %.20q is not supported", e.Type)
	}
	if e.Offsets[0] != at || e.Offsets[1] < at {
		return nil, 0, errors.New("its values do not begin where those of the tensor before it end")
	}
	bytes, values := e.Offsets[1]-at, 1
	misfit := fmt.Errorf("its shape %.100s does not fit its %d bytes", fmt.Sprint(e.Shape), bytes)
	if slices.Contains(e.Shape, 0) {
		values = 0
	}
	for _, n := range e.Shape {
		if n < 0 || (n > 0 && int64(values) > bytes/int64(n)) {
			return nil, 0, misfit
		}
		values *= n
	}
	if int64(values)*int64(kind.Size) != bytes {
		return nil, 0, misfit
	}
	return kind, values, nil
}
