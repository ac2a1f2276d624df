package datasets

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif" // decoders of the picture formats
	_ "image/jpeg"
	_ "image/png"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"

	"github.com/vrkit-go/reprogram/datasets/internal/exif"
	_ "github.com/vrkit-go/reprogram/datasets/internal/pnm"
	"github.com/vrkit-go/reprogram/datasets/internal/webp"
)

// Formats lists the picture formats that can be read, for users.
const Formats = "PNG, JPEG, WebP, GIF, TIFF, BMP, PPM, PGM or PBM"

// suffixes are the suffixes of picture files, in lower case. The content of a file, not its suffix, decides how it is
// read.
var suffixes = strings.Fields(".png .jpg .jpeg .jpe .jfif .webp .gif .tif .tiff .bmp .ppm .pgm .pbm .pnm")

// decodeAs decodes a file of a format that package image has recognised.
func decodeAs(format string, file []byte) (image.Image, error) {
	if format == "webp" {
		return webp.Decode(file)
	}
	picture, _, err := image.Decode(bytes.NewReader(file))
	if bits, ok := picture.(*image.Gray); ok && format == "tiff" && isFax(file) {
		for i, value := range bits.Pix {
			bits.Pix[i] = 255 - value
		}
	}
	return picture, err
}

// isFax tells whether a TIFF file has a fax compression (3 or 4) and 1 as white (PhotometricInterpretation 1).
// golang.org/x/image/tiff reads such a file with black and white exchanged, because it ignores
// PhotometricInterpretation.
func isFax(file []byte) bool {
	packing := exif.Tag(file, 0x0103)
	return (packing == 3 || packing == 4) && exif.Tag(file, 0x0106) == 1
}

// completed adds parts to a file that its decoder requires, but other readers do not.
func completed(file []byte) []byte {
	switch {
	case bytes.HasPrefix(file, []byte(pngBegin)):
		return withEnd(file)
	case bytes.HasPrefix(file, []byte(jpegBegin)):
		return withAdobe(file)
	}
	return file
}

const (
	pngBegin  = "\x89PNG\r\n\x1a\n"
	pngEnd    = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"
	jpegBegin = "\xff\xd8"
	// adobeCMYK is a JPEG segment that says that Adobe wrote the file, and that four channels are CMYK inks.
	adobeCMYK = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
)

// withEnd adds the end to a PNG file that lacks it. The decoder still checks that all pixels are there.
func withEnd(file []byte) []byte {
	for at := len(pngBegin); ; {
		rest := file[at:]
		if len(rest) < 12 { // too short for length, name and checksum
			return append(file[:at:at], pngEnd...)
		}
		size := int64(binary.BigEndian.Uint32(rest))
		if string(rest[4:8]) == "IEND" || size > int64(len(rest)-12) {
			return file
		}
		at += 12 + int(size)
	}
}

// withAdobe adds a segment to a JPEG file with four channels that does not say what they are: like other readers, it
// takes them as Adobe stores them.
func withAdobe(file []byte) []byte {
	four := false
	for b := file[2:]; len(b) >= 10 && b[0] == 0xff; {
		kind, length := b[1], int(binary.BigEndian.Uint16(b[2:]))
		switch {
		case kind == 0xff: // filling
			b = b[1:]
			continue
		case kind == 0xee && bytes.HasPrefix(b[4:], []byte("Adobe")):
			return file
		case kind >= 0xc0 && kind <= 0xc2: // the frame header: precision, height, width, number of channels
			four = b[9] == 4
		case kind == 0xda: // the pixels start
			b = nil
			continue
		}
		if length < 2 || 2+length > len(b) {
			break
		}
		b = b[2+length:]
	}
	if !four {
		return file
	}
	return append(append(file[:2:2], adobeCMYK...), file[2:]...)
}
