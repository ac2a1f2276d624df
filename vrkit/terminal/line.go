package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// Line is the last line of a terminal, rewritten in place to show how something goes. It is for one goroutine at a time.
type Line struct {
	Out   io.Writer
	Width func() int // of the terminal, in characters
	drawn time.Time
}

// On returns the last line of w, or nil if w is no terminal, where nothing can be rewritten.
func On(w io.Writer) *Line {
	if text, ok := w.(Text); ok {
		w = text.To
	}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return &Line{Out: file, Width: func() int {
		width, _, err := term.GetSize(int(file.Fd()))
		if err != nil || width < 20 {
			return 80
		}
		return width
	}}
}

// Due tells whether the line should be drawn again: ten times a second is as much as an eye can use.
func (l *Line) Due() bool { return time.Since(l.drawn) >= 100*time.Millisecond }

// erase takes back what the line shows.
const erase = "\r\x1b[2K"

// Draw shows the head, and behind it the facts that fit in the terminal's width, the most important first. A line that
// wrapped could not be rewritten.
func (l *Line) Draw(head string, facts ...string) {
	line := Escape(head)
	room := l.Width() - 1
	for _, fact := range facts {
		longer := line + "  " + Escape(fact)
		if utf8.RuneCountInString(longer) > room {
			break
		}
		line = longer
	}
	if runes := []rune(line); len(runes) > room {
		line = string(runes[:room])
	}
	l.drawn = time.Now()
	fmt.Fprint(l.Out, erase, line)
}

// End replaces what the line shows by a text that stays.
func (l *Line) End(text string) {
	fmt.Fprint(l.Out, erase, Escape(text), "\n")
	l.drawn = time.Time{}
}

// Leave keeps what the line shows, and goes to a new one.
func (l *Line) Leave() { fmt.Fprintln(l.Out) }

// Bar is a share, 0 to 1, as a bar and in per cent.
func Bar(share float64) string {
	const width = 20
	full := int(share*width + .5)
	return fmt.Sprintf("%s%s %3.0f %%", strings.Repeat("█", full), strings.Repeat("░", width-full), 100*share)
}
