package npy

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// file is a .npy file of version 1 with a header's text and nothing after it.
func file(text string) []byte {
	data := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(data[8:], uint16(len(text)))
	return append(data, text...)
}

func TestReadHeader(t *testing.T) {
	for text, want := range map[string]Header{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4), }  \n": {"<f4", false, []int{6, 4}, 24, 96},
		"{'descr': '<i8', 'fortran_order': False, 'shape': (6,), }\n":     {"<i8", false, []int{6}, 6, 48},
		"{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n":       {"|u1", false, nil, 1, 1},
		`{"shape":(0,3),"fortran_order":True,"descr":"<c16"}`:             {"<c16", true, []int{0, 3}, 0, 0},
	} {
		rest := bytes.NewReader(append(file(text), 7))
		got, err := ReadHeader(rest)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
		require.Equal(t, 1, rest.Len(), "the first value is not read yet")
	}
	long := append([]byte("\x93NUMPY\x02\x00\x3a\x00\x00\x00"), "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }"...)
	got, err := ReadHeader(bytes.NewReader(long))
	require.NoError(t, err)
	require.Equal(t, "big-endian float64 [2 3]", got.String())
}

func TestReadHeaderRefuses(t *testing.T) {
	for want, data := range map[string][]byte{
		"does not begin with":   []byte("PK\x03\x04 an npz"),
		"version 9.0":           []byte("\x93NUMPY\x09\x00...."),
		"header is not":         file("{'descr': '<f4',")[:14],
		"claims 4294967295":     []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{"),
		"more than 64 dim":      file("{'descr': '<f4', 'fortran_order': False, 'shape': (" + strings.Repeat("1,", 65) + "), }"),
		"can't be read":         file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6, 4), }"),
		"has no size":           file("{'descr': '|O0', 'fortran_order': False, 'shape': (6, 4), }"),
		"which no file holds":   file("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999), }"),
		"claims the shape (9":   file("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }"),
		"header can't be read":  file("{'descr': '<f4', 'fortran_order': False, 'shape': (-6, 4), }"),
		"its header can't be r": file("{'descr': '<f4', 'fortran_order': 0, 'shape': (6, 4), }"),
	} {
		_, err := ReadHeader(bytes.NewReader(data))
		require.ErrorContains(t, err, want)
	}
}

func FuzzReadHeader(f *testing.F) {
	f.Add(file("{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4), }"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(bytes.NewReader(data))
		if err != nil {
			return
		}
		values := 1
		for _, d := range h.Shape {
			values *= d
		}
		require.Equal(t, values, h.Values)
		require.GreaterOrEqual(t, h.Bytes, h.Values)
		require.NotEmpty(t, h.String())
	})
}
