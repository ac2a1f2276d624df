package datasets

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every value equals PIL's, to the last bit (testdata/resize_golden.py).
func TestScaleIsPIL(t *testing.T) {
	large := Image{Height: 400, Width: 600, Channels: 3}
	for y := range large.Height {
		for x := range large.Width {
			for c := range 3 {
				large.Pixels = append(large.Pixels, uint8(x*y*(c+1)/256+3*x+5*y))
			}
		}
	}
	pictures := map[string]Image{"rgb_400x600_to_128": large}
	for to, from := range map[string]string{"grey_28x28_to_64": "grey_28x28", "rgb_100x100_to_64": "rgb_100x100", "rgb_100x100_to_32": "rgb_100x100", "rgb_60x140_to_64": "rgb_60x140"} {
		pictures[to] = golden(t, from)
	}
	for name, picture := range pictures {
		want := golden(t, name)
		require.Equal(t, want.Pixels, picture.Resized(want.Width), name)
	}
}

func golden(t *testing.T, name string) Image {
	m, err := ReadImage(filepath.Join("testdata", name+".png"))
	require.NoError(t, err)
	return m
}

func TestScale(t *testing.T) {
	m := Image{Height: 1, Width: 2, Channels: 1, Pixels: []uint8{0, 200}}
	require.Equal(t, Image{Height: 3, Width: 2, Channels: 1, Pixels: []uint8{0, 200, 0, 200, 0, 200}}, m.Scale(3, 2))
	require.Equal(t, []uint8{0, 50, 150, 200}, m.Scale(1, 4).Pixels)
	require.Equal(t, []uint8{100}, m.Scale(1, 1).Pixels)
	require.Equal(t, m, m.Scale(1, 2))
	white := Image{Height: 7, Width: 91, Channels: 1, Pixels: make([]uint8, 7*91)}
	for i := range white.Pixels {
		white.Pixels[i] = 255
	}
	for _, value := range white.Scale(13, 17).Pixels {
		require.EqualValues(t, 255, value)
	}
}

func BenchmarkResize(b *testing.B) {
	for name, m := range map[string]Image{
		"digit": {Height: 28, Width: 28, Channels: 1, Pixels: make([]uint8, 28*28)},
		"photo": {Height: 256, Width: 256, Channels: 3, Pixels: make([]uint8, 256*256*3)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				m.Resized(128)
			}
		})
	}
}
