package figure

import (
	"fmt"
	"image/color"
	"strings"
	"sync"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// style is the look and the alignment of a line of text.
type style struct {
	size    float64 // CSS pixels, never under 11
	bold    bool
	color   color.Color
	align   float64 // 0: x is the left end, .5: the middle, 1: the right end
	upright bool    // rotated, to be read upwards
}

// The type sizes of all figures.
var (
	titleStyle   = style{size: 16, bold: true, color: ink}
	headStyle    = style{size: 13, bold: true, color: ink}
	labelStyle   = style{size: 13, color: ink}
	noteStyle    = style{size: 12, color: soft}
	captionStyle = style{size: 14, color: soft}
)

func (s style) centred() style                { s.align = .5; return s }
func (s style) right() style                  { s.align = 1; return s }
func (s style) sized(px float64) style        { s.size = px; return s }
func (s style) tinted(c color.Color) style    { s.color = c; return s }
func (s style) leading() float64              { return s.size * 1.35 }
func (s style) width(text string) float64     { f := s.face(); return float64(f.Width(text)) }
func (s style) fits(t string, w float64) bool { return s.width(t) <= w }

// capHeight is the height of a capital letter in Liberation Sans, in ems.
const capHeight = .72

// fonts is the embedded collection, parsed once.
var fonts = sync.OnceValue(func() *font.Cache { return font.NewCache(liberation.Collection()) })

// sans describes Liberation Sans at a size in CSS pixels.
func sans(px float64, bold bool) font.Font {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(px)}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return f
}

func (s style) face() font.Face {
	return fonts().Lookup(sans(s.size, s.bold), vg.Length(s.size))
}

// shorten returns the text; if it is wider than width, in CSS pixels, it is cut and ends with an ellipsis.
func shorten(text string, s style, width float64) string {
	if s.fits(text, width) {
		return text
	}
	runes := []rune(text)
	for n := len(runes) - 1; n > 0; n-- {
		if cut := strings.TrimRight(string(runes[:n]), " ,-") + "…"; s.fits(cut, width) {
			return cut
		}
	}
	return "…"
}

// shortenAll shortens names so that different names stay different. If two have the same start, they keep their last
// words; if these are too long or the same, they keep their ends; and if that is not enough, each gets its place in the
// list.
func shortenAll(names []string, s style, width float64) []string {
	out := make([]string, len(names))
	same := func(i int) bool { // as another name
		for j, other := range out {
			if out[i] == other && names[i] != names[j] {
				return true
			}
		}
		return false
	}
	for i, name := range names {
		out[i] = shorten(name, s, width)
	}
	for _, again := range []func(i int) string{
		func(i int) string {
			at := max(strings.LastIndex(names[i], " "), 0)
			return shortenBefore(names[i], at, s, width)
		},
		func(i int) string { return shortenMiddle(names[i], s, width) },
		func(i int) string {
			return shortenBefore(fmt.Sprintf("%s (%d)", names[i], i+1), len(names[i]), s, width)
		},
	} {
		var alike []int
		for i := range out {
			if same(i) {
				alike = append(alike, i)
			}
		}
		for _, i := range alike {
			out[i] = again(i)
		}
	}
	return out
}

// shortenBefore returns the text, cut before the given place if it is too wide.
func shortenBefore(text string, at int, s style, width float64) string {
	if s.fits(text, width) || s.width(text[at:]) > width/2 {
		return shorten(text, s, width)
	}
	return shorten(text[:at], s, width-s.width(text[at:])) + text[at:]
}

// shortenMiddle returns the text, its middle cut if it is too wide.
func shortenMiddle(text string, s style, width float64) string {
	if s.fits(text, width) {
		return text
	}
	runes := []rune(text)
	for n := len(runes) - 1; n > 1; n-- {
		cut := strings.TrimRight(string(runes[:n/2]), " ,-") + "…" + strings.TrimLeft(string(runes[len(runes)-(n-n/2):]), " ,-")
		if s.fits(cut, width) {
			return cut
		}
	}
	return "…"
}

// sentence ends a text that is not empty, so that another one can follow.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	if strings.ContainsAny(text[len(text)-1:], ".?!") {
		return text + " "
	}
	return text + ". "
}

// wrap breaks the text between words into lines of at most width, and into at most that many lines, the last one
// shortened; 0 is no limit. It keeps line breaks of the text, and does not break a percentage.
func wrap(text string, s style, width float64, most int) []string {
	var lines []string
	for _, paragraph := range strings.Split(text, "\n") {
		line := ""
		for _, word := range words(paragraph) {
			switch longer := line + " " + word; {
			case line == "":
				line = word
			case s.fits(longer, width):
				line = longer
			default:
				lines = append(lines, line)
				line = word
			}
		}
		lines = append(lines, line)
	}
	if most > 0 && len(lines) > most {
		lines[most-1] = strings.Join(lines[most-1:], " ")
		lines = lines[:most]
	}
	for i := range lines {
		lines[i] = shorten(lines[i], s, width)
	}
	return lines
}

// words splits a text where a line may end: at spaces, but not inside of "< 0.1 %".
func words(text string) (words []string) {
	parts := strings.Fields(text)
	for i, part := range parts {
		if i > 0 && (strings.HasPrefix(part, "%") || parts[i-1] == "<" || parts[i-1] == ">") {
			words[len(words)-1] += " " + part
			continue
		}
		words = append(words, part)
	}
	return words
}

// paragraph wraps text so that the last line does not have only one or two words.
func paragraph(text string, s style, width float64) []string {
	lines := wrap(text, s, width, 0)
	for narrower := width; narrower > .7*width; narrower -= .02 * width {
		if try := wrap(text, s, narrower, 0); len(try) == len(lines) && s.width(try[len(try)-1]) > .2*width {
			return try
		}
	}
	return lines
}
