package datasets

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"

	"github.com/vrkit-go/reprogram/datasets/internal/exif"
)

const (
	// maxPixels bounds a picture: its size is checked before it is decoded. Decoding takes up to 16 bytes a pixel.
	maxPixels = 1 << 26
	// maxPicture bounds the bytes of a picture file.
	maxPicture = 256 << 20
)

// ReadImage reads a picture file (PNG, JPEG, WebP, GIF, TIFF, BMP, PPM, PGM or PBM, whatever its suffix) as RGB:
// upright, on white if it is transparent, and the first frame if it is an animation.
func ReadImage(path string) (Image, error) {
	m, err := readImage(path)
	if err != nil {
		return Image{}, fmt.Errorf("%s %w", path, err)
	}
	return m, nil
}

// readImage is ReadImage with errors that continue the file's name.
func readImage(path string) (Image, error) {
	content, err := readBounded(path, maxPicture)
	if err != nil {
		return Image{}, err
	}
	m, err := decode(content, maxPixels)
	if errors.Is(err, image.ErrFormat) {
		return Image{}, fmt.Errorf("is no picture (%s)", Formats)
	}
	if err != nil {
		return Image{}, fmt.Errorf("is no picture that can be read: %w", err)
	}
	return m, nil
}

// decode decodes a picture of at most limit pixels.
func decode(file []byte, limit int) (Image, error) {
	readable := completed(file)
	config, format, err := image.DecodeConfig(bytes.NewReader(readable))
	if err != nil {
		return Image{}, plain(err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > limit/config.Height {
		return Image{}, fmt.Errorf("its header claims %d×%d pixels; 1 to %d are possible", config.Width, config.Height, limit)
	}
	picture, err := decodeAs(format, readable)
	if err != nil {
		return Image{}, plain(err)
	}
	return onWhite(picture, image.Rect(0, 0, config.Width, config.Height)).upright(exif.Orientation(file)), nil
}

// plain replaces the error of an early end by plain words.
func plain(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("it is cut off")
	}
	return err
}

// onWhite draws a picture on white of a given size; a GIF's first frame may be smaller than that.
func onWhite(picture image.Image, size image.Rectangle) Image {
	paper := image.NewRGBA(size)
	draw.Draw(paper, size, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(paper, picture.Bounds(), picture, picture.Bounds().Min, draw.Over)
	return FromPicture(paper)
}

// upright undoes an Exif orientation, 1 to 8: for each upright row y and column x it finds the pixel in the file.
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
