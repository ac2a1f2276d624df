// Package webp reads WebP pictures with libwebp's colours, and the first frame of an animation. golang.org/x/image/webp
// decodes; it knows no animation, and gives lossy pictures in a colour space for which Go's image package has no type
// (colour.go).
package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"

	"golang.org/x/image/vp8l"
	"golang.org/x/image/webp"
)

// Decode reads a picture, in NRGBA. Parts of the canvas that the first frame of an animation does not cover are
// transparent.
func Decode(file []byte) (image.Image, error) {
	still, at, canvas, err := firstFrame(file)
	if err != nil {
		return nil, err
	}
	picture, err := webp.Decode(bytes.NewReader(still))
	if err != nil {
		return nil, err
	}
	picture = inRGB(picture)
	if canvas.Empty() || picture.Bounds() == canvas {
		return picture, nil
	}
	whole := image.NewNRGBA(canvas)
	draw.Draw(whole, picture.Bounds().Add(at), picture, image.Point{}, draw.Src)
	return whole, nil
}

// chunk is a part of a WebP file: four letters and a body.
type chunk struct {
	name string
	body []byte
}

// next splits off the next chunk: name, length, body, padded to an even length.
func next(b []byte) (c chunk, rest []byte, err error) {
	if len(b) < 8 {
		return chunk{}, nil, errors.New("the WebP file is cut off")
	}
	size := uint64(binary.LittleEndian.Uint32(b[4:]))
	if size > uint64(len(b)-8) {
		return chunk{}, nil, fmt.Errorf("the WebP file is cut off: %d bytes where its part %q has %d", len(b)-8, b[:4], size)
	}
	rest = b[8+size:]
	return chunk{string(b[:4]), b[8 : 8+size]}, rest[min(size%2, uint64(len(rest))):], nil
}

func (c chunk) append(file []byte) []byte {
	file = binary.LittleEndian.AppendUint32(append(file, c.name...), uint32(len(c.body)))
	file = append(file, c.body...)
	return append(file, make([]byte, len(c.body)%2)...)
}

// The sizes of the headers of an extended file and of a frame, and the bit for transparency.
const (
	extendedSize = 10
	frameSize    = 16
	hasAlpha     = 1 << 4
)

// firstFrame makes the file of a still picture from an extended file, of its first frame if it is animated, and returns
// where on which canvas that frame is. It returns a file that is not extended unchanged, with an empty canvas.
func firstFrame(file []byte) (still []byte, at image.Point, canvas image.Rectangle, err error) {
	fail := func(err error) ([]byte, image.Point, image.Rectangle, error) {
		return nil, image.Point{}, image.Rectangle{}, err
	}
	if len(file) < 12 {
		return fail(errors.New("the WebP file is cut off"))
	}
	head, rest, err := next(file[12:])
	if err != nil {
		return fail(err)
	}
	if head.name != "VP8X" {
		return file, at, canvas, nil
	}
	if len(head.body) != extendedSize {
		return fail(errors.New("the WebP file's header makes no sense"))
	}
	size := image.Pt(number(head.body[4:])+1, number(head.body[7:])+1)
	canvas.Max = size
	var alpha []byte
	for {
		var c chunk
		if c, rest, err = next(rest); err != nil {
			return fail(err)
		}
		switch c.name {
		case "ANMF":
			if len(c.body) < frameSize {
				return fail(errors.New("the WebP file's first frame is cut off"))
			}
			at = image.Pt(2*number(c.body), 2*number(c.body[3:]))
			size = image.Pt(number(c.body[6:])+1, number(c.body[9:])+1)
			if !(image.Rectangle{Max: size}).Add(at).In(canvas) {
				return fail(errors.New("the WebP file's first frame does not lie on its canvas"))
			}
			rest = c.body[frameSize:]
		case "ALPH":
			alpha = c.append(nil)
		case "VP8L": // checked before it is decoded
			if claimed, err := vp8l.DecodeConfig(bytes.NewReader(c.body)); err != nil || claimed.Width != size.X || claimed.Height != size.Y {
				return fail(errors.New("the WebP file's sizes contradict each other"))
			}
			return stillFile(size, nil, c), at, canvas, nil // this kind has its transparency inside
		case "VP8 ":
			return stillFile(size, alpha, c), at, canvas, nil
		}
	}
}

// stillFile is an extended file of one picture.
func stillFile(size image.Point, alpha []byte, picture chunk) []byte {
	head := make([]byte, extendedSize)
	if alpha != nil {
		head[0] = hasAlpha
	}
	putNumber(head[4:], size.X-1)
	putNumber(head[7:], size.Y-1)
	body := chunk{"VP8X", head}.append([]byte("WEBP"))
	body = append(body, alpha...)
	return chunk{"RIFF", picture.append(body)}.append(nil)
}

// number reads 24 bits.
func number(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func putNumber(b []byte, n int) { b[0], b[1], b[2] = byte(n), byte(n>>8), byte(n>>16) }
