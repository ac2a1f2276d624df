package datasets

import "math"

// Scale resizes an image to another height and width: bilinear, antialiased where it shrinks. It
// gives what PIL's resize with BILINEAR gives, to the last bit (testdata/resize_golden.py): first
// every row, rounded to whole values, then every column, each output value a weighted mean of the
// input values below a triangle that reaches one input pixel to both sides, or one output pixel
// where those are larger. Weights are whole numbers, so every machine gets the same.
func (m Image) Scale(height, width int) Image {
	c := m.Channels
	if width != m.Width {
		wide := Image{Height: m.Height, Width: width, Channels: c, Pixels: make([]uint8, m.Height*width*c)}
		for at, tap := range triangles(m.Width, width) {
			for y := range m.Height {
				from := m.Pixels[(y*m.Width+tap.first)*c:]
				for channel := range c {
					sum := int64(half)
					for k, weight := range tap.weights {
						sum += weight * int64(from[k*c+channel])
					}
					wide.Pixels[(y*width+at)*c+channel] = whole(sum)
				}
			}
		}
		m = wide
	}
	if height == m.Height {
		return m
	}
	row := width * c
	high := Image{Height: height, Width: width, Channels: c, Pixels: make([]uint8, height*row)}
	sums := make([]int64, row)
	for at, tap := range triangles(m.Height, height) {
		for i := range sums {
			sums[i] = half
		}
		for k, weight := range tap.weights {
			for i, value := range m.Pixels[(tap.first+k)*row:][:row] {
				sums[i] += weight * int64(value)
			}
		}
		for i, sum := range sums {
			high.Pixels[at*row+i] = whole(sum)
		}
	}
	return high
}

// Weights are counted in units of 1/one.
const (
	unit = 22 // bits
	one  = 1 << unit
	half = one / 2
)

func whole(sum int64) uint8 { return uint8(min(sum>>unit, 255)) }

// taps says what an output value is made of: input values from first on, and their weights.
type taps struct {
	first   int
	weights []int64
}

// triangles gives the taps of each of n output values along a line of size input values.
func triangles(size, n int) []taps {
	scale := float64(size) / float64(n) // input pixels to an output pixel
	reach := max(scale, 1)
	all := make([]taps, n)
	for i := range all {
		centre := float64((float64(i) + 0.5) * scale) // rounded here on every machine
		first := max(int(centre-reach+0.5), 0)
		last := min(int(centre+reach+0.5), size)
		weights, total := make([]float64, last-first), 0.
		for k := range weights {
			distance := float64(float64(first+k)-centre+0.5) / reach
			weights[k] = max(0, 1-math.Abs(distance))
			total += weights[k]
		}
		all[i] = taps{first: first, weights: make([]int64, len(weights))}
		for k, weight := range weights {
			all[i].weights[k] = int64(float64(weight/total)*one + 0.5)
		}
	}
	return all
}
