package figure

import (
	"image"
	"math"

	"golang.org/x/image/draw"
)

// RGB returns pixels of shape [height, width, 3] as an image. 0 is black and 1 full intensity; values outside are
// clamped. It panics if the number of values is not height × width × 3, as an index out of range would.
func RGB(pixels []float32, height, width int) *image.RGBA {
	mustHold(len(pixels), height, width)
	bytes := make([]uint8, len(pixels))
	for i, v := range pixels {
		// The comparison is false for NaN, which is drawn black.
		if v > 0 {
			bytes[i] = uint8(min(v, 1)*255 + .5)
		}
	}
	return RGB8(bytes, height, width)
}

// RGB8 returns pixels of shape [height, width, 3], 0 to 255, as an image. It
// panics if the number of values is not height × width × 3.
func RGB8(pixels []uint8, height, width int) *image.RGBA {
	mustHold(len(pixels), height, width)
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for i := range height * width {
		copy(img.Pix[4*i:4*i+3], pixels[3*i:3*i+3])
		img.Pix[4*i+3] = 0xff
	}
	return img
}

// fit scales an image to fill a box of device pixels, and keeps its proportions. A small image grows by an integer
// factor, so that its pixels stay square; any other is resampled smoothly.
func fit(img image.Image, width, height int) *image.RGBA {
	size := img.Bounds().Size()
	scale := min(float64(width)/float64(size.X), float64(height)/float64(size.Y))
	if whole := math.Floor(scale); whole >= 2 && whole > .8*scale || whole == 1 && scale < 1.05 {
		return resize(coarsen(img), size.X*int(whole), size.Y*int(whole), draw.NearestNeighbor)
	}
	w := max(1, int(float64(size.X)*scale+.5))
	h := max(1, int(float64(size.Y)*scale+.5))
	return coarsen(resize(img, w, h, draw.CatmullRom))
}

// resize scales an image to a size in device pixels.
func resize(img image.Image, width, height int, scaler draw.Scaler) *image.RGBA {
	dst := image.NewRGBA(image.Rect(0, 0, width, height))
	scaler.Scale(dst, dst.Bounds(), img, img.Bounds(), draw.Src, nil)
	return dst
}
