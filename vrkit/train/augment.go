package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/vrkit-go/reprogram/datasets"
)

// Augment says how training samples are augmented: each is resized to Margin pixels more than the program takes, cropped
// at a random place, and, with Flip, mirrored half of the time. The papers do so for watermarks and SMM, not for
// padding (docs/methods.md 3.3).
type Augment struct {
	Margin int  `json:"margin,omitempty"` // pixels, 0 to 1024
	Flip   bool `json:"flip,omitempty"`   // mirror half of the images, left to right
	// Always mirrors even where the data set says that a mirrored image belongs to another class. The papers' code does
	// so with traffic signs.
	Always bool `json:"-"`
}

// on returns the augmentation that the data set allows.
func (a Augment) on(d datasets.Info) Augment {
	a.Flip = a.Flip && (d.Mirrors || a.Always)
	return a
}

const maxMargin = 1 << 10

func (a Augment) check() error {
	if a.Margin < 0 || a.Margin > maxMargin {
		return fmt.Errorf("augmentation can resize images to 0 to %d pixels more before it crops them, not %d", maxMargin, a.Margin)
	}
	return nil
}

// augmenter augments images in one pass over the training data. Seed, pass and the sample's index alone decide how, so
// that a resumed run sees the same images.
type augmenter struct {
	Augment
	seed, pass uint64
}

// Each pass over the training data has a number of its own: an epoch has one pass that learns and at most one that
// estimates ω.
func learning(epoch int) uint64   { return 2*uint64(epoch) + 1 }
func estimating(epoch int) uint64 { return 2 * uint64(epoch) }

// resize writes a sample to dst as RGB, [side,side,3], augmented.
func (v augmenter) resize(dst []uint8, sample datasets.Sample, index, side int) {
	if v.Margin == 0 && !v.Flip {
		sample.Resize(dst, side)
		return
	}
	r := rand.New(rand.NewPCG(v.seed, v.pass<<32|uint64(index)))
	large := sample.Resized(side + v.Margin)
	top, left := r.IntN(v.Margin+1), r.IntN(v.Margin+1)
	mirrored := v.Flip && r.IntN(2) == 1
	for y := range side {
		row := large[((top+y)*(side+v.Margin)+left)*3:][:side*3]
		to := dst[y*side*3:][:side*3]
		if !mirrored {
			copy(to, row)
			continue
		}
		for x := range side {
			copy(to[3*x:3*x+3], row[3*(side-1-x):])
		}
	}
}
