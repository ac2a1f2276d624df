package safetensors

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

// saved is a file with the given header and values.
func saved(header, values string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+values...)
}

const (
	header = `{"__metadata__":{"format":"pt"},"half":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},` +
		`"brain":{"dtype":"BF16","shape":[1],"data_offsets":[12,14]},"plain":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},` +
		`"count":{"dtype":"I64","shape":[],"data_offsets":[14,22]},"empty":{"dtype":"F32","shape":[4,0],"data_offsets":[22,22]}}  `
	values = "\x00\x00\x80\x3f\x00\x00\x00\xc0" + "\x00\x3e\xff\x7b" + "\x62\x7f" + "\xf9\xff\xff\xff\xff\xff\xff\xff"
)

func read(file []byte) (map[string]Tensor, error) {
	return Read(bytes.NewReader(file), int64(len(file)))
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.safetensors")
	require.NoError(t, os.WriteFile(path, saved(header, values), 0o600))
	tensors, err := ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, map[string]Tensor{
		"plain": {[]int{1, 2}, []float32{1, -2}},
		"half":  {[]int{2}, []float32{1.5, 65504}},
		"brain": {[]int{1}, []float32{math.Float32frombits(0x7f620000)}},
		"count": {[]int{}, []float32{-7}},
		"empty": {[]int{4, 0}, []float32{}},
	}, tensors)
	require.True(t, Looks(saved(header, values)))
	require.False(t, Looks([]byte("PK\x03\x04 and so on")))
	_, err = ReadFile(path + "x")
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A file that is cut off at any byte is an error, and no panic.
func TestTruncated(t *testing.T) {
	whole := saved(header, values)
	for n := range whole {
		_, err := read(whole[:n])
		require.Error(t, err, "the first %d bytes", n)
		require.NotContains(t, err.Error(), "\n")
	}
}

func TestRefuses(t *testing.T) {
	one := func(fields string) []byte { return saved(`{"w":{`+fields+`}}`, "12345678") }
	for want, file := range map[string][]byte{
		"claims 18446744073709551615 bytes":         []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"),
		"not a JSON object":                         saved("[1]", ""),
		`entry "w" does not describe a tensor`:      one(`"dtype":"F32"`),
		`entry "v" does not describe a tensor`:      saved(`{"v":7}`, ""),
		`its type "C64" is not supported`:           one(`"dtype":"C64","shape":[1],"data_offsets":[0,8]`),
		"its shape [3] does not fit its 8 bytes":    one(`"dtype":"F32","shape":[3],"data_offsets":[0,8]`),
		"its shape [-2] does not fit":               one(`"dtype":"F32","shape":[-2],"data_offsets":[0,8]`),
		"its shape [4294967296 4294967296] does":    one(`"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]`),
		"its values are cut off":                    one(`"dtype":"F32","shape":[3],"data_offsets":[0,12]`),
		"4 bytes follow the last tensor":            one(`"dtype":"F32","shape":[1],"data_offsets":[0,4]`),
		"do not begin where":                        one(`"dtype":"F32","shape":[1],"data_offsets":[4,8]`),
		`tensor "y": its values do not begin where`: saved(`{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "1234"),
	} {
		_, err := read(file)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.Less(t, len(err.Error()), 300)
	}
	_, err := read(one(`"dtype":"F32","shape":[` + strings.Repeat("1,", 10000) + `3],"data_offsets":[0,8]`))
	require.Less(t, len(err.Error()), 300)
}

func FuzzRead(f *testing.F) {
	f.Add(saved(header, values))
	f.Add(saved(`{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}}`, "123456789"))
	f.Fuzz(func(t *testing.T, file []byte) {
		tensors, err := read(file)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		total := 0
		for _, tensor := range tensors {
			size := 1
			for _, n := range tensor.Shape {
				size *= n
			}
			require.Len(t, tensor.Data, size)
			total += size
		}
		require.LessOrEqual(t, total, len(file), "no more values than bytes")
	})
}
