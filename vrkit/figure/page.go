package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"

	"gonum.org/v1/plot/vg"
	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The card, in CSS pixels.
const (
	maxWidth     = 900 // the width of a notebook's output column
	margin       = 18
	contentWidth = maxWidth - 2*margin
	density      = 2 // device pixels per CSS pixel
)

// page is the white card that a figure is drawn on. Its unit is the CSS pixel,
// its origin the top left corner inside the margin, y grows downwards. The
// methods hide gonum/plot's points and its upward y.
type page struct {
	canvas  *vgimg.Canvas
	width   float64 // of the content
	height  float64 // of the content, without the caption
	key     *key
	says    string // a description of the picture, for the alternative text
	caption string
	lost    string // a text that can't be drawn
}

// newPage returns a card for a content of the given size with room for the caption, which it draws at once. k is the
// key that the content's names went through; says describes the content, with the unchanged names.
func newPage(width, height float64, k *key, says, caption string) *page {
	width, height = math.Ceil(width), math.Ceil(height)
	var lines []string
	captionHeight := 0.
	if caption != "" {
		width = max(width, 420) // a caption in a narrower column is hard to read
		lines = paragraph(k.prose(caption), captionStyle, width)
		captionHeight = 14 + float64(len(lines))*captionStyle.leading()
	}
	w := vg.Length(width + 2*margin)
	h := vg.Length(height + captionHeight + 2*margin)
	p := &page{
		// With 72 dots an inch, vg's unit, the point, would be one pixel.
		canvas:  vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(72*density)),
		width:   width,
		height:  height,
		key:     k,
		says:    says,
		caption: caption,
	}
	for i, line := range lines {
		p.text(0, height+14+(float64(i)+.5)*captionStyle.leading(), line, captionStyle)
	}
	return p
}

// at converts a place on the card to vg's coordinates.
func (p *page) at(x, y float64) vg.Point {
	_, h := p.canvas.Size()
	return vg.Point{X: vg.Length(x + margin), Y: h - vg.Length(y+margin)}
}

// area returns the given part of the card as a canvas for gonum/plot.
func (p *page) area(x, y, w, h float64) vgdraw.Canvas {
	whole := vgdraw.New(p.canvas)
	whole.Min, whole.Max = p.at(x, y+h), p.at(x+w, y)
	return whole
}

// snap moves a coordinate to the nearest device pixel, for crisp edges.
func snap(v float64) float64 { return math.Round(v*density) / density }

// rect fills a rectangle with sharp edges.
func (p *page) rect(x, y, w, h float64, c color.Color) {
	draw.Draw(p.canvas.Image(), p.device(x, y, w, h), image.NewUniform(c), image.Point{}, draw.Over)
}

// frame draws the outline of a rectangle, one CSS pixel wide, inside it.
func (p *page) frame(x, y, w, h float64, c color.Color) {
	p.rect(x, y, w, 1, c)
	p.rect(x, y+h-1, w, 1, c)
	p.rect(x, y+1, 1, h-2, c)
	p.rect(x+w-1, y+1, 1, h-2, c)
}

// line strokes a straight line.
func (p *page) line(x1, y1, x2, y2, width float64, c color.Color) {
	var path vg.Path
	path.Move(p.at(x1, y1))
	path.Line(p.at(x2, y2))
	p.canvas.SetColor(c)
	p.canvas.SetLineWidth(vg.Length(width))
	p.canvas.SetLineDash(nil, 0)
	p.canvas.Stroke(path)
}

// text writes one line. x is the left end, the middle or the right end of it
// as the style says; y is the middle of its capital letters. An upright style
// runs upwards, and then x and y swap their meanings.
func (p *page) text(x, y float64, s string, st style) {
	if p.lost == "" && !hasGlyphs(s) {
		p.lost = s
	}
	face := st.face()
	p.canvas.SetColor(st.color)
	along := st.align * st.width(s)
	middle := st.size * capHeight / 2
	if !st.upright {
		p.canvas.FillString(face, p.at(x-along, y+middle), s)
		return
	}
	at := p.at(x+middle, y+along)
	p.canvas.Push()
	p.canvas.Translate(at)
	p.canvas.Rotate(math.Pi / 2)
	// The canvas measures the place of a text from its lower left corner, whatever the transform, so the text is placed
	// at the origin.
	p.canvas.FillString(face, vg.Point{}, s)
	p.canvas.Pop()
}

// picture draws an image, scaled by fit, in the middle of a box, and returns the device pixels that it covers.
func (p *page) picture(x, y, w, h float64, img image.Image) image.Rectangle {
	box := p.device(x, y, w, h)
	return p.paste(box, fit(img, box.Dx(), box.Dy()))
}

// paste draws a picture of device pixels in the middle of a box.
func (p *page) paste(box image.Rectangle, img *image.RGBA) image.Rectangle {
	size := img.Bounds().Size()
	at := box.Min.Add(box.Size().Sub(size).Div(2))
	where := image.Rectangle{Min: at, Max: at.Add(size)}
	draw.Draw(p.canvas.Image(), where, img, img.Bounds().Min, draw.Over)
	return where
}

// device converts a rectangle of the card to device pixels.
func (p *page) device(x, y, w, h float64) image.Rectangle {
	px := func(v float64) int { return int(math.Round((v + margin) * density)) }
	return image.Rect(px(x), px(y), px(x+w), px(y+h))
}

// figure encodes the card. It is an error if a text that did not go through the key has letters that the font lacks,
// because they would be missing without notice.
func (p *page) figure() (Figure, error) {
	if p.lost != "" {
		return Figure{}, fmt.Errorf("figure: the font has no letters for %q, and no mark stands for them", p.lost)
	}
	var buf bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := encoder.Encode(&buf, compact(p.canvas.Image().(*image.RGBA))); err != nil {
		return Figure{}, fmt.Errorf("figure: encoding the PNG: %w", err)
	}
	return Figure{
		PNG:     buf.Bytes(),
		Width:   p.canvas.Image().Bounds().Dx() / density,
		Caption: p.caption,
		Alt:     strings.TrimSpace(sentence(p.says) + p.caption),
		Marks:   p.key.marks,
	}, nil
}
