// Package pnm reads the Netpbm formats PBM, PGM and PPM, as text (P1 to P3) and in bytes (P4 to P6), and registers them
// with package image. Values are scaled to 0..255.
package pnm

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
)

func init() {
	for magic := byte('1'); magic <= '6'; magic++ {
		image.RegisterFormat("pnm", "P"+string(magic), Decode, DecodeConfig)
	}
}

// MaxPixels bounds a picture.
const MaxPixels = 1 << 26

// header is the header of a file.
type header struct {
	text, bits    bool // values as text; values of one bit, with 1 as black
	width, height int  // in pixels
	channels      int  // 1: grey, 3: RGB
	largest       int  // the largest value, 1 to 65535, which becomes 255
}

// Decode reads a picture, grey or RGB. Its memory grows with the file's real size, not with the size in its header: at
// most eight times the file and 64 KiB; sixteen times for P4, whose bits become bytes.
func Decode(r io.Reader) (image.Image, error) {
	from := bufio.NewReader(r)
	h, err := readHeader(from)
	if err != nil {
		return nil, err
	}
	var values []uint8
	if h.text {
		values, err = h.readText(from)
	} else {
		values, err = h.readBytes(from)
	}
	if err != nil {
		return nil, err
	}
	bounds := image.Rect(0, 0, h.width, h.height)
	if h.channels == 1 {
		return &image.Gray{Pix: values, Stride: h.width, Rect: bounds}, nil
	}
	picture := image.NewRGBA(bounds)
	for i := range h.width * h.height {
		copy(picture.Pix[4*i:], values[3*i:3*i+3])
		picture.Pix[4*i+3] = 255
	}
	return picture, nil
}

// DecodeConfig reads only the header.
func DecodeConfig(r io.Reader) (image.Config, error) {
	h, err := readHeader(bufio.NewReader(r))
	if err != nil {
		return image.Config{}, err
	}
	model := color.GrayModel
	if h.channels == 3 {
		model = color.RGBAModel
	}
	return image.Config{ColorModel: model, Width: h.width, Height: h.height}, nil
}

// readBytes reads the values of P4 to P6: of 8 bits; of 16 if the largest value needs them, high byte first; or of one
// bit, each row in whole bytes.
func (h header) readBytes(r io.Reader) ([]uint8, error) {
	row := h.width * h.channels
	switch {
	case h.bits:
		row = (h.width + 7) / 8
	case h.largest > 255:
		row *= 2
	}
	size := row * h.height
	raw, err := io.ReadAll(io.LimitReader(r, int64(size)))
	if err != nil {
		return nil, fmt.Errorf("the PNM file is broken: %w", err)
	}
	if len(raw) < size {
		return nil, fmt.Errorf("the PNM file is cut off: %d bytes of pixels where %d×%d need %d", len(raw), h.width, h.height, size)
	}
	if !h.bits && h.largest == 255 {
		return raw, nil
	}
	values := make([]uint8, h.width*h.height*h.channels)
	for i := range values {
		value := 0
		switch {
		case h.bits:
			y, x := i/h.width, i%h.width
			value = 1 - int(raw[y*row+x/8]>>(7-x%8)&1)
		case h.largest > 255:
			value = int(raw[2*i])<<8 | int(raw[2*i+1])
		default:
			value = int(raw[i])
		}
		if values[i], err = h.scaled(value); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// readText reads the values of P1 to P3: decimal numbers with white space between; for bits, digits with or without it.
func (h header) readText(r *bufio.Reader) (values []uint8, err error) {
	size := h.width * h.height * h.channels
	for len(values) < size {
		value := 0
		if h.bits {
			value, err = readBit(r)
		} else {
			value, err = readNumber(r)
		}
		if err != nil {
			return nil, fmt.Errorf("%w (after %d values of %d)", err, len(values), size)
		}
		scaled, err := h.scaled(value)
		if err != nil {
			return nil, err
		}
		values = append(values, scaled)
	}
	return values, nil
}

// scaled scales a value to 0..255.
func (h header) scaled(value int) (uint8, error) {
	if value > h.largest {
		return 0, fmt.Errorf("the PNM file has a value of %d where its header says %d at most", value, h.largest)
	}
	return uint8((2*255*value + h.largest) / (2 * h.largest)), nil
}

// readHeader reads the kind, width, height and, except for bits, the largest value. Before each are white space or
// comments, and one white space is before the pixels.
func readHeader(r *bufio.Reader) (header, error) {
	magic, err := r.Peek(2)
	if err != nil || magic[0] != 'P' || magic[1] < '1' || magic[1] > '6' {
		return header{}, errors.New("not a PNM file: it does not begin with P1 to P6")
	}
	kind := int(magic[1] - '0')
	h := header{text: kind <= 3, bits: kind%3 == 1, channels: 1, largest: 1}
	if kind%3 == 0 {
		h.channels = 3
	}
	_, _ = r.Discard(2)
	if space, err := r.Peek(1); err != nil || !isSpace(space[0]) && space[0] != '#' {
		return header{}, errors.New("the PNM header makes no sense")
	}
	numbers := []*int{&h.width, &h.height, &h.largest}
	if h.bits {
		numbers = numbers[:2]
	}
	for _, number := range numbers {
		if *number, err = readNumber(r); err != nil {
			return header{}, fmt.Errorf("%w in its header", err)
		}
	}
	if space, err := r.ReadByte(); err != nil || !isSpace(space) {
		return header{}, errors.New("the PNM header does not end")
	}
	if h.largest < 1 || h.largest > 65535 {
		return header{}, fmt.Errorf("the PNM file's largest value is %d; 1 to 65535 are possible", h.largest)
	}
	if h.width < 1 || h.height < 1 || h.width > MaxPixels/h.height {
		return header{}, fmt.Errorf("the PNM file claims %d×%d pixels; 1 to %d are possible", h.width, h.height, MaxPixels)
	}
	return h, nil
}

var (
	errCutOff  = errors.New("the PNM file is cut off")
	errNumbers = errors.New("the PNM file has something else where a number belongs")
)

// readNumber skips white space and comments, and reads at most eight digits; it leaves the byte after them.
func readNumber(r *bufio.Reader) (int, error) {
	if err := skip(r); err != nil {
		return 0, err
	}
	number := 0
	for digits := 0; ; digits++ {
		b, err := r.ReadByte()
		switch {
		case err == io.EOF && digits > 0:
			return number, nil
		case err != nil:
			return 0, errCutOff
		case b >= '0' && b <= '9' && digits < 8:
			number = 10*number + int(b-'0')
		case digits > 0 && (isSpace(b) || b == '#'):
			return number, r.UnreadByte()
		default:
			return 0, errNumbers
		}
	}
}

// readBit skips white space and comments, and reads one digit: 1 is black.
func readBit(r *bufio.Reader) (int, error) {
	if err := skip(r); err != nil {
		return 0, err
	}
	b, err := r.ReadByte()
	if err != nil {
		return 0, errCutOff
	}
	if b != '0' && b != '1' {
		return 0, errNumbers
	}
	return 1 - int(b-'0'), nil
}

// skip reads white space and comments, which go from # to the end of the line.
func skip(r *bufio.Reader) error {
	for {
		b, err := r.ReadByte()
		for err == nil && b == '#' {
			for err == nil && b != '\n' && b != '\r' {
				b, err = r.ReadByte()
			}
		}
		if err != nil {
			return errCutOff
		}
		if !isSpace(b) {
			return r.UnreadByte()
		}
	}
}

func isSpace(b byte) bool { return b == ' ' || b >= '\t' && b <= '\r' }
