package train

import (
	"fmt"
	"testing"

	"github.com/vrkit-go/reprogram/datasets"
)

// BenchmarkBatch measures what a step costs beside the device, in another goroutine: 16 pictures of side 40,
// resized for padding at side 128, and varied for SMM at side 224.
func BenchmarkBatch(b *testing.B) {
	const size, from = 16, 40
	samples := make([]datasets.Sample, size)
	for i := range samples {
		samples[i].Image = datasets.Image{Height: from, Width: from, Channels: 3, Pixels: make([]uint8, 3*from*from)}
		for at := range samples[i].Pixels {
			samples[i].Pixels[at] = uint8(at*at/7 + i)
		}
	}
	for name, c := range map[string]struct {
		side int
		varied
	}{
		"pad": {side: 64},
		"smm": {224, varied{Augment: Augment{Margin: 32, Flip: true}}},
	} {
		b.Run(fmt.Sprintf("%s/side=%d", name, c.side), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				assemble(samples, inOrder(size), c.varied, size, c.side).finalize()
			}
		})
	}
}
