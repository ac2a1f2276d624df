package webp

import (
	"bytes"
	"encoding/binary"
	"image"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The pixels are compared with PIL's in datasets/formats_test.go, on the same files.
const files = "../../testdata/formats"

func read(t testing.TB, name string) []byte {
	file, err := os.ReadFile(filepath.Join(files, name))
	require.NoError(t, err)
	return file
}

func TestDecode(t *testing.T) {
	for name, size := range map[string]image.Point{"lossy.webp": {37, 23}, "animated.webp": {37, 23}, "small-frame.webp": {43, 30}} {
		picture, err := Decode(read(t, name))
		require.NoError(t, err, name)
		require.Equal(t, image.Rectangle{Max: size}, picture.Bounds(), name)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		from, want string
		change     func(file []byte) []byte
	}{
		"nothing":          {"lossy.webp", "cut off", func([]byte) []byte { return nil }},
		"in its pixels":    {"lossy.webp", "cut off: ", func(b []byte) []byte { return b[:len(b)-40] }},
		"in its frame":     {"animated.webp", "cut off: ", func(b []byte) []byte { return b[:200] }},
		"after its header": {"animated.webp", "cut off", func(b []byte) []byte { return b[:30] }},
		"a short header": {"animated.webp", "header makes no sense", func(b []byte) []byte {
			binary.LittleEndian.PutUint32(b[16:], 8)
			return b
		}},
		"a frame beside the canvas": {"small-frame.webp", "first frame does not lie on its canvas", func(b []byte) []byte {
			putNumber(b[bytes.Index(b, []byte("ANMF"))+8:], 4) // times 2: 8+37 columns of 43
			return b
		}},
		"a picture larger than its frame": {"animated-lossless.webp", "sizes contradict each other", func(b []byte) []byte {
			putNumber(b[bytes.Index(b, []byte("ANMF"))+14:], 35)
			return b
		}},
	} {
		_, err := Decode(c.change(read(t, c.from)))
		require.ErrorContains(t, err, c.want, name)
	}
}

// FuzzDecode: no panic, and every picture is as large as the file says.
func FuzzDecode(f *testing.F) {
	all, err := filepath.Glob(filepath.Join(files, "*.webp"))
	require.NoError(f, err)
	for _, path := range all {
		f.Add(read(f, strings.TrimPrefix(path, files)))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		_, _, canvas, err := firstFrame(file)
		if err != nil || canvas.Dx()*canvas.Dy() > 1<<16 {
			return
		}
		if picture, err := Decode(file); err == nil && !canvas.Empty() {
			require.Equal(t, canvas, picture.Bounds())
		}
	})
}
