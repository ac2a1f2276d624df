package npy

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

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

// ratio is how many values an archive may have for each of its bytes.
const ratio = 16

func read(archive []byte) (map[string]Array, error) {
	return ReadArchive(bytes.NewReader(archive), int64(len(archive)), ratio)
}

const two = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }  \n"

// NumPy made testdata/tiny.npz by
//
//	numpy.savez_compressed("tiny.npz", **{"a.b": numpy.arange(6, dtype="f4").reshape(2, 3) / 4, "half": numpy.float16([1.5]), "count": numpy.int64(-7)})
func TestReadArchive(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "tiny.npz"))
	require.NoError(t, err)
	arrays, err := read(whole)
	require.NoError(t, err)
	require.Equal(t, map[string]Array{
		"a.b":   {Header{"<f4", false, []int{2, 3}, 6, 24}, []byte("\x00\x00\x00\x00\x00\x00\x80>\x00\x00\x00?\x00\x00@?\x00\x00\x80?\x00\x00\xa0?")},
		"half":  {Header{"<f2", false, []int{1}, 1, 2}, []byte("\x00>")},
		"count": {Header{"<i8", false, nil, 1, 8}, []byte("\xf9\xff\xff\xff\xff\xff\xff\xff")},
	}, arrays)
	require.True(t, Looks(bytes.NewReader(whole), int64(len(whole))))
	other := zipped(t, zip.Store, "a/data.pkl", "")
	require.False(t, Looks(bytes.NewReader(other), int64(len(other))))
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

func TestReadArchiveRefuses(t *testing.T) {
	for want, content := range map[string]string{
		`the array "w" is no .npy file`:                  "PK",
		`the array "w" is cut off: it has 1 of its 2`:    string(file(two)) + "1234567",
		`the array "w" has more bytes than float32 [2]`:  string(file(two)) + "123456789",
		`the array "w" claims 99980001 values, too many`: string(file("{'descr': '<f4', 'fortran_order': False, 'shape': (9999, 9999), }")) + "12345678",
	} {
		_, err := read(zipped(t, zip.Store, "w.npy", content))
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
	}
	whole := string(file(two)) + "12345678"
	_, err := read(zipped(t, zip.Store, "w.npy", whole, "w.npy", whole))
	require.ErrorContains(t, err, "two arrays")
	bomb := string(file("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000,), }")) + string(make([]byte, 4000000))
	_, err = read(zipped(t, zip.Deflate, "w.npy", bomb))
	require.ErrorContains(t, err, "too many for a file of this size")
	damaged := bytes.Replace(zipped(t, zip.Store, "w.npy", whole), []byte("12345678"), []byte("12345679"), 1)
	_, err = read(damaged)
	require.ErrorContains(t, err, `the array "w" is damaged: zip: checksum error`)
}

func FuzzReadArchive(f *testing.F) {
	whole, err := os.ReadFile(filepath.Join("testdata", "tiny.npz"))
	require.NoError(f, err)
	f.Add(whole)
	f.Fuzz(func(t *testing.T, file []byte) { bounded(t, file) })
}

// FuzzMember changes an array in a zip whose checksum is right.
func FuzzMember(f *testing.F) {
	f.Add(append(file(two), "12345678"...))
	f.Fuzz(func(t *testing.T, member []byte) { bounded(t, zipped(t, zip.Store, "w.npy", string(member))) })
}

// bounded reads an archive and checks that its arrays have the bytes that their shapes need, and how many values there
// are.
func bounded(t *testing.T, archive []byte) {
	arrays, err := read(archive)
	if err != nil {
		return
	}
	total := 0
	for _, array := range arrays {
		require.Len(t, array.Data, array.Bytes)
		require.False(t, array.Fortran && array.Values > 0)
		total += array.Values
	}
	require.LessOrEqual(t, total, ratio*len(archive))
}
