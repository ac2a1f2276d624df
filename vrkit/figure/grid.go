package figure

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strings"
)

// Tile is one picture of a grid with the lines above and below it. Either may be empty; a long one breaks into two
// lines and then ends with an ellipsis.
type Tile struct {
	Image       image.Image
	Title, Note string
}

// Grid draws tiles in rows of that many columns, all of one size; 0 lets it choose. It compares pictures side by side:
// samples, or inputs before and after.
func Grid(tiles []Tile, columns int, caption string) (Figure, error) {
	if len(tiles) == 0 {
		return Figure{}, errors.New("figure: a grid needs at least one tile")
	}
	if columns < 0 || columns > 16 {
		return Figure{}, fmt.Errorf("figure: %d columns don't fit a grid; use 1 to 16, or 0 to let it choose", columns)
	}
	for i, tile := range tiles {
		if err := drawable(fmt.Sprintf("tile %d (%s)", i+1, tile.Title), tile.Image); err != nil {
			return Figure{}, err
		}
	}
	k, says := &key{}, sayTiles(tiles)
	tiles = slices.Clone(tiles)
	for i, t := range tiles {
		tiles[i].Title, tiles[i].Note = k.prose(t.Title), k.prose(t.Note)
	}
	if columns == 0 {
		columns = min(len(tiles), 6)
	}
	columns = min(columns, len(tiles))

	const gap = 16.
	box := tileSize(tiles, (contentWidth-gap*float64(columns-1))/float64(columns))
	head, note := headStyle.centred(), noteStyle.centred()
	if box.X < 130 {
		head, note = head.sized(12), note.sized(11)
	}
	lines := func(s string, st style) []string {
		if s == "" {
			return nil
		}
		return wrap(s, st, box.X, 2)
	}
	// A row is as high as its tallest title, the picture box and its tallest note.
	type row struct{ top, head float64 }
	var rows []row
	height := 0.
	for tiles := range slices.Chunk(tiles, columns) {
		var heads, notes float64
		for _, t := range tiles {
			heads = max(heads, float64(len(lines(t.Title, head)))*head.leading()+4)
			notes = max(notes, float64(len(lines(t.Note, note)))*note.leading()+4)
		}
		if len(rows) > 0 {
			height += gap
		}
		rows = append(rows, row{top: height, head: heads})
		height += heads + box.Y + notes
	}

	p := newPage(box.X*float64(columns)+gap*float64(columns-1), height, k, says, caption)
	for i, t := range tiles {
		x, r := float64(i%columns)*(box.X+gap), rows[i/columns]
		y := r.top + r.head // the picture's upper edge, below its titles
		title := lines(t.Title, head)
		for j, line := range title {
			p.text(x+box.X/2, y-4-(float64(len(title)-j)-.5)*head.leading(), line, head)
		}
		p.edged(p.picture(x, y, box.X, box.Y, t.Image))
		for j, line := range lines(t.Note, note) {
			p.text(x+box.X/2, y+box.Y+4+(float64(j)+.5)*note.leading(), line, note)
		}
	}
	return p.figure()
}

// sayTiles describes a grid: the first dozen of its tiles by their lines.
func sayTiles(tiles []Tile) string {
	if len(tiles) == 1 {
		return tiles[0].said()
	}
	const most = 12
	var said []string
	for _, t := range tiles[:min(len(tiles), most)] {
		if says := t.said(); says != "" {
			said = append(said, says)
		}
	}
	says := fmt.Sprintf("%d pictures", len(tiles))
	if len(said) > 0 {
		says += ": " + strings.Join(said, "; ")
		if more := len(tiles) - most; more > 0 {
			says += fmt.Sprintf("; and %d more", more)
		}
	}
	return says + "."
}

func (t Tile) said() string {
	return strings.ReplaceAll(strings.Trim(t.Title+", "+t.Note, ", "), "\n", " ")
}

// size is a width and a height in CSS pixels.
type size struct{ X, Y float64 }

// tileSize returns the box of every picture of a grid: as large as there is room for, up to 256 px or the picture's own
// size; if a pixel is enlarged, by an integer number of device pixels.
func tileSize(tiles []Tile, room float64) size {
	var widest, aspect float64 // device pixels; height over width
	for _, t := range tiles {
		b := t.Image.Bounds()
		widest = max(widest, float64(b.Dx()))
		aspect = max(aspect, float64(b.Dy())/float64(b.Dx()))
	}
	most := min(room, 256) * density
	if times := float64(int(most / widest)); times >= 1 {
		// Integer device pixels, but large enough for names below them.
		most = max(widest*times, min(most, 96*density))
	}
	width := most / density
	return size{width, min(width*aspect, 2*256)}
}

// edged draws a thin line around a picture, so that the edges of a dark one can be seen on a dark projector and those
// of a light one on the white card.
func (p *page) edged(r image.Rectangle) {
	r = r.Inset(-1)
	x, y := float64(r.Min.X)/density-margin, float64(r.Min.Y)/density-margin
	w, h := float64(r.Dx())/density, float64(r.Dy())/density
	for _, side := range [][4]float64{{x, y, w, .5}, {x, y + h - .5, w, .5}, {x, y, .5, h}, {x + w - .5, y, .5, h}} {
		p.rect(side[0], side[1], side[2], side[3], rule)
	}
}
