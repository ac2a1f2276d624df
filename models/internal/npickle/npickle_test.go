package npickle

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pickled is Python's pickle, protocol 3, of {name: [array]} with a float32 array of the given shape, written
// by hand.
func pickled(name string, shape []int, values []float32) []byte {
	var b bytes.Buffer
	b.Write([]byte{0x80, 3, '}'})
	text := func(s string) {
		b.WriteByte('X')
		binary.Write(&b, binary.LittleEndian, uint32(len(s)))
		b.WriteString(s)
	}
	text(name)
	b.WriteByte(']')
	b.WriteString("cnumpy.core.multiarray\n_reconstruct\n")
	b.WriteString("cnumpy\nndarray\n")
	b.Write([]byte{'K', 0, 0x85, 'C', 1, 'b', 0x87, 'R', '(', 'K', 1})
	b.WriteByte('(')
	for _, d := range shape {
		b.Write([]byte{'K', byte(d)})
	}
	b.WriteByte('t')
	b.WriteString("cnumpy\ndtype\n")
	text("f4")
	b.Write([]byte{'K', 0, 'K', 1, 0x87, 'R', '(', 'K', 3})
	text("<")
	b.Write([]byte{'N', 'N', 'N', 'J', 255, 255, 255, 255, 'J', 255, 255, 255, 255, 'K', 0, 't', 'b', 0x89, 'B'})
	binary.Write(&b, binary.LittleEndian, uint32(4*len(values)))
	binary.Write(&b, binary.LittleEndian, values)
	b.Write([]byte{'t', 'b', 'a', 's', '.'})
	return b.Bytes()
}

func TestRead(t *testing.T) {
	layers, err := Read(pickled("conv", []int{2, 3}, []float32{1, -2, .5, 4, 5, 6}))
	require.NoError(t, err)
	require.Equal(t, map[string][]Array{"conv": {{Shape: []int{2, 3}, Data: []float32{1, -2, .5, 4, 5, 6}}}}, layers)
}

// A file that is cut off at any byte is an error, and no panic.
func TestTruncated(t *testing.T) {
	whole := pickled("conv", []int{2, 3}, make([]float32, 6))
	for n := range whole {
		_, err := Read(whole[:n])
		require.Error(t, err, "the first %d bytes", n)
	}
}

func TestRefuses(t *testing.T) {
	for want, file := range map[string][]byte{
		"posix.system, which a file of arrays does not need": []byte("\x80\x03cposix\nsystem\nX\x02\x00\x00\x00id\x85R."),
		"opcode 0x8e":                         []byte("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f."), // BINBYTES8, 8 EiB claimed
		"cut off":                             []byte("\x80\x03B\xff\xff\xff\xff."),
		"entry 1 is not a named list":         []byte("\x80\x03}]q\x00h\x00aK\x01s."), // a key that is a list that holds itself
		"where a dict of arrays was expected": []byte("\x80\x03K\x01."),
		"does not fit its 4 bytes":            pickled("conv", []int{200, 200}, []float32{1}),
		"an array of shape [1] has 8 bytes":   pickled("conv", []int{1}, []float32{1, 2}),
	} {
		_, err := Read(file)
		require.ErrorContains(t, err, want)
	}
	for _, call := range []string{"os\nsystem", "builtins\neval", "__builtin__\neval", "subprocess\nPopen", "numpy\nload", "numpy.core.multiarray\nfromfile"} {
		_, err := Read([]byte("\x80\x03c" + call + "\nX\x02\x00\x00\x00id\x85R."))
		require.ErrorContains(t, err, "asks for "+strings.Replace(call, "\n", ".", 1))
	}
	_, err := ReadFile(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// An array that is built twice would have a shape that does not fit its values.
func TestGivenTwice(t *testing.T) {
	whole := pickled("conv", []int{2, 3}, make([]float32, 6))
	opcodes := "t" + "q\x08" + "b" + "h\x08" + "b" + "as." // BUILD takes the state, memo 8, a second time
	_, err := Read(append(whole[:len(whole)-5], opcodes...))
	require.ErrorContains(t, err, "built twice")
}

func FuzzRead(f *testing.F) {
	f.Add(pickled("conv", []int{2, 3}, []float32{1, 2, 3, 4, 5, float32(math.Inf(1))}))
	f.Fuzz(func(t *testing.T, file []byte) {
		layers, err := Read(file)
		if err != nil {
			return
		}
		for _, arrays := range layers {
			for _, array := range arrays {
				size := 1
				for _, n := range array.Shape {
					size *= n
				}
				require.Len(t, array.Data, size)
				require.LessOrEqual(t, 4*size, len(file), "no more values than bytes")
			}
		}
	})
}
