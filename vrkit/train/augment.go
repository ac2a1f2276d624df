package train

import (
	"fmt"
	"math/rand/v2"

	"github.com/vrkit-go/reprogram/datasets"
)

// Augment is how training images are varied: made Margin pixels larger than they are needed, cropped
// at random, and mirrored every other time. The papers do so for watermarks and SMM, not for padding.
type Augment struct {
	Margin int  `json:"margin,omitempty"` // pixels
	Flip   bool `json:"flip,omitempty"`   // mirror, left and right
	// Always mirrors even where the data set says that a mirrored picture is of another class, as the
	// papers' code does with traffic signs.
	Always bool `json:"-"`
}

// on is the augmentation as a data set allows it.
func (a Augment) on(d datasets.Info) Augment {
	a.Flip = a.Flip && (d.Mirrors || a.Always)
	return a
}

const maxMargin = 1 << 10

func (a Augment) check() error {
	if a.Margin < 0 || a.Margin > maxMargin {
		return fmt.Errorf("images can be made 0 to %d pixels larger before they are cropped, not %d", maxMargin, a.Margin)
	}
	return nil
}

// varied is an augmentation at one moment: what becomes of a sample depends on the seed, the moment and
// the sample's number alone, so that a resumed run sees the same.
type varied struct {
	Augment
	seed, moment uint64
}

// moments numbers the passes over the training data: one that estimates ω and one that learns in each epoch.
func learning(epoch int) uint64   { return 2*uint64(epoch) + 1 }
func estimating(epoch int) uint64 { return 2 * uint64(epoch) }

// resize is a sample as RGB [side,side,3] in dst, varied.
func (v varied) resize(dst []uint8, sample datasets.Sample, index, side int) {
	if v.Margin == 0 && !v.Flip {
		sample.Resize(dst, side)
		return
	}
	r := rand.New(rand.NewPCG(v.seed, v.moment<<32|uint64(index)))
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
