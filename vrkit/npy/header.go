// Package npy reads NumPy's .npy files (format versions 1 to 3), and .npz archives of them. It is the only reader of them
// here: of weight files, of what a run keeps, and of what a user gives. Files may be hostile: an error never says more
// than one line, nothing panics, and memory is bounded by what is really in a file. Errors have no subject, which is the
// name of the file or of the array.
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Header says what a .npy file holds.
type Header struct {
	Type    string // NumPy's name of the values' type with their byte order: "<f4" is little-endian float32
	Fortran bool   // the values are in column-major order
	Shape   []int  // none is negative, and all values together have fewer than maxBytes bytes
	Values  int    // the product of Shape
	Bytes   int    // of all values
}

const (
	maxHeader = 1 << 16 // NumPy's own headers have 118 bytes or little more
	maxBytes  = 1 << 42
	maxRank   = 64 // NumPy's own bound
)

// typeNames are the types that people meet, for messages.
var typeNames = map[string]string{
	"f2": "float16", "f4": "float32", "f8": "float64", "c8": "complex64", "c16": "complex128", "b1": "bool",
	"i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64", "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
}

// Kind is the name of the values' type, such as "float32". Types of another byte order than little-endian have another
// name, "big-endian float32", and types that are not listed have NumPy's.
func (h Header) Kind() string {
	name, known := typeNames[h.Type[1:]]
	switch {
	case !known:
		return h.Type
	case h.Type[0] == '>':
		return "big-endian " + name
	}
	return name
}

// String is the type and the shape for people: "float32 [6 4]".
func (h Header) String() string { return fmt.Sprint(h.Kind(), " ", h.Shape) }

// The header is a Python dict of three entries; other writers than NumPy space them differently.
var (
	descr   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([<>|=][a-zA-Z]([0-9]{1,4}))['"]`)
	fortran = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	shape   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9, ]*)\)`)
)

// ReadHeader reads up to the first value, and no further.
func ReadHeader(r io.Reader) (Header, error) {
	text, err := readText(r)
	if err != nil {
		return Header{}, err
	}
	kind, order, dimensions := descr.FindStringSubmatch(text), fortran.FindStringSubmatch(text), shape.FindStringSubmatch(text)
	if kind == nil || order == nil || dimensions == nil {
		return Header{}, errors.New("is no .npy file of plain numbers: its header can't be read")
	}
	h := Header{Type: kind[1], Fortran: order[1] == "True", Values: 1}
	size, err := strconv.Atoi(kind[2])
	if err != nil || size == 0 {
		return Header{}, errors.New("is no .npy file of plain numbers: its type has no size")
	}
	for field := range strings.SplitSeq(dimensions[1], ",") {
		if field = strings.TrimSpace(field); field == "" { // (3,) is a shape of one dimension, () of none
			continue
		}
		d, err := strconv.Atoi(field)
		if err != nil || (d > 0 && h.Values > maxBytes/size/d) {
			return Header{}, fmt.Errorf("claims the shape (%s), which no file holds", dimensions[1])
		}
		if len(h.Shape) == maxRank {
			return Header{}, fmt.Errorf("claims more than %d dimensions, which no file holds", maxRank)
		}
		h.Shape, h.Values = append(h.Shape, d), h.Values*d
	}
	h.Bytes = h.Values * size
	return h, nil
}

// readText reads the magic string, the version and the header's text.
func readText(r io.Reader) (string, error) {
	var start [8]byte
	if _, err := io.ReadFull(r, start[:]); err != nil || string(start[:6]) != "\x93NUMPY" {
		return "", errors.New(`is no .npy file: it does not begin with "\x93NUMPY"`)
	}
	var length uint32
	switch start[6] {
	case 1:
		var short uint16
		if err := binary.Read(r, binary.LittleEndian, &short); err != nil {
			return "", errCutOff
		}
		length = uint32(short)
	case 2, 3:
		if err := binary.Read(r, binary.LittleEndian, &length); err != nil {
			return "", errCutOff
		}
	default:
		return "", fmt.Errorf("is a .npy file of version %d.%d, where 1 to 3 are known", start[6], start[7])
	}
	if length > maxHeader {
		return "", fmt.Errorf("is no .npy file of plain numbers: its header claims %d bytes", length)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return "", errCutOff
	}
	return string(text), nil
}

var errCutOff = errors.New("is cut off: its header is not complete")
