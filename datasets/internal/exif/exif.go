// Package exif reads the metadata of a picture file: its orientation, and the tags of a TIFF file.
package exif

import (
	"bytes"
	"encoding/binary"
)

// Orientation returns the Exif tag 0x0112 of a JPEG, PNG, WebP or TIFF file, 1 to 8. 1 is upright, also for a file
// without the tag or with a wrong one. 2 is mirrored left to right, 3 upside down, 4 mirrored top to bottom; 5 to 8 are
// the same with rows and columns exchanged.
//
// It never reads past the file's end.
func Orientation(file []byte) int {
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8")):
		return ofTIFF(inJPEG(file[2:]))
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		return ofTIFF(inChunks(file[8:], "eXIf", binary.BigEndian, 4))
	case len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		return ofTIFF(inChunks(file[12:], "EXIF", binary.LittleEndian, 0))
	case bytes.HasPrefix(file, []byte("II*\x00")), bytes.HasPrefix(file, []byte("MM\x00*")):
		return ofTIFF(file)
	}
	return 1
}

// inJPEG finds the segment APP1 that begins with Exif: ff, a kind, and a length that counts itself.
func inJPEG(b []byte) []byte {
	for len(b) >= 4 && b[0] == 0xff {
		kind, length := b[1], int(binary.BigEndian.Uint16(b[2:]))
		if kind == 0xff { // filling
			b = b[1:]
			continue
		}
		if kind == 0xda || length < 2 || 2+length > len(b) { // the pixels start
			return nil
		}
		if body := b[4 : 2+length]; kind == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00\x00")) {
			return body[6:]
		}
		b = b[2+length:]
	}
	return nil
}

// inChunks finds a chunk of a PNG file (length, name, body, checksum) or of a RIFF file (name, length, body, padded to
// an even length).
func inChunks(b []byte, wanted string, order binary.ByteOrder, checksum uint64) []byte {
	for len(b) >= 8 {
		name, length := b[:4], b[4:8]
		if checksum > 0 {
			name, length = length, name
		}
		size := uint64(order.Uint32(length))
		next := 8 + size + checksum
		if checksum == 0 {
			next += size % 2
		}
		if 8+size > uint64(len(b)) {
			return nil
		}
		if string(name) == wanted {
			return bytes.TrimPrefix(b[8:8+size], []byte("Exif\x00\x00"))
		}
		b = b[min(next, uint64(len(b))):]
	}
	return nil
}

// ofTIFF reads the orientation of a TIFF block.
func ofTIFF(b []byte) int {
	if value := Tag(b, 0x0112); value >= 1 && value <= 8 {
		return int(value)
	}
	return 1
}

// Tag returns the first value of a tag in the first directory of a TIFF file; 0 if it is missing or no integer. The
// file starts with its byte order, 42 and the position of the directory, which has the number of entries, each with
// tag, type, count and value.
func Tag(b []byte, tag uint16) uint32 {
	if len(b) < 8 {
		return 0
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(b[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 0
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return 0
		}
		if order.Uint16(entries) == tag {
			return first(order, entries)
		}
		entries = entries[12:]
	}
	return 0
}

// first returns the first value of an entry, from the start of its last four bytes: the standard requires 16 bits for
// an orientation, but some programs write other integers.
func first(order binary.ByteOrder, entry []byte) uint32 {
	value := entry[8:12]
	switch order.Uint16(entry[2:]) {
	case 1, 6, 7: // a byte, a signed one, one of no type
		return uint32(value[0])
	case 3, 8: // 16 bits, signed
		return uint32(order.Uint16(value))
	case 4, 9: // 32 bits, signed
		return order.Uint32(value)
	}
	return 0
}
