package npy

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// Values in column-major order become row-major, for any number of axes and any size of a value. Letter 12·i+4·j+k of
// the alphabet is at [i,j,k] of the first array, and the first index varies fastest in a file of this order.
func TestReadColumnMajor(t *testing.T) {
	for _, c := range []struct{ header, values, want string }{
		{"{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", "ameqiubnfrjvcogskwdphtlx", "abcdefghijklmnopqrstuvwx"},
		{"{'descr': '<u2', 'fortran_order': True, 'shape': (2, 2), }", "AaCcBbDd", "AaBbCcDd"},
		{"{'descr': '|u1', 'fortran_order': True, 'shape': (4,), }", "abcd", "abcd"},
		{"{'descr': '|u1', 'fortran_order': True, 'shape': (), }", "a", "a"},
		{"{'descr': '|u1', 'fortran_order': True, 'shape': (0, 3), }", "", ""},
		{"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), }", "abcd", "abcd"},
	} {
		r := bytes.NewReader(append(file(c.header), c.values...))
		h, err := ReadHeader(r)
		require.NoError(t, err)
		a, err := h.Read(r)
		require.NoError(t, err)
		require.Equal(t, c.want, string(a.Data), c.header)
	}
}

func TestReadRefuses(t *testing.T) {
	h := Header{"<f4", false, []int{3}, 3, 12}
	for want, r := range map[string]io.Reader{
		"is cut off: it has 2 of its 3 values": bytes.NewReader(make([]byte, 11)),
		"has more bytes than float32 [3]":      bytes.NewReader(make([]byte, 13)),
		"is damaged: bad sum":                  iotest.ErrReader(errors.New("bad sum")),
	} {
		_, err := h.Read(r)
		require.EqualError(t, err, want)
	}
	_, err := h.Read(io.MultiReader(bytes.NewReader(make([]byte, 12)), iotest.ErrReader(errors.New("bad sum"))))
	require.EqualError(t, err, "is damaged: bad sum", "what is found at the end counts too")
}
