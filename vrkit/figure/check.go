package figure

import (
	"fmt"
	"image"
	"math"
)

// mustHold panics if n values are not the pixels of an RGB image.
func mustHold(n, height, width int) {
	if height <= 0 || width <= 0 || n != height*width*3 {
		panic(fmt.Sprintf("figure: %d values are not an image of %d × %d × 3; pass pixels of shape [height, width, 3]", n, height, width))
	}
}

// drawable returns an error for an image that can't be shown.
func drawable(what string, img image.Image) error {
	if img == nil {
		return fmt.Errorf("figure: %s has no image; make one with figure.RGB or figure.RGB8", what)
	}
	if img.Bounds().Empty() {
		return fmt.Errorf("figure: the image of %s is empty", what)
	}
	return nil
}

// finite returns an error that names the first value that is not finite.
func finite[T float32 | float64](what string, values []T) error {
	for i, v := range values {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("figure: %s has %v at position %d; only finite numbers can be drawn", what, v, i)
		}
	}
	return nil
}
