package datasets

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif" // the formats that pictures come in
	_ "image/jpeg"
	_ "image/png"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"

	"github.com/vrkit-go/reprogram/datasets/internal/exif"
	_ "github.com/vrkit-go/reprogram/datasets/internal/pnm"
	"github.com/vrkit-go/reprogram/datasets/internal/webp"
)

// Formats are the picture formats that can be read, as people call them.
const Formats = "PNG, JPEG, WebP, GIF, TIFF, BMP, PPM, PGM or PBM"

// suffixes are the endings of files that are taken for pictures, in small letters. How a file is read
// is decided by its content.
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

// isFax tells whether a TIFF file is packed as a fax (its Compression is 3 or 4) and has 1 for white
// (its PhotometricInterpretation is 1). golang.org/x/image/tiff reads such a file with black and white
// exchanged: it takes a run of white to be white whatever the file says of its colours.
func isFax(file []byte) bool {
	packing := exif.Tag(file, 0x0103)
	return (packing == 3 || packing == 4) && exif.Tag(file, 0x0106) == 1
}

// completed adds what a file lacks that its decoder insists on, and others do without.
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
	// adobeCMYK is a segment that says that Adobe wrote the file, and that its four channels, if it
	// has four, are the inks themselves.
	adobeCMYK = "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
)

// withEnd is a PNG file whose end is there: all its pixels may be, and the end have got lost. Whether
// the pixels are all there is for the decoder to see.
func withEnd(file []byte) []byte {
	for at := len(pngBegin); ; {
		rest := file[at:]
		if len(rest) < 12 { // too few for the length, name and checksum of any part
			return append(file[:at:at], pngEnd...)
		}
		size := int64(binary.BigEndian.Uint32(rest))
		if string(rest[4:8]) == "IEND" || size > int64(len(rest)-12) {
			return file
		}
		at += 12 + int(size)
	}
}

// withAdobe is a JPEG file that says what its colours are if they are four: without a word, they are
// taken as Adobe stores them, as other readers do.
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
		case kind >= 0xc0 && kind <= 0xc2: // the frame: precision, height, width, number of colours
			four = b[9] == 4
		case kind == 0xda: // the pixels begin
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
