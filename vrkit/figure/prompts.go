package figure

import (
	"fmt"
	"math"
	"strings"
)

// NamedPrompt is one of several prompts, of shape [side, side, 3].
type NamedPrompt struct {
	Name   string
	Values []float32 // what is added to an image, with either sign
}

// Prompts draws one to four prompts that are added to images side by side, on one scale, so that they can be compared:
// grey is 0, and the value of all prompts with the largest absolute value is black or white. Below each are its number
// of learned values and their range. Pixels that are exactly zero in all channels are not learned, and are hatched.
func Prompts(prompts []NamedPrompt, side int, caption string) (Figure, error) {
	if len(prompts) < 1 || len(prompts) > 4 {
		return Figure{}, fmt.Errorf("figure: %d prompts don't fit a card; pass 1 to 4", len(prompts))
	}
	most := 0.
	for _, prompt := range prompts {
		if side < 1 || len(prompt.Values) != side*side*3 {
			return Figure{}, fmt.Errorf("figure: the prompt %q of %d values is not %d × %d × 3; pass its pixels as [side, side, 3]", prompt.Name, len(prompt.Values), side, side)
		}
		if err := finite("the prompt "+prompt.Name, prompt.Values); err != nil {
			return Figure{}, err
		}
		if furthest(prompt.Values) == 0 {
			return Figure{}, fmt.Errorf("figure: the prompt %q is zero everywhere: nothing was learned yet, so there is nothing to draw", prompt.Name)
		}
		most = max(most, furthest(prompt.Values))
	}

	const gap, nameRoom, noteRoom = 18., 26., 24.
	columns := float64(len(prompts))
	box := min((contentWidth-gap*(columns-1))/columns, 280)
	if times := math.Floor(box * density / float64(side)); times >= 1 {
		box = times * float64(side) / density // all pixels have the same size
	}
	box = max(box, 190) // for the line below it
	var names, notes, said []string
	for _, prompt := range prompts {
		low, high := bounds(prompt.Values)
		names = append(names, prompt.Name)
		notes = append(notes, fmt.Sprintf("%s values, %s to %s", thousands(learnedIn(prompt.Values)), signed(low), signed(high)))
		said = append(said, prompt.Name+" has "+notes[len(notes)-1])
	}
	k := &key{}
	names = shortenAll(k.lines(names), headStyle, box)
	says := fmt.Sprintf("Learned prompts side by side: %s.", strings.Join(said, "; "))
	p := newPage((box+gap)*columns-gap, nameRoom+box+noteRoom+24, k, says, caption)
	for i, prompt := range prompts {
		x := float64(i) * (box + gap)
		p.text(x+box/2, 8, names[i], headStyle.centred())
		where := p.picture(x, nameRoom, box, box, RGB(aboutGrey(prompt.Values, most), side, side))
		p.hatch(where, prompt.Values, side, side)
		p.edged(where)
		p.text(x+box/2, nameRoom+box+14, shorten(notes[i], noteStyle, box), noteStyle.centred())
	}
	scale := fmt.Sprintf("One scale for all: black is %s, grey is 0, white is %s; hatched: not learned.", signed(-most), signed(most))
	p.text(0, nameRoom+box+noteRoom+16, shorten(scale, noteStyle, p.width), noteStyle)
	return p.figure()
}

// learnedIn counts the values of a prompt's pixels that are not zero in all channels.
func learnedIn(prompt []float32) (count int) {
	for i := 0; i < len(prompt); i += 3 {
		if prompt[i] != 0 || prompt[i+1] != 0 || prompt[i+2] != 0 {
			count += 3
		}
	}
	return count
}
