package datasets

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // the formats that pictures come in
	_ "image/png"
	"io"
	"os"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"

	"github.com/vrkit-go/reprogram/datasets/internal/exif"
	_ "github.com/vrkit-go/reprogram/datasets/internal/ppm"
)

const (
	// maxPixels bounds a picture: the size is read and judged before anything is decoded. Decoding
	// takes up to 12 bytes a pixel.
	maxPixels = 1 << 26
	// maxPicture bounds a picture's file.
	maxPicture = 256 << 20
)

// ReadImage reads a picture file (PNG, JPEG, WebP, BMP or PPM) as RGB: the right way up, and on white
// where one can see through it.
func ReadImage(path string) (Image, error) {
	file, err := os.Open(path)
	if err != nil {
		return Image{}, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxPicture))
	if err != nil {
		return Image{}, err
	}
	m, err := decode(content, maxPixels)
	if err != nil {
		return Image{}, fmt.Errorf("%s is no picture that can be read (PNG, JPEG, WebP, BMP or PPM): %w", path, err)
	}
	return m, nil
}

// decode decodes a picture of limit pixels at most.
func decode(file []byte, limit int) (Image, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	if config.Width < 1 || config.Height < 1 || config.Width > limit/config.Height {
		return Image{}, fmt.Errorf("its header claims %d×%d pixels; 1 to %d are possible", config.Width, config.Height, limit)
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return Image{}, err
	}
	return onWhite(picture).upright(exif.Orientation(file)), nil
}

// onWhite is a picture as it looks on white paper.
func onWhite(picture image.Image) Image {
	bounds := picture.Bounds()
	paper := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), bounds.Dy()))
	draw.Draw(paper, paper.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(paper, paper.Rect, picture, bounds.Min, draw.Over)
	return FromPicture(paper)
}

// upright undoes an Exif orientation, 1 to 8: what is to be row y, column x is found where the camera
// put it.
func (m Image) upright(orientation int) Image {
	if orientation == 1 {
		return m
	}
	right := Image{Height: m.Height, Width: m.Width, Channels: m.Channels, Pixels: make([]uint8, len(m.Pixels))}
	if orientation >= 5 {
		right.Height, right.Width = m.Width, m.Height
	}
	for y := range right.Height {
		for x := range right.Width {
			row, column := y, x
			if orientation >= 5 {
				row, column = x, y
			}
			switch orientation {
			case 2, 8:
				column = m.Width - 1 - column
			case 4, 6:
				row = m.Height - 1 - row
			case 3, 7:
				row, column = m.Height-1-row, m.Width-1-column
			}
			copy(right.Pixels[(y*right.Width+x)*m.Channels:][:m.Channels], m.Pixels[(row*m.Width+column)*m.Channels:])
		}
	}
	return right
}
