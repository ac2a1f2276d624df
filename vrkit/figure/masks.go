package figure

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"

	"golang.org/x/image/draw"
)

// MaskedSamples are the stages of SMM, x + δ ⊙ mask, for a few samples. Each slice has images of shape [samples, side,
// side, 3].
type MaskedSamples struct {
	Names  []string  // one for each sample
	Side   int       // of the model's input, in pixels
	Images []float32 // x as the model would get it without a prompt, pixels in [0,1]
	Masks  []float32 // U_p(f_mask(x)), with either sign
	Added  []float32 // δ ⊙ mask, with either sign, in the space of δ
	Inputs []float32 // the model's input, pixels; values outside [0,1] are clipped
}

// Masks draws a row for each of one to six samples: the image, the channels of
// its mask, what is added to the image, and the sum. A channel is drawn in
// colours that part at 0, on one scale for all masks of the figure, which ends
// at the value furthest from 0. What is added is drawn about a middle grey that
// stands for 0, up to black and white for the largest hundredth of the values,
// because a few of them lie far outside. A mask whose channels are equal
// everywhere is drawn as one. A line under the pictures gives the ranges, and
// the share of the inputs' values that can't be drawn.
func Masks(s MaskedSamples, caption string) (Figure, error) {
	if err := s.check(); err != nil {
		return Figure{}, err
	}
	return s.draw(s.scales(), caption)
}

// maskScales are shared by figures of masks that are compared.
type maskScales struct {
	mask, added float64 // the largest absolute values of the scales
	channels    int     // number of pictures of a mask, 1 or 3
	notes       int     // lines below the pictures
}

func (s MaskedSamples) scales() maskScales {
	own := maskScales{mask: reach(bounds(s.Masks)), added: reach(0, mostOf(s.Added)), channels: 3}
	if s.oneChannel() {
		own.channels = 1
	}
	return own
}

// The room between and around the pictures of masks.
const (
	maskGap, maskNames, maskHeads = 6., 24., 26.
	maskBar                       = 60.
)

// layout returns the names of the columns, the side of a picture and the width
// of all of them.
func (s MaskedSamples) layout(channels int) (heads []string, box, width float64) {
	heads = []string{"image x", "mask, red channel", "mask, green channel", "mask, blue channel", "δ × mask", "x + δ × mask"}
	if channels == 1 {
		heads = []string{"image x", "mask, all channels", "δ × mask", "x + δ × mask"}
	}
	columns := float64(len(heads))
	box = pictureBox(s.Side, (contentWidth-maskGap*(columns-1))/columns)
	return heads, box, (box+maskGap)*columns - maskGap
}

// notes returns the lines below the pictures.
func (s MaskedSamples) notes(on maskScales) []string {
	_, _, width := s.layout(on.channels)
	return wrap(s.note(on), noteStyle, max(width, 480), 0)
}

func (s MaskedSamples) draw(on maskScales, caption string) (Figure, error) {
	signs := scale{low: -on.mask, high: on.mask, colour: func(share float64) color.RGBA {
		return diverge(math.Round(share*40) / 40) // few colours, for a small file; 0 is one of them
	}}
	heads, box, width := s.layout(on.channels)
	step, row := box+maskGap, maskNames+box
	high := maskHeads + row*float64(len(s.Names))
	notes := s.notes(on)
	k := &key{}
	says := fmt.Sprintf("For each of %s a row of pictures: %s. %s", strings.Join(s.Names, ", "), strings.Join(heads, ", "), s.note(on))
	p := newPage(max(width, 480), high+maskBar+float64(max(len(notes), on.notes))*noteStyle.leading(), k, says, caption)
	head := headStyle.centred().sized(12)
	for i, says := range heads {
		p.text(float64(i)*step+box/2, 8, shorten(says, head, box), head)
	}
	for i, name := range shortenAll(k.lines(s.Names), labelStyle, width) {
		p.text(0, maskHeads+row*float64(i)+maskNames-13, name, labelStyle)
	}
	for i, tile := range s.pictures(on.channels, signs, on.added, int(box*density)) {
		x, y := float64(i%len(heads))*step, maskHeads+row*float64(i/len(heads))+maskNames
		p.edged(p.paste(p.device(x, y, box, box), tile))
	}
	// The scale of the channels is below them.
	signs.flatBar(p, step, high+12, step*float64(on.channels)-maskGap)
	p.text(step, high+50, "value of the mask: blue < 0 < brown", noteStyle)
	for i, line := range notes {
		p.text(0, high+maskBar+(float64(i)+.5)*noteStyle.leading(), line, noteStyle)
	}
	return p.figure()
}

