package npy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Array is an array with its values.
type Array struct {
	Header
	Data []byte // the values in row-major order, Bytes in all; each has the size and byte order that Type says
}

// Read reads the values that follow the header, up to the end of r. It takes memory for what is really there, whatever
// the header claims. Values in column-major order are put in row-major order.
func (h Header) Read(r io.Reader) (Array, error) {
	size := h.Bytes / max(h.Values, 1)
	var data bytes.Buffer
	n, err := io.CopyN(&data, r, int64(h.Bytes))
	switch {
	case errors.Is(err, io.EOF):
		return Array{}, fmt.Errorf("is cut off: it has %d of its %d values", int(n)/size, h.Values)
	case err != nil:
		return Array{}, fmt.Errorf("is damaged: %w", err)
	}
	if n, err := io.ReadFull(r, make([]byte, 1)); n > 0 {
		return Array{}, fmt.Errorf("has more bytes than %s", h)
	} else if err != io.EOF {
		return Array{}, fmt.Errorf("is damaged: %w", err)
	}
	a := Array{h, data.Bytes()}
	if h.Fortran && h.Values > 0 {
		a.Data, a.Fortran = rowMajor(a.Data, h.Shape, size), false
	}
	return a, nil
}

// rowMajor returns the values of a shape, of size bytes each, in row-major order. columnMajor has them in column-major
// order: the index of the first axis varies fastest.
func rowMajor(columnMajor []byte, shape []int, size int) []byte {
	strides := make([]int, len(shape)) // of columnMajor, in bytes
	step := size
	for axis, n := range shape {
		strides[axis] = step
		step *= n
	}
	ordered := make([]byte, 0, len(columnMajor))
	for index := make([]int, len(shape)); len(ordered) < len(columnMajor); {
		at := 0
		for axis, i := range index {
			at += i * strides[axis]
		}
		ordered = append(ordered, columnMajor[at:at+size]...)
		for axis := len(shape) - 1; axis >= 0; axis-- { // the next index: the last axis varies fastest
			if index[axis]++; index[axis] < shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return ordered
}
