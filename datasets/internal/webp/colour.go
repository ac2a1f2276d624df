package webp

import "image"

// inRGB converts a lossy picture to RGB as libwebp does, to the last bit.
func inRGB(picture image.Image) image.Image {
	switch m := picture.(type) {
	case *image.YCbCr:
		return rgb(m)
	case *image.NYCbCrA:
		opaque := rgb(&m.YCbCr)
		for i := 3; i < len(opaque.Pix); i += 4 {
			x, y := i%opaque.Stride/4, i/opaque.Stride
			opaque.Pix[i] = m.A[y*m.AStride+x]
		}
		return opaque
	}
	return picture
}

// A lossy picture has luma from 16 to 235 and chroma from 16 to 240 (BT.601), where Go's YCbCr has 0 to 255. These are
// BT.601's factors in units of 2⁻¹⁴, and its offsets in units of 2⁻⁶, with a half for rounding, rounded as libwebp
// does.
const (
	luma                         = 19077 // 255/219
	redOfCr                      = 26149 // 1.402·255/224
	greenOfCb, greenOfCr         = 6419, 13320
	blueOfCb                     = 33050 // 1.772·255/224
	redLess, greenMore, blueLess = 14234, 8708, 17685
)

// rgb converts a picture whose chroma has half the luma's width and height, rounded up. Chroma is interpolated: a pixel
// takes 9/16 of its own sample, 3/16 of each of the two nearest neighbours, and 1/16 of the diagonal one; at the edge
// its own sample replaces missing ones.
func rgb(m *image.YCbCr) *image.NRGBA {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		near, far := neighbours(y, height)
		near, far = near*m.CStride, far*m.CStride
		for x := range width {
			own, other := neighbours(x, width)
			between := func(c []uint8) int {
				return (9*int(c[near+own]) + 3*int(c[near+other]) + 3*int(c[far+own]) + int(c[far+other]) + 8) >> 4
			}
			l, cb, cr := int(m.Y[y*m.YStride+x])*luma>>8, between(m.Cb), between(m.Cr)
			pixel := out.Pix[y*out.Stride+4*x:][:4]
			pixel[0] = clip(l + cr*redOfCr>>8 - redLess)
			pixel[1] = clip(l - cb*greenOfCb>>8 - cr*greenOfCr>>8 + greenMore)
			pixel[2] = clip(l + cb*blueOfCb>>8 - blueLess)
			pixel[3] = 255
		}
	}
	return out
}

// neighbours returns the chroma sample of a row or column, and the nearest other one.
func neighbours(i, size int) (own, other int) {
	own = i / 2
	other = own - 1 + i%2*2
	return own, min(max(other, 0), (size-1)/2)
}

// clip rounds a value in units of 2⁻⁶ to a byte.
func clip(value int) uint8 { return uint8(min(max(value>>6, 0), 255)) }
