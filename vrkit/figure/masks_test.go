package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleMasks() {
	side := 32
	n := 2 * side * side * 3 // two samples
	samples := figure.MaskedSamples{
		Names: []string{"stop", "20 speed"}, Side: side,
		Images: make([]float32, n), Masks: make([]float32, n), Added: make([]float32, n), Inputs: make([]float32, n),
	}
	f, err := figure.Masks(samples, "Before training δ is 0, whatever the mask.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 758 Before training δ is 0, whatever the mask.
}

// masked returns made-up samples: a disc on a slope of grey, a mask in patches of p×p that is strong outside the disc,
// and a pattern δ that all samples share.
func masked(n, side, p, channels int) figure.MaskedSamples {
	s := figure.MaskedSamples{Side: side}
	noise := uint32(1)
	random := func() float32 { noise = noise*1664525 + 1013904223; return float32(noise>>8)/(1<<23) - 1 }
	delta := make([]float32, side*side*3)
	for i := range delta {
		x, y := float64(i/3%side)/float64(side), float64(i/3/side)/float64(side)
		delta[i] = .4*float32(math.Sin(9*x+float64(i%3))*math.Cos(7*y)) + .1*random()
	}
	for k := range n {
		s.Names = append(s.Names, []string{"stop", "20 speed", "end of the prohibition of overtaking", "crane", "7", "hook"}[k])
		for i := range side * side * 3 {
			x, y, c := i/3%side, i/3/side, i%3
			disc := func(x, y int) float64 {
				return math.Hypot(float64(x)/float64(side)-.3-.08*float64(k), float64(y)/float64(side)-.5)
			}
			pixel := float32(.3 + .5*float64(y)/float64(side))
			if disc(x, y) < .25 {
				pixel = []float32{.8, .2, .1 * float32(k)}[c]
			}
			mask := float32(disc(x/p*p+p/2, y/p*p+p/2)*1.5 - .3)
			if channels == 3 {
				mask -= .35 * float32(c) * float32(x/p%3) / 2
			}
			s.Images = append(s.Images, pixel)
			s.Masks = append(s.Masks, mask)
			s.Added = append(s.Added, mask*delta[i])
			s.Inputs = append(s.Inputs, pixel+.225*mask*delta[i]*2)
		}
	}
	return s
}

func TestMasks(t *testing.T) {
	f, err := figure.Masks(masked(2, 64, 8, 3), "δ is the same in all rows; the mask says where and how strongly each sample gets it.")
	golden(t, "masks", f, err)
	f, err = figure.Masks(masked(2, 64, 4, 1), "A mask of one channel is the same for red, green and blue.")
	golden(t, "masks_one_channel", f, err)
}

func TestMasksOfManySizes(t *testing.T) {
	sides := []int{64, 96, 128, 224}
	if testing.Short() {
		sides = []int{96}
	}
	for _, side := range sides {
		for _, n := range []int{1, 6} {
			f, err := figure.Masks(masked(n, side, 8, 3), "")
			require.NoError(t, err)
			require.LessOrEqual(t, f.Width, 900)
			require.Less(t, len(f.PNG), 500_000, "%d samples of side %d", n, side)
		}
	}
}

func TestMasksErrors(t *testing.T) {
	draw := func(change func(*figure.MaskedSamples)) error {
		s := masked(2, 8, 4, 3)
		change(&s)
		_, err := figure.Masks(s, "")
		return err
	}
	require.NoError(t, draw(func(s *figure.MaskedSamples) {}))
	require.ErrorContains(t, draw(func(s *figure.MaskedSamples) { s.Names = nil }), "0 samples")
	require.ErrorContains(t, draw(func(s *figure.MaskedSamples) { s.Side = 0 }), "side")
	require.ErrorContains(t, draw(func(s *figure.MaskedSamples) { s.Masks = s.Masks[:128] }), "128 values of Masks are not 2 × 8 × 8 × 3")
	require.ErrorContains(t, draw(func(s *figure.MaskedSamples) { s.Added[3] = float32(math.Inf(1)) }), "Added has +Inf at position 3")
}
