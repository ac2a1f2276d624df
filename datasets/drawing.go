package datasets

import (
	"math/bits"
	"slices"
)

const (
	clipartSide   = 128     // of the pictures in the data set
	clipartPixels = 4 << 20 // most pixels of a picture in the package: one has 623 million
	clipartClassN = 100     // most pictures of a class
)

// drawing is a cleaned picture of the package.
type drawing struct {
	class, name string
	part        string // "train", "val" or "test", once it is split
	image       Image
	print       print
}

// newDrawing decodes and cleans a picture. It returns false if the picture is too large, damaged, or nearly empty.
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

// drawn cuts an RGB picture to the rectangle that is not white, and centres it in a white square with a margin of 1/16.
// It returns false if that rectangle has a side below 16 pixels, or if less than 1/200 of it is not white.
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

// print is a fingerprint to compare pictures, from a small grey copy. Its edges say for each of 16×16 cells whether it
// is darker, by more than noise, than the next cell to the right and the next below; its ink is how dark each of 32×32
// cells is.
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

// grey is the brightness of a pixel, 0 to 255.
func (m Image) grey(y, x int) int {
	rgb := m.Pixels[3*(y*m.Width+x):]
	return (299*int(rgb[0]) + 587*int(rgb[1]) + 114*int(rgb[2])) / 1000
}

// near tells whether two pictures are nearly the same. In one class they are if three quarters of all edges are in
// both, or five sixths of the ink; in two classes, if both are true.
func (d *drawing) near(other *drawing) bool {
	p, q := &d.print, &other.print
	differ, either := 0, 0
	for i := range p.edges {
		differ += bits.OnesCount64(p.edges[i] ^ q.edges[i])
		either += bits.OnesCount64(p.edges[i] | q.edges[i])
	}
	edges := 4*differ <= either
	if edges == (d.class == other.class) {
		return edges // then the ink changes nothing
	}
	differ, either = 0, 0
	for i, ink := range p.ink {
		less, more := min(ink, q.ink[i]), max(ink, q.ink[i])
		differ += int(more - less)
		either += int(more)
	}
	return 6*differ <= either
}

// alike puts pictures into groups: near ones are in one group, with all that are near to any of them.
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

// splitDrawings puts every group into one part: of each class's pictures, at most 100, about a quarter for testing and
// 15 % for validation, in a fixed random order. It leaves out a group with pictures of two classes, because one of the
// classes is wrong, and pictures for which a part has no room.
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
