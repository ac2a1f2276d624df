package datasets

import (
	"math/bits"
	"slices"
)

const (
	clipartSide   = 128     // of the pictures that are kept
	clipartPixels = 4 << 20 // of a picture in the package, at most: one has 623 million
	clipartClassN = 100     // pictures of a class, at most
)

// drawing is a cleaned picture of the package.
type drawing struct {
	class, name string
	part        string // "train", "val" or "test", once it is split
	image       Image
	print       print
}

// newDrawing decodes and cleans a picture; false if it is too large, is broken, or shows next to
// nothing.
func newDrawing(class, name string, file []byte) (drawing, bool) {
	m, err := decode(file, clipartPixels)
	if err != nil {
		return drawing{}, false
	}
	m, ok := m.drawn()
	if !ok {
		return drawing{}, false
	}
	m = m.Scale(clipartSide, clipartSide)
	return drawing{class: class, name: name, image: m, print: m.fingerprint()}, true
}

// drawn cuts an RGB picture to what is not white and centres that in a white square with a margin of
// 1/16; false if it has less than 16 pixels a side, or if less than 1/200 of it is not white.
func (m Image) drawn() (Image, bool) {
	left, top, right, bottom, ink := m.Width, m.Height, 0, 0, 0
	for y := range m.Height {
		for x := range m.Width {
			p := m.Pixels[3*(y*m.Width+x):]
			if min(p[0], p[1], p[2]) >= 248 {
				continue
			}
			left, right = min(left, x), max(right, x+1)
			top, bottom = min(top, y), max(bottom, y+1)
			ink++
		}
	}
	height, width := bottom-top, right-left
	if ink == 0 || max(height, width) < 16 || 200*ink < height*width {
		return Image{}, false
	}
	side := max(height, width)
	margin := side / 16
	square := Image{Height: side + 2*margin, Width: side + 2*margin, Channels: 3}
	square.Pixels = slices.Repeat([]uint8{255}, 3*square.Height*square.Width)
	for y := range height {
		to := ((y+margin+(side-height)/2)*square.Width + margin + (side-width)/2) * 3
		from := ((y+top)*m.Width + left) * 3
		copy(square.Pixels[to:to+3*width], m.Pixels[from:])
	}
	return square, true
}

// print is what two pictures are compared by, made of a small grey picture: its edges, that is for
// each of 16×16 cells whether it is darker by more than noise than the next to its right, and than the
// next below; and how dark each of 32×32 cells is.
type print struct {
	edges [8]uint64
	ink   [32 * 32]uint8
}

func (m Image) fingerprint() (p print) {
	const n = 16
	cells := m.Scale(n+1, n+1)
	for y := range n {
		for x := range n {
			at, here := y*n+x, cells.grey(y, x)+6
			if here < cells.grey(y, x+1) {
				p.edges[at/64] |= 1 << (at % 64)
			}
			if here < cells.grey(y+1, x) {
				p.edges[4+at/64] |= 1 << (at % 64)
			}
		}
	}
	cells = m.Scale(32, 32)
	for at := range p.ink {
		p.ink[at] = uint8(255 - cells.grey(at/32, at%32))
	}
	return p
}

// grey is how light a pixel is, 0 to 255.
func (m Image) grey(y, x int) int {
	rgb := m.Pixels[3*(y*m.Width+x):]
	return (299*int(rgb[0]) + 587*int(rgb[1]) + 114*int(rgb[2])) / 1000
}

// near tells whether two pictures are nearly the same. Of one class they are if three quarters of the
// edges that either has are in both, or five sixths of the ink; of two classes, if both hold.
func (d *drawing) near(other *drawing) bool {
	p, q := &d.print, &other.print
	differ, either := 0, 0
	for i := range p.edges {
		differ += bits.OnesCount64(p.edges[i] ^ q.edges[i])
		either += bits.OnesCount64(p.edges[i] | q.edges[i])
	}
	edges := 4*differ <= either
	if edges == (d.class == other.class) {
		return edges // the ink can't change that
	}
	differ, either = 0, 0
	for i, ink := range p.ink {
		less, more := min(ink, q.ink[i]), max(ink, q.ink[i])
		differ += int(more - less)
		either += int(more)
	}
	return 6*differ <= either
}

// alike puts pictures into groups: near ones into one group, and what is near to one of them.
func alike(drawings []drawing) (groups [][]int) {
	leader := make([]int, len(drawings))
	var find func(i int) int
	find = func(i int) int {
		if leader[i] != i {
			leader[i] = find(leader[i])
		}
		return leader[i]
	}
	for i := range drawings {
		leader[i] = i
		for j := range i {
			if drawings[i].near(&drawings[j]) {
				leader[find(i)] = find(j)
			}
		}
	}
	members := map[int][]int{}
	for i := range drawings {
		members[find(i)] = append(members[find(i)], i)
	}
	for i := range drawings {
		if leader[i] == i {
			groups = append(groups, members[i])
		}
	}
	return groups
}

// splitDrawings puts every group into one part: of each class's pictures, 100 at most, about a quarter
// for testing and 15 % for validation, in an order drawn once and for all. A group with pictures of
// two classes is left out, because one of them is wrong; what is beyond a part's room is left out too.
func splitDrawings(drawings []drawing) (kept []drawing) {
	byClass := map[string][][]int{}
	for _, group := range alike(drawings) {
		class := drawings[group[0]].class
		if !slices.ContainsFunc(group, func(i int) bool { return drawings[i].class != class }) {
			byClass[class] = append(byClass[class], group)
		}
	}
	for _, class := range clipartClasses {
		groups := byClass[class]
		shuffle(groups, 4)
		n := 0
		for _, group := range groups {
			n += len(group)
		}
		n = min(n, clipartClassN)
		room := map[string]int{"test": n / 4, "val": n * 15 / 100}
		room["train"] = n - room["test"] - room["val"]
		for _, group := range groups {
			part := "train"
			for _, p := range []string{"test", "val"} {
				if len(group) <= room[p] {
					part = p
					break
				}
			}
			for _, i := range group[:min(len(group), room[part])] {
				drawings[i].part = part
				kept = append(kept, drawings[i])
				room[part]--
			}
		}
	}
	return kept
}
