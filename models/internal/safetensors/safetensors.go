// Package safetensors reads weight files in the layout of that name: the length of a JSON header, eight
// bytes; the header, which says of each tensor its type, its shape and where its values lie; and the values,
// end to end.
//
// Beside the values, which it reads tensor by tensor, it holds no more than the header and the largest
// tensor's bytes.
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

// maxHeader bounds the header. A weight file has some hundred bytes a tensor.
const maxHeader = 8 << 20

// kinds are the admitted types.
var kinds = map[string]*scalar.Kind{
	"F64": scalar.Float64, "F32": scalar.Float32, "F16": scalar.Float16, "BF16": scalar.BFloat16,
	"I64": scalar.Int64, "I32": scalar.Int32, "I16": scalar.Int16, "I8": scalar.Int8, "U8": scalar.Uint8, "BOOL": scalar.Uint8,
}

// entry is what a header says of a tensor.
type entry struct {
	name    string
	Type    string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // of its first byte and of the one after its last, from the header's end
}

// ReadFile reads a file: tensors by name.
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

// Looks tells whether a file that starts so may be one of these.
func Looks(start []byte) bool {
	return len(start) > 8 && start[8] == '{' && binary.LittleEndian.Uint64(start) <= maxHeader
}

// Read is ReadFile of size bytes. It returns an error of one line, and never panics, on anything malformed;
// the tensors have no more values in all than there are bytes.
func Read(r io.ReaderAt, size int64) (map[string]Tensor, error) {
	entries, start, err := readHeader(r, size)
	if err != nil {
		return nil, err
	}
	tensors := make(map[string]Tensor, len(entries))
	at := int64(0) // where the next tensor's values have to begin: they leave no gap and share nothing
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

// readHeader returns the tensors in the order of their values, and where those begin.
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
		return nil, 0, errors.New("not a safetensors file: its header is no JSON object")
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

// check returns the tensor's type and its number of values. They have to begin at a place.
func (e entry) check(at int64) (*scalar.Kind, int, error) {
	kind, ok := kinds[e.Type]
	if !ok {
		return nil, 0, fmt.Errorf("its type %.20q is none that weights have here", e.Type)
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
