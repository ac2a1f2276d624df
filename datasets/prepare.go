package datasets

import (
	"image"
	"math"
)

// Prepare makes a picture what networks trained on ImageNet are measured on: the shorter side is resized to so many
// pixels, the aspect ratio kept, and the middle square of crop pixels, at most as many, is cut out; RGB [crop, crop, 3].
// It gives what torchvision's Resize and CenterCrop give for a picture that PIL has read (testdata/prepare_golden.py).
func (m Image) Prepare(resize, crop int) []uint8 {
	shorter, longer := min(m.Height, m.Width), max(m.Height, m.Width)
	height, width := resize, resize*longer/shorter
	if m.Height > m.Width {
		height, width = width, height
	}
	return m.scaled(height, width, middle(height, width, crop)).Resized(crop)
}

// middle is the square of side pixels in the middle. Where an odd number of pixels is left over, half of it is rounded to
// the even number.
func middle(height, width, side int) image.Rectangle {
	top := int(math.RoundToEven(float64(height-side) / 2))
	left := int(math.RoundToEven(float64(width-side) / 2))
	return image.Rect(left, top, left+side, top+side)
}
