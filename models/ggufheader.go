package models

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// checkGGUF reads the header of a GGUF file and checks that all numbers of things, and all their lengths, fit into the
// file. The library allocates what a header says before it reads, so that a damaged file of a few bytes would take
// hundreds of megabytes.
func checkGGUF(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file: give a GGUF file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	h := ggufHeader{bytes: bufio.NewReader(f), left: uint64(info.Size())}
	if magic := h.take(4); string(magic) != "GGUF" {
		return &misfitError{path + " is not a GGUF file, the format of language models", "give the network's GGUF file"}
	}
	if version := h.number(4); h.err == nil && version != 2 && version != 3 {
		return fmt.Errorf("%s is a GGUF file of version %d; known: 2, 3", path, version)
	}
	tensors, pairs := h.number(8), h.number(8)
	for ; h.err == nil && pairs > 0; pairs-- {
		h.text()
		h.value(h.number(4))
	}
	for ; h.err == nil && tensors > 0; tensors-- {
		h.text()
		h.skip(h.number(4), 8) // the dimensions
		h.skip(1, 4+8)         // type and place
	}
	if h.err != nil {
		return fmt.Errorf("%s: the header of this GGUF file is damaged, or the file is cut off: %w", path, h.err)
	}
	return nil
}

// ggufHeader reads the header of a GGUF file. After an error it reads zeros.
type ggufHeader struct {
	bytes *bufio.Reader
	left  uint64 // bytes of the file that are not read yet
	err   error
}

// take reads that many bytes, at most eight.
func (h *ggufHeader) take(count uint64) []byte {
	if h.err == nil && count > h.left {
		h.err = errors.New("it ends too early")
	}
	to := make([]byte, count)
	if h.err == nil {
		h.left -= count
		_, h.err = io.ReadFull(h.bytes, to)
	}
	return to
}

// number reads a number of 4 or 8 bytes.
func (h *ggufHeader) number(size uint64) uint64 {
	raw := h.take(size)
	if h.err != nil {
		return 0
	}
	if size == 4 {
		return uint64(binary.LittleEndian.Uint32(raw))
	}
	return binary.LittleEndian.Uint64(raw)
}

// skip leaves out that many things of that size.
func (h *ggufHeader) skip(count, size uint64) {
	if h.err == nil && count > h.left/size {
		h.err = fmt.Errorf("%d things of %d bytes are more than the rest of the file", count, size)
	}
	if h.err == nil {
		h.left -= count * size
		_, h.err = io.CopyN(io.Discard, h.bytes, int64(count*size))
	}
}

// text leaves out a text.
func (h *ggufHeader) text() { h.skip(h.number(8), 1) }

const (
	ggufText  = 8
	ggufArray = 9
)

// ggufSizes are the sizes of the types of values, in bytes, by their numbers; 0 is of no type, or of another length.
var ggufSizes = [...]uint64{1, 1, 2, 2, 4, 4, 4, 1, ggufText: 0, ggufArray: 0, 8, 8, 8}

// value leaves out a value of that type.
func (h *ggufHeader) value(kind uint64) {
	var count uint64 = 1
	if kind == ggufArray {
		kind, count = h.number(4), h.number(8)
	}
	switch {
	case h.err != nil:
	case kind == ggufText:
		if count > h.left/8 {
			h.err = fmt.Errorf("%d texts are more than the rest of the file", count)
		}
		for ; h.err == nil && count > 0; count-- {
			h.text()
		}
	case kind < uint64(len(ggufSizes)) && ggufSizes[kind] > 0:
		h.skip(count, ggufSizes[kind])
	default:
		h.err = fmt.Errorf("a value has the unknown type %d", kind)
	}
}