// pictures returns the pictures row by row, scaled to that many device pixels. The patches of a mask keep sharp edges.
func (s MaskedSamples) pictures(channels int, signs scale, addedReach float64, side int) []*image.RGBA {
	smooth := draw.Scaler(draw.CatmullRom)
	if side%s.Side == 0 {
		smooth = draw.NearestNeighbor
	}
	var pictures []*image.RGBA
	var coloured []int // which pictures are in colours of any kind
	add := func(pixels []float32) {
		coloured = append(coloured, len(pictures))
		pictures = append(pictures, resize(RGB(pixels, s.Side, s.Side), side, side, smooth))
	}
	size := s.Side * s.Side * 3
	for i := range s.Names {
		of := func(values []float32) []float32 { return values[i*size : (i+1)*size] }
		mask := of(s.Masks)
		add(of(s.Images))
		for c := range channels {
			pictures = append(pictures, resize(channel(mask, c, s.Side, signs), side, side, draw.NearestNeighbor))
		}
		add(aboutGrey(of(s.Added), addedReach))
		add(of(s.Inputs))
	}
	var photos []*image.RGBA
	for _, i := range coloured {
		photos = append(photos, pictures[i])
	}
	// Large square pixels make a small file of themselves, and show it if their colours
	// are mixed. Those of the screen do neither.
	if side%s.Side == 0 && side >= 3*s.Side {
		for _, img := range photos {
			round(img)
		}
		return pictures
	}
	for i, img := range coarsenTogether(photos, 128) {
		pictures[coloured[i]] = img
	}
	return pictures
}

// note gives the ranges of what is drawn, and the scale.
func (s MaskedSamples) note(on maskScales) string {
	cut := 0
	for _, v := range s.Inputs {
		if v < -1e-3 || v > 1+1e-3 {
			cut++
		}
	}
	maskLow, maskHigh := bounds(s.Masks)
	note := fmt.Sprintf("Masks from %s to %s. ", signed(maskLow), signed(maskHigh))
	if low, high := bounds(s.Added); low == 0 && high == 0 {
		note += "δ × mask is 0 everywhere: nothing was learned yet."
	} else {
		at := signed(on.added)
		note += fmt.Sprintf("δ × mask from %s to %s: black is −%s or less, grey is 0 and white is %s or more.", signed(low), signed(high), at, at)
	}
	if cut > 0 {
		note += fmt.Sprintf(" %s of the values of x + δ × mask can't be drawn (below black or above white) and are clipped here.", percent(float64(cut)/float64(len(s.Inputs))))
	}
	return note
}

// oneChannel tells whether all channels of every mask are equal.
func (s MaskedSamples) oneChannel() bool {
	for rgb := range slices.Chunk(s.Masks, 3) {
		if rgb[0] != rgb[1] || rgb[0] != rgb[2] {
			return false
		}
	}
	return true
}

func (s MaskedSamples) check() error {
	if len(s.Names) < 1 || len(s.Names) > 6 {
		return fmt.Errorf("figure: masks of %d samples don't fit a card; pass 1 to 6, with a name for each", len(s.Names))
	}
	if s.Side < 1 {
		return errors.New("figure: masks need the side of their pictures in pixels")
	}
	for _, part := range []struct {
		name   string
		values []float32
	}{{"Images", s.Images}, {"Masks", s.Masks}, {"Added", s.Added}, {"Inputs", s.Inputs}} {
		if len(part.values) != len(s.Names)*s.Side*s.Side*3 {
			return fmt.Errorf("figure: %d values of %s are not %d × %d × %d × 3; pass them as [samples, side, side, 3], a mask of one channel three times", len(part.values), part.name, len(s.Names), s.Side, s.Side)
		}
		if err := finite(part.name, part.values); err != nil {
			return err
		}
	}
	return nil
}

// pictureBox returns the side, in CSS pixels, of square pictures with that side in that room: an integer number of
// device pixels for each pixel if that nearly fills the room.
func pictureBox(side int, room float64) float64 {
	room = math.Floor(min(room, 180))
	if times := math.Floor(room * density / float64(side)); times >= 1 && times*float64(side) > .8*room*density {
		return times * float64(side) / density
	}
	return room
}

// channel draws one channel of a picture in the colours of a scale.
func channel(values []float32, c, side int, colours scale) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		img.SetRGBA(i%side, i/side, colours.of(float64(values[3*i+c])))
	}
	return img
}

// aboutGrey maps signed values to colours with a middle grey for 0.
func aboutGrey(values []float32, reach float64) []float32 {
	pixels := make([]float32, len(values))
	for i, v := range values {
		pixels[i] = float32(.5 + float64(v)/(2*reach))
	}
	return pixels
}

// bounds returns the smallest and the largest value.
func bounds(values []float32) (low, high float64) {
	return float64(slices.Min(values)), float64(slices.Max(values))
}

// mostOf returns how far from 0 the values go, without the hundredth of them
// that goes furthest, unless all others are 0.
func mostOf(values []float32) float64 {
	far := make([]float64, len(values))
	for i, v := range values {
		far[i] = math.Abs(float64(v))
	}
	slices.Sort(far)
	if most := far[(len(far)-1)*99/100]; most > 0 {
		return most
	}
	return far[len(far)-1]
}

// reach returns how far from 0 a scale about 0 has to go.
func reach(low, high float64) float64 {
	if low == 0 && high == 0 {
		return 1
	}
	return max(-low, high)
}

// flatBar draws the scale as a bar from left to right, with its marks below.
func (s scale) flatBar(p *page, x, y, width float64) {
	const height, steps = 10, 41 // an odd number has a middle
	for i := range steps {
		from, to := snap(width*float64(i)/steps), snap(width*float64(i+1)/steps)
		p.rect(x+from, y, to-from, height, s.colour((float64(i)+.5)/steps))
	}
	for i, part := range []float64{0, .5, 1} {
		st := noteStyle
		st.align = float64(i) / 2
		at := x + part*width
		p.line(at, y+height, at, y+height+3, 1, color.Color(soft))
		p.text(at, y+height+11, signed(s.at(part)), st)
	}
}
