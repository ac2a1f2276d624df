package datasets

import (
	"image"
	"math"
)

// Scale resizes an image to another height and width: bilinear, antialiased if it shrinks. The result equals that of
// PIL's resize with BILINEAR, to the last bit (testdata/resize_golden.py). It first resizes every row, rounded to
// integers, then every column. Each output value is a weighted mean of input values; the weights form a triangle that
// reaches one input pixel to both sides, or one output pixel if that is larger. Weights are integers, so that every
// machine gets the same result.
func (m Image) Scale(height, width int) Image {
	return m.scaled(height, width, image.Rect(0, 0, width, height))
}

// scaled returns the part of Scale's result inside a rectangle, which must lie within it. It computes only that part.
func (m Image) scaled(height, width int, part image.Rectangle) Image {
	c, rows := m.Channels, triangles(m.Height, height, part.Min.Y, part.Max.Y)
	asHigh := height == m.Height && part.Dy() == height
	first := 0 // the index of the first row that is kept
	if width != m.Width || part.Dx() != width {
		last := rows[len(rows)-1]
		end := last.first + len(last.weights)
		first = rows[0].first
		wide := Image{Height: end - first, Width: part.Dx(), Channels: c, Pixels: make([]uint8, (end-first)*part.Dx()*c)}
		for at, tap := range triangles(m.Width, width, part.Min.X, part.Max.X) {
			for y := range wide.Height {
				from := m.Pixels[((first+y)*m.Width+tap.first)*c:]
				for channel := range c {
					sum := int64(half)
					for k, weight := range tap.weights {
						sum += weight * int64(from[k*c+channel])
					}
					wide.Pixels[(y*wide.Width+at)*c+channel] = whole(sum)
				}
			}
		}
		m = wide
	}
	if asHigh {
		return m
	}
	row := part.Dx() * c
	high := Image{Height: part.Dy(), Width: part.Dx(), Channels: c, Pixels: make([]uint8, part.Dy()*row)}
	sums := make([]int64, row)
	for at, tap := range rows {
		for i := range sums {
			sums[i] = half
		}
		for k, weight := range tap.weights {
			for i, value := range m.Pixels[(tap.first-first+k)*row:][:row] {
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

// taps are the input values of an output value, from first on, and their weights.
type taps struct {
	first   int
	weights []int64
}

// triangles returns the taps of n output values along a line of size input values: of those from begin to before end.
func triangles(size, n, begin, end int) []taps {
	scale := float64(size) / float64(n) // input pixels per output pixel
	reach := max(scale, 1)
	all := make([]taps, end-begin)
	for i := range all {
		centre := float64((float64(begin+i) + 0.5) * scale) // rounded here on every machine
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
