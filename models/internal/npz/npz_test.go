package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// npy is a .npy file of version 1 with the given header and values.
func npy(header, values string) string {
	return string(binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(header)))) + header + values
}

// zipped is a zip archive of members, each with a name and a content.
func zipped(t testing.TB, method uint16, members ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		member, err := w.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
		require.NoError(t, err)
		_, err = member.Write([]byte(members[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func read(file []byte) (map[string]Array, error) {
	return Read(bytes.NewReader(file), int64(len(file)))
}

const two = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  \n"

// NumPy made testdata/tiny.npz by
//
//	numpy.savez_compressed("tiny.npz", **{"a.b": numpy.arange(6, dtype="f4").reshape(2, 3) / 4, "half": numpy.float16([1.5]), "count": numpy.int64(-7)})
func TestRead(t *testing.T) {
	arrays, err := ReadFile(filepath.Join("testdata", "tiny.npz"))
	require.NoError(t, err)
	require.Equal(t, map[string]Array{
		"a.b":   {[]int{2, 3}, []float32{0, .25, .5, .75, 1, 1.25}},
		"half":  {[]int{1}, []float32{1.5}},
		"count": {[]int{}, []float32{-7}},
	}, arrays)
	whole, err := os.ReadFile(filepath.Join("testdata", "tiny.npz"))
	require.NoError(t, err)
	require.True(t, Looks(bytes.NewReader(whole), int64(len(whole))))
	other := zipped(t, zip.Store, "a/data.pkl", "")
	require.False(t, Looks(bytes.NewReader(other), int64(len(other))))
	_, err = ReadFile(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A file with one changed byte is an error or has another value, and no panic. A file that is cut off is an error.
func TestDamaged(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "tiny.npz"))
	require.NoError(t, err)
	for at := range whole {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x81
		_, _ = read(damaged)
		_, err := read(whole[:at])
		require.Error(t, err, "the first %d bytes", at)
	}
}

func TestRefuses(t *testing.T) {
	for want, content := range map[string]string{
		"not a .npy file":                       "PK",
		"its header claims 65537 bytes":         "\x93NUMPY\x02\x00\x01\x00\x01\x00",
		"it is cut off":                         npy(two, "")[:20],
		"its header can't be read":              npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", ""),
		`type ">f4" is not supported`:           npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", "12345678"),
		"column-major":                          npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }", "12345678"),
		"its values are cut off":                npy(two, "1234567"),
		"more values follow than its shape has": npy(two, "123456789"),
		"more than 16 times as many values":     npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9999, 9999), }", "12345678"),
		"its shape can't be read":               npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", ""),
	} {
		_, err := read(zipped(t, zip.Store, "w.npy", content))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, `the array "w"`)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := read(zipped(t, zip.Store, "w.npy", npy(two, "12345678"), "w.npy", npy(two, "12345678")))
	require.ErrorContains(t, err, "two arrays")
	bomb := npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,), }", string(make([]byte, 4000000)))
	_, err = read(zipped(t, zip.Deflate, "w.npy", bomb))
	require.ErrorContains(t, err, "more than 16 times as many values")
}

func FuzzRead(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join("testdata", "tiny.npz"))
	require.NoError(f, err)
	f.Add(whole)
	f.Fuzz(func(t *testing.T, file []byte) { bounded(t, file) })
}

// FuzzMember changes an array in a zip whose checksum is right.
func FuzzMember(f *testing.F) {
	f.Add([]byte(npy(two, "12345678")))
	f.Fuzz(func(t *testing.T, member []byte) { bounded(t, zipped(t, zip.Store, "w.npy", string(member))) })
}

// bounded reads a file and checks that the number of its values is bounded by the file's size.
func bounded(t *testing.T, file []byte) {
	arrays, err := read(file)
	if err != nil {
		return
	}
	total := 0
	for _, array := range arrays {
		size := 1
		for _, n := range array.Shape {
			size *= n
		}
		require.Len(t, array.Data, size)
		total += size
	}
	require.LessOrEqual(t, total, maxRatio*len(file))
}
