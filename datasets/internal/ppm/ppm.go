// Package ppm reads the PPM format (P6, one byte a channel), and makes it known to package image.
package ppm

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
)

func init() { image.RegisterFormat("ppm", "P6", Decode, DecodeConfig) }

// MaxPixels bounds a picture.
const MaxPixels = 1 << 26

// Decode reads a picture. Its memory grows with what is really there, not with what the header
// claims: at most four times the file, and 64 KiB.
func Decode(r io.Reader) (image.Image, error) {
	from := bufio.NewReader(r)
	config, err := readHeader(from)
	if err != nil {
		return nil, err
	}
	size := config.Width * config.Height
	rgb, err := io.ReadAll(io.LimitReader(from, int64(3*size)))
	if err != nil {
		return nil, fmt.Errorf("the PPM file is broken: %w", err)
	}
	if len(rgb) < 3*size {
		return nil, fmt.Errorf("the PPM file is cut off: %d bytes of pixels where %d×%d need %d", len(rgb), config.Width, config.Height, 3*size)
	}
	picture := image.NewRGBA(image.Rect(0, 0, config.Width, config.Height))
	for i := range size {
		copy(picture.Pix[4*i:], rgb[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	return picture, nil
}

// DecodeConfig reads the header alone.
func DecodeConfig(r io.Reader) (image.Config, error) { return readHeader(bufio.NewReader(r)) }

// readHeader reads "P6", width, height and the largest value, each after white space or comments, and
// the one white space before the pixels.
func readHeader(r *bufio.Reader) (image.Config, error) {
	none := image.Config{}
	if magic, err := r.Peek(2); err != nil || string(magic) != "P6" {
		return none, errors.New("not a PPM file: it does not begin with P6")
	}
	_, _ = r.Discard(2)
	var numbers [3]int // width, height, largest value
	for i := range numbers {
		var err error
		if numbers[i], err = readNumber(r); err != nil {
			return none, err
		}
	}
	if space, err := r.ReadByte(); err != nil || !isSpace(space) {
		return none, errors.New("the PPM header does not end")
	}
	width, height := numbers[0], numbers[1]
	if numbers[2] != 255 {
		return none, fmt.Errorf("the PPM file's largest value is %d, and only 255 is known here", numbers[2])
	}
	if width < 1 || height < 1 || width > MaxPixels/height {
		return none, fmt.Errorf("the PPM file claims %d×%d pixels; 1 to %d are possible", width, height, MaxPixels)
	}
	return image.Config{ColorModel: color.RGBAModel, Width: width, Height: height}, nil
}

// readNumber skips white space, at least one, and comments, which go from # to the line's end, and
// reads digits; the byte after them stays.
func readNumber(r *bufio.Reader) (int, error) {
	number, digits := 0, 0
	for skipped := 0; ; skipped++ {
		b, err := r.ReadByte()
		if err != nil {
			return 0, errors.New("the PPM header is cut off")
		}
		switch {
		case b >= '0' && b <= '9' && skipped > 0 && digits < 8:
			number = 10*number + int(b-'0')
			digits++
		case digits > 0 && (isSpace(b) || b == '#'):
			return number, r.UnreadByte()
		case isSpace(b) && digits == 0:
		case b == '#' && digits == 0:
			for b != '\n' && b != '\r' && err == nil {
				b, err = r.ReadByte()
			}
		default:
			return 0, errors.New("the PPM header makes no sense")
		}
	}
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
