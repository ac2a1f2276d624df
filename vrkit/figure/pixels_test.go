package figure_test

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleRGB() {
	img := figure.RGB([]float32{1, 0, 0 /* red */, 0, 0, 1 /* blue */}, 1, 2)
	fmt.Println(img.Bounds().Size(), img.RGBAAt(1, 0))
	// Output: (2,1) {0 0 255 255}
}

func ExampleRGB8() {
	img := figure.RGB8([]uint8{1, 2, 3}, 1, 1)
	fmt.Println(img.RGBAAt(0, 0))
	// Output: {1 2 3 255}
}

func TestRGB(t *testing.T) {
	img := figure.RGB([]float32{-1, .5, 2, float32(math.NaN()), 1, 0}, 2, 1)
	require.Equal(t, color.RGBA{0, 128, 255, 255}, img.RGBAAt(0, 0))
	require.Equal(t, color.RGBA{0, 255, 0, 255}, img.RGBAAt(0, 1), "not a number is black")
	require.PanicsWithValue(t, "figure: 5 values are not an image of 1 × 2 × 3; pass pixels of shape [height, width, 3]", func() {
		figure.RGB(make([]float32, 5), 1, 2)
	})
}
