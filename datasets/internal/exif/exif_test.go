package exif

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// tiff is a block whose directory has one other tag and then the orientation, of the standard's type.
func tiff(order binary.AppendByteOrder, orientation uint16) []byte {
	return tiffOf(order, 3, append(order.AppendUint16(nil, orientation), 0, 0))
}

// tiffOf is such a block with a value of any type, in four bytes.
func tiffOf(order binary.AppendByteOrder, kind uint16, value []byte) []byte {
	b := []byte("II")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		b = []byte("MM")
	}
	b = order.AppendUint16(b, 42)
	b = order.AppendUint32(b, 10)
	b = append(b, 0, 0)
	b = order.AppendUint16(b, 2)
	for _, entry := range []struct {
		tag, kind uint16
		value     []byte
	}{{0x010f, 2, []byte("two\x00")}, {0x0112, kind, value}} {
		b = order.AppendUint16(b, entry.tag)
		b = order.AppendUint16(b, entry.kind)
		b = order.AppendUint32(b, 1)
		b = append(b, entry.value...)
	}
	return b
}

func jpeg(block []byte) []byte {
	segment := func(kind byte, body string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, kind}, uint16(len(body)+2)), body...)
	}
	return slices.Concat([]byte{0xff, 0xd8}, segment(0xe0, "JFIF\x00"), []byte{0xff}, segment(0xe1, "http://ns"),
		segment(0xe1, "Exif\x00\x00"+string(block)), []byte{0xff, 0xda, 0, 2})
}

func png(block []byte) []byte {
	chunk := func(name, body string) []byte {
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), name+body...), "CRC!"...)
	}
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", "odd"), chunk("eXIf", string(block)))
}

func webp(block []byte) []byte {
	chunk := func(name, body string) []byte {
		return append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	}
	return slices.Concat([]byte("RIFF....WEBP"), chunk("VP8L", "odd"), []byte{0}, chunk("EXIF", string(block)))
}

func TestOrientation(t *testing.T) {
	for name, file := range map[string]func([]byte) []byte{"jpeg": jpeg, "png": png, "webp": webp, "tiff": bytes.Clone} {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for orientation := range uint16(8) {
				require.EqualValues(t, orientation+1, Orientation(file(tiff(order, orientation+1))), "%s %v", name, order)
			}
			require.Equal(t, 1, Orientation(file(tiff(order, 9))))
			require.Equal(t, 1, Orientation(file(tiff(order, 0))))
		}
		whole := file(tiff(binary.BigEndian, 6))
		for length := range len(whole) - 4 {
			require.Contains(t, []int{1, 6}, Orientation(whole[:length]), "cut off")
		}
		require.Equal(t, 1, Orientation(bytes.Replace(whole, []byte{0, 42, 0, 0, 0, 10}, []byte{0, 42, 255, 255, 255, 255}, 1)))
	}
	require.Equal(t, 1, Orientation([]byte("BM, which has none")))
	require.Equal(t, 1, Orientation(nil))
}

// Integers of every type are read, in both byte orders.
func TestOrientationTypes(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		short := append(order.AppendUint16(nil, 6), 0, 0)
		for kind, value := range map[uint16][]byte{1: {6, 0, 0, 0}, 3: short, 4: order.AppendUint32(nil, 6), 6: {6, 0, 0, 0}, 7: {6, 0, 0, 0}, 8: short, 9: order.AppendUint32(nil, 6)} {
			require.Equal(t, 6, Orientation(jpeg(tiffOf(order, kind, value))), "%v type %d", order, kind)
		}
		for kind, value := range map[uint16][]byte{2: {6, 0, 0, 0}, 4: order.AppendUint32(nil, 6<<16), 5: order.AppendUint32(nil, 6), 9: order.AppendUint32(nil, 1<<32-6), 12: order.AppendUint32(nil, 6), 0: short} {
			require.Equal(t, 1, Orientation(jpeg(tiffOf(order, kind, value))), "%v type %d", order, kind)
		}
	}
}

// FuzzOrientation: no panic, whatever the lengths in the file, and always one of the eight.
func FuzzOrientation(f *testing.F) {
	for _, block := range [][]byte{tiff(binary.LittleEndian, 6), tiff(binary.BigEndian, 3), nil} {
		f.Add(jpeg(block))
		f.Add(png(block))
		f.Add(webp(block))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		orientation := Orientation(file)
		require.True(t, orientation >= 1 && orientation <= 8)
	})
}
