package datasets

import (
	"image"

	"golang.org/x/image/draw"
)

// Picture returns the image as Go's own type.
func (m Image) Picture() image.Image {
	if m.Channels == 1 {
		return &image.Gray{Pix: m.Pixels, Stride: m.Width, Rect: image.Rect(0, 0, m.Width, m.Height)}
	}
	rgba := image.NewRGBA(image.Rect(0, 0, m.Width, m.Height))
	for i := range m.Width * m.Height {
		copy(rgba.Pix[4*i:], m.Pixels[3*i:3*i+3])
		rgba.Pix[4*i+3] = 255
	}
	return rgba
}

// FromPicture returns a picture's pixels as RGB.
func FromPicture(picture image.Image) Image {
	bounds := picture.Bounds()
	rgba := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(rgba, rgba.Rect, picture, bounds.Min, draw.Src)
	m := Image{Height: bounds.Dy(), Width: bounds.Dx(), Channels: 3, Pixels: make([]uint8, 3*bounds.Dx()*bounds.Dy())}
	for i := range m.Width * m.Height {
		copy(m.Pixels[3*i:3*i+3], rgba.Pix[4*i:])
	}
	return m
}

// Resize writes the image as RGB [side, side, 3] into dst: bilinear, antialiased if it shrinks; the aspect ratio is not
// kept, as in the papers' transforms (docs/methods.md 3.3).
func (m Image) Resize(dst []uint8, side int) {
	scaled := m.Scale(side, side)
	if m.Channels == 3 {
		copy(dst, scaled.Pixels)
		return
	}
	for i, grey := range scaled.Pixels {
		dst[3*i], dst[3*i+1], dst[3*i+2] = grey, grey, grey
	}
}

// Resized is Resize to new memory: RGB [side, side, 3].
func (m Image) Resized(side int) []uint8 {
	pixels := make([]uint8, side*side*3)
	m.Resize(pixels, side)
	return pixels
}

// Stack resizes samples into one batch, RGB [n, side, side, 3].
func Stack(samples []Sample, side int) []uint8 {
	size := side * side * 3
	pixels := make([]uint8, len(samples)*size)
	for i, sample := range samples {
		sample.Resize(pixels[i*size:(i+1)*size], side)
	}
	return pixels
}
