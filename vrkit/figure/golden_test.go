package figure_test

import (
	"bytes"
	"flag"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

var update = flag.Bool("update", false, "store the figures that the tests draw as the golden ones")

// The tolerance of golden images. On another machine the same code may round a curve's edge to the next shade, but not
// more.
const (
	meanTolerance  = 0.5   // mean difference of a channel, of 255
	pixelTolerance = 40    // a pixel is wrong if a channel differs by more
	wrongShare     = 0.001 // share of pixels that may be wrong
)

// golden draws a figure, checks what all figures must satisfy, and compares it with testdata/<name>.png.
func golden(t *testing.T, name string, f figure.Figure, err error) {
	t.Helper()
	require.NoError(t, err)
	got := proper(t, f)
	path := filepath.Join("testdata", name+".png")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(path, f.PNG, 0o644))
		return
	}
	stored, err := os.ReadFile(path)
	require.NoError(t, err, "no golden image; look at the figure, then run go test with -update")
	want := decoded(t, stored)
	require.Equal(t, want.Bounds(), got.Bounds(), "the figure's size in pixels")

	var sum, wrong float64
	size := got.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			d, most := difference(got.RGBAAt(x, y), want.RGBAAt(x, y))
			sum += d
			if most > pixelTolerance {
				wrong++
			}
		}
	}
	pixels := float64(size.X * size.Y)
	if sum/pixels > meanTolerance || wrong/pixels > wrongShare {
		drawn := filepath.Join(t.ArtifactDir(), name+".png")
		require.NoError(t, os.WriteFile(drawn, f.PNG, 0o644))
		t.Fatalf("%s differs from its golden image by %.2f in the mean and in %.0f pixels (run with -artifacts to keep it: %s)", name, sum/pixels, wrong, drawn)
	}
}

// difference returns the mean and the largest difference of the channels of
// two colours, of 255.
func difference(a, b color.RGBA) (mean, most float64) {
	for _, pair := range [...][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}} {
		d := float64(max(pair[0], pair[1]) - min(pair[0], pair[1]))
		mean += d / 3
		most = max(most, d)
	}
	return mean, most
}

func decoded(t *testing.T, file []byte) *image.RGBA {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	rgba := image.NewRGBA(img.Bounds())
	draw.Draw(rgba, rgba.Bounds(), img, image.Point{}, draw.Src)
	return rgba
}

// proper checks what every figure must satisfy: a PNG with two pixels per CSS pixel, no wider than a notebook, small,
// not blank, and with nothing on its margin, where a label that is too long would be.
func proper(t *testing.T, f figure.Figure) *image.RGBA {
	t.Helper()
	img := decoded(t, f.PNG)
	require.Nil(t, f.SVG)
	require.Equal(t, 2*f.Width, img.Bounds().Dx())
	require.True(t, img.Opaque(), "the card covers a dark theme's background")
	require.LessOrEqual(t, f.Width, 900, "wider than a notebook's column")
	require.Less(t, len(f.PNG), 150_000, "bytes of the PNG")

	const ring = 24 // device pixels; the margin has 36
	b, inked := img.Bounds(), 0
	for y := range b.Dy() {
		for x := range b.Dx() {
			if img.RGBAAt(x, y) == (color.RGBA{255, 255, 255, 255}) {
				continue
			}
			inked++
			if x < ring || y < ring || x >= b.Dx()-ring || y >= b.Dy()-ring {
				t.Fatalf("something is drawn on the margin at %d,%d of %v: a label doesn't fit", x, y, b.Size())
			}
		}
	}
	require.Greater(t, inked, b.Dx()*b.Dy()/100, "nearly blank")
	return img
}

// striped returns a made-up picture of shape [height, width, 3].
func striped(height, width int) []float32 {
	pixels := make([]float32, height*width*3)
	for i := range pixels {
		x, y, c := i/3%width, i/3/width, i%3
		pixels[i] = float32((x*(c+1)+y*(3-c))%11) / 10
	}
	return pixels
}

func picture(height, width int) image.Image { return figure.RGB(striped(height, width), height, width) }
