package ppm

import (
	"bytes"
	"image"
	"image/color"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDecode(t *testing.T) {
	for _, header := range []string{"P6\n2 1\n255\n", "P6\n# a comment\n2 1\n255\n", "P6 2#\n# 7 8\r\n\t1 255\n", "P6# 9\n2\n1\n255 "} {
		file := []byte(header + "\x01\x02\x03\n #and more")
		picture, format, err := image.Decode(bytes.NewReader(file))
		require.NoError(t, err, header)
		require.Equal(t, "ppm", format)
		require.Equal(t, image.Rect(0, 0, 2, 1), picture.Bounds())
		require.Equal(t, color.RGBA{1, 2, 3, 255}, picture.At(0, 0))
		require.Equal(t, color.RGBA{'\n', ' ', '#', 255}, picture.At(1, 0))
		config, err := DecodeConfig(bytes.NewReader(file))
		require.NoError(t, err)
		require.Equal(t, [2]int{2, 1}, [2]int{config.Width, config.Height})
	}
}

func TestDecodeRefuses(t *testing.T) {
	for file, want := range map[string]string{
		"":                              "does not begin with P6",
		"P3\n1 1\n255\n1 1 1":           "does not begin with P6",
		"P61 1 255\n123":                "makes no sense",
		"P6 -1 1 255\n123":              "makes no sense",
		"P6 1x1 255\n123":               "makes no sense",
		"P6 1 1 255":                    "header is cut off",
		"P6 1 1 # for ever":             "header is cut off",
		"P6 1 1 255\n12":                "cut off: 2 bytes of pixels where 1×1 need 3",
		"P6 0 1 255\n123":               "claims 0×1",
		"P6 99999999 99999999 255\n123": "claims 99999999×99999999",
		"P6 8192 8192 255\n123":         "cut off: 3 bytes",
		"P6 8193 8192 255\n123":         "claims 8193×8192",
		"P6 999999999999999 1 255\n123": "makes no sense",
		"P6 1 1 65535\n123456":          "largest value is 65535",
		"P6 1 1 255#\n123":              "does not end",
	} {
		_, err := Decode(bytes.NewReader([]byte(file)))
		require.ErrorContains(t, err, want, file)
	}
}

// FuzzDecode: no panic, and no memory beyond what Decode says.
func FuzzDecode(f *testing.F) {
	for _, file := range []string{"P6\n# a comment\n2 1\n255\n123456", "P6 8192 8192 255\n123", "P6 1 1 # \r\n 255\n\n\n\n"} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		picture, err := Decode(bytes.NewReader(file))
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(8*len(file)+64<<10))
		if err == nil {
			require.LessOrEqual(t, 3*picture.Bounds().Dx()*picture.Bounds().Dy(), len(file))
		}
	})
}
