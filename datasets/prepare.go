package datasets

import (
	"image"
	"math"
)

// Prepare prepares a picture as for the test of networks on ImageNet: it resizes the shorter side to resize pixels,
// keeps the aspect ratio, and cuts out the middle square of crop ≤ resize pixels; RGB [crop, crop, 3]. The result
// equals that of torchvision's Resize and CenterCrop for a picture that PIL has read (testdata/prepare_golden.py).
func (m Image) Prepare(resize, crop int) []uint8 {
	shorter, longer := min(m.Height, m.Width), max(m.Height, m.Width)
	height, width := resize, resize*longer/shorter
	if m.Height > m.Width {
		height, width = width, height
	}
	return m.scaled(height, width, middle(height, width, crop)).Resized(crop)
}

// middle is the square of side pixels in the middle. If an odd number of pixels is left, half of it is rounded to the
// even number.
func middle(height, width, side int) image.Rectangle {
	top := int(math.RoundToEven(float64(height-side) / 2))
	left := int(math.RoundToEven(float64(width-side) / 2))
	return image.Rect(left, top, left+side, top+side)
}
