package figure

import (
	"fmt"
	"image"
	"image/color"
	"math"
)

// Prompt draws a learned prompt of shape [height, width, 3]. Values that all lie in [0,1] are drawn as pixels; others,
// which are added to an image, are mapped to colours with a middle grey for 0. A line below the picture says which, and
// gives the range. Pixels that are exactly zero in all channels are not learned, and are hatched.
func Prompt(prompt []float32, height, width int, caption string) (Figure, error) {
	if height <= 0 || width <= 0 || len(prompt) != height*width*3 {
		return Figure{}, fmt.Errorf("figure: a prompt of %d values is not %d × %d × 3; pass its pixels as [height, width, 3]", len(prompt), height, width)
	}
	if err := finite("the prompt", prompt); err != nil {
		return Figure{}, err
	}
	low, high := math.Inf(1), math.Inf(-1) // over the learned values
	learned := 0
	hole := image.Rectangle{} // the rectangle of the zeros
	for i := range height * width {
		rgb := prompt[3*i : 3*i+3]
		if rgb[0] == 0 && rgb[1] == 0 && rgb[2] == 0 {
			hole = hole.Union(image.Rect(i%width, i/width, i%width+1, i/width+1))
			continue
		}
		learned++
		for _, v := range rgb {
			low, high = min(low, float64(v)), max(high, float64(v))
		}
	}
	if learned == 0 {
		return Figure{}, fmt.Errorf("figure: the prompt is zero everywhere: nothing was learned yet, so there is nothing to draw")
	}

	pixels, scale := prompt, "drawn as the pixels they are"
	if low < 0 || high > 1 {
		reach := max(-low, high)
		pixels = make([]float32, len(prompt))
		for i, v := range prompt {
			pixels[i] = float32(.5 + float64(v)/(2*reach))
		}
		scale = fmt.Sprintf("drawn so that black is %s, grey is 0 and white is %s", signed(-reach), signed(reach))
	}
	note := fmt.Sprintf("%s learned values from %s to %s, %s", thousands(3*learned), signed(low), signed(high), scale)

	says := fmt.Sprintf("What was learned at the input, a picture of %d × %d pixels: %s.", width, height, note)

	// The largest integer factor that stays near 400 px.
	times := max(1, int(420*density/float64(max(height, width))))
	w, h := float64(width*times)/density, float64(height*times)/density
	if w > contentWidth {
		w, h = contentWidth, h*contentWidth/w
	}
	p := newPage(max(w, min(contentWidth, noteStyle.width(note))), h+26, &key{}, says, caption)
	where := p.picture(0, 0, w, h, RGB(pixels, height, width))
	p.hatch(where, prompt, height, width)
	p.edged(where)
	// A text explains the hatched part, if it is one rectangle with room for it.
	if !hole.Empty() && hole.Dx()*hole.Dy() == height*width-learned {
		unit := w / float64(width)
		st := noteStyle.centred()
		cx := unit * float64(hole.Min.X+hole.Max.X) / 2
		cy := unit * float64(hole.Min.Y+hole.Max.Y) / 2
		for _, says := range []string{"the image goes here", "image"} {
			if wide := st.width(says) + 12; wide < unit*float64(hole.Dx()) && 20 < unit*float64(hole.Dy()) {
				p.rect(cx-wide/2, cy-11, wide, 22, color.White)
				p.text(cx, cy, says, st)
				break
			}
		}
	}
	p.text(0, h+18, shorten(note, noteStyle, p.width), noteStyle)
	return p.figure()
}

// hatch marks the pixels of a prompt that are zero with light diagonal lines.
func (p *page) hatch(where image.Rectangle, prompt []float32, height, width int) {
	card := p.canvas.Image()
	for y := where.Min.Y; y < where.Max.Y; y++ {
		for x := where.Min.X; x < where.Max.X; x++ {
			i := (y-where.Min.Y)*height/where.Dy()*width + (x-where.Min.X)*width/where.Dx()
			if prompt[3*i] == 0 && prompt[3*i+1] == 0 && prompt[3*i+2] == 0 {
				card.Set(x, y, hatching(x, y))
			}
		}
	}
}

// signed writes a number with three digits, or a large one as an integer, with a true minus sign.
func signed(v float64) string {
	switch {
	case v < 0:
		return "−" + signed(-v)
	case v >= 1000:
		return thousands(int(v + .5))
	}
	return fmt.Sprintf("%.3g", v)
}

// thousands writes a count with separated thousands.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
