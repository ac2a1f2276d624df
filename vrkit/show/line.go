package show

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vrkit-go/reprogram/vrkit/train"
)

// liveLine is progress on a terminal: one line, rewritten in place, and at the end one line with the result.
type liveLine struct {
	title string
	out   io.Writer
	width func() int // of the terminal, in characters
	course
	drawn time.Time
}

func (l *liveLine) event(e train.Event) {
	l.see(e)
	if e.Stage == train.StageDone {
		fmt.Fprintf(l.out, "\r\x1b[2K%s: %s\n", l.title, l.conclusion(e))
		return
	}
	if e.Stage == train.StageStopped { // the error needs a line of its own
		fmt.Fprintln(l.out)
		return
	}
	// More than ten times a second can't be seen.
	if e.Stage != train.StageEpoch && time.Since(l.drawn) < 100*time.Millisecond {
		return
	}
	l.drawn = time.Now()
	fmt.Fprint(l.out, "\r\x1b[2K"+l.line(e))
}

// line writes an event within the terminal's width, and leaves out the less important facts first: a line that wraps
// can't be rewritten.
func (l *liveLine) line(e train.Event) string {
	const bar = 20
	full := int(done(e)*bar + .5)
	line := fmt.Sprintf("%s %s%s %3.0f %%", l.title, strings.Repeat("█", full), strings.Repeat("░", bar-full), 100*done(e))
	room := l.width() - 1
	for _, fact := range facts(e) {
		longer := line + "  " + fact
		if utf8.RuneCountInString(longer) > room {
			break
		}
		line = longer
	}
	if runes := []rune(line); len(runes) > room {
		line = string(runes[:room])
	}
	return line
}

// plainLines is progress where lines can't be rewritten, as in a log.
type plainLines struct {
	title string
	out   io.Writer
	course
	written time.Time
}

func (p *plainLines) event(e train.Event) {
	p.see(e)
	switch {
	case e.Stage == train.StageStopped:
	case e.Stage == train.StageDone:
		p.write(p.conclusion(e))
	case e.Stage == train.StageEpoch:
		// A long run reports only some of its epochs, and the last one.
		if every := (e.Epochs + 19) / 20; every <= 1 || e.Epoch%every == 0 || e.Epoch == e.Epochs {
			p.write(strings.Join(facts(e), ", "))
		}
	case p.written.IsZero(), time.Since(p.written) > 5*time.Minute:
		// The beginning, and a report within an epoch that takes long.
		p.write(strings.Join(facts(e), ", "))
	}
}

func (p *plainLines) write(says string) {
	p.written = time.Now()
	fmt.Fprintf(p.out, "%s: %s\n", p.title, says)
}
