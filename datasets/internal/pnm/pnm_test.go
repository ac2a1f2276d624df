package pnm

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
		require.Equal(t, "pnm", format)
		require.Equal(t, image.Rect(0, 0, 2, 1), picture.Bounds())
		require.Equal(t, color.RGBA{1, 2, 3, 255}, picture.At(0, 0))
		require.Equal(t, color.RGBA{'\n', ' ', '#', 255}, picture.At(1, 0))
		config, err := DecodeConfig(bytes.NewReader(file))
		require.NoError(t, err)
		require.Equal(t, [2]int{2, 1}, [2]int{config.Width, config.Height})
	}
}

// Every kind, with every width of values. The pictures have 2 rows and 3 columns.
func TestDecodeKinds(t *testing.T) {
	for file, want := range map[string][]uint8{
		"P1 3 2 0 1 0 #x\n1 0 1":                                       {255, 0, 255, 0, 255, 0},
		"P1 3 2\n010\n101":                                             {255, 0, 255, 0, 255, 0},
		"P4 3 2\n\x40\xbf":                                             {255, 0, 255, 0, 255, 0},
		"P2 3 2 255\n0 1 2\n\n253 254 255":                             {0, 1, 2, 253, 254, 255},
		"P2 3 2 15 0 1 2 # 7\n7 8 15":                                  {0, 17, 34, 119, 136, 255},
		"P2 3 2 65535 0 128 129 256 32768 65535":                       {0, 0, 1, 1, 128, 255},
		"P5 3 2 255\n\x00\x01\x02\xfd\xfe\xff":                         {0, 1, 2, 253, 254, 255},
		"P5 3 2 15\n\x00\x01\x02\x07\x08\x0f":                          {0, 17, 34, 119, 136, 255},
		"P5 3 2 256\n\x00\x00\x00\x01\x00\x80\x01\x00\x00\x02\x00\x03": {0, 1, 128, 255, 2, 3},
	} {
		picture, err := Decode(bytes.NewReader([]byte(file)))
		require.NoError(t, err, file)
		require.Equal(t, image.Rect(0, 0, 3, 2), picture.Bounds())
		require.Equal(t, want, picture.(*image.Gray).Pix, file)
	}
	for _, file := range []string{"P3 1 1 15 1 2 15", "P6 1 1 15\n\x01\x02\x0f", "P6 1 1 65535\n\x11\x11\x22\x22\xff\xff"} {
		picture, err := Decode(bytes.NewReader([]byte(file)))
		require.NoError(t, err, file)
		require.Equal(t, color.RGBA{17, 34, 255, 255}, picture.At(0, 0), file)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for file, want := range map[string]string{
		"":                              "does not begin with P1 to P6",
		"P7\n1 1\n255\n1 1 1":           "does not begin with P1 to P6",
		"P61 1 255\n123":                "makes no sense",
		"P6 -1 1 255\n123":              "something else where a number belongs in its header",
		"P6 1x1 255\n123":               "something else where a number belongs in its header",
		"P6 1 1 255":                    "header does not end",
		"P6 1 1 ":                       "cut off in its header",
		"P6 1 1 # for ever":             "cut off in its header",
		"P6 1 1 255\n12":                "cut off: 2 bytes of pixels where 1×1 need 3",
		"P6 0 1 255\n123":               "claims 0×1",
		"P6 99999999 99999999 255\n123": "claims 99999999×99999999",
		"P6 8192 8192 255\n123":         "cut off: 3 bytes",
		"P6 8193 8192 255\n123":         "claims 8193×8192",
		"P6 999999999999999 1 255\n123": "something else where a number belongs",
		"P6 1 1 65536\n123456":          "largest value is 65536",
		"P6 1 1 65535\n12345":           "cut off: 5 bytes of pixels where 1×1 need 6",
		"P6 1 1 0\n123":                 "largest value is 0",
		"P6 1 1 255#\n123":              "does not end",
		"P5 1 1 7\n\x08":                "value of 8 where its header says 7",
		"P4 9 1\n\x00":                  "cut off: 1 bytes of pixels where 9×1 need 2",
		"P2 2 1 9\n8":                   "cut off (after 1 values of 2)",
		"P2 2 1 9\n8 10":                "value of 10 where its header says 9",
		"P3 1 1 9\n8 x 8":               "something else where a number belongs (after 1 values of 3)",
		"P1 2 1\n12":                    "something else where a number belongs (after 1 values of 2)",
	} {
		_, err := Decode(bytes.NewReader([]byte(file)))
		require.ErrorContains(t, err, want, file)
	}
}

// FuzzDecode: no panic, and no more memory than Decode documents.
func FuzzDecode(f *testing.F) {
	for _, file := range []string{"P6\n# a comment\n2 1\n255\n123456", "P6 8192 8192 255\n123", "P6 1 1 # \r\n 255\n\n\n\n",
		"P1 3 2 010101", "P2 2 2 9 1 2 3 4", "P3 1 1 9 1 2 3", "P4 9 2\n1234", "P5 2 2 300\n\x00\x01\x00\x02\x00\x03\x00\x04"} {
		f.Add([]byte(file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		picture, err := Decode(bytes.NewReader(file))
		runtime.ReadMemStats(&after)
		times := 8
		if bytes.HasPrefix(file, []byte("P4")) {
			times = 16 // a bit becomes a byte
		}
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(times*len(file)+64<<10))
		if err == nil {
			require.LessOrEqual(t, picture.Bounds().Dx()*picture.Bounds().Dy(), 8*len(file))
		}
	})
}
