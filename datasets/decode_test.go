package datasets

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// For every orientation of the camera and every format the picture is the same (testdata/orientation.py).
func TestReadImageUpright(t *testing.T) {
	want := golden(t, "orientation/upright")
	require.Equal(t, [2]int{16, 24}, [2]int{want.Height, want.Width})
	names := []string{"upright.bmp", "upright.ppm", "6.webp", "6.jpg"}
	for orientation := range 8 {
		names = append(names, fmt.Sprintf("%d.png", orientation+1))
	}
	for _, name := range names {
		got, err := ReadImage(filepath.Join("testdata", "orientation", name))
		require.NoError(t, err)
		require.Equal(t, [3]int{16, 24, 3}, [3]int{got.Height, got.Width, got.Channels}, name)
		mean := 0.
		for i := range want.Pixels {
			mean += math.Abs(float64(got.Pixels[i])-float64(want.Pixels[i])) / float64(len(want.Pixels))
		}
		if name == "6.jpg" {
			require.Less(t, mean, 3., name)
		} else {
			require.Zero(t, mean, name)
		}
	}
}

func TestReadImageOnWhite(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 3, 1))
	picture.Set(0, 0, color.NRGBA{R: 200, A: 255})
	picture.Set(1, 0, color.NRGBA{R: 200, A: 0})
	picture.Set(2, 0, color.NRGBA{R: 0, A: 51})
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, picture))
	m, err := decode(file.Bytes(), maxPixels)
	require.NoError(t, err)
	require.Equal(t, []uint8{200, 0, 0, 255, 255, 255, 204, 204, 204}, m.Pixels)
}

// A picture's size is checked before it is decoded.
func TestDecodeRefuses(t *testing.T) {
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, image.NewGray(image.Rect(0, 0, 40, 50))))
	_, err := decode(file.Bytes(), 40*50)
	require.NoError(t, err)
	_, err = decode(file.Bytes(), 40*50-1)
	require.ErrorContains(t, err, "its header claims 40×50 pixels; 1 to 1999 are possible")
	_, err = decode(file.Bytes()[:file.Len()/2], 40*50)
	require.Error(t, err)
	_, err = decode(nil, 100)
	require.Error(t, err)
}

// FuzzDecode: no panic in any format, and no picture larger than the limit.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/orientation/*")
	require.NoError(f, err)
	for _, path := range append(files, formatFiles(f)...) {
		file, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		m, err := decode(file, 1<<16)
		if err == nil {
			require.LessOrEqual(t, m.Height*m.Width, 1<<16)
			require.Len(t, m.Pixels, 3*m.Height*m.Width)
		}
	})
}
