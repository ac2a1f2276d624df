package datasets

import (
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Resizing agrees with PIL's, which the papers' transforms use, up to rounding: to a larger size, a smaller one, and
// another aspect ratio (testdata/resize_golden.py).
func TestResizeGolden(t *testing.T) {
	for _, name := range []string{"grey_28x28", "rgb_100x100", "rgb_60x140"} {
		picture, err := ReadImage(filepath.Join("testdata", name+".png"))
		require.NoError(t, err)
		want, err := ReadImage(filepath.Join("testdata", name+"_to_64.png"))
		require.NoError(t, err)
		got := picture.Resized(64)
		require.Len(t, got, len(want.Pixels))
		mean, worst := 0., 0.
		for i, w := range want.Pixels {
			difference := math.Abs(float64(got[i]) - float64(w))
			mean += difference / float64(len(got))
			worst = max(worst, difference)
		}
		t.Logf("%s: mean difference %.3f, worst %.0f, of 255", name, mean, worst)
		require.LessOrEqual(t, mean, 1.)
		require.LessOrEqual(t, worst, 2.)
	}
}

// A grey image becomes RGB; an image of the right size does not change.
func TestResizeIdentity(t *testing.T) {
	grey := Image{Height: 2, Width: 2, Channels: 1, Pixels: []uint8{0, 7, 200, 255}}
	rgb := []uint8{0, 0, 0, 7, 7, 7, 200, 200, 200, 255, 255, 255}
	require.Equal(t, rgb, grey.Resized(2))
	coloured := Image{Height: 2, Width: 2, Channels: 3, Pixels: []uint8{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	require.Equal(t, coloured.Pixels, coloured.Resized(2))
	require.Equal(t, append(rgb, coloured.Pixels...), Stack([]Sample{{Image: grey}, {Image: coloured}}, 2))
	require.Equal(t, coloured, FromPicture(coloured.Picture()))
}

// 3 rows, 5 columns: the value of a pixel is 10·row + column.
func numbered(channels int) Image {
	m := Image{Height: 3, Width: 5, Channels: channels}
	for i := range m.Height * m.Width {
		for range channels {
			m.Pixels = append(m.Pixels, uint8(10*(i/m.Width)+i%m.Width))
		}
	}
	return m
}

func TestCrop(t *testing.T) {
	require.Equal(t, Image{Height: 2, Width: 3, Channels: 1, Pixels: []uint8{11, 12, 13, 21, 22, 23}}, numbered(1).Crop(image.Rect(1, 1, 4, 3)))
	require.Equal(t, Image{Height: 1, Width: 2, Channels: 3, Pixels: []uint8{3, 3, 3, 4, 4, 4}}, numbered(3).Crop(image.Rect(3, 0, 5, 1)))
	require.Equal(t, numbered(3), numbered(3).Crop(image.Rect(0, 0, 5, 3)))
	require.Equal(t, Image{Height: 3, Width: 3, Channels: 1, Pixels: []uint8{1, 2, 3, 11, 12, 13, 21, 22, 23}}, numbered(1).Square())
}

// An image that does not start at (0,0), or is transparent, is read as it looks on white.
func TestFromPicture(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(2, 3, 4, 4))
	picture.Set(2, 3, color.NRGBA{R: 255, G: 100, B: 1, A: 255})
	picture.Set(3, 3, color.NRGBA{R: 255, G: 255, B: 255, A: 0})
	require.Equal(t, Image{Height: 1, Width: 2, Channels: 3, Pixels: []uint8{255, 100, 1, 0, 0, 0}}, FromPicture(picture))
}

func TestReadImageRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "picture.png")
	_, err := ReadImage(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("GIF89a, or what"), 0o600))
	_, err = ReadImage(path)
	require.ErrorContains(t, err, "picture.png is no picture that can be read: its header claims 8236×29295 pixels")
}
