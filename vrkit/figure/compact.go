package figure

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"maps"
	"slices"
)

// compact returns a drawing with a palette of at most 256 colours, which makes its file a third as large. It keeps
// frequent colours; rare ones, the shades at the edges of letters, become the nearest frequent one. It does not change
// a picture where that would be visible.
func compact(card *image.RGBA) image.Image {
	colours, count := census(card)
	if len(colours) > 1<<13 {
		return card
	}
	for _, tolerance := range []int{0, 4, 8, 12, 16, 20} {
		palette, index := cover(colours, tolerance, 256)
		if palette == nil {
			continue
		}
		changed := 0
		for c, n := range count {
			if palette[index[c]] != c {
				changed += n
			}
		}
		if tolerance > 4 && changed > len(card.Pix)/4/15 {
			return card
		}
		small := image.NewPaletted(card.Bounds(), palette)
		for i := range small.Pix {
			if i > 0 && pixel(card, 4*i) == pixel(card, 4*i-4) {
				small.Pix[i] = small.Pix[i-1]
			} else {
				small.Pix[i] = index[pixel(card, 4*i)]
			}
		}
		return small
	}
	return card
}

// coarsen returns a picture with at most 160 colours, so that a card has some left for its letters. If it has more, the
// error of each pixel is passed to its neighbours, so that no bands appear in a photograph. A picture that would lose
// too much, such as one of random colours, is rounded to 64 levels a channel instead.
func coarsen(img image.Image) *image.RGBA {
	rgba := image.NewRGBA(image.Rectangle{Max: img.Bounds().Size()})
	draw.Draw(rgba, rgba.Bounds(), img, img.Bounds().Min, draw.Src)
	colours, _ := census(rgba)
	for _, tolerance := range []int{0, 8, 12, 16, 20, 24, 28, 32} {
		if palette, _ := cover(colours, tolerance, 160); palette != nil {
			small := image.NewPaletted(rgba.Bounds(), palette)
			draw.FloydSteinberg.Draw(small, small.Bounds(), rgba, image.Point{})
			draw.Draw(rgba, rgba.Bounds(), small, image.Point{}, draw.Src)
			return rgba
		}
	}
	round(rgba)
	return rgba
}

// round rounds a picture to 64 levels a channel, which makes its file smaller.
func round(img *image.RGBA) {
	for i, v := range img.Pix {
		level := (int(v)*63 + 127) / 255
		img.Pix[i] = uint8((level*255 + 31) / 63)
	}
}

// coarsenTogether returns pictures that share one palette of at most that many colours, for a card of many photographs.
// It takes the smallest tolerance that is enough.
func coarsenTogether(imgs []*image.RGBA, most int) []*image.RGBA {
	all := &image.RGBA{}
	for _, img := range imgs {
		all.Pix = append(all.Pix, img.Pix...)
	}
	colours, _ := census(all)
	var palette color.Palette
	for tolerance := 0; palette == nil; tolerance += 6 {
		palette, _ = cover(colours, tolerance, most)
	}
	out := make([]*image.RGBA, len(imgs))
	for i, img := range imgs {
		small := image.NewPaletted(img.Bounds(), palette)
		draw.FloydSteinberg.Draw(small, small.Bounds(), img, image.Point{})
		out[i] = image.NewRGBA(img.Bounds())
		draw.Draw(out[i], img.Bounds(), small, image.Point{}, draw.Src)
	}
	return out
}

// census returns the colours of a picture, the most frequent first, and the number of pixels of each.
func census(img *image.RGBA) ([]color.RGBA, map[color.RGBA]int) {
	count := map[color.RGBA]int{}
	// A drawing is mostly runs of one colour, and a lookup in a map is slow.
	for i, start := 4, 0; i <= len(img.Pix); i += 4 {
		if i == len(img.Pix) || pixel(img, i) != pixel(img, start) {
			count[pixel(img, start)] += (i - start) / 4
			start = i
		}
	}
	return slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	}), count
}

func pixel(img *image.RGBA, i int) color.RGBA {
	return color.RGBA{img.Pix[i], img.Pix[i+1], img.Pix[i+2], img.Pix[i+3]}
}

// cover picks colours, from the first on, until each colour is within the tolerance of a picked one in every channel;
// it picks the first few even if they are near each other, so that a colour bar keeps its steps. It returns the picks
// and the index of each colour's pick, or nil if most picks are not enough.
func cover(colours []color.RGBA, tolerance, most int) (color.Palette, map[color.RGBA]uint8) {
	var picked []color.RGBA
	index := make(map[color.RGBA]uint8, len(colours))
	for _, c := range colours {
		few := tolerance > 4 && len(picked) < most/3
		near := slices.IndexFunc(picked, func(p color.RGBA) bool {
			return !few && apart(c.R, p.R) <= tolerance && apart(c.G, p.G) <= tolerance && apart(c.B, p.B) <= tolerance
		})
		if near < 0 {
			if len(picked) == most {
				return nil, nil
			}
			near = len(picked)
			picked = append(picked, c)
		}
		index[c] = uint8(near)
	}
	palette := make(color.Palette, len(picked))
	for i, c := range picked {
		palette[i] = c
	}
	return palette, index
}

func apart(a, b uint8) int { return int(max(a, b)) - int(min(a, b)) }
