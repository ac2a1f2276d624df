package figure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// Mark replaces letters that the font of a picture lacks.
type Mark struct {
	Shown string // "□1"
	For   string // the letters, such as "猫"
}

// String returns "□1 = 猫", with escapes for characters that no font shows.
func (m Mark) String() string {
	invisible := func(r rune) bool { return r == ' ' || !unicode.IsGraphic(r) }
	if strings.TrimFunc(m.For, invisible) != m.For || strings.ContainsFunc(m.For, unicode.IsControl) {
		return m.Shown + " = " + strconv.QuoteToGraphic(m.For)
	}
	return m.Shown + " = " + m.For
}

// box starts a mark: most programs show this sign for a missing letter. A box in a name is replaced by a mark too, so
// that no name looks like a mark.
const box = '□'

// key gives marks to pieces of text that the font can't draw, for one figure: the same piece always has the same mark,
// and other pieces have others.
type key struct{ marks []Mark }

// line returns a text for one line. Marks replace letters that the font lacks or that do not run from left to right,
// lone accents, control characters and spaces at the ends. So different texts look different and no text looks empty.
func (k *key) line(text string) string {
	runes := []rune(norm.NFC.String(text))
	lost := make([]bool, len(runes))
	for i, r := range runes {
		ends := strings.TrimSpace(string(runes[:i+1])) == "" || strings.TrimSpace(string(runes[i:])) == ""
		// A digit after a mark would look like a part of its number.
		behind := i > 0 && lost[i-1] && unicode.IsDigit(r)
		lost[i] = ends || behind || !hasGlyph(r)
	}
	for i := 1; i+1 < len(runes); i++ { // words of one script are one piece
		lost[i] = lost[i] || runes[i] == ' ' && lost[i-1] && lost[i+1]
	}
	var out strings.Builder
	for from := 0; from < len(runes); {
		to := from
		for to < len(runes) && lost[to] {
			to++
		}
		if to > from {
			out.WriteString(k.mark(string(runes[from:to])))
			from = to
			continue
		}
		out.WriteRune(runes[from])
		from++
	}
	return out.String()
}

// lines does so for several texts.
func (k *key) lines(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = k.line(text)
	}
	return out
}

// prose does so for a text that is wrapped: it keeps line breaks and removes spaces at the ends of lines.
func (k *key) prose(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = k.line(strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}

func (k *key) mark(piece string) string {
	at := slices.IndexFunc(k.marks, func(known Mark) bool { return known.For == piece })
	if at < 0 {
		at = len(k.marks)
		k.marks = append(k.marks, Mark{fmt.Sprintf("%c%d", box, at+1), piece})
	}
	return k.marks[at].Shown
}

// hasGlyphs tells whether the font has all letters of a text, which may have marks.
func hasGlyphs(text string) bool {
	for _, r := range text {
		if r != box && !hasGlyph(r) {
			return false
		}
	}
	return true
}

// glyphs are the embedded fonts that text is drawn with.
var glyphs = sync.OnceValue(func() []*sfnt.Font {
	return []*sfnt.Font{labelStyle.face().Face, headStyle.face().Face}
})

// hasGlyph tells whether all fonts draw a character in its place. They place letter after letter from left to right,
// which puts accents without a letter of their own, and scripts of the other direction, in wrong places.
func hasGlyph(r rune) bool {
	if r == box || r == unicode.ReplacementChar || unicode.In(r, unicode.C, unicode.M, unicode.Zl, unicode.Zp) {
		return false
	}
	properties, _ := bidi.LookupRune(r)
	if class := properties.Class(); class == bidi.R || class == bidi.AL || class == bidi.AN {
		return false
	}
	for _, font := range glyphs() {
		var buffer sfnt.Buffer
		if index, err := font.GlyphIndex(&buffer, r); err != nil || index == 0 {
			return false
		}
	}
	return true
}
