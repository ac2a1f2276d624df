// Package datasettest has a task that is small enough for a test of a few seconds.
package datasettest

import "github.com/vrkit-go/reprogram/datasets"

// Stripes is a task of two classes with 8 images of side 8 each: rows and columns of two shades. The same images are for
// training and for testing.
func Stripes() *datasets.Dataset {
	d := &datasets.Dataset{Info: datasets.Info{Name: "stripes", Classes: []string{"rows", "columns"}}}
	for i := range 16 {
		m := datasets.Image{Height: 8, Width: 8, Channels: 3, Pixels: make([]uint8, 8*8*3)}
		for at := range m.Pixels {
			y, x := at/3/8, at/3%8
			m.Pixels[at] = uint8(40 + 8*(i/2) + 120*([2]int{y, x}[i%2]%2))
		}
		d.Train = append(d.Train, datasets.Sample{Image: m, Label: int32(i % 2)})
	}
	d.Test = d.Train
	return d
}
